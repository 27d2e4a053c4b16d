# shellcheck shell=bash
# Whether a value of a guide can be right on this host, and how much room the copies need. Looks only, asks nobody.
# To be sourced after cluster.sh.
#
# km_validate_NAME gets a value and sees the others of the guide as environment variables; where one is not confirmed
# yet, the running platform is asked. It prints one sentence that says why the value cannot be right, or nothing.
# shellcheck disable=SC2034 # what is set here is for the steps

# The data folder that is in use: as confirmed, as kept while the old platform ran, or as it shows itself.
value_data_dir() { # FAST_DATA_DIR|SLOW_DATA_DIR
  local found=${!1:-}
  [[ -n $found ]] || found=$(km_kept "${1,,}")
  [[ -n $found ]] || found=$("km_detect_${1,,}" 2>/dev/null | cut -f 1) || true
  printf '%s' "${found:-/nonexistent}"
}

# Asks the platform once, here, so that the questions below share the answers; a tool that hangs is waited for once.
value_ask_platform() {
  ((KM_TIMEOUT <= 5)) || KM_TIMEOUT=5
  km_load_platform || true
  km_load_volumes || true
}

value_network_file_system() { # PATH: its kind, where it is one
  local kind
  kind=$(value_file_system "$1")
  case $kind in nfs* | cifs | smb* | ceph | lustre | afs | fuse) printf '%s' "$kind" ;; esac
}

value_file_system() { # PATH: kind of the file system that holds it, also where it does not exist yet
  local path
  path=$(km_real "$1")
  while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
  stat -f -c %T -- "$path" 2>/dev/null || true
}

# ---- Data folders ---------------------------------------------------------------------------------------------------

km_validate_data_folder() { # VALUE
  if [[ ! -e $1 ]]; then
    printf 'There is no folder %s on this host. Is its disk mounted?\n' "$1"
  elif [[ ! -d $1 ]]; then
    printf '%s is not a folder.\n' "$1"
  elif km_inside "$1" "$KM_HOST_ROOT/var/snap"; then
    printf '%s lies below /var/snap, which uninstalling MicroK8s empties.\n' "$1"
  fi
}

value_data_folder_of_platform() { # NAME VALUE WORDS
  local why running
  why=$(km_validate_data_folder "$2")
  if [[ -z $why ]]; then
    value_ask_platform
    running=$(unset "$1" && value_data_dir "$1")
    [[ $running == /nonexistent || $(km_real "$running") == "$(km_real "$2")" ]] || why="The platform keeps its $3 in $running, not in $2."
  fi
  printf '%s' "$why"
}

km_validate_fast_data_dir() { # VALUE
  local why kind
  why=$(value_data_folder_of_platform FAST_DATA_DIR "$1" databases)
  if [[ -z $why ]]; then
    kind=$(value_network_file_system "$1")
    [[ -z $kind ]] || why="$1 lies on a network file system ($kind). Databases are migrated on a local disk only."
  fi
  printf '%s' "$why"
}

km_validate_slow_data_dir() { value_data_folder_of_platform SLOW_DATA_DIR "$1" images; } # VALUE

# ---- Folders for copies ---------------------------------------------------------------------------------------------

km_validate_copies_folder() { # VALUE
  local why above kind
  [[ -n ${FAST_DATA_DIR:-} && -n ${SLOW_DATA_DIR:-} ]] || value_ask_platform
  why=$(km_unsafe_folder "$1" "$(value_data_dir FAST_DATA_DIR)" "$(value_data_dir SLOW_DATA_DIR)")
  above=$(dirname -- "$1") kind=$(value_file_system "$1")
  if [[ -n $why ]]; then
    printf '%s cannot hold the copies: %s.\n' "$1" "$why"
  elif [[ -e $1 && ! -d $1 ]]; then
    printf '%s is not a folder.\n' "$1"
  elif [[ ! -d $above ]]; then
    printf 'The folder above it, %s, does not exist. Is its disk mounted?\n' "$above"
  else
    case $kind in msdos | vfat | exfat | ntfs* | fuseblk | cifs | smb*) printf '%s lies on a file system that keeps no owners of files (%s).\n' "$1" "$kind" ;; esac
  fi
}

km_validate_backup_dir() { value_copies_folder "$1" "${WORK_DIR:-}" NEED_BACKUP NEED_WORK; } # VALUE
km_validate_work_dir() { value_copies_folder "$1" "${BACKUP_DIR:-}" NEED_WORK NEED_BACKUP; } # VALUE

# What cannot be measured within seconds says nothing against a folder: the step that checks the host measures it again.
value_copies_folder() { # VALUE OTHER_FOLDER ITS_NEED OTHER_NEED
  local why free need words=''
  value_ask_platform
  why=$(km_validate_copies_folder "$1")
  if [[ -n $why ]]; then
    printf '%s\n' "$why"
    return
  fi
  km_estimate_room "$(value_data_dir FAST_DATA_DIR)"
  [[ -z $NEED_WHY ]] && read -r _ free < <(km_free "$1") && [[ -n $free ]] || return 0
  need=${!3}
  if [[ -n $2 && $(km_disk_of "$1") == "$(km_disk_of "$2")" ]]; then
    need=$((need + ${!4})) words=" together with $2"
  fi
  ((free >= need)) || printf '%s has %s free on its disk; %s are needed%s.\n' "$1" "$(km_size "$free")" "$(km_size "$need")" "$words"
}

km_disk_of() { # PATH: where the file system is mounted that holds it
  local path
  path=$(km_real "${1:-/}")
  while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
  df -Pk -- "$path" | awk 'NR == 2 { sub(/^.*% +/, ""); print }'
}

NEED_WORK='' NEED_BACKUP='' NEED_WHY='' NEED_REST=''

# Sets NEED_WORK and NEED_BACKUP in bytes, or NEED_WHY. How often each database is needed: a copy, the new one and a dump,
# for dcm4che one more copy; 20 % on top.
km_estimate_room() { # FAST_DATA_DIR
  local size path dbs=0 dcm4che=0 os=0 rest=0
  NEED_WORK='' NEED_BACKUP='' NEED_WHY='' NEED_REST=''
  if [[ ! -d $1 ]]; then NEED_WHY='the data folders are not known'; return; fi
  if ! km_root_ready; then NEED_WHY="not measured: $KM_ROOT_WHY"; return; fi
  if ! value_sizes "$1" postgres-backend keycloak postgres-airflow postgres-dcm4che os; then NEED_WHY='measuring the databases took too long'; return; fi
  while IFS=$'\t' read -r size path; do
    case ${path##*/} in
      postgres-dcm4che) dcm4che=$size ;;
      os) os=$size ;;
      ?*) dbs=$((dbs + size)) ;;
    esac
  done <<<"$KM_OUT"
  if value_sizes "$1" ldap slapd.d alembic workflows/dags workflows/plugins workflows/models workflows/mounted_scripts extensions tls; then
    rest=$(awk '{ sum += $1 } END { printf "%.0f", sum }' <<<"$KM_OUT")
  else
    NEED_REST='; workflows are not counted, measuring them took too long'
  fi
  NEED_WORK=$(((3 * dbs + 4 * dcm4che + os) * 12 / 10)) NEED_BACKUP=$(((dbs + dcm4che + 2 * os + rest) * 11 / 10))
}

value_sizes() { # FOLDER NAME…: below it, those that exist
  local folder=$1 rc=0
  shift
  KM_OUT=$(as_root timeout -k 2 "$KM_TIMEOUT" du -sb -- "${@/#/$folder/}" 2>/dev/null) || rc=$?
  ((rc != 124 && rc != 137))
}

# ---- Scripts --------------------------------------------------------------------------------------------------------

km_validate_scripts_dir() { # VALUE
  if [[ ! -d $1 ]]; then
    printf 'There is no folder %s on this host.\n' "$1"
  elif [[ ! -r $1 || ! -x $1 ]]; then
    printf 'Your user may not read %s.\n' "$1"
  elif [[ -z $(km_deploy_scripts "$1") ]]; then
    printf 'No deploy script of Kaapana lies in %s, nor up to two folders below it.\n' "$1"
  fi
}
