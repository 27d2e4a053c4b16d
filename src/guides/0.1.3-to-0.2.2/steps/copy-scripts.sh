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

check() {
  [[ -d $SCRIPTS_DIR ]] || km_answer blocked "The scripts folder $SCRIPTS_DIR does not exist. Choose another one among the values of this guide."
  old_find_scripts
  km_find_scripts
  [[ -n ${KM_SCRIPT[server-0.2.2]:-} ]] || km_answer pending "The server script of 0.2.2 is not below $SCRIPTS_DIR yet."
  [[ -n $NEW_DEPLOY ]] || km_answer blocked "$(missing_deploy)"
  km_answer 'done' "${KM_SCRIPT[server-0.2.2]} has the published SHA-256; $NEW_DEPLOY is the deploy script of $NEW_DEPLOY_VERSION${OLD_DEPLOY:+, $OLD_DEPLOY that of $OLD_DEPLOY_VERSION}."
}

run() {
  [[ -d $SCRIPTS_DIR && -w $SCRIPTS_DIR ]] || km_die "The scripts folder $SCRIPTS_DIR does not exist, or nothing can be written into it." \
    'Nothing was changed.' 'Create it, or choose another one among the values of this guide.'
  old_find_scripts
  km_find_scripts
  [[ -n ${KM_SCRIPT[server-0.2.2]:-} ]] || km_fetch_published server-0.2.2 'Nothing was changed.'
  [[ -n $NEW_DEPLOY ]] || km_die "$(missing_deploy)" 'The server script is there.' 'Put the deploy script of 0.2.2 into that folder, under any name, and run the check.'
  km_say "The deploy script of $NEW_DEPLOY_VERSION is $NEW_DEPLOY."
}

undo() {
  km_drop_published server-0.2.2
  km_say 'Deploy scripts stay.'
}

missing_deploy() {
  printf 'There is no usable deploy script of 0.2.2 below %s%s. It is made when the platform is built: ask whoever builds it for your site, or the Kaapana team.' \
    "$SCRIPTS_DIR" "${SCRIPTS_REFUSED:+ ($SCRIPTS_REFUSED)}"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
