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

readonly SOAK_DAYS=7 INSIDE=kaapana-0.1.3.deleting # in a folder that itself stays: what goes is put in there first
readonly NEEDED=("$OLD_SERIES" "$KM_KEPT/copied" "$KM_KEPT/accepted" "$KM_KEPT/reindex-run")
WHY_NOT='' TARGETS=()

check() {
  local folder left=''
  km_join_group "$KM_PHASE"
  find_targets || km_answer unknown "$KM_WHY."
  for folder in "${TARGETS[@]}"; do left+="${left:+, }$(words_of "$folder")"; done
  if [[ -z $left ]]; then
    [[ -e $KM_KEPT/deleted ]] || km_answer blocked 'There is no old data, and it was not deleted by this step. Is its disk mounted?'
    km_answer 'done' "$(<"$KM_KEPT/deleted")"
  fi
  find_reasons
  [[ -z $WHY_NOT ]] || km_answer blocked "The old data is not deleted yet: $WHY_NOT."
  km_answer pending "Everything is proven; $left can be deleted."
}

run() {
  local folder answer parts state='Nothing was deleted.'
  km_join_group "$KM_PHASE"
  km_root_ready || km_die "Only root can delete it: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  find_targets || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  ((${#TARGETS[@]} > 0)) || { km_say 'There is no old data any more.'; return 0; }
  find_reasons
  [[ -z $WHY_NOT ]] || km_die "The old data is not deleted: $WHY_NOT." "$state" 'Solve that, then run the step again.'
  { exec 5<>/dev/tty; } 2>/dev/null || km_die 'There is no terminal to ask in.' "$state" 'Run the step in a terminal.'
  km_say 'What is deleted now is the last copy of users, workflow history, models and notebooks of 0.1.3, but for the backup.'
  for folder in "${TARGETS[@]}"; do
    printf '%s\nTo delete that for ever, type the whole path of the folder: ' "$(words_of "$folder")" >&5
    IFS= read -r answer <&5 || answer=''
    [[ $answer == "$folder" ]] || km_die "\"$answer\" is not $folder." "$state" 'Run the step again, and type the path exactly.'
  done
  exec 5>&-
  # Once more: time has passed at the prompts.
  find_reasons
  [[ -z $WHY_NOT ]] || km_die "The old data is not deleted: $WHY_NOT." "$state" 'Solve that, then run the step again.'
  for folder in "${TARGETS[@]}"; do
    # Decided here: root has another home directory.
    mapfile -t parts < <(parts_of "$folder")
    km_elevated delete "$folder" "${parts[@]}"
  done
  printf 'The old data was deleted on %s.\n' "$(date '+%Y-%m-%d %H:%M')" >"$KM_KEPT/deleted"
  km_say 'Done: the old data is deleted. The backup stays.'
}

# The folders of the old data that are still there, also half deleted ones. A data folder in its own place only where the
# new platform has others.
find_targets() {
  local folder
  TARGETS=()
  old_find_new_folders || return 1
  while IFS= read -r folder; do
    if [[ -d ${folder}_0.1.3.deleting ]]; then
      TARGETS+=("${folder}_0.1.3.deleting")
    elif [[ -d ${folder}_0.1.3 || -L ${folder}_0.1.3 ]]; then
      TARGETS+=("${folder}_0.1.3")
    elif [[ $NEW_FAST == "$folder" || $NEW_SLOW == "$folder" ]]; then
      continue
    elif [[ -d $folder.deleting && ! -e $folder ]]; then
      TARGETS+=("$folder.deleting")
    elif [[ -d $folder/$INSIDE || $(old_layout "$folder") == old ]]; then
      TARGETS+=("$folder")
    fi
  done < <(old_folders)
}

# A mount point cannot be renamed, and a home directory must stay: there, only what 0.1.3 kept in it goes.
stays() { # FOLDER
  [[ -d $1/$INSIDE ]] || old_is_mount_point "$1" || [[ -n $(old_homes_in "$1") ]]
}

# What of a target goes, one path a line. What tells whose data it is comes last: as long as it is there, more may be.
parts_of() { # TARGET
  local name last=''
  if [[ $1 == *_0.1.3 || $1 == *.deleting ]] || ! stays "$1"; then
    printf '%s\n' "$1"
    return
  fi
  for name in "${OLD_ENTRIES[@]}"; do
    if [[ ! -e $1/$name && ! -L $1/$name ]]; then
      continue
    elif [[ $name == elastic-meta || $name == postgres-keycloak ]]; then
      last+="$1/$name"$'\n'
    else
      printf '%s\n' "$1/$name"
    fi
  done
  printf '%s' "$last"
  [[ ! -d $1/$INSIDE ]] || printf '%s\n' "$1/$INSIDE"
}

words_of() { # TARGET
  local parts
  mapfile -t parts < <(parts_of "$1")
  if [[ ${parts[0]} == "$1" ]]; then
    printf '%s' "$1"
  else
    printf 'what 0.1.3 kept in %s (%s; the folder itself and all else in it stays)' "$1" "${parts[*]##*/}"
  fi
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
  km_load_volumes || against "the volumes cannot be listed ($KM_WHY)"
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

look_at_target() { # TARGET
  local part parts place what real
  mapfile -t parts < <(parts_of "$1")
  # One that is half deleted was looked at before.
  [[ $1 == *.deleting || -d $1/$INSIDE || $(old_layout "$1") == old ]] || against "$1 does not have the layout of 0.1.3"
  for part in "${parts[@]}"; do
    real=$(km_real "$part")
    if [[ -L $part || $real != "$part" ]]; then
      against "$part leads to $real"
    elif old_is_mount_point "$part"; then
      against "$part is a mount point, which only you can take away"
    fi
  done
  while IFS=$'\t' read -r place what; do
    km_inside "$place" "$1" || continue
    for part in "${parts[@]}"; do ! km_inside "$place" "$part" || against "$what $part"; done
  done < <(precious)
}

# What must not go with it, one a line: path, a tab, and how it is said.
precious() {
  local path name
  for path in "$NEW_FAST" "$NEW_SLOW" "$HOME" "$BACKUP_DIR" "$SCRIPTS_DIR" "$KM_KEPT"; do printf '%s\t%s lies inside\n' "$path" "$path"; done
  while IFS=$'\t' read -r name path _; do
    [[ -z $path ]] || printf '%s\tthe volume %s of the platform leads into\n' "$path" "$name"
  done < <(tr -s '\t' <<<"$KM_VOLUMES")
}

# The new platform uses its own folders; only the old ones must be quiet.
users_of_targets() {
  local users folder name folders=()
  for folder in "${TARGETS[@]}"; do
    while IFS= read -r name; do folders+=("$name"); done < <(parts_of "$folder")
    for name in postgres-dcm4che minio dcm4che/dicom_data; do folders+=("$folder/$name"); done
  done
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

# By a rename first: what is half deleted has a name that says so.
delete() { # TARGET PART…
  local folder=$1 part
  if [[ $2 == "$1" ]]; then
    if [[ $folder != *.deleting ]]; then
      put_away "$folder" "$folder.deleting"
      folder=$folder.deleting
    fi
  else
    folder=$1/$INSIDE
    mkdir -p -- "$folder" || km_die "$folder cannot be made." 'Nothing was deleted.' 'Is the disk full or read-only? Solve that, then run the step again.'
    for part in "${@:2}"; do [[ $part == "$folder" ]] || put_away "$part" "$folder/${part##*/}"; done
  fi
  km_say "Deleting $folder …"
  rm -rf --one-file-system --preserve-root=all -- "$folder" || true
  [[ ! -e $folder ]] || km_die "$folder could not be deleted whole." 'It is partly deleted.' 'Something may be mounted below it. Solve that, then run the step again.'
}

put_away() { # FROM TO
  mv -T -n -- "$1" "$2" || true
  [[ ! -e $1 && ! -L $1 ]] || km_die "$1 could not be renamed to $2." 'It was not deleted.' 'Is it in use, or does the new name exist? Solve that, then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
