# shellcheck shell=bash
# Owners of the archive: everything below server_data and dicom_data belongs to 1023:1023, as which it runs.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash fix-permissions.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly OWNER=1023

check() {
  local found
  old_find_new_folders || km_answer unknown "$KM_WHY."
  km_root_ready || km_answer unknown "The archive's folders can be read by root only. $KM_ROOT_WHY."
  [[ -e $KM_KEPT/copied ]] || km_answer blocked 'The old data is not copied yet.'
  found=$(km_elevated first_stranger "$NEW_SLOW" "$KM_TIMEOUT") || km_answer unknown "The folders could not be looked through within the time of a check. Run the step: it looks as long as it takes."
  [[ -z $found ]] || km_answer pending "Not everything belongs to $OWNER:$OWNER, such as $found."
  km_answer 'done' "Everything below dcm4che/server_data and dcm4che/dicom_data in $NEW_SLOW belongs to $OWNER:$OWNER."
}

run() {
  local found
  old_find_new_folders || km_die "$KM_WHY." 'Nothing was changed.' 'Put the deploy script of 0.2.2 into the scripts folder.'
  km_root_ready || km_die "Only root can change owners: $KM_ROOT_WHY." 'Nothing was changed.' 'Run the step again with the right password.'
  [[ -e $KM_KEPT/copied ]] || km_die 'The old data is not copied yet.' 'Nothing was changed.' 'Run the step "Copy the old data" first.'
  km_elevated give "$NEW_SLOW"
  found=$(km_elevated first_stranger "$NEW_SLOW" 86400) || found='what could not be looked at'
  [[ -z $found ]] || km_die "Not everything could be given to $OWNER:$OWNER, such as $found." 'Some of it is changed.' 'Can this disk hold owners? Solve that, then run the step again.'
  km_say "Everything belongs to $OWNER:$OWNER."
}

# ---- As root --------------------------------------------------------------------------------------------------------

archive_folders() { # SLOW: the ones that are there
  local name
  for name in server_data dicom_data; do [[ ! -d $1/dcm4che/$name ]] || printf '%s\0' "$1/dcm4che/$name"; done
}

first_stranger() { # SLOW SECONDS
  local folders
  mapfile -d '' -t folders < <(archive_folders "$1")
  ((${#folders[@]} > 0)) || return 1
  timeout -k 2 "$2" find "${folders[@]}" \( ! -uid "$OWNER" -o ! -gid "$OWNER" \) -print -quit >&3
}

# Only what is not right yet: it can be cut off and begun again, and is quick the second time.
give() { # SLOW
  local folders
  mapfile -d '' -t folders < <(archive_folders "$1")
  ((${#folders[@]} > 0)) || km_die "$1/dcm4che has neither server_data nor dicom_data." 'Nothing was changed.' 'Is the disk mounted?'
  find "${folders[@]}" \( ! -uid "$OWNER" -o ! -gid "$OWNER" \) -print0 | xargs -0 -r chown -h "$OWNER:$OWNER" -- ||
    km_die 'An owner could not be changed.' 'Some of it is changed.' 'Look at what is named above, then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
