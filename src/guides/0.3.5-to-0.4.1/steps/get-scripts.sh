# shellcheck shell=bash
# Fetch the scripts: both server scripts and the database script of Kaapana, known by their SHA-256.
# By hand: SCRIPTS_DIR=… bash get-scripts.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use scripts
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
readonly WANTED=(server-0.3.5 server-0.4.1 migration-0.4.1)
MISSING=()

check() {
  local found='' strangers='' key
  [[ -d $SCRIPTS_DIR ]] || km_answer blocked "The scripts folder $SCRIPTS_DIR does not exist. Choose another one among the values of this guide."
  look
  for key in "${MISSING[@]}"; do
    [[ ! -e $(km_published_place "$key") ]] || strangers+="${strangers:+, }$(km_published_place "$key")"
  done
  if ((${#MISSING[@]} == 0)); then
    for key in "${WANTED[@]}"; do found+="${found:+, }${KM_SCRIPT[$key]}"; done
    km_answer 'done' "All ${#WANTED[@]} scripts are there, their SHA-256 as published: $found."
  fi
  km_answer pending "$((${#WANTED[@]} - ${#MISSING[@]})) of ${#WANTED[@]} scripts are there, missing: ${MISSING[*]}.${strangers:+ Not the published ones, and left unused: $strangers.}"
}

run() {
  local key
  [[ -d $SCRIPTS_DIR && -w $SCRIPTS_DIR ]] || km_die "The scripts folder $SCRIPTS_DIR does not exist, or nothing can be written into it." \
    'Nothing was changed.' 'Create it, or choose another one among the values of this guide.'
  look
  for key in "${WANTED[@]}"; do [[ -z ${KM_SCRIPT[$key]:-} ]] || km_say "  there    ${KM_SCRIPT[$key]}"; done
  for key in "${MISSING[@]}"; do
    km_fetch_published "$key" "$SCRIPTS_DIR holds the scripts that were fetched before this one; nothing else was changed."
  done
  km_say ''
  km_say "All ${#WANTED[@]} scripts are in $SCRIPTS_DIR and have the SHA-256 that is published. They are run with bash; nothing has to be made executable."
}

undo() {
  local key
  for key in "${WANTED[@]}"; do km_drop_published "$key"; done
}

look() {
  local key
  MISSING=()
  km_find_scripts
  for key in "${WANTED[@]}"; do [[ -n ${KM_SCRIPT[$key]:-} ]] || MISSING+=("$key"); done
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
