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
# trusted when the cluster is half gone. A busy host has thousands of processes: each question is one call for all of them.
km_folder_users() { # FOLDER…
  local folder pid folders=() tables=() found=''
  for folder in "$@"; do [[ ! -d $folder ]] || folders+=("$folder"); done
  ((${#folders[@]} > 0)) || return 0
  mapfile -t tables < <(km_container_tables)
  while read -r pid; do
    found+="${found:+, }$(cat "/proc/$pid/comm" 2>/dev/null || printf 'a process') ($pid)"
  done < <({
    km_workers_in "${folders[@]}"
    ((${#tables[@]} == 0)) || km_tables_showing "$(km_places "${folders[@]}")" "${tables[@]}"
  } | sort -nu)
  printf '%s' "$found"
}

km_workers_in() { # FOLDER…: numbers of the processes whose working folder is one of them
  {
    stat -Lc '%d:%i' -- "$@" || true
    printf '%s\n' ''
    stat -Lc '%d:%i %n' /proc/[0-9]*/cwd || true # one that has just ended is no error
  } 2>/dev/null | awk '$1 == "" { rest = 1; next } !rest { wanted[$1]; next } $1 in wanted { split($2, part, "/"); print part[3] }'
}

# The mount tables of all other views of the disks, a container each; that of its first process, which lives longest.
km_container_tables() {
  { find /proc/[0-9]*/ns/mnt -maxdepth 0 -printf '%h %l\n' 2>/dev/null || true; } | sort -t / -k 3n |
    awk -v own="$(readlink /proc/self/ns/mnt)" '$2 != own && !seen[$2]++ { sub("/ns$", "/mountinfo", $1); print $1 }'
}

# Folders as the mount table of a container names them: number of the device, colon, path on that device.
km_places() { # FOLDER…
  realpath -m -- "$@" | awk '
    NR == FNR { device[NR] = $3; root[NR] = $4; target = $5; gsub(/\\040/, " ", target); place[NR] = target == "/" ? "" : target; n = NR; next }
    {
      best = 0
      for (i = 1; i <= n; i++) if (index($0 "/", place[i] "/") == 1 && (!best || length(place[i]) >= length(place[best]))) best = i
      if (!best) next
      path = (root[best] == "/" ? "" : root[best]) substr($0, length(place[best]) + 1)
      gsub(/ /, "\\040", path)
      print device[best] ":" path
    }' /proc/self/mountinfo - | paste -sd ' '
}

km_tables_showing() { # PLACES TABLE…: numbers of the processes with a mount that is one of the places or lies below one
  local places=$1
  shift
  { grep -H '' "$@" 2>/dev/null || true; } | awk -v places="${places//\\/\\\\}" 'BEGIN { n = split(places, place, " ") }
    { for (i = 1; i <= n; i++) if (index($3 ":" $4 "/", place[i] "/") == 1) { split($1, part, "/"); print part[3]; next } }'
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

# As root, without reading contents: why there is no full backup that leads back; nothing where there is one.
km_backup_problem() {
  local part changed parts=0
  while IFS= read -r part; do
    parts=$((parts + 1))
    km_backup_item "$part"
    if ! km_copy_proven; then
      printf '%s is missing or was never compared' "$COPY"
      return
    fi
    changed=$(km_copy_changed)
    if [[ -n $changed ]]; then
      printf '%s is no longer as it was when it was compared: %s' "$COPY" "$changed"
      return
    fi
  done < <(km_backup_parts)
  ((parts > 0)) || printf 'there is no complete backup in %s' "$(km_backup_folder)"
}
