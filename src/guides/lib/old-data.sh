# shellcheck shell=bash
# The data folders of both versions: whose they are by their content, what they are mounted on, where the old data is now.
# To be sourced after old-platform.sh and, where new folders are asked for, old-scripts.sh. Looks only.
# shellcheck disable=SC2034 # what is set here is for the steps

# Everything that 0.1.3 keeps below its data folders.
readonly OLD_ENTRIES=(postgres-dcm4che postgres-airflow postgres-keycloak dcm4che minio ldap slapd.d airflow workflows elastic-meta
  ctp tls traefik prometheus extensions jupyterlab grafana)
# The three folders that come along: name, old role, new role. Roles are the data folders by speed.
readonly OLD_CARRIED=('dcm4che/dicom_data SLOW SLOW' 'postgres-dcm4che FAST FAST' 'minio SLOW SLOW')

# The distinct data folders of 0.1.3.
old_folders() {
  printf '%s\n' "${FAST_DATA_DIR%/}"
  [[ $(km_real "$FAST_DATA_DIR") == "$(km_real "$SLOW_DATA_DIR")" ]] || printf '%s\n' "${SLOW_DATA_DIR%/}"
}

# Whose data a folder holds: old, new, mixed, none (nothing that tells) or missing. By content, never by its name. A slow
# folder of its own has few signs: the archive's server_data is in it since 0.2 only.
old_layout() { # FOLDER
  local old='' new=''
  [[ -e $1 ]] || {
    printf missing
    return
  }
  [[ ! -d $1/elastic-meta && ! -d $1/postgres-keycloak ]] || old=yes
  [[ ! -d $1/os && ! -d $1/keycloak && ! -d $1/postgres-backend ]] || new=yes
  if [[ -z $old$new && -d $1/dcm4che/dicom_data ]]; then
    if [[ -d $1/dcm4che/server_data ]]; then new=yes; else old=yes; fi
  elif [[ -z $old$new && -d $1/minio && ! -d $1/postgres-dcm4che ]]; then
    old=yes
  fi
  case $old/$new in
    yes/yes) printf mixed ;;
    yes/) printf old ;;
    /yes) printf new ;;
    *) printf none ;;
  esac
}

# Sets OLD_PLACE to where the old data of a folder is: aside under its new name, or still in its place. Fails with KM_WHY.
OLD_PLACE=''
old_where() { # FOLDER
  OLD_PLACE=''
  if [[ $(old_layout "$1_0.1.3") == old ]]; then
    OLD_PLACE=$1_0.1.3
  elif [[ $(old_layout "$1") == old ]]; then
    OLD_PLACE=$1
  else
    KM_WHY="neither $1 nor $1_0.1.3 holds data of 0.1.3"
    return 1
  fi
}

old_source() { # FAST|SLOW
  local name=$1_DATA_DIR
  old_where "${!name%/}"
}

# ---- Disks ----------------------------------------------------------------------------------------------------------

# What a path lies on: device and mount point, as they must be again after a restart.
old_mount() { # PATH
  km_ask findmnt -n -o SOURCE,TARGET -T "$1" || return 1
  KM_OUT=$(tail -n 1 <<<"$KM_OUT" | tr -s ' ' | sed 's/^ //; s/ $//')
  [[ -n $KM_OUT ]] || {
    KM_WHY='findmnt printed nothing'
    return 1
  }
}

old_is_mount_point() { km_ask findmnt -n -M "$1"; } # PATH

# Whose home directory lies in a folder, or is it; nothing where none does.
old_homes_in() { # FOLDER
  local user home
  if km_inside "$HOME" "$1"; then
    printf '%s' "$(id -un)"
    return
  fi
  while IFS=: read -r user _ _ _ _ home _; do
    [[ $home != / && $home == /* ]] || continue
    if [[ -d $KM_HOST_ROOT$home ]] && km_inside "$KM_HOST_ROOT$home" "$1"; then
      printf '%s' "$user"
      return
    fi
  done < <(grep -vE ':(/usr/sbin/nologin|/bin/false|/sbin/nologin)$' "$KM_HOST_ROOT/etc/passwd" 2>/dev/null)
}

# Why a data folder cannot be moved aside by a rename; nothing where it can.
old_unmovable() { # FOLDER
  local user
  if [[ -L $1 ]]; then
    printf '%s is a link, not a folder' "$1"
  elif old_is_mount_point "$1"; then
    printf '%s is the mount point of a disk, which cannot be renamed' "$1"
  elif user=$(old_homes_in "$1") && [[ -n $user ]]; then
    printf '%s holds the home directory of %s, who could not log in any more' "$1" "$user"
  elif km_inside "$SCRIPTS_DIR" "$1"; then
    printf '%s holds the scripts folder %s' "$1" "$SCRIPTS_DIR"
  elif [[ -e ${1}_0.1.3 || -L ${1}_0.1.3 ]]; then
    printf '%s_0.1.3 exists already, and the folder would land inside it' "$1"
  fi
}

readonly OLD_UNMOVABLE_ADVICE='Write other folders into FAST_DATA_DIR and SLOW_DATA_DIR of the new deploy script, which do not exist yet, on a disk with room for the data. Then the old data stays where it is.'

# Processes that use one of the old or new folders, in words. As root, by km_elevated; needs databases.sh.
old_folder_users() { # FOLDER…
  km_folder_users "$@" >&3
}

# KM_OUT: processes that work in the old or new data folders, in words. Fails with KM_WHY.
old_data_users() {
  local folder name folders=()
  for folder in "${FAST_DATA_DIR%/}"{,_0.1.3} "${SLOW_DATA_DIR%/}"{,_0.1.3} ${NEW_FAST:+"$NEW_FAST" "$NEW_SLOW"}; do
    for name in . postgres-dcm4che postgres-airflow postgres-keycloak postgres-backend keycloak minio dcm4che/dicom_data dcm4che/server_data os/data; do
      folders+=("$folder/$name")
    done
  done
  km_root_ready || {
    KM_WHY="Who uses the data folders can be seen by root only. $KM_ROOT_WHY"
    return 1
  }
  KM_OUT=$(km_elevated old_folder_users "${folders[@]}") || {
    KM_WHY='Who uses the data folders could not be found out'
    return 1
  }
}

# Whether PostgreSQL ended cleanly in a folder: it removes this file last. As root.
old_postmaster() { # FOLDER
  as_root test -e "$1/postgres-dcm4che/postmaster.pid"
}
