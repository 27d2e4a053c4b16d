# shellcheck shell=bash
# Back up the snapshot: a compared copy of FAST_DATA_DIR/os/logs/snapshots in BACKUP_DIR/opensearch-snapshots.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash snapshot-backup.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies
  KM_BY_HAND=yes
fi

REFUSED=''

check() {
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  km_root_ready || km_answer unknown "The snapshot and its copy belong to other users; comparing them needs root. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  km_root_ready || km_die "The copy must be made as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_elevated copy_snapshot
}

# ---- What is where --------------------------------------------------------------------------------------------------

settle() {
  km_copy_of "${FAST_DATA_DIR%/}/os/logs/snapshots" "${BACKUP_DIR%/}/opensearch-snapshots" 'the snapshot'
  REFUSED=$(km_copy_refusal "$COPY")
  if [[ -z $REFUSED ]] && km_inside "$COPY" "$COPY_SOURCE"; then
    REFUSED="The backup folder $BACKUP_DIR cannot be used: the snapshot folder leads into it."
  fi
}

has_index() { [[ -n $(find "$1/" -maxdepth 1 -type f -name 'index-*' -print -quit) ]]; }

# ---- The check, as root ---------------------------------------------------------------------------------------------

# Quick: names, sizes, times, owners and modes. Contents were compared when the copy was made.
answer_check() {
  local made difference how='names, sizes, owners, modes and times'
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  if ! km_copy_has_content "$COPY"; then
    [[ -d $COPY_SOURCE ]] || km_answer blocked "There is nothing to back up: $COPY_SOURCE does not exist. Take the snapshot first."
    has_index "$COPY_SOURCE" || km_answer blocked "$COPY_SOURCE holds no finished snapshot: no file index-* in it. Take the snapshot first."
    if [[ -e $COPY_PART ]]; then
      ! km_copy_running "$BACKUP_DIR" ||
        km_answer pending "A copy is still running; $COPY_PART is its beginning. Wait until it has ended, then check again."
      km_answer pending "There is no finished copy. $COPY_PART is the beginning of one that was cut off; the next run removes it and starts anew."
    fi
    km_copy_count "$COPY_SOURCE"
    km_answer pending "There is no copy yet in $BACKUP_DIR. The snapshot has $(km_copy_amount)."
  fi
  km_copy_count "$COPY"
  km_copy_proven ||
    km_answer pending "$COPY exists ($(km_copy_amount)), but nothing says that its contents were compared. Run the step: it compares and copies nothing."
  difference=$(km_copy_changed)
  [[ -z $difference ]] ||
    km_answer blocked "$COPY is no longer as it was when it was compared: $difference. Move it away and run the step again."
  made=$(date -r "$COPY.sha256" '+%Y-%m-%d %H:%M')
  if [[ ! -d $COPY_SOURCE ]]; then
    km_answer 'done' "$COPY holds $(km_copy_amount), contents compared by SHA-256 on $made; $how are as then. The snapshot itself is no longer there."
  fi
  difference=$(km_copy_difference)
  [[ -z $difference ]] ||
    km_answer blocked "The snapshot has changed since it was copied on $made: $difference. Move $COPY away or choose another backup folder, then run the step again."
  km_answer 'done' "$COPY holds $(km_copy_amount), contents compared by SHA-256 on $made; $how equal the snapshot now."
}

# ---- The copy, as root ----------------------------------------------------------------------------------------------

copy_snapshot() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  [[ -d $COPY_SOURCE ]] || km_die "$COPY_SOURCE does not exist." 'Nothing was changed.' 'Take the snapshot first, or correct FAST_DATA_DIR.'
  has_index "$COPY_SOURCE" || km_die "$COPY_SOURCE holds no finished snapshot: no file index-* in it." 'Nothing was changed.' 'Take the snapshot first.'
  km_copy_traps
  km_copy_backup_folder
  if km_copy_has_content "$COPY"; then
    km_copy_compare
    km_say ''
    km_say "Equal: $(km_copy_amount). Nothing was copied."
    return
  fi
  km_copy_remove_partial
  km_say "  from    $COPY_SOURCE"
  km_say "  to      $COPY"
  km_copy_count "$COPY_SOURCE"
  km_copy_room "$BACKUP_DIR" "$(km_copy_disk_use "$COPY_SOURCE")" "$COPY_FILES" 'the snapshot'
  km_copy_make
  km_say ''
  km_say "Done: $(km_copy_amount) in $COPY."
  km_say 'Contents are equal by SHA-256; names, owners, modes and times are equal.'
  km_say "To compare again by hand: cd $(printf '%q' "$COPY") && sudo sha256sum --quiet -c ../opensearch-snapshots.sha256"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
