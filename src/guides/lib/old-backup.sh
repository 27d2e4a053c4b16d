# shellcheck shell=bash
# The backup of 0.1.3: compared copies of what its data folders hold, in BACKUP_DIR/old-data/{fast,slow}/…. Two sorts:
# `settings` is everything but images and stored objects, `archive` is those. The file `complete.SORT` is written last.
# To be sourced after copies.sh and old-data.sh. As root.

readonly OLD_BULK=' dcm4che/dicom_data minio '

ob_folder() { printf '%s' "${BACKUP_DIR%/}/old-data"; }
ob_complete() { printf '%s/complete.%s' "$(ob_folder)" "$1"; } # SORT
ob_parts() { grep -E '^(fast|slow)/' "$(ob_complete "$1")" 2>/dev/null || true; } # SORT

# What there is to back up, one part a line. In a folder that holds a home directory, only what 0.1.3 is known to keep.
ob_list() { # SORT
  local role folder entry sort seen=' '
  for role in fast slow; do
    old_source "${role^^}" || continue
    folder=$OLD_PLACE
    [[ $seen != *" $folder "* ]] || continue
    seen+="$folder "
    while IFS= read -r entry; do
      if [[ $OLD_BULK == *" $entry "* ]]; then sort=archive; else sort=settings; fi
      [[ $sort != "$1" ]] || printf '%s/%s\n' "$role" "$entry"
    done < <(ob_entries "$folder")
  done
}

ob_entries() { # FOLDER
  local name
  if [[ -n $(old_homes_in "$1") ]]; then
    for name in "${OLD_ENTRIES[@]}"; do [[ ! -d $1/$name ]] || printf '%s\n' "$name"; done
  else
    find "$1/" -mindepth 1 -maxdepth 1 -type d ! -name $'*\n*' ! -name lost+found -printf '%P\n' | sort
  fi | while IFS= read -r name; do
    if [[ $name != dcm4che ]]; then
      printf '%s\n' "$name"
    else
      find "$1/dcm4che/" -mindepth 1 -maxdepth 1 -type d -printf 'dcm4che/%P\n' | sort
    fi
  done
}

ob_item() { # PART: the functions of copies.sh work on it from here on
  local role=${1%%/*}
  old_source "${role^^}" || return 1
  km_copy_of "$OLD_PLACE/${1#*/}" "$(ob_folder)/$1" "the folder ${1#*/}"
}

ob_refusal() { km_copy_refusal "$(ob_folder)" "${FAST_DATA_DIR%/}_0.1.3" "${SLOW_DATA_DIR%/}_0.1.3"; }

# ---- The check ------------------------------------------------------------------------------------------------------

# Quick: names, sizes, times, owners and modes of the copies as they were compared. Archives are too large for that.
ob_answer() { # SORT
  local part parts=0 all=0 files=0 bytes=0 changed made
  if [[ ! -f $(ob_complete "$1") ]]; then
    while IFS= read -r part; do
      all=$((all + 1))
      ob_item "$part" && km_copy_proven && parts=$((parts + 1))
    done < <(ob_list "$1")
    ((all > 0)) || km_answer blocked "There is nothing to back up in $FAST_DATA_DIR: it does not hold data of 0.1.3. Is its disk mounted?"
    km_answer pending "$parts of $all folders are copied and compared."
  fi
  while IFS= read -r part; do
    km_copy_of '' "$(ob_folder)/$part" "$part"
    km_copy_proven || km_answer blocked "$COPY is missing or was never compared, although the backup was complete. Rename $(ob_folder) and run the step again."
    if [[ $1 == settings ]]; then
      changed=$(km_copy_changed)
      [[ -z $changed ]] || km_answer blocked "The backup is no longer as it was when it was compared: in $part, $changed. Rename $(ob_folder) and run the step again."
      km_copy_count "$COPY"
      files=$((files + COPY_FILES)) bytes=$((bytes + COPY_BYTES))
    fi
    parts=$((parts + 1))
  done < <(ob_parts "$1")
  ((parts > 0)) || km_answer blocked "$(ob_complete "$1") names no folder. Rename $(ob_folder) and run the step again."
  made=$(date -r "$(ob_complete "$1")" '+%Y-%m-%d %H:%M') COPY_FILES=$files COPY_BYTES=$bytes
  km_answer 'done' "$(ob_folder) holds $parts folders$([[ $1 != settings ]] || printf ' with %s' "$(km_copy_amount)"), contents compared by SHA-256 on $made."
}

# ---- The backup -----------------------------------------------------------------------------------------------------

ob_back_up() { # SORT
  local parts=()
  mapfile -t parts < <(ob_list "$1")
  ((${#parts[@]} > 0)) || km_die "There is nothing to back up in $FAST_DATA_DIR." 'Nothing was changed.' 'Does it hold data of 0.1.3, and is its disk mounted?'
  km_copy_traps
  km_copy_backup_folder
  umask 077
  mkdir -p -- "$(ob_folder)" || km_die "$(ob_folder) cannot be created." 'Nothing was changed.' 'Choose another backup folder.'
  km_copy_parts ob_item "$(ob_folder)" "$(ob_complete "$1")" "${parts[@]}"
}

# ---- What both steps do ---------------------------------------------------------------------------------------------

ob_check_step() { # SORT
  local why
  why=$(ob_refusal)
  [[ -z $why ]] || km_answer blocked "$why"
  km_root_ready || km_answer unknown "The data folders belong to other users; looking at them needs root. $KM_ROOT_WHY."
  km_elevated ob_answer "$1" >&3
}

ob_run_step() { # SORT
  local why
  why=$(ob_refusal)
  [[ -z $why ]] || km_die "$why" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  km_root_ready || km_die "The copy must be made as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  why=$(km_platform_deployed)
  [[ -z $why ]] || km_die "The platform is not down: $why." 'Nothing was changed. A copy of databases that are being written is worthless.' 'Undeploy the platform first.'
  old_data_users || km_die "$KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "The data folders are in use by $KM_OUT." 'Nothing was changed.' 'Undeploy the platform first. If it is undeployed, wait until these processes have ended.'
  km_elevated ob_back_up "$1"
}
