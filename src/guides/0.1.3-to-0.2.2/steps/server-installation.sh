# shellcheck shell=bash
# Install helm 3.7 and MicroK8s 1.26 with the server script of 0.2.2, and look afterwards whether they are what 0.2.2 needs.
# By hand: SCRIPTS_DIR=… bash server-installation.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy old-scripts
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly CHANNEL=1.26 HELM_CHANNEL=3.7/stable
readonly BEGUN=$KM_KEPT/server-begun # there while the server script runs, and after it was cut off
INSTALLED='' MISSING='' BROKEN=''

check() {
  km_join_group "$KM_PHASE"
  look || km_answer unknown "$KM_WHY."
  [[ -n $INSTALLED ]] || km_answer pending "MicroK8s is not installed.${BROKEN:+ $BROKEN.}"
  [[ $INSTALLED == *" $CHANNEL/"* ]] || km_answer blocked "MicroK8s $INSTALLED is installed, and 0.2.2 needs $CHANNEL. The server script would say \"already installed\" and change nothing. Uninstall the old one first."
  [[ -z $BROKEN$MISSING ]] || km_answer pending "MicroK8s $INSTALLED is installed, but: $BROKEN${BROKEN:+${MISSING:+; }}$MISSING. Run the step again."
  km_answer 'done' "MicroK8s $INSTALLED runs with name service, the ports that 0.2.2 needs and your user's access; helm is version 3."
}

run() {
  local state='Nothing was changed.' words
  km_join_group "$KM_PHASE"
  [[ $(id -u) != 0 ]] || km_die 'This is root. The server script gives the cluster to the user who calls sudo.' "$state" 'Log in as the user who deploys the platform.'
  km_root_ready || km_die "Only root can install MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  look || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $INSTALLED || $INSTALLED == *" $CHANNEL/"* ]] || km_die "MicroK8s $INSTALLED is still installed; the script would skip the installation without an error." "$state" 'Run the step "Uninstall the old server" first.'
  old_find_scripts
  [[ -n $NEW_SERVER ]] || km_die "The server script of 0.2.2 is not below $SCRIPTS_DIR." "$state" 'Run the step "Fetch the scripts" first.'
  command -v nslookup >/dev/null || km_die 'nslookup is missing, without which the script stops.' "$state" 'Install dnsutils (AlmaLinux: bind-utils).'
  refuse_half_proxy
  if [[ -n $INSTALLED && ( -n $BROKEN || -e $BEGUN ) ]]; then
    # Half of an installation is removed only while nothing is deployed on it.
    if km_find_remains && [[ -n $KM_OUT ]]; then km_die "MicroK8s is incomplete ($BROKEN), but something is deployed on it: $KM_OUT." "$state" 'Undeploy that first.'; fi
    km_say "An earlier installation was cut off or is incomplete${BROKEN:+: $BROKEN}. It is removed, and begun anew."
    km_elevated old_run_server --uninstall || true
    look || true
    [[ -z $INSTALLED ]] || km_die 'The incomplete MicroK8s could not be removed.' 'MicroK8s is incomplete. The data folders were not touched.' 'Restart the host and run the step again.'
  fi
  mkdir -p -- "$KM_KEPT"
  pin_helm
  if [[ -z $INSTALLED ]]; then
    : >"$BEGUN"
    km_say "$NEW_SERVER --quiet. This takes 2 to 15 minutes."
    km_elevated run_server --quiet || km_say "The script ended with code $?. That alone says little; MicroK8s is asked now."
    rm -f -- "$BEGUN"
    km_join_group "$KM_PHASE" # begins the step anew, where the script has just made the user a member
  fi
  wait_until_ready
  km_say ''
  km_say "Done: MicroK8s $INSTALLED runs, and helm is version 3."
  km_say 'Log in again before you work in a terminal of your own: your session does not know the new cluster yet.'
}

undo() {
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  ! km_find_remains || [[ -z $KM_OUT ]] || km_die "Something is deployed on it: $KM_OUT." 'Nothing was changed.' 'Undeploy that first.'
  km_elevated old_run_server --uninstall || true
  look || true
  [[ -z $INSTALLED ]] || km_die 'MicroK8s could not be removed.' 'It is still installed.' 'Restart the host and run it again.'
  km_say 'MicroK8s and helm are not installed any more.'
}

# Sets INSTALLED, BROKEN: what only a new installation brings, and MISSING: what comes with time or can be mended.
look() {
  local rc=0 user version ready
  INSTALLED='' BROKEN='' MISSING=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || {
    KM_WHY="Which snaps are installed cannot be told: $KM_WHY"
    return 1
  }
  ((rc != 0)) || INSTALLED=$KM_OUT
  [[ $INSTALLED == *" $CHANNEL/"* ]] || return 0
  user=$(id -un)
  helm_is_three || MISSING=$KM_WHY
  if ! km_root_ready; then
    KM_WHY="The settings of the API server can be read by root only. $KM_ROOT_WHY"
    return 1
  fi
  as_root grep -qs -e '--service-node-port-range=80-32000' "$KM_HOST_ROOT/var/snap/microk8s/current/args/kube-apiserver" ||
    BROKEN='the API server does not open the ports that Kaapana needs'
  [[ $(id -u) == 0 || " $(id -nG "$user") " == *' microk8s '* ]] || MISSING+="${MISSING:+, }$user is not in the group microk8s"
  if km_ask "$KM_KUBECTL" get nodes -o 'jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'; then
    read -r version ready <<<"$KM_OUT"
    [[ $version == v$CHANNEL.* && $ready == True ]] || MISSING+="${MISSING:+, }the node is ${version:-not there} and ready: ${ready:-no}"
    km_ask "$KM_KUBECTL" -n kube-system get deploy coredns -o 'jsonpath={.status.availableReplicas}' && ((${KM_OUT:-0} > 0)) ||
      MISSING+="${MISSING:+, }the name service of the cluster does not run"
    km_ask "$KM_KUBECTL" config view --raw && [[ $KM_OUT == "$(cat "$HOME/.kube/config" 2>/dev/null)" ]] ||
      MISSING+="${MISSING:+, }~/.kube/config is that of another cluster"
    KM_OUT=''
  elif [[ -z $MISSING ]]; then
    MISSING="the cluster gives no answer ($KM_WHY)"
  fi
}

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
pin_helm() {
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

# With a proxy and no exception for the cluster the script breaks off half way.
refuse_half_proxy() {
  local file=$KM_HOST_ROOT/etc/environment
  ! grep -qisE '^(export )?https?_proxy=' "$file" || grep -qisE '^(export )?no_proxy=.*10\.152\.183\.0/24' "$file" ||
    km_die 'A proxy is set in /etc/environment, and no exception for the addresses of the cluster.' 'Nothing was changed.' \
      'Add 10.1.0.0/16,10.152.183.0/24,127.0.0.1,localhost,.svc,.cluster.local to no_proxy there, log in again, and run the step again.'
}

wait_until_ready() {
  local looks=0 before=''
  while ((looks++ < KM_PATIENCE)); do
    look || MISSING=$KM_WHY
    if [[ $MISSING == *kube/config* ]] && km_renew_kubeconfig; then look || MISSING=$KM_WHY; fi
    [[ -n $INSTALLED && -z $BROKEN ]] || break
    [[ -n $MISSING ]] || return 0
    if [[ $MISSING != "$before" ]]; then
      looks=0 before=$MISSING
      km_say "Waiting: $MISSING …"
    fi
    sleep "$KM_POLL"
  done
  if [[ $INSTALLED != *" $CHANNEL/"* ]]; then BROKEN="MicroK8s $CHANNEL is not installed"; fi
  km_die "The script has ended, but ${BROKEN:-$MISSING}." 'MicroK8s is incomplete. The data folders were not touched.' \
    'Read what the script printed above (it also ends when only a restart is missing), solve that, and run the step again.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

run_server() { # FLAG
  local line
  # sudo gives a fresh environment; the script and snap need the proxy in it.
  while IFS= read -r line; do export "${line?}"; done < <(sed -nE 's/^(export )?((https?|no)_proxy|(HTTPS?|NO)_PROXY)="?([^"]*)"?$/\2=\5/p' "$KM_HOST_ROOT/etc/environment" 2>/dev/null)
  old_run_server "$1"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
