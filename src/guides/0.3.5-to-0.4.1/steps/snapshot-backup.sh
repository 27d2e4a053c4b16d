# shellcheck shell=bash
# Back up the snapshot: a compared copy of FAST_DATA_DIR/os/logs/snapshots in BACKUP_DIR/opensearch-snapshots.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash snapshot-backup.sh run
#
# The copy is made in opensearch-snapshots.partial and gets its name by a rename, after it was compared. Beside it stay
# opensearch-snapshots.sha256 (contents) and opensearch-snapshots.list (owners, modes, times, sizes).

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  KM_BY_HAND=yes
fi

readonly MARK=made-by-kaapana-migration # in a .partial folder: it is ours and may be removed
SOURCE='' COPY='' PART='' REFUSED='' REPORTER=''
KEPT='There is no copy: what was begun was removed. The snapshot and the platform are untouched.'
FILES=0 BYTES=0

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
  local name reason
  for name in FAST_DATA_DIR SLOW_DATA_DIR BACKUP_DIR; do
    if [[ ${!name:-} != /* ]]; then
      REFUSED="$name is \"${!name:-}\", which is not an absolute path."
      return
    fi
  done
  SOURCE=${FAST_DATA_DIR%/}/os/logs/snapshots
  COPY=${BACKUP_DIR%/}/opensearch-snapshots
  PART=$COPY.partial
  reason=$(km_unsafe_folder "$BACKUP_DIR" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -n $reason ]] || reason=$(km_unsafe_folder "$COPY" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -n $reason ]] || ! km_inside "$COPY" "$SOURCE" || reason='the snapshot folder leads into it'
  if [[ -n $reason ]]; then
    REFUSED="The backup folder $BACKUP_DIR cannot be used: $reason."
  elif [[ -L $COPY || (-e $COPY && ! -d $COPY) ]]; then
    REFUSED="$COPY exists and is not a folder."
  fi
}

# Everything below a folder that a copy must keep: kind, mode, owner, time, size, target of links, name.
listing() { # FOLDER
  find "$1/" \( -type d -printf 'd %m %U %G %Ts\t%P\0' \) -o -printf '%y %m %U %G %Ts %s %l\t%P\0' | sort -z
}

hashes() { # FOLDER: in the format of sha256sum, names relative to the folder
  (cd -- "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum --)
}

listing_id() { listing "$1" | sha256sum; }

count() { # FOLDER: sets FILES and BYTES
  read -r FILES BYTES < <(find "$1/" -type f -printf '%s\n' 2>/dev/null | awk '{ n++; s += $1 } END { printf "%d %.0f\n", n, s }')
}

amount() { printf '%s files, %s' "$FILES" "$(km_size "$BYTES")"; }

# Names that differ between two listings, the first three.
differences() { # FILE_OR_PIPE FILE_OR_PIPE
  local name names=() text=''
  while IFS= read -r -d '' name; do names+=("${name:-.}"); done < <(comm -z -3 "$1" "$2" | sed -z 's/^\t//; s/^[^\t]*\t//' | sort -zu)
  for name in "${names[@]:0:3}"; do text+="${text:+, }$(printf '%q' "$name")"; done
  ((${#names[@]} <= 3)) || text+=" and $((${#names[@]} - 3)) more"
  printf '%s' "$text"
}

has_index() { [[ -n $(find "$1/" -maxdepth 1 -type f -name 'index-*' -print -quit) ]]; }
has_content() { [[ -d $1 && -n $(find "$1/" -mindepth 1 -print -quit) ]]; }

# ---- The check, as root ---------------------------------------------------------------------------------------------

# Quick: names, sizes, times, owners and modes. Contents were compared when the copy was made.
answer_check() {
  local made how='names, sizes, owners, modes and times'
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  if ! has_content "$COPY"; then
    [[ -d $SOURCE ]] || km_answer blocked "There is nothing to back up: $SOURCE does not exist. Take the snapshot first."
    has_index "$SOURCE" || km_answer blocked "$SOURCE holds no finished snapshot: no file index-* in it. Take the snapshot first."
    if [[ -e $PART ]]; then
      flock -ns "$BACKUP_DIR" true ||
        km_answer pending "A copy is still running; $PART is its beginning. Wait until it has ended, then check again."
      km_answer pending "There is no finished copy. $PART is the beginning of one that was cut off; the next run removes it and starts anew."
    fi
    count "$SOURCE"
    km_answer pending "There is no copy yet in $BACKUP_DIR. The snapshot has $(amount)."
  fi
  count "$COPY"
  if [[ ! -f $COPY.sha256 || ! -f $COPY.list ]]; then
    km_answer pending "$COPY exists ($(amount)), but nothing says that its contents were compared. Run the step: it compares and copies nothing."
  fi
  listing "$COPY" | cmp -s - "$COPY.list" ||
    km_answer blocked "$COPY is no longer as it was when it was compared: $(differences <(listing "$COPY") "$COPY.list"). Move it away and run the step again."
  made=$(date -r "$COPY.sha256" '+%Y-%m-%d %H:%M')
  if [[ ! -d $SOURCE ]]; then
    km_answer 'done' "$COPY holds $(amount), contents compared by SHA-256 on $made; $how are as then. The snapshot itself is no longer there."
  fi
  [[ $(listing_id "$SOURCE") == "$(listing_id "$COPY")" ]] ||
    km_answer blocked "The snapshot has changed since it was copied on $made: $(differences <(listing "$SOURCE") <(listing "$COPY")). Move $COPY away or choose another backup folder, then run the step again."
  km_answer 'done' "$COPY holds $(amount), contents compared by SHA-256 on $made; $how equal the snapshot now."
}

# ---- The copy, as root ----------------------------------------------------------------------------------------------

copy_snapshot() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  [[ -d $SOURCE ]] || km_die "$SOURCE does not exist." 'Nothing was changed.' 'Take the snapshot first, or correct FAST_DATA_DIR.'
  has_index "$SOURCE" || km_die "$SOURCE holds no finished snapshot: no file index-* in it." 'Nothing was changed.' 'Take the snapshot first.'
  trap 'stop_reporting' EXIT
  trap 'stopped 130' INT
  trap 'stopped 143' TERM HUP
  prepare_backup_folder
  if has_content "$COPY"; then
    compare_existing
    return
  fi
  make_copy
}

prepare_backup_folder() {
  local above
  above=$(dirname -- "$BACKUP_DIR")
  [[ -d $above ]] || km_die "The folder $above does not exist." 'Nothing was changed.' 'Is the backup disk mounted? Create the folder, or choose another one.'
  if [[ ! -d $BACKUP_DIR ]] && ! mkdir -m 0700 -- "$BACKUP_DIR"; then
    km_die "$BACKUP_DIR cannot be created." 'Nothing was changed.' 'Choose another backup folder.'
  fi
  exec 9<"$BACKUP_DIR"
  # Held by all that copies, also by what a killed run left behind.
  flock -n 9 || km_die "Another copy into $BACKUP_DIR is still running." 'That one goes on; nothing else was changed.' \
    'Wait until it has ended, then run the check.'
}

# A copy of that name is there: compare it whole, never write into it.
compare_existing() {
  km_say "There is already a copy: $COPY. It is compared with the snapshot; nothing is copied."
  if [[ $(listing_id "$SOURCE") != "$(listing_id "$COPY")" ]]; then
    km_die "The copy differs from the snapshot: $(differences <(listing "$SOURCE") <(listing "$COPY"))." 'Nothing was changed; the copy is as it was.' \
      "If it belongs to an earlier snapshot, rename $COPY and run the step again, or choose another backup folder."
  fi
  begin_partial
  hash_both "$COPY"
  if ! cmp -s "$PART/sha256.source" "$PART/sha256"; then
    KEPT='Nothing was changed; the copy is as it was.'
    failed "The copy has the names and sizes of the snapshot, but other contents: $(different_contents)." "Do not use it. Rename $COPY and run the step again."
  fi
  listing "$COPY" >"$PART/list" || failed 'The result of the comparison cannot be written.'
  publish
  count "$COPY"
  km_say ''
  km_say "Equal: $(amount). Nothing was copied."
}

make_copy() {
  local words
  check_room
  begin_partial
  mkdir -- "$PART/tree" || failed "$PART cannot be written."
  listing "$SOURCE" >"$PART/list" || failed "The list of files cannot be made." 'Is a snapshot still being written, or is the backup disk full? Solve that, then run the step again.'

  km_say ''
  km_say 'Copying …'
  start_reporting report_copied
  words=$(cp -a -- "$SOURCE/." "$PART/tree" 2>&1) || failed "Copying failed: $(tail -n 1 <<<"$words")." \
    "$([[ $words != *'No space left'* ]] || printf 'The disk of the backup folder is full. Make room, then run the step again.')"
  stop_reporting

  km_say 'Comparing every file by SHA-256 …'
  hash_both "$PART/tree"
  unchanged
  cmp -s "$PART/sha256.source" "$PART/sha256" || failed "The copy has other contents than the snapshot: $(different_contents)." 'The disk of the backup folder may be damaged. Choose another one.'
  listing "$PART/tree" | cmp -s - "$PART/list" || failed "The copy did not keep owners, modes or times: $(differences <(listing "$PART/tree") "$PART/list")." \
    'The file system of the backup folder cannot hold them. Choose a folder on a Linux file system.'

  sync -f "$PART" || failed 'The copy could not be written to the disk.'
  mv -T -- "$PART/tree" "$COPY" || failed "$COPY could not be given its name."
  publish
  km_say ''
  km_say "Done: $(amount) in $COPY."
  km_say 'Contents are equal by SHA-256; names, owners, modes and times are equal.'
  km_say "To compare again by hand: cd $(printf '%q' "$COPY") && sudo sha256sum --quiet -c ../opensearch-snapshots.sha256"
}

check_room() {
  local need free inodes
  count "$SOURCE"
  need=$({ du -sb -- "$SOURCE/" && du -sB1 -- "$SOURCE/"; } | sort -rn | head -n 1 | cut -f 1)
  need=$((need + need / 10))
  remove_partial
  read -r _ free < <(km_free "$BACKUP_DIR")
  inodes=$(df -Pi -- "$BACKUP_DIR" | awk 'NR == 2 { print $4 }')
  km_say "  from    $SOURCE"
  km_say "  to      $COPY"
  km_say "  size    $(amount); $(km_size "$free") free there"
  if ((free < need)); then
    km_die "There is too little room: $(km_size "$need") are needed, the snapshot and 10 %; $(km_size "$free") are free." 'Nothing was copied.' \
      'Make room, or choose a backup folder on a larger disk.'
  elif [[ $inodes =~ ^[1-9] ]] && ((inodes < FILES + FILES / 10 + 100)); then
    km_die "The backup disk can hold only $inodes more files; $FILES are to be copied." 'Nothing was copied.' 'Choose a backup folder on another disk.'
  fi
}

# ---- The .partial folder --------------------------------------------------------------------------------------------

begin_partial() {
  remove_partial
  if ! mkdir -m 0700 -- "$PART" || ! : >"$PART/$MARK"; then failed "$PART cannot be written."; fi
}

remove_partial() {
  [[ -e $PART || -L $PART ]] || return 0
  if [[ -L $PART || ! -d $PART ]] || { [[ ! -f $PART/$MARK ]] && has_content "$PART"; }; then
    km_die "$PART exists and was not made by this step." 'Nothing was changed.' 'Look at what it is. Rename or remove it, then run the step again.'
  fi
  [[ ! -d $PART/tree ]] || km_say "An earlier copy was cut off. It is removed, and the copy starts from the beginning."
  rm -rf --one-file-system -- "$PART"
}

# The list goes first: a copy without .sha256 beside it counts as not compared.
publish() {
  if ! mv -T -- "$PART/list" "$COPY.list" || ! mv -T -- "$PART/sha256" "$COPY.sha256"; then
    KEPT="The copy is complete and equal."
    failed "The result of the comparison cannot be written beside $COPY."
  fi
  rm -rf --one-file-system -- "$PART"
  sync -f "$BACKUP_DIR"
}

# Ends the run; what was begun goes, so that nothing looks whole that is not.
failed() { # WHAT [WHAT_TO_DO]
  stop_reporting
  rm -rf --one-file-system -- "$PART" || true
  km_die "$1" "$KEPT" "${2:-Solve that, then run the step again.}"
}

stopped() { # CODE
  trap '' INT TERM HUP
  km_say ''
  km_say "Stopped. There is no copy; what was begun lies in $PART, and the next run starts anew."
  exit "$1"
}

unchanged() {
  listing "$SOURCE" | cmp -s - "$PART/list" || failed "The snapshot changed while it was copied: $(differences <(listing "$SOURCE") "$PART/list")." \
    'Is a snapshot still being written? Wait until it has ended, then run the step again.'
}

hash_both() { # COPIED_TREE
  start_reporting report_compared
  hashes "$1" >"$PART/sha256" || failed 'The copy could not be read back, or its hashes could not be written.'
  hashes "$SOURCE" >"$PART/sha256.source" || failed 'The snapshot could not be read again, or its hashes could not be written.'
  stop_reporting
}

different_contents() {
  differences <(names_of_hashes "$PART/sha256.source") <(names_of_hashes "$PART/sha256")
}

# sha256sum's lines in the form of a listing, so that differences can be named.
names_of_hashes() { sed -E 's/^(\\?[0-9a-f]+)  \.\//\1\t/' "$1" | tr '\n' '\0'; }

# ---- Progress -------------------------------------------------------------------------------------------------------

start_reporting() { # FUNCTION: called now and then while the work goes on
  local worker=$BASHPID
  (
    exec 3>&- 9<&- # whoever reads the output or waits for the lock must not wait for the last sleep
    pause=2
    while sleep "$pause" >/dev/null 2>&1 && kill -0 "$worker" 2>/dev/null; do
      "$1" || true
      ((pause >= 30)) || pause=$((pause + 2))
    done
  ) &
  REPORTER=$!
}

stop_reporting() {
  [[ -z $REPORTER ]] || kill "$REPORTER" 2>/dev/null || true
  REPORTER=''
}

report_copied() {
  local files=$FILES bytes=$BYTES
  count "$PART/tree"
  km_say "  copied $FILES of $files files, $(km_size "$BYTES") of $(km_size "$bytes")"
}

report_compared() {
  km_say "  read $(cat "$PART"/sha256* | wc -l) of $((2 * FILES)) files"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
