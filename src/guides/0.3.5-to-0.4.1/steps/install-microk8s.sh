# shellcheck shell=bash
# Install MicroK8s 1.31 with the 0.4.1 server script, and look afterwards whether it is what 0.4.1 needs.
# By hand: SCRIPTS_DIR=… bash install-microk8s.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy microk8s
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
# shellcheck disable=SC2034 # for lib/microk8s.sh
readonly MK_FOR=0.4.1 MK_SERVER=server-0.4.1 MK_CHANNEL=1.31 MK_SETTING=ValidatingAdmissionPolicy=true \
  MK_SETTING_WORDS='the API server lacks the settings that 0.4.1 needs'

check() { mk_check_installed "name service, the settings that 0.4.1 needs, and your user's access to it"; }
run() { mk_install 'Uninstall MicroK8s'; }
undo() { mk_undo_install; }

# shellcheck disable=SC2034 # for lib/microk8s.sh
mk_look_at_helm() { km_has_snap helm || BROKEN='helm is not installed'; }
mk_prepare() { :; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
