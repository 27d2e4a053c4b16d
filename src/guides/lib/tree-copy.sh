# shellcheck shell=bash
# A copy of a large folder that goes on where it was cut off: made by rsync in NAME.partial, compared by contents, and put
# in the place of NAME by renames. What was in that place stays as NAME.fresh. To be sourced after copies.sh; as root.
#
#   NAME.partial.begun      the .partial is ours; nothing else is ever written over or deleted
#   NAME.partial.compared   it was compared, and only the renames are missing

tree_rsync() { # SOURCE TARGET OPTION…
  local from=$1 to=$2
  shift 2
  rsync -aHAX --numeric-ids --delete "$@" -- "$from/" "$to/"
}

# Names in which two folders differ, the first three; nothing where they are equal. Fails where they cannot be read.
tree_difference() { # SOURCE COPY [OPTION]: -c compares contents, otherwise sizes and times
  local words
  words=$(tree_rsync "$1" "$2" -n --out-format='%n' "${@:3}" 2>&1) || return 1
  head -n 3 <<<"$words" | paste -sd ' '
}

# Copies, compares and switches; can be run again after any interruption. Ends the run where something is wrong.
tree_take() { # SOURCE TARGET
  local source=$1 target=$2 part=$2.partial words='' state
  state="The old data in $source is untouched. What is copied so far lies in $part; the next run goes on there."
  if [[ ! -f $part.compared ]]; then
    if [[ -e $part || -L $part ]] && [[ ! -f $part.begun || -L $part ]]; then
      km_die "$part exists and was not made by this step." 'Nothing was changed.' 'Look at what it is. Rename or remove it, then run the step again.'
    fi
    if ! : >"$part.begun" || ! mkdir -p -- "$part"; then km_die "$part cannot be written." "$state" 'Is the disk full or read-only? Solve that, then run the step again.'; fi
    km_copy_of "$source" "$target" "$source"
    km_copy_count "$source"
    COPY_PART=$part
    tree_start_reporting
    words=$(tree_rsync "$source" "$part" 2>&1) || {
      km_copy_stop_reporting
      km_die "Copying failed: $(tail -n 1 <<<"$words")." "$state" 'Make room or solve what is named, then run the step again.'
    }
    km_copy_stop_reporting
    km_say '  Comparing every file by its content …'
    words=$(tree_difference "$source" "$part" -c) || km_die 'The copy could not be compared.' "$state" 'Is the disk in order? Solve that, then run the step again.'
    [[ -z $words ]] || km_die "The copy differs from $source: $words." "$state" 'Is something still writing into it? End that, then run the step again.'
    sync -f "$part"
    : >"$part.compared" || km_die "The result cannot be written beside $part." "$state" 'Make room, then run the step again.'
  fi
  tree_switch "$target"
}

# The two renames; each of them can be the last one of a run that was killed.
tree_switch() { # TARGET
  local target=$1 part=$1.partial state='The copy is complete and equal.'
  if [[ -d $part ]]; then
    if [[ -e $target ]]; then
      [[ ! -e $target.fresh ]] || km_die "$target and $target.fresh exist both." "$state It lies in $part." "Look at what they are; put one of them elsewhere, then run the step again."
      mv -T -n -- "$target" "$target.fresh"
      [[ ! -e $target ]] || km_die "$target cannot be put aside." "$state It lies in $part." 'Is it a mount point? Solve that, then run the step again.'
    fi
    mkdir -p -- "$(dirname -- "$target")"
    mv -T -n -- "$part" "$target"
    [[ ! -e $part ]] || km_die "$part could not be given its name." "$state" 'Solve that, then run the step again.'
    sync -f "$(dirname -- "$target")"
  fi
  [[ -d $target ]] || km_die "$target is missing." 'The old data is untouched.' "Remove $part.compared and run the step again: it copies anew."
}

tree_settled() { rm -f -- "$1.partial.begun" "$1.partial.compared"; } # TARGET: after its switch was written down

tree_start_reporting() {
  km_say "  $COPY_WORDS: $(km_copy_amount)"
  km_copy_start_reporting km_copy_report_tree
}

km_copy_report_tree() {
  local files=$COPY_FILES bytes=$COPY_BYTES
  km_copy_count "$COPY_PART"
  km_say "  copied $COPY_FILES of $files files, $(km_size "$COPY_BYTES") of $(km_size "$bytes")"
  km_copy_progress "$COPY_BYTES" "$bytes" copied
}
