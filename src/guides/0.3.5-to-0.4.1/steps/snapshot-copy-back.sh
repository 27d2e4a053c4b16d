# shellcheck shell=bash
# Copy the snapshot: from the backup to os/snapshots/kaapana_migration of the fast data folder, compared, for the user
# that OpenSearch runs as.
# By hand: FAST_DATA_DIR=… BACKUP_DIR=… bash snapshot-copy-back.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch copies
  KM_BY_HAND=yes
fi

readonly OPENSEARCH_USER=1000
REFUSED=''

check() {
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  os_check_side new
  allowed || km_answer blocked "$KM_WHY."
  km_root_ready || km_answer unknown "The backup and the data folder belong to other users; looking at them needs root. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Correct the values of this guide.'
  os_run_side new
  allowed || km_die "$KM_WHY." 'Nothing was changed.' 'Deploy 0.4.1 or a later 0.4: 0.4.0 can restore no snapshot.'
  km_root_ready || km_die "The copy must be made as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_elevated copy_back
  # What only the server can say: it sees the files where it will look for them, and may read them.
  rest_exec "$OS_NAMESPACE" "deploy/$OS_DEPLOYMENT" "$OS_CONTAINER" ls -l "$OS_REPO_NEW/$OS_REPOSITORY" </dev/null ||
    km_die "OpenSearch does not see the copy in its folder $OS_REPO_NEW/$OS_REPOSITORY${KM_WHY:+: $KM_WHY}." 'The copy is complete.' \
      'Does the volume os-snapshots-pv-volume show this fast data folder? Correct FAST_DATA_DIR, then run the step again.'
  grep -q ' index-[0-9]' <<<"$KM_OUT" || km_die "OpenSearch sees the folder $OS_REPO_NEW/$OS_REPOSITORY, but no snapshot in it." 'The copy is complete.' \
    'Does the volume os-snapshots-pv-volume show this fast data folder? Correct FAST_DATA_DIR, then run the step again.'
  km_say 'OpenSearch sees it.'
}

undo() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Correct the values of this guide.'
  if os_find && [[ $OS_SIDE == new ]] && os GET "/_snapshot/$OS_REPOSITORY"; then
    km_die "OpenSearch still uses the copy as its repository $OS_REPOSITORY." 'Nothing was changed.' 'Undo the step "Restore repository" first.'
  fi
  km_elevated remove_copy
}

# Snapshots are possible since 0.4.1; what 0.4.0 lacks cannot be made up for from outside.
allowed() {
  local folders
  folders=$(os_path_repo) || return
  grep -qxF "$OS_REPO_NEW" <<<"$folders" || {
    KM_WHY="This OpenSearch allows no snapshots in $OS_REPO_NEW. Is the platform 0.4.0? Only 0.4.1 and later can restore one"
    return 1
  }
}

settle() {
  local name
  for name in FAST_DATA_DIR BACKUP_DIR; do
    if [[ ${!name:-} != /* ]]; then
      REFUSED="$name is \"${!name:-}\", which is not an absolute path."
      return
    fi
  done
  TARGET=${FAST_DATA_DIR%/}/os/snapshots/$OS_REPOSITORY BACKUP=${BACKUP_DIR%/}/opensearch-snapshots
}

# ---- As root --------------------------------------------------------------------------------------------------------

# Who OpenSearch is: the owner of its data, which its start gives to it.
opensearch_user() {
  local owner
  owner=$(stat -Lc %u:%g -- "${FAST_DATA_DIR%/}/os/data" 2>/dev/null) || owner=
  case $owner in '' | 0:*) owner=$OPENSEARCH_USER:$OPENSEARCH_USER ;; esac
  printf '%s' "$owner"
}

prepare() {
  settle
  km_copy_of "$BACKUP" "$TARGET" 'the backup' "$(opensearch_user)"
}

has_index() { [[ -n $(find "$1/" -maxdepth 1 -type f -name 'index-[0-9]*' -print -quit) ]]; } # FOLDER

answer_check() {
  local difference changed
  prepare
  if [[ ! -d $BACKUP ]]; then
    [[ -d $TARGET ]] || km_answer blocked "There is no backup of the snapshot: $BACKUP does not exist."
    km_answer blocked "The copy $TARGET cannot be compared: its backup $BACKUP is not there."
  fi
  has_index "$BACKUP" || km_answer blocked "$BACKUP is no snapshot: there is no file index-* in it.$(nested "$BACKUP")"
  if ! km_copy_has_content "$TARGET"; then
    [[ ! -e $COPY_PART ]] || km_answer pending "There is no finished copy. $COPY_PART is the beginning of one; the next run starts anew."
    km_answer pending "The snapshot is not in $TARGET yet.$(nested "$(dirname -- "$TARGET")")"
  fi
  difference=$(km_copy_difference)
  if [[ -n $difference && -z $(km_copy_differences <(km_copy_listing "$BACKUP" 0:0) <(km_copy_listing "$TARGET" 0:0)) ]]; then
    km_answer pending "$TARGET is the snapshot, but does not belong to OpenSearch's user $COPY_OWNER: $difference. Run the step: it corrects that."
  elif [[ -n $difference ]]; then
    km_answer blocked "$TARGET differs from the backup: $difference.$(nested "$TARGET") Move it away and run the step again."
  fi
  km_copy_proven || km_answer pending "$TARGET looks like the backup, but nothing says that its contents were compared. Run the step: it compares and copies nothing."
  changed=$(km_copy_changed)
  [[ -z $changed ]] || km_answer blocked "$TARGET is no longer as it was when it was compared: $changed. Move it away and run the step again."
  km_copy_count "$TARGET"
  km_answer 'done' "$TARGET holds $(km_copy_amount), contents compared by SHA-256, and belongs to OpenSearch's user $COPY_OWNER."
}

# A snapshot one level too deep, where cp -r puts it when the folder is there already.
nested() { # FOLDER
  local found
  found=$(find "$1/" -mindepth 2 -maxdepth 2 -type f -name 'index-[0-9]*' -not -path "$TARGET/index-*" -printf '%h\n' 2>/dev/null | sort -u | head -n 1)
  [[ -z $found ]] || printf ' One lies deeper, in %s, where OpenSearch does not find it.' "$found"
}

copy_back() {
  prepare
  [[ -d $BACKUP ]] || km_die "There is no backup of the snapshot: $BACKUP does not exist." 'Nothing was changed.' 'Is the backup disk mounted? Is BACKUP_DIR the folder that was used before?'
  has_index "$BACKUP" || km_die "$BACKUP is no snapshot: there is no file index-* in it.$(nested "$BACKUP")" 'Nothing was changed.' 'Is BACKUP_DIR the folder that was used before?'
  sound_backup
  [[ -d $FAST_DATA_DIR/os/data ]] || km_die "$FAST_DATA_DIR holds no data of OpenSearch." 'Nothing was changed.' 'Correct FAST_DATA_DIR.'
  km_copy_traps
  # The kubelet makes the folder for root; OpenSearch has to be able to pass it.
  install -d -- "$(dirname -- "$TARGET")" || km_die "$(dirname -- "$TARGET") cannot be made." 'Nothing was changed.' 'Is the disk full or read-only?'
  chmod u+rwx,go+rx -- "$(dirname -- "$TARGET")"
  km_copy_lock "$(dirname -- "$TARGET")"
  if km_copy_has_content "$TARGET"; then
    own_copy
    km_copy_compare
  else
    [[ ! -d $TARGET ]] || rmdir -- "$TARGET"
    km_say "  from    $BACKUP"
    km_say "  to      $TARGET"
    km_copy_remove_partial
    km_copy_count "$BACKUP"
    km_copy_room "$(dirname -- "$TARGET")" "$(km_copy_disk_use "$BACKUP")" "$COPY_FILES" 'the snapshot'
    km_copy_make
  fi
  km_copy_count "$TARGET"
  km_say "Done: $(km_copy_amount) in $TARGET, for the user $COPY_OWNER. Contents are equal by SHA-256."
}

# The backup must be what was compared before the platform went down.
sound_backup() {
  [[ -f $BACKUP.list ]] || return 0 # made by hand: its content is compared with the copy all the same
  local changed
  changed=$(km_copy_differences <(km_copy_listing "$BACKUP") "$BACKUP.list")
  [[ -z $changed ]] || km_die "The backup is no longer as it was when it was compared: $changed." 'Nothing was changed.' 'Look at what happened to it. The full backup holds the snapshot as well, in os/logs/snapshots.'
}

# Files that were copied by hand may belong to root. Only owners are changed, and only where the rest is equal.
own_copy() {
  [[ -n $(km_copy_difference) ]] || return 0
  [[ -z $(km_copy_differences <(km_copy_listing "$BACKUP" 0:0) <(km_copy_listing "$TARGET" 0:0)) ]] || return 0
  km_say "$TARGET belongs to another user. It is given to $COPY_OWNER."
  chown -hR -- "$COPY_OWNER" "$TARGET" || km_die "$TARGET could not be given to $COPY_OWNER." 'The copy is as it was, but for owners.' 'Is the file system read-only?'
}

remove_copy() {
  prepare
  km_copy_lock "$(dirname -- "$TARGET")"
  { [[ -d $BACKUP ]] && has_index "$BACKUP"; } || km_die "The backup $BACKUP is not there, so that the copy may be the last one." 'Nothing was changed.' 'Keep it.'
  rm -rf --one-file-system -- "$TARGET" "$TARGET.list" "$TARGET.sha256"
  km_say "$TARGET is removed. The backup stays."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
