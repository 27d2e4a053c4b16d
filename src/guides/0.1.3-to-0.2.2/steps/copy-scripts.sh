# shellcheck shell=bash
# Fetch the server script of 0.2.2, known by its SHA-256, and look for both deploy scripts.
# By hand: SCRIPTS_DIR=… bash copy-scripts.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use scripts old-scripts
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

PART=''

check() {
  [[ -d $SCRIPTS_DIR ]] || km_answer blocked "The scripts folder $SCRIPTS_DIR does not exist. Choose another one among the values of this guide."
  old_find_scripts
  [[ -n $NEW_SERVER ]] || km_answer pending "The server script of 0.2.2 is not below $SCRIPTS_DIR yet."
  [[ -n $NEW_DEPLOY ]] || km_answer blocked "$(missing_deploy)"
  km_answer 'done' "$NEW_SERVER has the published SHA-256; $NEW_DEPLOY is the deploy script of $NEW_DEPLOY_VERSION${OLD_DEPLOY:+, $OLD_DEPLOY that of $OLD_DEPLOY_VERSION}."
}

run() {
  local said='' rc=0 target=${SCRIPTS_DIR%/}/$SERVER_022_NAME
  [[ -d $SCRIPTS_DIR && -w $SCRIPTS_DIR ]] || km_die "The scripts folder $SCRIPTS_DIR does not exist, or nothing can be written into it." \
    'Nothing was changed.' 'Create it, or choose another one among the values of this guide.'
  old_find_scripts
  if [[ -z $NEW_SERVER ]]; then
    trap '[[ -z $PART ]] || rm -f -- "$PART"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    PART=$(mktemp "${SCRIPTS_DIR%/}/.fetching.XXXXXX") || km_die "Nothing can be written into $SCRIPTS_DIR." 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
    said=$(curl -fsSL --proto '=https' --connect-timeout 20 --max-time 180 -o "$PART" -- "$KM_RAW/$SERVER_022_PATH" 2>&1) || rc=$?
    ((rc == 0)) || refused "It could not be fetched: ${said:-curl ended with code $rc}."
    server_022_is "$PART" || refused 'What came is not the published script: its SHA-256 differs. It was not kept.'
    if [[ -e $target ]]; then
      mv -T -- "$target" "$target.not-published"
      km_say "Set aside: $target.not-published, which is another file."
    fi
    if ! chmod 0755 -- "$PART" || ! mv -T -- "$PART" "$target"; then refused "$target cannot be written."; fi
    PART=''
    km_say "Fetched: $target, its SHA-256 is the published one."
    old_find_scripts
  fi
  [[ -n $NEW_DEPLOY ]] || km_die "$(missing_deploy)" 'The server script is there.' 'Put the deploy script of 0.2.2 into that folder, under any name, and run the check.'
  km_say "The deploy script of $NEW_DEPLOY_VERSION is $NEW_DEPLOY."
}

undo() {
  local target=${SCRIPTS_DIR%/}/$SERVER_022_NAME
  [[ ! -f $target ]] || ! server_022_is "$target" || rm -f -- "$target"
  km_say 'The fetched script is gone; deploy scripts stay.'
}

missing_deploy() {
  printf 'There is no usable deploy script of 0.2.2 below %s%s. It is made when the platform is built: ask whoever builds it for your site, or the Kaapana team.' \
    "$SCRIPTS_DIR" "${SCRIPTS_REFUSED:+ ($SCRIPTS_REFUSED)}"
}

refused() { # WHAT
  km_die "$SERVER_022_NAME: $1" 'Nothing was changed.' \
    "Without internet on this host: fetch $KM_RAW/$SERVER_022_PATH on another machine and put the file into $SCRIPTS_DIR, under any name. Behind a proxy: set https_proxy in /etc/environment and log in again."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
