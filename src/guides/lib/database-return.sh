# shellcheck shell=bash
# The way back to the old databases, as root: by renames as long as only this step has touched them, afterwards from the
# full backup. To be sourced after database-work.sh.

db_go_back() {
  local users entry
  users=$(for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    km_folder_users "$DB_FOLDER"
  done)
  [[ -z $users ]] || km_die "The databases are in use by $users." 'Nothing was changed.' 'Undeploy the platform first.'
  db_open_work_folder
  if db_new_platform_was_started; then db_restore_backup; else db_rename_back; fi
}

# Whether 0.4 has run on these folders: then the old ones lack what was done since.
db_new_platform_was_started() {
  local entry
  [[ $(db_metadata_state) != new ]] || return 0
  for entry in dicom-project-mapping-postgres postgres-access-information-point; do
    [[ ! -e ${FAST_DATA_DIR%/}/$entry ]] || return 0
  done
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    case $(km_database_state "$DB_FOLDER") in
      new)
        # Without the old folder beside it, only the backup leads back. A server that starts writes postmaster.opts anew;
        # the rename left its time in the old folder.
        [[ -d $DB_FOLDER.pg15 ]] || return 0
        (($(stat -c %Y -- "$DB_FOLDER/postmaster.opts") <= $(stat -c %Z -- "$DB_FOLDER.pg15"))) || return 0
        ;;
      missing | unknown) return 0 ;;
    esac
  done
  return 1
}

db_rename_back() {
  local entry os=${FAST_DATA_DIR%/}/os
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    if [[ -d $DB_FOLDER.pg15 ]]; then
      rm -rf --one-file-system -- "$DB_FOLDER.pg17.partial"
      [[ ! -d $DB_FOLDER ]] || db_rename "$DB_FOLDER" "$DB_FOLDER.pg17.partial"
      db_rename "$DB_FOLDER.pg15" "$DB_FOLDER"
    fi
    rm -rf --one-file-system -- "$DB_FOLDER.pg17" "$DB_FOLDER.pg17.partial" "$(db_record)" "$DB_WORK"
    km_say "$DB_NAME: PostgreSQL $(km_pg_version "$DB_FOLDER") is in its place again."
  done
  DB_NAME=metadata
  [[ -e $os || ! -d $os.0.3.5 ]] || db_rename "$os.0.3.5" "$os"
  sync -f "$FAST_DATA_DIR"
  km_say 'The folders of 0.3.5 are in their places again. Install MicroK8s and deploy 0.3.5, or run this step again.'
}

# The long way: everything from the full backup. What is there now goes aside, and nothing is deleted.
db_restore_backup() {
  local answer='' part difference parts=() aside
  aside=replaced-$(date +%Y%m%d-%H%M%S)
  mapfile -t parts < <(km_backup_parts)
  ((${#parts[@]} > 0)) || km_die "There is no complete backup in $(km_backup_folder)." 'Nothing was changed.' 'Is the backup disk mounted, and is BACKUP_DIR right?'
  for part in "${parts[@]}"; do
    km_backup_item "$part"
    km_copy_proven || km_die "$COPY is missing or was never compared." 'Nothing was changed.' 'Is the backup disk mounted?'
    difference=$(km_copy_changed)
    [[ -z $difference ]] || km_die "$COPY is no longer as it was when it was compared: $difference." 'Nothing was changed.' 'Find out what changed it before you restore from it.'
  done
  km_say "0.4 has been started on these folders, or the old ones are gone. The way back is the full backup: ${#parts[@]} folders."
  km_say "What was done on the platform since then is lost to it. The folders of now stay beside as *.$aside."
  { : </dev/tty; } 2>/dev/null || km_die 'Restoring must be confirmed, and there is no terminal to ask in.' 'Nothing was changed.' 'Run the undo in a terminal.'
  read -r -p 'Type "restore" to go on: ' answer </dev/tty
  [[ $answer == restore ]] || km_die 'Not confirmed.' 'Nothing was changed.' 'Run the undo again when you are sure.'
  for part in "${parts[@]}"; do db_restore_part "$part" "$aside"; done
  for part in "${KM_DATABASES[@]}"; do
    db_choose "$part"
    rm -f -- "$(db_record)"
    [[ ! -e $DB_FOLDER.pg15 ]] || db_rename "$DB_FOLDER.pg15" "$DB_FOLDER.pg15.$aside"
  done
  [[ ! -e ${FAST_DATA_DIR%/}/os.0.3.5 ]] || db_rename "${FAST_DATA_DIR%/}/os.0.3.5" "${FAST_DATA_DIR%/}/os.0.3.5.$aside"
  sync -f "$FAST_DATA_DIR"
  km_say ''
  km_say 'Restored and compared by SHA-256. Install MicroK8s of 0.3.5 and deploy 0.3.5.'
}

db_restore_part() { # PART ASIDE
  local source from
  km_backup_item "$1"
  from=$COPY source=$COPY_SOURCE
  if [[ -d $source && -z $(km_copy_difference) ]]; then
    km_say "$1 is as in the backup"
    return
  fi
  km_say ''
  km_say "$1"
  km_copy_of "$from" "$source" "the backup of $1"
  km_copy_remove_partial
  mkdir -p -- "$(dirname -- "$source")"
  km_copy_count "$from"
  if [[ -e $source ]]; then mv -T -- "$source" "$source.$2" || km_die "$source could not be renamed." 'Folders before it are restored.' 'Find out why, then run the undo again.'; fi
  km_copy_make
  rm -f -- "$source.list" "$source.sha256"
}
