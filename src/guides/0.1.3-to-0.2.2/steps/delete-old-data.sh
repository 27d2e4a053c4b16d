# shellcheck shell=bash
# Delete the old data: last, by a typed path, with every check before it repeated.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… SCRIPTS_DIR=… bash delete-old-data.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster copies databases deploy old-platform scripts old-scripts old-data old-backup
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly SOAK_DAYS=7
readonly NEEDED=("$OLD_SERIES" "$KM_KEPT/copied" "$KM_KEPT/accepted" "$KM_KEPT/reindex-run")
WHY_NOT='' TARGETS=()

check() {
  local folder left=''
  km_join_group "$KM_PHASE"
  find_targets || km_answer unknown "$KM_WHY."
  for folder in "${TARGETS[@]}"; do left+="${left:+, }$folder"; done
  if [[ -z $left ]]; then
    [[ -e $KM_KEPT/deleted ]] || km_answer blocked 'There is no old data, and it was not deleted by this step. Is its disk mounted?'
    km_answer 'done' "$(<"$KM_KEPT/deleted")"
  fi
  find_reasons
  [[ -z $WHY_NOT ]] || km_answer blocked "The old data is not deleted yet: $WHY_NOT."
  km_answer pending "Everything is proven; $left can be deleted."
}

run() {
  local folder answer state='Nothing was deleted.'
  km_join_group "$KM_PHASE"
  km_root_ready || km_die "Only root can delete it: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  find_targets || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  ((${#TARGETS[@]} > 0)) || { km_say 'There is no old data any more.'; return 0; }
  find_reasons
  [[ -z $WHY_NOT ]] || km_die "The old data is not deleted: $WHY_NOT." "$state" 'Solve that, then run the step again.'
  { exec 5<>/dev/tty; } 2>/dev/null || km_die 'There is no terminal to ask in.' "$state" 'Run the step in a terminal.'
  km_say 'What is deleted now is the last copy of users, workflow history, models and notebooks of 0.1.3, but for the backup.'
  for folder in "${TARGETS[@]}"; do
    printf '%s\nTo delete it for ever, type its whole path: ' "$folder" >&5
    IFS= read -r answer <&5 || answer=''
    [[ $answer == "$folder" ]] || km_die "\"$answer\" is not $folder." "$state" 'Run the step again, and type the path exactly.'
  done
  exec 5>&-
  # Once more: time has passed at the prompts.
  find_reasons
  [[ -z $WHY_NOT ]] || km_die "The old data is not deleted: $WHY_NOT." "$state" 'Solve that, then run the step again.'
  for folder in "${TARGETS[@]}"; do km_elevated delete "$folder"; done
  printf 'The old data was deleted on %s.\n' "$(date '+%Y-%m-%d %H:%M')" >"$KM_KEPT/deleted"
  km_say 'Done: the old data is deleted. The backup stays.'
}

# The folders of the old data that are still there, also half deleted ones. Never a data folder in its own place.
find_targets() {
  local folder
  TARGETS=()
  old_find_new_folders || return 1
  while IFS= read -r folder; do
    if [[ -d ${folder}_0.1.3.deleting ]]; then
      TARGETS+=("${folder}_0.1.3.deleting")
    elif [[ -d ${folder}_0.1.3 || -L ${folder}_0.1.3 ]]; then
      TARGETS+=("${folder}_0.1.3")
    elif [[ $NEW_FAST != "$folder" && $NEW_SLOW != "$folder" && $(old_layout "$folder") == old ]]; then
      TARGETS+=("$folder")
    fi
  done < <(old_folders)
}

# Sets WHY_NOT to everything that speaks against it.
find_reasons() {
  local file folder since
  WHY_NOT=''
  for file in "${NEEDED[@]}"; do [[ -e $file ]] || against "a step before this one has left no record (${file##*/})"; done
  if [[ -s $KM_KEPT/accepted ]]; then
    since=$(sed -n 2p "$KM_KEPT/accepted")
    if [[ ! $since =~ ^[0-9]+$ ]] || (($(date +%s) < since + SOAK_DAYS * 86400)); then
      against "less than $SOAK_DAYS days have passed since archive and objects were checked"
    fi
  fi
  look_at_platform
  look_at_backup
  for folder in "${TARGETS[@]}"; do look_at_target "$folder"; done
  users_of_targets
}

against() { WHY_NOT+="${WHY_NOT:+; }$1"; }

look_at_platform() {
  if ! km_load_platform; then
    against "the new platform cannot be asked ($KM_WHY)"
    return
  fi
  [[ $(km_version_base "${KM_PLATFORM[chart]}") == 0.2.2 ]] || against "the platform is ${KM_PLATFORM[chart]}"
  if ! km_find_unready; then
    against "the cluster cannot be asked ($KM_WHY)"
  elif [[ -n $KM_OUT ]]; then
    against "the platform is not ready: $(km_unready_words 2)"
  fi
  if ! old_missing_series services; then against "$KM_WHY"; elif [[ -n $KM_OUT ]]; then against "the archive lacks $KM_OUT"; fi
}

look_at_backup() {
  local answer
  km_root_ready || {
    against "$KM_ROOT_WHY"
    return
  }
  answer=$(km_elevated backup_state) || answer='the backup could not be looked at'
  [[ -z $answer ]] || against "$answer"
}

look_at_target() { # FOLDER
  local real volume
  real=$(km_real "$1")
  if [[ -L $1 || $real != "$1" ]]; then
    against "$1 leads to $real"
  elif old_is_mount_point "$1"; then
    against "$1 is a mount point"
  elif [[ $1 != *.deleting && $(old_layout "$1") != old ]]; then
    against "$1 does not have the layout of 0.1.3"
  fi
  for volume in "$NEW_FAST" "$NEW_SLOW" "$HOME" "$BACKUP_DIR" "$SCRIPTS_DIR" "$KM_KEPT"; do
    ! km_inside "$volume" "$1" || against "$volume lies inside $1"
  done
  if km_load_volumes; then
    while IFS=$'\t' read -r volume real _; do
      [[ -z $real ]] || ! km_inside "$real" "$1" || against "the volume $volume of the platform leads into $1"
    done < <(tr -s '\t' <<<"$KM_VOLUMES")
  else
    against "the volumes cannot be listed ($KM_WHY)"
  fi
}

# The new platform uses its own folders; only the old ones must be quiet.
users_of_targets() {
  local users folder name folders=()
  for folder in "${TARGETS[@]}"; do for name in . postgres-dcm4che minio dcm4che/dicom_data; do folders+=("$folder/$name"); done; done
  users=$(km_elevated old_folder_users "${folders[@]}") || users='something that could not be found out'
  [[ -z $users ]] || against "$users uses the old data"
}

# ---- As root --------------------------------------------------------------------------------------------------------

backup_state() {
  local part
  {
    if [[ ! -f $(ob_complete settings) ]]; then printf 'there is no complete backup in %s' "$(ob_folder)"; fi
    while IFS= read -r part; do
      km_copy_of '' "$(ob_folder)/$part" "$part"
      if ! km_copy_proven || [[ -n $(km_copy_changed) ]]; then
        printf 'the backup of %s is not as it was compared' "$part"
        break
      fi
    done < <(ob_parts settings)
  } >&3
}

delete() { # FOLDER
  local folder=$1
  if [[ $folder != *.deleting ]]; then
    mv -T -n -- "$folder" "$folder.deleting"
    [[ ! -e $folder ]] || km_die "$folder could not be renamed." 'Nothing was deleted.' 'Is it in use? Solve that, then run the step again.'
    folder=$folder.deleting
  fi
  km_say "Deleting $folder …"
  rm -rf --one-file-system --preserve-root=all -- "$folder" || true
  [[ ! -e $folder ]] || km_die "$folder could not be deleted whole." 'It is partly deleted.' 'Something may be mounted below it. Solve that, then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
