# shellcheck shell=bash
# The database that is being migrated: which one it is, where its copies lie, how far the work is, and how it ends. Everything
# lies in WORK_DIR/databases/<database> until it is switched. To be sourced after databases.sh, copies.sh and postgres.sh.
# shellcheck disable=SC2034 # what is set here is for the other libraries of this step

readonly DB_OWNER_IDS=70:70 # whom the images give their databases to
readonly DB_PHASES=5        # of one database: copying, dumping, loading, comparing, switching

# Its name, folder, its server's user, its database, images, work folder, and the part of the backup that it is made from.
DB_NAME='' DB_FOLDER='' DB_OWNER='' DB_DATABASE='' DB_OLD_IMAGE='' DB_NEW_IMAGE='' DB_WORK='' DB_IN_BACKUP='' DB_STAMP=''
DB_KEPT_ELSEWHERE='' # where else an old database lies, in words
DB_DONE=0            # phases of the whole work

db_choose() { # ENTRY_OF_KM_DATABASES
  local folder images
  read -r DB_NAME folder DB_OWNER DB_DATABASE images <<<"$1"
  DB_FOLDER=${FAST_DATA_DIR%/}/$folder DB_WORK=${WORK_DIR%/}/databases/$DB_NAME
  DB_OLD_IMAGE=$(km_database_setting "IMAGE_${images}_OLD")
  DB_NEW_IMAGE=$(km_database_setting IMAGE_POSTGRES_NEW) # also for the archive, whose own image would make its tables anew
}

db_record() { printf '%s/databases/%s.compared' "${BACKUP_DIR%/}" "$DB_NAME"; }

# The part of the backup that holds the chosen database, and the database's place in it.
db_choose_backup() {
  local path=${DB_FOLDER#"${FAST_DATA_DIR%/}/"}
  km_backup_item "fast/${path%%/*}"
  DB_IN_BACKUP=${path#"${path%%/*}"} DB_IN_BACKUP=${DB_IN_BACKUP#/}
  DB_STAMP=$(sha256sum <"$COPY.list" 2>/dev/null | cut -c1-64)
}

db_backup_listing() { km_copy_listing "$COPY/$DB_IN_BACKUP"; }

db_backup_hashes() { # of the chosen database, named as in its own folder
  local below=${DB_IN_BACKUP:+$DB_IN_BACKUP/}
  sed -n "s|^\(\\\\\{0,1\}[0-9a-f]\{64\}  \)\./$below|\1./|p" "$COPY.sha256"
}

# The metadata of 0.3.5 goes aside: 0.4 starts with an empty folder and takes the metadata from the snapshot.
db_metadata_state() {
  local os=${FAST_DATA_DIR%/}/os
  if [[ -d $os && (-e $os/security-backup || -e $os/certs) ]]; then
    printf new # only 0.4 makes these
  elif [[ -d $os ]]; then
    printf old
  else
    printf aside
  fi
}

db_open_work_folder() {
  local above
  above=$(dirname -- "$WORK_DIR")
  [[ -d $above ]] || km_die "The folder $above does not exist." 'Nothing was changed.' 'Is the disk of the work folder mounted? Create the folder, or choose another one.'
  mkdir -p -- "$WORK_DIR" "$BACKUP_DIR/databases" || km_die "$WORK_DIR or $BACKUP_DIR/databases cannot be created." 'Nothing was changed.' 'Choose another folder.'
  chmod 0700 -- "$WORK_DIR"
  exec 9<"$WORK_DIR"
  flock -n 9 || km_die "Another run of this step is still at work in $WORK_DIR." 'That one goes on; nothing else was changed.' 'Wait until it has ended, then run the check.'
  trap 'db_leave' EXIT
  trap 'db_stopped 130' INT
  trap 'db_stopped 143' TERM HUP
  pg_remove_containers || km_die 'Containers of an earlier run cannot be removed.' 'Nothing was changed.' "Look at them: sudo docker ps -a --filter label=$PG_LABEL"
}

db_stopped() { # CODE
  trap '' INT TERM HUP
  km_say ''
  km_say 'Stopped. Nothing is lost: every database is either switched or as it was. The next run goes on from here.'
  exit "$1"
}

db_leave() {
  local rc=$?
  km_copy_stop_reporting
  pg_remove_containers 2>/dev/null || true
  # Said in any case, also when this text breaks off where nobody expected it.
  case $rc in 0 | 130 | 143) ;; *) printf '\nEnded before it was finished. The check says which databases are switched.\n' >&2 ;; esac
}

db_phase() { # WORDS
  km_progress "$DB_DONE" $((DB_PHASES * ${#KM_DATABASES[@]} + 1)) "$DB_NAME: $1"
  DB_DONE=$((DB_DONE + 1))
}

db_failed() { # WHAT [WHAT_TO_DO]
  km_die "$DB_NAME: $1" "The old database is untouched$DB_KEPT_ELSEWHERE; databases that were switched before stay switched. The platform stays down." \
    "${2:-Solve that, then run the step again: it goes on where it was.}"
}

db_rename() { # FROM TO
  mv -T -- "$1" "$2" || db_failed "$1 could not be renamed to $2." 'Find out why, then run the step again: it finishes what was begun.'
}
