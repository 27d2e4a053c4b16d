# shellcheck shell=bash
# Install MicroK8s 1.31 with the 0.4.1 server script, and look afterwards whether it is what 0.4.1 needs.
# By hand: SCRIPTS_DIR=… bash install-microk8s.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
readonly CHANNEL=1.31
# The cluster's own addresses, which must not go through a proxy.
readonly NO_PROXY_RANGES=(127.0.0.1 localhost 10.0.0.0/8 192.168.0.0/16 172.16.0.0/16 172.16.0.0/12 .svc .cluster.local)
readonly BEGUN=$KM_KEPT/microk8s-begun # there while the server script runs, and after it was cut off
INSTALLED='' MISSING='' BROKEN=''

check() {
  km_join_group "$KM_PHASE"
  look || km_answer unknown "$KM_WHY."
  [[ -n $INSTALLED ]] || km_answer pending 'MicroK8s is not installed.'
  [[ $INSTALLED == *" $CHANNEL/"* ]] || km_answer blocked "MicroK8s $INSTALLED is installed, and 0.4.1 needs $CHANNEL. The server script would say \"already installed\" and change nothing. Uninstall the old one first."
  [[ -z $BROKEN$MISSING ]] || km_answer pending "MicroK8s $INSTALLED is installed, but: $BROKEN${BROKEN:+${MISSING:+; }}$MISSING. Run the step again."
  km_answer 'done' "MicroK8s $INSTALLED runs, with name service, the settings that 0.4.1 needs, and your user's access to it."
}

run() {
  km_join_group "$KM_PHASE"
  refuse
  if [[ -n $INSTALLED && -n $BROKEN ]]; then
    km_say "An earlier installation is incomplete: $BROKEN. It is removed, and begun anew."
    km_elevated server_script --uninstall || true
    look || true
    [[ -z $INSTALLED ]] || km_die 'The incomplete MicroK8s could not be removed.' 'MicroK8s is incomplete. The data folders were not touched.' 'Restart the host and run the step again.'
  fi
  if [[ -z $INSTALLED ]]; then
    prepare_proxy
    mkdir -p -- "$KM_KEPT" && : >"$BEGUN"
    km_elevated server_script --quiet || km_say "The script ended with code $?. That alone says little; MicroK8s is asked now."
    rm -f -- "$BEGUN"
    km_join_group "$KM_PHASE" # begins the step anew, where the script has just made the user a member
  fi
  wait_until_ready
  km_say ''
  km_say "Done: MicroK8s $INSTALLED runs."
  km_say 'Log in again before you work in a terminal of your own: your session does not know the new cluster yet.'
}

undo() {
  km_load_platform && km_die "Version ${KM_PLATFORM[chart]} is deployed on it." 'Nothing was changed.' 'Undeploy that first.'
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  km_elevated server_script --uninstall || true
  look || true
  [[ -z $INSTALLED ]] || km_die 'MicroK8s could not be removed.' 'It is still installed.' 'Restart the host and run it again.'
  km_say 'MicroK8s is not installed any more.'
}

# Sets INSTALLED, BROKEN: what only a new installation brings, and MISSING: what comes with time or can be mended.
look() {
  local rc=0 user version
  INSTALLED='' BROKEN='' MISSING=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || {
    KM_WHY="Which snaps are installed cannot be told: $KM_WHY"
    return 1
  }
  ((rc == 0)) || return 0
  INSTALLED=$KM_OUT user=$(id -un)
  [[ $INSTALLED == *" $CHANNEL/"* ]] || return 0
  km_has_snap helm || BROKEN='helm is not installed'
  if ! km_root_ready; then
    KM_WHY="The settings of the API server can be read by root only. $KM_ROOT_WHY"
    return 1
  fi
  as_root grep -qs ValidatingAdmissionPolicy=true "$KM_HOST_ROOT/var/snap/microk8s/current/args/kube-apiserver" ||
    BROKEN+="${BROKEN:+, }the API server lacks the settings that 0.4.1 needs"
  [[ $(id -u) == 0 || " $(id -nG "$user") " == *' microk8s '* ]] || MISSING="$user is not in the group microk8s"
  if km_ask "$KM_KUBECTL" get nodes -o 'jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'; then
    read -r version rc <<<"$KM_OUT"
    [[ $version == v$CHANNEL.* && $rc == True ]] || MISSING+="${MISSING:+, }the node is ${version:-not there} and ready: ${rc:-no}"
    km_ask "$KM_KUBECTL" -n kube-system get deploy coredns -o 'jsonpath={.status.availableReplicas}' && ((${KM_OUT:-0} > 0)) ||
      MISSING+="${MISSING:+, }the name service of the cluster does not run"
    km_ask "$KM_KUBECTL" config view --raw && [[ $KM_OUT == "$(cat "$HOME/.kube/config" 2>/dev/null)" ]] ||
      MISSING+="${MISSING:+, }~/.kube/config is that of another cluster"
    KM_OUT=''
  elif [[ -z $MISSING ]]; then
    MISSING="the cluster gives no answer ($KM_WHY)"
  fi
}

refuse() {
  local state='Nothing was changed.' problem=''
  [[ $(id -u) != 0 ]] || km_die 'This is root. The server script gives the cluster to the user who calls sudo.' "$state" 'Log in as the user who deploys the platform.'
  km_root_ready || km_die "Only root can install MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  look || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $INSTALLED || $INSTALLED == *" $CHANNEL/"* ]] || km_die "MicroK8s $INSTALLED is still installed; the script would skip the installation without an error." "$state" 'Run the step "Uninstall MicroK8s" first.'
  [[ ! -e $BEGUN || -z $MISSING$BROKEN ]] || BROKEN="${BROKEN:-it was cut off, $MISSING}"
  command -v nslookup >/dev/null || problem='nslookup is missing. Install dnsutils (AlmaLinux: bind-utils).'
  km_find_scripts
  [[ -n ${KM_SCRIPT[server-0.4.1]:-} ]] || problem="The server script of 0.4.1 is not below $SCRIPTS_DIR. Run the step \"Fetch the scripts\" first."
  [[ -z $problem ]] || km_die "${problem%%. *}." "$state" "${problem#*. }"
  if [[ -n $INSTALLED && -n $BROKEN ]] && km_find_remains && [[ -n $KM_OUT ]]; then
    km_die "MicroK8s is incomplete ($BROKEN), but something is deployed on it: $KM_OUT." "$state" 'Undeploy that first.'
  fi
}

# With --quiet the script leaves the proxy alone, and without it stops half way. So the settings are made before.
prepare_proxy() {
  local name file=$KM_HOST_ROOT/etc/environment
  for name in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; do
    [[ -z ${!name:-} ]] || grep -qis "^$name=" "$file" || km_die "This session uses a proxy ($name) that /etc/environment does not name; snap would not use it." \
      'Nothing was changed.' 'Enter it there, log in again, and run the step again.'
  done
  ! grep -qis '^https\?_proxy=' "$file" || km_elevated set_no_proxy
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
    'Read what the script printed above, solve that, and run the step again: an incomplete installation is removed and begun anew.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

server_script() { # FLAG
  local line
  km_find_scripts
  # sudo gives a fresh environment; the script and snap need the proxy in it.
  while IFS= read -r line; do export "${line?}"; done < <(sed -nE 's/^(export )?((https?|no)_proxy|(HTTPS?|NO)_PROXY)="?([^"]*)"?$/\2=\5/p' "$KM_HOST_ROOT/etc/environment" 2>/dev/null)
  km_say "${KM_SCRIPT[server-0.4.1]} $1. This takes 2 to 15 minutes."
  km_run_published server-0.4.1 "$1"
}

set_no_proxy() {
  local file=$KM_HOST_ROOT/etc/environment value range name
  value=$(sed -nE 's/^(no_proxy|NO_PROXY)="?([^"]*)"?$/\2/p' "$file" | head -n 1)
  for range in "${NO_PROXY_RANGES[@]}" "$(hostname)"; do
    [[ ,$value, == *",$range,"* ]] || value+="${value:+,}$range"
  done
  if ! cp -p -- "$file" "$file.before-migration" || ! {
    grep -vE '^(no_proxy|NO_PROXY)=' "$file" || true
    for name in no_proxy NO_PROXY; do printf '%s="%s"\n' "$name" "$value"; done
  } >"$file.new" || ! chmod --reference="$file" -- "$file.new" || ! mv -T -- "$file.new" "$file"; then
    km_die '/etc/environment cannot be written.' 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  fi
  km_say "The addresses of the cluster are excepted from the proxy in /etc/environment; the file as it was is $file.before-migration."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
