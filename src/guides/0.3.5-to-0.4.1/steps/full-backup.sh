# shellcheck shell=bash
# Back up the data folders: compared copies of what the migration touches, in BACKUP_DIR/full-backup/{fast,slow}/….
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash full-backup.sh run
#
# Folder after folder; those that are copied and compared are kept when the run is interrupted. The file `complete`
# lists them and is written last.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies databases
  KM_BY_HAND=yes
fi

REFUSED=''

check() {
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  km_root_ready || km_answer unknown "The data folders and their copies belong to other users; comparing them needs root. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  local why
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  why=$(km_platform_deployed)
  [[ -z $why ]] || km_die "The platform is not down: $why." 'Nothing was changed. A copy of databases that are being written is worthless.' \
    'Undeploy the platform first: the step before this one does it.'
  km_root_ready || km_die "The copy must be made as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_elevated back_up
}

settle() { REFUSED=$(km_copy_refusal "$(km_backup_folder)"); }

# ---- The check, as root ---------------------------------------------------------------------------------------------

# Quick: names, sizes, times, owners and modes. Contents were compared when the copies were made.
answer_check() {
  local part changed='' made files=0 bytes=0 parts=0
  settle
  [[ -f $(km_backup_complete) ]] || answer_unfinished
  while IFS= read -r part; do
    km_backup_item "$part"
    km_copy_proven || km_answer blocked "$COPY is missing or was never compared, although the backup was complete. Rename $(km_backup_folder) and run the step again."
    changed=$(km_copy_changed)
    [[ -z $changed ]] || km_answer blocked "The backup is no longer as it was when it was compared: in $part, $changed. Rename $(km_backup_folder) and run the step again."
    km_copy_count "$COPY"
    files=$((files + COPY_FILES)) bytes=$((bytes + COPY_BYTES)) parts=$((parts + 1))
  done < <(km_backup_parts)
  ((parts > 0)) || km_answer blocked "$(km_backup_complete) names no folder. Rename $(km_backup_folder) and run the step again."
  COPY_FILES=$files COPY_BYTES=$bytes
  made=$(date -r "$(km_backup_complete)" '+%Y-%m-%d %H:%M')
  if migration_has_begun; then
    km_answer 'done' "$(km_backup_folder) holds $parts folders with $(km_copy_amount), contents compared by SHA-256 on $made, and is as it was then. The data folders have been migrated since."
  fi
  changed=$(changed_since)
  [[ -z $changed ]] || km_answer blocked "The data folders have changed since they were backed up on $made: $changed. Rename $(km_backup_folder) and run the step again."
  km_answer 'done' "$(km_backup_folder) holds $parts folders with $(km_copy_amount), contents compared by SHA-256 on $made; names, sizes, owners, modes and times equal the data folders now."
}

answer_unfinished() {
  local part finished=0 all=0
  while IFS= read -r part; do
    all=$((all + 1))
    km_backup_item "$part"
    ! km_copy_proven || finished=$((finished + 1))
  done < <(km_backup_list)
  ((all > 0)) || km_answer blocked "There is nothing to back up in $FAST_DATA_DIR. Is this the data folder of the platform?"
  [[ -d $(km_backup_folder) ]] || km_answer pending "There is no backup yet in $BACKUP_DIR. $all folders are to be copied."
  ! km_copy_running "$BACKUP_DIR" || km_answer pending "The copy is still running: $finished of $all folders are copied and compared."
  km_answer pending "The backup is not finished: $finished of $all folders are copied and compared. The next run goes on with the others."
}

migration_has_begun() {
  local entry folder
  for entry in "${KM_DATABASES[@]}"; do
    read -r _ folder _ <<<"$entry"
    [[ $(km_database_state "${FAST_DATA_DIR%/}/$folder") == old ]] || return 0
  done
  return 1
}

# Where data folders and backup differ: the first folder with what differs in it.
changed_since() {
  local part difference
  while IFS= read -r part; do
    km_backup_item "$part"
    if [[ ! -d $COPY_SOURCE ]]; then
      printf '%s is gone' "$part"
      return
    fi
    difference=$(km_copy_difference)
    if [[ -n $difference ]]; then
      printf 'in %s, %s' "$part" "$difference"
      return
    fi
  done < <(km_backup_parts)
  comm -13 <(km_backup_parts | sort) <(km_backup_list | sort) | sed -n '1s/$/ is new/p' | tr -d '\n'
}

# ---- The backup, as root --------------------------------------------------------------------------------------------

back_up() {
  local users part parts=() sources=() folder
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  mapfile -t parts < <(km_backup_list)
  ((${#parts[@]} > 0)) || km_die "There is nothing to back up in $FAST_DATA_DIR." 'Nothing was changed.' 'Is this the data folder of the platform, and is the disk mounted?'
  for part in "${parts[@]}"; do sources+=("$(km_backup_source "$part")"); done
  users=$(km_folder_users "${sources[@]}")
  [[ -z $users ]] || km_die "The data folders are in use by $users." 'Nothing was changed. A copy of databases that are being written is worthless.' \
    'Undeploy the platform first. If it is undeployed, wait until these processes have ended.'
  km_copy_traps
  km_copy_backup_folder
  folder=$(km_backup_folder)
  if [[ -f $(km_backup_complete) ]]; then
    stop_at_changes
    km_say "The backup in $folder is complete and equal in names, sizes, owners, modes and times. Nothing was copied."
    return
  fi
  umask 077
  mkdir -p -- "$folder" || km_die "$folder cannot be created." 'Nothing was changed.' 'Choose another backup folder.'
  km_say "  from    $FAST_DATA_DIR and $SLOW_DATA_DIR, ${#parts[@]} folders"
  km_say "  to      $folder"
  km_copy_parts km_backup_item "$folder" "$(km_backup_complete)" "${parts[@]}"
  km_say "Not copied: the DICOM archive, stored objects and the data of single workflow runs. The migration does not touch them."
}

stop_at_changes() {
  local changed
  ! migration_has_begun || km_die "The databases have been migrated since the backup was made." 'Nothing was changed; the backup is as it was.' \
    'There is nothing to back up any more. Run the check: it says whether the backup is in order.'
  changed=$(changed_since)
  [[ -z $changed ]] || km_die "The data folders have changed since the backup was made: $changed." 'Nothing was changed; the backup is as it was.' \
    "If the platform was deployed in between, rename $(km_backup_folder) and run the step again."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
