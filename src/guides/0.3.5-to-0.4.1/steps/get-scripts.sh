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
MISSING=() PART=''

check() {
  local found='' strangers='' key
  [[ -d $SCRIPTS_DIR ]] || km_answer blocked "The scripts folder $SCRIPTS_DIR does not exist. Choose another one among the values of this guide."
  look
  for key in "${MISSING[@]}"; do
    [[ ! -e $(target "$key") ]] || strangers+="${strangers:+, }$(target "$key")"
  done
  if ((${#MISSING[@]} == 0)); then
    for key in "${!KM_SCRIPT[@]}"; do found+="${found:+, }${KM_SCRIPT[$key]}"; done
    km_answer 'done' "All ${#KM_PUBLISHED[@]} scripts are there, their SHA-256 as published: $found."
  fi
  km_answer pending "${#KM_SCRIPT[@]} of ${#KM_PUBLISHED[@]} scripts are there, missing: ${MISSING[*]}.${strangers:+ Not the published ones, and left unused: $strangers.}"
}

run() {
  local key
  [[ -d $SCRIPTS_DIR && -w $SCRIPTS_DIR ]] || km_die "The scripts folder $SCRIPTS_DIR does not exist, or nothing can be written into it." \
    'Nothing was changed.' 'Create it, or choose another one among the values of this guide.'
  look
  for key in "${!KM_SCRIPT[@]}"; do km_say "  there    ${KM_SCRIPT[$key]}"; done
  trap '[[ -z $PART ]] || rm -f -- "$PART"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  for key in "${MISSING[@]}"; do fetch "$key"; done
  km_say ''
  km_say "All ${#KM_PUBLISHED[@]} scripts are in $SCRIPTS_DIR and have the SHA-256 that is published. They are run with bash; nothing has to be made executable."
}

undo() {
  local entry key
  for entry in "${KM_PUBLISHED[@]}"; do
    key=${entry%% *}
    if [[ -f $(target "$key") ]] && km_has_hash "$(target "$key")" "$(km_published "$key" 2)"; then
      rm -f -- "$(target "$key")"
      km_say "Deleted $(target "$key")."
    fi
  done
}

look() {
  local entry
  MISSING=()
  km_find_scripts
  for entry in "${KM_PUBLISHED[@]}"; do
    [[ -n ${KM_SCRIPT[${entry%% *}]:-} ]] || MISSING+=("${entry%% *}")
  done
}

target() { printf '%s/%s' "${SCRIPTS_DIR%/}" "$(km_published "$1" 3)"; } # KEY

# Fetched beside its place; only the right content gets the name.
fetch() { # KEY
  local address file said='' rc=0
  address=$KM_RAW/$(km_published "$1" 4) file=$(target "$1")
  PART=$(mktemp "$(dirname -- "$file")/.fetching.XXXXXX") || km_die "Nothing can be written into $SCRIPTS_DIR." 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  said=$(curl -fsSL --proto '=https' --connect-timeout 20 --max-time 180 -o "$PART" -- "$address" 2>&1) || rc=$?
  ((rc == 0)) || failed "$1" "It could not be fetched: ${said:-curl ended with code $rc}."
  km_has_hash "$PART" "$(km_published "$1" 2)" || failed "$1" "What came from $address is not the published script: its SHA-256 differs. It was not kept."
  if [[ -e $file ]]; then
    mv -T -- "$file" "$file.not-published"
    km_say "  set aside $file.not-published, which was there under this name and is another file"
  fi
  if ! chmod 0755 -- "$PART" || ! mv -T -- "$PART" "$file"; then failed "$1" "$file cannot be written."; fi
  PART=''
  km_say "  fetched  $file"
}

failed() { # KEY WHAT
  rm -f -- "$PART"
  PART=''
  km_die "$(km_published "$1" 3): $2" "$SCRIPTS_DIR holds the scripts that were fetched before this one; nothing else was changed." \
    "Without internet on this host: fetch $KM_RAW/$(km_published "$1" 4) on another machine and put the file into $SCRIPTS_DIR, under any name. The step knows it by its content. Behind a proxy: set https_proxy in /etc/environment and log in again."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
