# shellcheck shell=bash
# Registry login: user and password into the two variables of the new deploy script, found by their names.
# By hand: SCRIPTS_DIR=… bash registry-credentials.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use scripts old-scripts
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly NAMES=(CONTAINER_REGISTRY_USERNAME CONTAINER_REGISTRY_PASSWORD)

check() {
  local mode
  old_find_scripts
  [[ -n $NEW_DEPLOY ]] || km_answer blocked "There is no deploy script of 0.2.2 below $SCRIPTS_DIR."
  ! offline || km_answer not-needed "$NEW_DEPLOY is set to work without a registry."
  wrong_user || km_answer blocked "CONTAINER_REGISTRY_USERNAME and _PASSWORD do not stand once each in $NEW_DEPLOY. It is not a deploy script as it was built."
  mode=$(stat -Lc %a -- "$NEW_DEPLOY")
  { is_set "${NAMES[0]}" && is_set "${NAMES[1]}"; } || km_answer pending "User or password of the registry is missing in $NEW_DEPLOY."
  [[ $mode == [4567]00 ]] || km_answer pending "The password stands in $NEW_DEPLOY, and others can read it (mode $mode)."
  km_answer 'done' "User and password of the registry stand in $NEW_DEPLOY, readable by you alone."
}

run() {
  old_find_scripts
  [[ -n $NEW_DEPLOY ]] || km_die "There is no deploy script of 0.2.2 below $SCRIPTS_DIR." 'Nothing was changed.' 'Run the step "Fetch the scripts" first.'
  ! offline || { km_say 'The script is set to work without a registry: nothing to do.'; return 0; }
  wrong_user || km_die "The two variables do not stand once each in $NEW_DEPLOY." 'Nothing was changed.' 'Get the deploy script anew.'
  if is_set "${NAMES[0]}" && is_set "${NAMES[1]}"; then
    chmod u=rwx,go= -- "$NEW_DEPLOY" || km_die "$NEW_DEPLOY cannot be made readable by you alone." 'User and password are set.' 'Does it belong to another user?'
    km_say "User and password are set already; $NEW_DEPLOY is readable by you alone."
    return 0
  fi
  { exec 5<>/dev/tty; } 2>/dev/null || km_die 'There is no terminal to ask in.' 'Nothing was changed.' 'Run the step in a terminal.'
  printf 'User of the registry %s: ' "$(sed -nE 's/^CONTAINER_REGISTRY_URL="?([^"# ]*).*/\1/p' "$NEW_DEPLOY" | head -n 1)" >&5
  IFS= read -r KM_USER <&5 || km_die 'No user was given.' 'Nothing was changed.' 'Run the step again.'
  exec 5>&-
  km_read_secret 'Password: ' || km_die 'No password was given.' 'Nothing was changed.' 'Run the step again.'
  [[ -n $KM_USER && -n $KM_SECRET ]] || km_die 'User or password is empty.' 'Nothing was changed.' 'Run the step again.'
  write_values "$KM_USER" "$KM_SECRET"
  KM_SECRET=''
  km_say "Written into $NEW_DEPLOY, which is readable by you alone now."
}

undo() {
  old_find_scripts
  [[ -n $NEW_DEPLOY ]] || km_die "There is no deploy script of 0.2.2 below $SCRIPTS_DIR." 'Nothing was changed.' 'There is nothing to empty.'
  write_values '' ''
  km_say "User and password in $NEW_DEPLOY are empty."
}

offline() { grep -qE '^OFFLINE_MODE="?[Tt]rue' "$NEW_DEPLOY"; }

wrong_user() { # whether each of the variables stands exactly once
  local name
  for name in "${NAMES[@]}"; do [[ $(grep -c "^$name=" "$NEW_DEPLOY") == 1 ]] || return 1; done
}

is_set() { # NAME
  ! grep -qE "^$1=(\"\"|''|)[[:space:]]*(#.*)?\$" "$NEW_DEPLOY"
}

quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# With the shell alone, as no other program may see the password. The rest of the file stays as it is, byte by byte.
write_values() { # USER PASSWORD
  local line new
  new=$(umask 077 && mktemp "$(dirname -- "$NEW_DEPLOY")/.writing.XXXXXX") || km_die 'Nothing can be written beside the script.' 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  # shellcheck disable=SC2064
  trap "rm -f -- $(printf '%q' "$new")" EXIT
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
      "${NAMES[0]}="*) printf '%s=%s\n' "${NAMES[0]}" "$(quoted "$1")" ;;
      "${NAMES[1]}="*) printf '%s=%s\n' "${NAMES[1]}" "$(quoted "$2")" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$NEW_DEPLOY" >"$new" || km_die 'The script could not be written.' 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  if ! bash -n "$new" || ! chmod 0700 -- "$new" || ! mv -T -- "$new" "$NEW_DEPLOY"; then
    km_die 'The changed script could not be put in its place.' 'Nothing was changed.' 'Run the step again.'
  fi
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
