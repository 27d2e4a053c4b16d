# shellcheck shell=bash
# Move the old data aside: each distinct data folder D becomes D_0.1.3 by one rename.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash move-data-aside.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  local folder aside='' pending='' reason
  [[ ! -e $KM_KEPT/deleted ]] || km_answer 'done' "$(<"$KM_KEPT/deleted")"
  old_find_new_folders || km_answer unknown "Where the new platform keeps its data is not known: $KM_WHY."
  if stays; then
    while IFS= read -r folder; do
      [[ $(old_layout "$folder") == old ]] || km_answer blocked "$folder does not hold the data of 0.1.3 any more."
    done < <(old_folders)
    km_answer not-needed "The new deploy script keeps its data in $NEW_FAST and $NEW_SLOW; the old data stays in its place."
  fi
  while IFS= read -r folder; do
    case $(old_layout "${folder}_0.1.3")/$(old_layout "$folder") in
      old/missing | old/new) aside+="${aside:+, }${folder}_0.1.3" ;;
      old/none) # a deployment that has just begun, or something else of the same name
        aside+="${aside:+, }${folder}_0.1.3" ;;
      missing/old)
        reason=$(old_unmovable "$folder")
        [[ -z $reason ]] || km_answer blocked "$reason. $OLD_UNMOVABLE_ADVICE"
        pending+="${pending:+, }$folder"
        ;;
      old/old) km_answer blocked "$folder and ${folder}_0.1.3 hold both data of 0.1.3. Find out which one is right; nothing is moved." ;;
      */mixed | mixed/*) km_answer blocked "$folder or ${folder}_0.1.3 holds data of both versions: it was started on the old data. Bring back the backup." ;;
      */old) km_answer blocked "${folder}_0.1.3 exists already and does not hold the data of 0.1.3; the folder would land inside it. Rename that one." ;;
      missing/missing) km_answer blocked "Neither $folder nor ${folder}_0.1.3 is there. Is its disk mounted?" ;;
      *) km_answer blocked "$folder does not hold the data of 0.1.3, and ${folder}_0.1.3 neither. Is its disk mounted?" ;;
    esac
    [[ ! -d ${folder}_0.1.3/$(basename -- "$folder") ]] || [[ $(old_layout "${folder}_0.1.3/$(basename -- "$folder")") == none ]] ||
      km_answer blocked "Inside ${folder}_0.1.3 lies another $(basename -- "$folder"): it was moved into an existing folder. Take it out by hand."
  done < <(old_folders)
  [[ -z $pending ]] || km_answer pending "Still in its place: $pending."
  km_answer 'done' "The old data is aside, with its own layout: $aside."
}

run() {
  local state='Nothing was changed.' folder reason todo=()
  km_root_ready || km_die "Only root can rename the data folders: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  old_find_new_folders || km_die "Where the new platform keeps its data is not known: $KM_WHY." "$state" 'Run the step "Fetch the scripts" first.'
  if stays; then
    km_say "The new deploy script keeps its data in other folders, $NEW_FAST and $NEW_SLOW: the old data stays where it is."
    return 0
  fi
  reason=$(km_platform_deployed)
  [[ -z $reason ]] || km_die "A platform is deployed: $reason." "$state" 'Undeploy it first.'
  old_data_users || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Processes use the data folders: $KM_OUT." "$state" 'End them first.'
  # All of them are looked at before any is moved.
  while IFS= read -r folder; do
    if [[ $(old_layout "${folder}_0.1.3") == old && $(old_layout "$folder") == @(missing|new) ]]; then
      km_say "Already aside: ${folder}_0.1.3"
      continue
    fi
    [[ $(old_layout "$folder") == old ]] || km_die "$folder does not have the layout of 0.1.3." "$state" 'Run the check: it says what is there.'
    reason=$(old_unmovable "$folder")
    [[ -z $reason ]] || km_die "$reason." "$state" "$OLD_UNMOVABLE_ADVICE"
    todo+=("$folder")
  done < <(old_folders)
  for folder in "${todo[@]}"; do
    km_elevated move "$folder" "${folder}_0.1.3"
  done
  km_say 'Done. The old data is only read from now on.'
}

undo() {
  local folder
  km_root_ready || km_die "Only root can rename the data folders: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  while IFS= read -r folder; do
    [[ $(old_layout "${folder}_0.1.3") == old ]] || continue
    [[ ! -e $folder ]] || km_die "$folder exists again." 'Nothing was changed.' "If it is that of an empty 0.2.2, undeploy that and rename it yourself, then run it again."
    km_elevated move "${folder}_0.1.3" "$folder"
  done < <(old_folders)
  km_say 'The old data is in its place again.'
}

# Whether the new platform uses none of the old folders.
stays() {
  local folder
  while IFS= read -r folder; do
    [[ $NEW_FAST != "$folder" && $NEW_SLOW != "$folder" ]] || return 1
  done < <(old_folders)
}

# ---- As root --------------------------------------------------------------------------------------------------------

move() { # FROM TO
  local inode
  inode=$(stat -c %d:%i -- "$1")
  mv -T -n -- "$1" "$2" || km_die "$1 could not be renamed." 'It is in its place.' 'Is it a mount point, or in use? Solve that, then run the step again.'
  [[ ! -e $1 && $(stat -c %d:%i -- "$2" 2>/dev/null) == "$inode" ]] || km_die "$1 was not renamed: $2 is another folder." "$1 is as it was." 'Something has made that folder in between. Look at what it is.'
  sync -f "$(dirname -- "$2")"
  km_say "  $1 → $2"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
