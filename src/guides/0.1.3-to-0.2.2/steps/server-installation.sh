# shellcheck shell=bash
# Install helm 3.7 and MicroK8s 1.26 with the server script of 0.2.2, and look afterwards whether they are what 0.2.2 needs.
# By hand: SCRIPTS_DIR=… bash server-installation.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy microk8s
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
readonly HELM_CHANNEL=3.7/stable
# shellcheck disable=SC2034 # for lib/microk8s.sh
readonly MK_FOR=0.2.2 MK_SERVER=server-0.2.2 MK_CHANNEL=1.26 MK_SETTING=--service-node-port-range=80-32000 \
  MK_SETTING_WORDS='the API server does not open the ports that Kaapana needs'

check() { mk_check_installed "name service, the ports that 0.2.2 needs, your user's access, and helm 3"; }
run() { mk_install 'Uninstall the old server'; }
undo() { mk_undo_install; }

# ---- helm, which has to be of version 3 -----------------------------------------------------------------------------

# shellcheck disable=SC2034 # for lib/microk8s.sh
mk_look_at_helm() { helm_is_three || MISSING=$KM_WHY; }

helm_is_three() {
  local rc=0 tool
  km_has_snap helm || rc=$?
  ((rc == 0)) || {
    KM_WHY='helm is not installed'
    return 1
  }
  tool=$(km_snap_tool helm)
  km_ask "$tool" version --short || {
    KM_WHY="helm gives no answer: $KM_WHY"
    return 1
  }
  [[ $KM_OUT == v3.* ]] || {
    KM_WHY="helm is $KM_OUT, and the deploy script of 0.2.2 works with helm 3 only"
    return 1
  }
}

# Before the script, which installs the newest helm where there is none.
mk_prepare() {
  local words reason
  ! helm_is_three || return 0
  reason=$KM_WHY
  if km_has_snap helm; then
    km_say "$reason. It is exchanged."
    words=$(as_root snap remove helm --purge 2>&1) || km_die "The wrong helm cannot be removed: $(tail -n 1 <<<"$words")." 'Nothing else was changed.' 'Solve that, then run the step again.'
  fi
  km_say "Installing helm from the channel $HELM_CHANNEL."
  words=$(as_root snap install helm --classic "--channel=$HELM_CHANNEL" 2>&1) || km_die "helm cannot be installed: $(tail -n 1 <<<"$words")." 'Nothing else was changed.' 'Can the host reach the snap store? Solve that, then run the step again.'
  helm_is_three || km_die "$KM_WHY." 'Nothing else was changed.' 'Look at "snap list helm", then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
