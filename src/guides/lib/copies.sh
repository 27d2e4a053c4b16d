# shellcheck shell=bash
# A compared copy of a folder. It is made in NAME.partial and gets its name by a rename, after every file was compared.
# Beside it stay NAME.sha256 (contents) and NAME.list (owners, modes, times, sizes): without them it counts as not
# compared. Whatever is interrupted leaves no copy or a whole one; the next run removes the .partial and starts anew.
#
#   km_copy_of SOURCE COPY WORDS [OWNER]   says what the other functions work on
#   km_copy_lock FOLDER                    one copying at a time into a folder
#   km_copy_make                           copies, compares, renames
#   km_copy_compare                        compares a copy that is there, and writes nothing into it
#   km_copy_difference, km_copy_proven     for checks: quick, without reading contents

readonly COPY_MARK=made-by-kaapana-migration # in a .partial folder: it is ours and may be removed
COPY_SOURCE='' COPY='' COPY_PART='' COPY_WORDS='' COPY_OWNER='' COPY_REPORTER=''
COPY_FILES=0 COPY_BYTES=0
COPY_BEFORE=0 COPY_TOTAL=0 # bytes of a larger work: done before this copy, and all of it
COPY_KEPT=''

# The words say what is copied ("the snapshot"). The copy keeps its owners, or all of it gets one.
km_copy_of() { # SOURCE COPY WORDS [UID:GID]
  COPY_SOURCE=$1 COPY=$2 COPY_PART=$2.partial COPY_WORDS=$3 COPY_OWNER=${4:-}
  COPY_KEPT="There is no copy: what was begun was removed. ${COPY_WORDS^} is untouched."
}

# Why the backup folder cannot take a copy of this name, as a sentence; nothing where it can.
km_copy_refusal() { # COPY [MORE_FAST MORE_SLOW]: data folders under other names
  local name reason
  for name in FAST_DATA_DIR SLOW_DATA_DIR BACKUP_DIR; do
    if [[ ${!name:-} != /* ]]; then
      printf '%s is "%s", which is not an absolute path.' "$name" "${!name:-}"
      return
    fi
  done
  for name in "$BACKUP_DIR" "$1"; do
    reason=$(km_unsafe_folder "$name" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
    [[ -n $reason || -z ${2:-} ]] || reason=$(km_unsafe_folder "$name" "$2" "$3")
    if [[ -n $reason ]]; then
      printf 'The backup folder %s cannot be used: %s.' "$BACKUP_DIR" "$reason"
      return
    fi
  done
  if [[ -L $1 || (-e $1 && ! -d $1) ]]; then printf '%s exists and is not a folder.' "$1"; fi
}

# Held by all that copies, also by what a killed run left behind.
km_copy_lock() { # FOLDER
  exec 9<"$1"
  flock -n 9 || km_die "Another copy into $1 is still running." 'That one goes on; nothing else was changed.' \
    'Wait until it has ended, then run the check.'
}

km_copy_running() { ! flock -ns "$1" true; } # FOLDER

# Makes the backup folder, where the one above it is there, and locks it.
km_copy_backup_folder() {
  local above
  above=$(dirname -- "$BACKUP_DIR")
  [[ -d $above ]] || km_die "The folder $above does not exist." 'Nothing was changed.' 'Is the backup disk mounted? Create the folder, or choose another one.'
  if [[ ! -d $BACKUP_DIR ]] && ! mkdir -m 0700 -- "$BACKUP_DIR"; then
    km_die "$BACKUP_DIR cannot be created." 'Nothing was changed.' 'Choose another backup folder.'
  fi
  km_copy_lock "$BACKUP_DIR"
}

km_copy_traps() {
  trap 'km_copy_stop_reporting' EXIT
  trap 'km_copy_stopped 130' INT
  trap 'km_copy_stopped 143' TERM HUP
}

# ---- Looking --------------------------------------------------------------------------------------------------------

# Everything below a folder that a copy must keep: kind, mode, owner, time, size, target of links, name.
km_copy_listing() { # FOLDER [UID:GID]
  local owner=${2:-%U:%G}
  owner="${owner%:*} ${owner#*:}"
  find "$1/" \( -type d -printf "d %m $owner %Ts\t%P\0" \) -o -printf "%y %m $owner %Ts %s %l\t%P\0" | sort -z
}
km_copy_source_listing() { km_copy_listing "$COPY_SOURCE" "$COPY_OWNER"; } # as its copy has to be

# In the format of sha256sum, names relative to the folder. openssl is several times faster where the processor has
# instructions for it, but does not escape names; those with a backslash or a line break are left to sha256sum.
km_copy_hashes() { # FOLDER
  local odd=(-name $'*[\\\\\n]*') plain=(sha256sum --)
  ! command -v openssl >/dev/null || plain=(openssl dgst -sha256 -r)
  (
    cd -- "$1" || exit
    find . -type f ! "${odd[@]}" -print0 | sort -z | xargs -0 -r "${plain[@]}" | sed 's/^\([0-9a-f]\{64\}\) \*/\1  /' || exit
    find . -type f "${odd[@]}" -print0 | sort -z | xargs -0 -r sha256sum --
  )
}

km_copy_count() { # FOLDER: sets COPY_FILES and COPY_BYTES
  read -r COPY_FILES COPY_BYTES < <(find "$1/" -type f -printf '%s\n' 2>/dev/null | awk '{ n++; s += $1 } END { printf "%d %.0f\n", n, s }')
}

km_copy_amount() { printf '%s files, %s' "$COPY_FILES" "$(km_size "$COPY_BYTES")"; }

# Names that differ between two listings, the first three; nothing where they are equal.
km_copy_differences() { # FILE_OR_PIPE FILE_OR_PIPE
  local name names=() text=''
  while IFS= read -r -d '' name; do names+=("${name:-.}"); done < <(comm -z -3 "$1" "$2" | sed -z 's/^\t//; s/^[^\t]*\t//' | sort -zu)
  for name in "${names[@]:0:3}"; do text+="${text:+, }$(printf '%q' "$name")"; done
  ((${#names[@]} <= 3)) || text+=" and $((${#names[@]} - 3)) more"
  printf '%s' "$text"
}

# What differs between source and copy in names, sizes, owners, modes and times.
km_copy_difference() { km_copy_differences <(km_copy_source_listing) <(km_copy_listing "$COPY"); }

# What has changed in the copy since it was compared.
km_copy_changed() { km_copy_differences <(km_copy_listing "$COPY") "$COPY.list"; }

km_copy_proven() { [[ -d $COPY && -f $COPY.sha256 && -f $COPY.list ]]; }
km_copy_has_content() { [[ -d $1 && -n $(find "$1/" -mindepth 1 -print -quit) ]]; } # FOLDER

# ---- Copying --------------------------------------------------------------------------------------------------------

# A copy of that name is there: compare it whole, never write into it.
km_copy_compare() {
  local difference
  km_say "There is already a copy: $COPY. It is compared with ${COPY_WORDS}; nothing is copied."
  difference=$(km_copy_difference)
  if [[ -n $difference ]]; then
    km_die "The copy differs from $COPY_WORDS: $difference." 'Nothing was changed; the copy is as it was.' \
      "If it belongs to an earlier state, rename $COPY and run the step again, or choose another backup folder."
  fi
  km_copy_count "$COPY"
  km_copy_begin
  km_copy_hash_both "$COPY"
  if ! cmp -s "$COPY_PART/sha256.source" "$COPY_PART/sha256"; then
    COPY_KEPT='Nothing was changed; the copy is as it was.'
    km_copy_failed "The copy has the names and sizes of $COPY_WORDS, but other contents: $(km_copy_other_contents)." \
      "Do not use it. Rename $COPY and run the step again."
  fi
  km_copy_listing "$COPY" >"$COPY_PART/list" || km_copy_failed 'The result of the comparison cannot be written.'
  km_copy_publish
}

km_copy_make() {
  local words
  km_copy_count "$COPY_SOURCE"
  km_copy_begin
  mkdir -- "$COPY_PART/tree" || km_copy_failed "$COPY_PART cannot be written."
  km_copy_source_listing >"$COPY_PART/list" || km_copy_failed "The list of files cannot be made." \
    "Is ${COPY_WORDS} still being written, or is the disk full? Solve that, then run the step again."

  km_say ''
  km_say 'Copying …'
  km_copy_start_reporting km_copy_report_copied
  words=$(cp -a -- "$COPY_SOURCE/." "$COPY_PART/tree" 2>&1) || km_copy_failed "Copying failed: $(tail -n 1 <<<"$words")." \
    "$([[ $words != *'No space left'* ]] || printf 'The disk of the backup folder is full. Make room, then run the step again.')"
  [[ -z $COPY_OWNER ]] || chown -hR -- "$COPY_OWNER" "$COPY_PART/tree" || km_copy_failed "The copy cannot be given to the user $COPY_OWNER."
  km_copy_stop_reporting

  km_say 'Comparing every file by SHA-256 …'
  km_copy_hash_both "$COPY_PART/tree"
  words=$(km_copy_differences <(km_copy_source_listing) "$COPY_PART/list")
  [[ -z $words ]] || km_copy_failed "${COPY_WORDS^} changed while it was copied: $words." \
    'Is it still being written? Wait until that has ended, then run the step again.'
  cmp -s "$COPY_PART/sha256.source" "$COPY_PART/sha256" || km_copy_failed "The copy has other contents than ${COPY_WORDS}: $(km_copy_other_contents)." \
    'The disk of the backup folder may be damaged. Choose another one.'
  words=$(km_copy_differences <(km_copy_listing "$COPY_PART/tree") "$COPY_PART/list")
  [[ -z $words ]] || km_copy_failed "The copy did not keep owners, modes or times: $words." \
    'The file system of the backup folder cannot hold them. Choose a folder on a Linux file system.'

  sync -f "$COPY_PART" || km_copy_failed 'The copy could not be written to the disk.'
  mv -T -- "$COPY_PART/tree" "$COPY" || km_copy_failed "$COPY could not be given its name."
  km_copy_publish
}

# Whether a folder has room for so much, a tenth more, and so many files.
km_copy_room() { # FOLDER BYTES FILES WORDS
  local need=$(($2 + $2 / 10)) free inodes
  read -r _ free < <(km_free "$1")
  inodes=$(df -Pi -- "$1" | awk 'NR == 2 { print $4 }')
  km_say "  size    $3 files, $(km_size "$2"); $(km_size "$free") free there"
  if ((free < need)); then
    km_die "There is too little room: $(km_size "$need") are needed, $4 and 10 %; $(km_size "$free") are free." 'Nothing was copied.' \
      'Make room, or choose a backup folder on a larger disk.'
  elif [[ $inodes =~ ^[1-9] ]] && ((inodes < $3 + $3 / 10 + 100)); then
    km_die "The backup disk can hold only $inodes more files; $3 are to be copied." 'Nothing was copied.' 'Choose a backup folder on another disk.'
  fi
}

km_copy_disk_use() { # FOLDER: bytes, by size or by blocks, whichever is more
  { du -sb -- "$1/" && du -sB1 -- "$1/"; } | sort -rn | head -n 1 | cut -f 1
}

# ---- Several folders ------------------------------------------------------------------------------------------------

# A function is handed each part and calls km_copy_of for it. Parts that are copied and compared are kept when the run is
# cut off; the file that lists all of them is written last.
km_copy_parts() { # FUNCTION BACKUP FILE PART…
  local item=$1 backup=$2 file=$3 part
  shift 3
  km_copy_parts_room "$item" "$@"
  for part in "$@"; do
    "$item" "$part"
    km_copy_part "$part" "$backup"
  done
  if ! {
    printf '# Made and compared on %s. Owners, modes and times stand in the .list beside each folder, contents in .sha256.\n' "$(date '+%Y-%m-%d %H:%M %Z')"
    printf '%s\n' "$@"
  } >"$file.tmp" || ! sync -f "$file.tmp" || ! mv -f -- "$file.tmp" "$file"; then
    km_die "$file cannot be written." 'All folders are copied and compared.' 'Solve that, then run the step again: it copies nothing anew.'
  fi
  km_say ''
  km_say "Done: $# folders in $backup."
  km_say 'Contents are equal by SHA-256; names, owners, modes and times are equal.'
}

km_copy_parts_room() { # FUNCTION PART…
  local item=$1 part bytes=0 files=0
  shift
  for part in "$@"; do
    "$item" "$part"
    km_copy_remove_partial
    ! km_copy_has_content "$COPY" || continue
    bytes=$((bytes + $(km_copy_disk_use "$COPY_SOURCE")))
    km_copy_count "$COPY_SOURCE"
    files=$((files + COPY_FILES)) COPY_TOTAL=$((COPY_TOTAL + COPY_BYTES))
  done
  km_copy_room "$BACKUP_DIR" "$bytes" "$files" 'what is still to be copied'
}

km_copy_part() { # PART BACKUP
  local difference
  COPY_KEPT="The backup is not finished. Folders that were copied and compared are kept; $COPY_WORDS is untouched."
  if km_copy_proven; then
    difference=$(km_copy_changed)
    [[ -z $difference ]] || km_die "The copy $COPY has changed since it was compared: $difference." "$COPY_KEPT" "Do not use it. Rename $COPY and run the step again."
    difference=$(km_copy_difference)
    [[ -z $difference ]] || km_die "$COPY_SOURCE has changed since it was copied: $difference." "$COPY_KEPT" \
      "If the platform was deployed in between, rename $2 and run the step again."
    km_say "Already copied and compared: $1"
    return
  fi
  km_say ''
  km_say "$1"
  mkdir -p -- "$(dirname -- "$COPY")" || km_copy_failed "$(dirname -- "$COPY") cannot be created."
  if km_copy_has_content "$COPY"; then km_copy_compare; else km_copy_make; fi
  COPY_BEFORE=$((COPY_BEFORE + COPY_BYTES))
  km_say "Equal: $(km_copy_amount)."
}

# ---- The .partial folder --------------------------------------------------------------------------------------------

km_copy_begin() {
  km_copy_remove_partial
  if ! mkdir -m 0700 -- "$COPY_PART" || ! : >"$COPY_PART/$COPY_MARK"; then km_copy_failed "$COPY_PART cannot be written."; fi
}

km_copy_remove_partial() {
  [[ -e $COPY_PART || -L $COPY_PART ]] || return 0
  if [[ -L $COPY_PART || ! -d $COPY_PART ]] || { [[ ! -f $COPY_PART/$COPY_MARK ]] && km_copy_has_content "$COPY_PART"; }; then
    km_die "$COPY_PART exists and was not made by this step." 'Nothing was changed.' 'Look at what it is. Rename or remove it, then run the step again.'
  fi
  [[ ! -d $COPY_PART/tree ]] || km_say "An earlier copy was cut off. It is removed, and the copy starts from the beginning."
  rm -rf --one-file-system -- "$COPY_PART"
}

# The list goes first: a copy without .sha256 beside it counts as not compared.
km_copy_publish() {
  if ! mv -T -- "$COPY_PART/list" "$COPY.list" || ! mv -T -- "$COPY_PART/sha256" "$COPY.sha256"; then
    COPY_KEPT="The copy is complete and equal."
    km_copy_failed "The result of the comparison cannot be written beside $COPY."
  fi
  rm -rf --one-file-system -- "$COPY_PART"
  sync -f "$(dirname -- "$COPY")"
}

# Ends the run; what was begun goes, so that nothing looks whole that is not.
km_copy_failed() { # WHAT [WHAT_TO_DO]
  km_copy_stop_reporting
  rm -rf --one-file-system -- "$COPY_PART" || true
  km_die "$1" "$COPY_KEPT" "${2:-Solve that, then run the step again.}"
}

km_copy_stopped() { # CODE
  trap '' INT TERM HUP
  km_say ''
  km_say "Stopped. There is no copy; what was begun lies in $COPY_PART, and the next run starts anew."
  exit "$1"
}

# Both sides at once: they are often on two disks.
km_copy_hash_both() { # COPIED_TREE
  local other rc=0
  km_copy_start_reporting km_copy_report_compared
  km_copy_hashes "$COPY_SOURCE" >"$COPY_PART/sha256.source" &
  other=$!
  km_copy_hashes "$1" >"$COPY_PART/sha256" || rc=$?
  wait "$other" || km_copy_failed "${COPY_WORDS^} could not be read again, or its hashes could not be written."
  ((rc == 0)) || km_copy_failed 'The copy could not be read back, or its hashes could not be written.'
  km_copy_stop_reporting
}

km_copy_other_contents() {
  km_copy_differences <(km_copy_names_of_hashes "$COPY_PART/sha256.source") <(km_copy_names_of_hashes "$COPY_PART/sha256")
}

# sha256sum's lines in the form of a listing, so that differences can be named.
km_copy_names_of_hashes() { sed -E 's/^(\\?[0-9a-f]+)  \.\//\1\t/' "$1" | tr '\n' '\0' | sort -z; }

# ---- Progress -------------------------------------------------------------------------------------------------------

km_copy_start_reporting() { # FUNCTION: called now and then while the work goes on
  local worker=$BASHPID
  (
    exec 3>&- 9<&- # whoever reads the output or waits for the lock must not wait for the last sleep
    pause=2
    while sleep "$pause" >/dev/null 2>&1 && kill -0 "$worker" 2>/dev/null; do
      "$1" || true
      ((pause >= 30)) || pause=$((pause + 2))
    done
  ) &
  COPY_REPORTER=$!
}

km_copy_stop_reporting() {
  [[ -z $COPY_REPORTER ]] || kill "$COPY_REPORTER" 2>/dev/null || true
  [[ -z $COPY_REPORTER ]] || wait "$COPY_REPORTER" 2>/dev/null || true
  COPY_REPORTER=''
}

km_copy_report_copied() {
  local files=$COPY_FILES bytes=$COPY_BYTES
  km_copy_count "$COPY_PART/tree"
  km_say "  copied $COPY_FILES of $files files, $(km_size "$COPY_BYTES") of $(km_size "$bytes")"
  km_copy_progress "$COPY_BYTES" "$bytes" copied
}

km_copy_report_compared() {
  local lines
  lines=$(cat "$COPY_PART"/sha256* | wc -l)
  km_say "  read $lines of $((2 * COPY_FILES)) files"
  km_copy_progress $((COPY_FILES ? COPY_BYTES * lines / (2 * COPY_FILES) : 0)) "$COPY_BYTES" compared
}

km_copy_progress() { # BYTES OF_BYTES DONE_WHAT: for the editors; the terminal has a line of its own
  local total=$((COPY_TOTAL ? COPY_TOTAL : $2))
  km_progress $(((COPY_BEFORE + $1) / 1000000)) $((total / 1000000)) "MB $3" >/dev/null
}
