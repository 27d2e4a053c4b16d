# shellcheck shell=bash
# Copy images, their database and stored objects to the new folders: copy, compare, switch. Can be cut off anywhere.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash copy-data.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies cluster scripts databases old-platform old-scripts old-data tree-copy
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly COPIED=$KM_KEPT/copied COPYING=$KM_KEPT/copying # lines NAME<TAB>FROM<TAB>TO<TAB>DEVICE:INODE<TAB>FILES<TAB>BYTES

check() {
  local name from to inode words='' files=0 bytes=0 number size missing=''
  old_find_new_folders || km_answer unknown "$KM_WHY."
  km_root_ready || km_answer unknown "The data folders belong to other users; looking at them needs root. $KM_ROOT_WHY."
  if [[ ! -s $COPIED ]]; then
    words=$(cut -f 1 "$COPYING" 2>/dev/null | paste -sd ' ') || true
    km_answer pending "${words:+Copied and compared: ${words// /, }. }Not all of dcm4che/dicom_data, postgres-dcm4che and minio are copied."
  fi
  while IFS=$'\t' read -r name from to inode number size; do
    [[ $(as_root stat -c %d:%i -- "$to" 2>/dev/null) == "$inode" ]] || missing+="${missing:+, }$to"
    files=$((files + number)) bytes=$((bytes + size))
  done <"$COPIED"
  [[ -z $missing ]] || km_answer blocked "It was copied, but another folder or none is in its place now: $missing."
  [[ $(as_root cat -- "$NEW_FAST/postgres-dcm4che/PG_VERSION" 2>/dev/null) == 9.6 ]] || km_answer blocked "The database in $NEW_FAST/postgres-dcm4che is not that of 0.1.3 (PostgreSQL 9.6)."
  km_answer 'done' "Images, database and objects are in their new places, contents compared file by file: $files files, $(km_size "$bytes"), on $(date -r "$COPIED" '+%Y-%m-%d %H:%M')."
}

run() {
  local state='Nothing was changed.' reason entry name from role line finished
  old_find_new_folders || km_die "$KM_WHY." "$state" 'Put the deploy script of 0.2.2 into the scripts folder.'
  km_root_ready || km_die "The data must be copied as root, and that is not possible: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  [[ ! -s $COPIED ]] || { km_say 'All of it is copied already. The check says whether it is in order.'; return 0; }
  reason=$(km_platform_deployed)
  [[ -z $reason ]] || km_die "The platform is not down: $reason." "$state" 'Run the step "Undeploy 0.2.2" first.'
  old_data_users || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Processes use the data folders: $KM_OUT." "$state" 'End them first.'
  mkdir -p -- "$KM_KEPT"
  km_elevated look_before "$NEW_FAST" "$NEW_SLOW"
  touch -- "$COPYING"
  for entry in "${OLD_CARRIED[@]}"; do
    read -r name from role <<<"$entry"
    ! grep -q "^$name"$'\t' "$COPYING" || { km_say "Already copied and compared: $name"; continue; }
    old_source "$from" || km_die "$KM_WHY." "$state" 'Is its disk mounted?'
    from=$OLD_PLACE
    if [[ $role == FAST ]]; then role=$NEW_FAST; else role=$NEW_SLOW; fi
    km_say ''
    km_say "$from/$name → $role/$name"
    km_elevated take "$from/$name" "$role/$name"
    # Written down before the marks go: killed in between, the next run finds the marks and writes it down.
    line=$(km_elevated describe "$from/$name" "$role/$name")
    { cat -- "$COPYING" && printf '%s\t%s\n' "$name" "$line"; } >"$COPYING.new" && mv -T -- "$COPYING.new" "$COPYING"
    km_elevated tree_settled "$role/$name"
  done
  finished=$(wc -l <"$COPYING")
  ((finished == ${#OLD_CARRIED[@]})) || km_die "Only $finished of ${#OLD_CARRIED[@]} folders are copied." 'The old data is untouched.' 'Run the step again.'
  mv -T -- "$COPYING" "$COPIED"
  km_say ''
  km_say 'Done: every file was compared by its content. The fresh folders stay as *.fresh.'
}

undo() {
  local name from to reason
  km_root_ready || km_die "Only root can move the folders: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  reason=$(km_platform_deployed)
  [[ -z $reason ]] || km_die "The platform is not down: $reason." 'Nothing was changed.' 'Undeploy it first.'
  for name in "$COPIED" "$COPYING"; do
    [[ -e $name ]] || continue
    while IFS=$'\t' read -r _ from to _; do km_elevated put_back "$to"; done <"$name"
    rm -f -- "$name"
  done
  km_say 'The fresh folders are in their places again; the copies stay as *.copied, which you can delete.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

# Layout of the sources, a clean shutdown, and room on every disk.
look_before() { # NEW_FAST NEW_SLOW
  local entry name from to role place device need free state='Nothing was changed.'
  local -A needs=() places=()
  for entry in "${OLD_CARRIED[@]}"; do
    read -r name role to <<<"$entry"
    old_source "$role" || km_die "$KM_WHY." "$state" 'Is its disk mounted?'
    from=$OLD_PLACE
    [[ -d $from/$name ]] || km_die "$from/$name is missing in the old data." "$state" 'Is its disk mounted?'
    if [[ $to == FAST ]]; then place=$1; else place=$2; fi
    [[ $(old_layout "$place") == new || -e $place/$name.partial.begun || -s $COPYING ]] || km_die "$place does not have the layout of 0.2.2." "$state" 'Run the step "Deploy 0.2.2, empty" first.'
    if km_inside "$place/$name" "$from/$name" || km_inside "$from/$name" "$place/$name"; then
      km_die "$place/$name and $from/$name lie inside each other." "$state" 'Name other folders in the new deploy script.'
    fi
    if [[ -f $place/$name.partial.compared ]] || grep -qs "^$name"$'\t' "$COPYING"; then continue; fi
    device=$(stat -Lc %d -- "$place") need=$(du -sb -- "$from/$name" | cut -f 1)
    [[ ! -d $place/$name.partial ]] || need=$((need - $(du -sb -- "$place/$name.partial" | cut -f 1)))
    ((need > 0)) || need=0
    needs[$device]=$((${needs[$device]:-0} + need)) places[$device]=$place
  done
  old_source FAST
  from=$OLD_PLACE
  [[ $(cat -- "$from/postgres-dcm4che/PG_VERSION" 2>/dev/null) == 9.6 ]] || km_die "$from/postgres-dcm4che is not a database of PostgreSQL 9.6." "$state" 'Is this the data of 0.1.3?'
  [[ ! -e $from/postgres-dcm4che/postmaster.pid ]] || km_die "The database in $from/postgres-dcm4che was not shut down cleanly: postmaster.pid is still there." "$state" 'It must be started and stopped once more with 0.1.3.'
  for device in "${!needs[@]}"; do
    need=$((needs[$device] + needs[$device] / 20))
    read -r _ free < <(km_free "${places[$device]}")
    km_say "  ${places[$device]}: $(km_size "$need") are needed, $(km_size "$free") are free"
    ((free >= need)) || km_die "There is too little room below ${places[$device]}: $(km_size "$need") are needed, what is to be copied and 5 %; $(km_size "$free") are free." 'Nothing was copied.' 'Make room, then run the step again.'
  done
}

take() { # SOURCE TARGET
  trap 'km_copy_stop_reporting' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  km_copy_lock "$(dirname -- "$2")"
  tree_take "$1" "$2"
}

describe() { # SOURCE TARGET
  km_copy_count "$1"
  printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(stat -c %d:%i -- "$2")" "$COPY_FILES" "$COPY_BYTES" >&3
}

put_back() { # TARGET
  [[ -d $1.fresh ]] || return 0
  if [[ -e $1 ]]; then
    [[ ! -e $1.copied ]] || km_die "$1.copied exists already." "$1 is as it was." 'Rename it, then run it again.'
    mv -T -n -- "$1" "$1.copied"
  fi
  mv -T -n -- "$1.fresh" "$1"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
