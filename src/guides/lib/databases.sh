# shellcheck shell=bash
# The four databases of a platform: where they lie, what state they are in, who uses them, and what is backed up of the
# platform's folders. Looks only, except km_backup_item, which only names a copy.

# Name, folder below the fast data folder, user and database of its server, which of the images it runs on.
readonly KM_DATABASES=(
  'backend postgres-backend kaapanauser kaapanauser POSTGRES'
  'keycloak keycloak/db-files keycloak keycloak POSTGRES'
  'airflow postgres-airflow root airflow POSTGRES'
  'dcm4che postgres-dcm4che pacs pacsdb POSTGRES_DCM4CHE'
)
# shellcheck disable=SC2034 # the steps go through it
readonly KM_IMAGES=(IMAGE_POSTGRES_OLD IMAGE_POSTGRES_NEW IMAGE_POSTGRES_DCM4CHE_OLD IMAGE_POSTGRES_DCM4CHE_NEW)

# What the migration touches or a way back needs. The archive's images and the runs' data are neither.
readonly KM_BACKED_UP_FAST=(
  postgres-backend keycloak postgres-airflow postgres-dcm4che os ldap slapd.d alembic
  workflows/dags workflows/plugins workflows/models workflows/mounted_scripts extensions tls
)
readonly KM_BACKED_UP_SLOW=(dcm4che/server_data)

# ---- What the step "database-settings" has kept ---------------------------------------------------------------------

km_database_setting() { # NAME
  sed -n "s/^$1=//p" "$KM_KEPT/database-settings" 2>/dev/null | head -n 1 || true
}

# ---- State, readable from PG_VERSION alone --------------------------------------------------------------------------

km_pg_version() { cat "$1/PG_VERSION" 2>/dev/null || true; } # FOLDER

# What a database folder and those beside it say: old, half (between two renames), new or missing.
km_database_state() { # FOLDER
  case $(km_pg_version "$1")/$(km_pg_version "$1.pg15")/$(km_pg_version "$1.pg17") in
    15/*) printf old ;;
    17/*) printf new ;;
    /15/17) printf half ;;
    /15/*) printf aside ;; # the old one was renamed and its successor is gone
    *) if [[ -e $1 ]]; then printf unknown; else printf missing; fi ;;
  esac
}

# Other folders with a PostgreSQL database below the fast data folder, which belong to extensions.
km_other_databases() {
  local fast=${FAST_DATA_DIR%/} file folder entry known
  while IFS= read -r -d '' file; do
    folder=${file%/PG_VERSION} known=''
    for entry in "${KM_DATABASES[@]}"; do
      read -r _ entry _ <<<"$entry"
      [[ $folder != "$fast/$entry" && $folder != "$fast/$entry".* ]] || known=yes
    done
    [[ -n $known ]] || printf '%s\n' "${folder#"$fast/"}"
  done < <(timeout -k 2 "$KM_TIMEOUT" find "$fast/" -maxdepth 3 -name PG_VERSION -print0 2>/dev/null)
}

# ---- Who uses them --------------------------------------------------------------------------------------------------

# Why the platform counts as deployed, as far as helm can be asked; nothing where it is not.
km_platform_deployed() {
  local names
  [[ -n $KM_HELM ]] && km_load_releases 2>/dev/null || return 0
  names=$(printf '%s' "$KM_RELEASES" | grep -oE '"name": ?"(kaapana-[a-z]+-chart|project-[^"]*)"' | sed -E 's/.*"([^"]+)"$/\1/' | paste -sd ' ') || true
  [[ -z $names ]] || printf 'helm still lists %s' "${names// /, }"
}

# Processes that work in one of the folders, or whose container shows it. As root; asks no cluster, so that it can be
# trusted when the cluster is half gone.
km_folder_users() { # FOLDER…
  local pid own namespace folder place places=' ' ids=' ' seen=' ' found=''
  for folder in "$@"; do
    [[ -d $folder ]] || continue
    ids+="$(stat -Lc %d:%i -- "$folder") "
    place=$(km_place "$folder") && places+="$place "
  done
  own=$(readlink /proc/self/ns/mnt)
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    folder=$(stat -Lc %d:%i "/proc/$pid/cwd" 2>/dev/null) || continue
    namespace=$(readlink "/proc/$pid/ns/mnt" 2>/dev/null) || continue
    if [[ $ids == *" $folder "* ]] || { [[ $namespace != "$own" && $seen != *" $namespace "* ]] && km_shows "$pid" "$places"; }; then
      found+="${found:+, }$(cat "/proc/$pid/comm" 2>/dev/null || printf 'a process') ($pid)"
    fi
    seen+="$namespace "
  done
  printf '%s' "$found"
}

# A folder as the mount table of a container names it: number of its device, colon, path on that device.
km_place() { # FOLDER
  local real mount root device
  real=$(km_real "$1")
  read -r device root mount < <(awk -v path="$real" '
    { target = $5; gsub(/\\040/, " ", target) }
    index(path "/", (target == "/" ? "" : target) "/") == 1 && length(target) >= best { best = length(target); line = $3 " " $4 " " $5 }
    END { print line }' /proc/self/mountinfo) || return 1
  mount=${mount//'\040'/ } root=${root%/}
  [[ $mount != / ]] || mount=''
  real=$root${real#"$mount"}
  printf '%s:%s' "$device" "${real// /'\040'}"
}

km_shows() { # PID PLACES: whether a mount of that process is one of the places or lies below one
  awk -v places="$2" 'BEGIN { n = split(places, place, " ") }
    { for (i = 1; i <= n; i++) if (index($3 ":" $4 "/", place[i] "/") == 1) { found = 1; exit } }
    END { exit !found }' "/proc/$1/mountinfo" 2>/dev/null
}

# ---- The full backup ------------------------------------------------------------------------------------------------

km_backup_folder() { printf '%s' "${BACKUP_DIR%/}/full-backup"; }

# What there is to back up: name in the backup, one a line. `fast/…` and `slow/…` are below the two data folders.
km_backup_list() {
  local path
  for path in "${KM_BACKED_UP_FAST[@]}"; do [[ ! -d ${FAST_DATA_DIR%/}/$path ]] || printf 'fast/%s\n' "$path"; done
  km_other_databases | sed 's,^,fast/,'
  for path in "${KM_BACKED_UP_SLOW[@]}"; do [[ ! -d ${SLOW_DATA_DIR%/}/$path ]] || printf 'slow/%s\n' "$path"; done
}

km_backup_source() { # NAME_IN_BACKUP
  case $1 in
    fast/*) printf '%s' "${FAST_DATA_DIR%/}/${1#fast/}" ;;
    slow/*) printf '%s' "${SLOW_DATA_DIR%/}/${1#slow/}" ;;
  esac
}

# From here on, km_copy_… work on this part of the backup.
km_backup_item() { # NAME_IN_BACKUP
  km_copy_of "$(km_backup_source "$1")" "$(km_backup_folder)/$1" "the folder ${1#*/}"
}

# The finished backup's own list: when it was made, and its parts.
km_backup_complete() { printf '%s' "$(km_backup_folder)/complete"; }
km_backup_parts() { grep -E '^(fast|slow)/' "$(km_backup_complete)" 2>/dev/null || true; }
