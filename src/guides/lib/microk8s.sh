# shellcheck shell=bash
# MicroK8s and helm on the host: uninstalling those of the old platform with a server script, installing those of the new one,
# and what both scripts do not say: whether it worked. To be sourced after cluster.sh, scripts.sh and deploy.sh.
# shellcheck disable=SC2154 # what differs between versions is set by the step:
#   MK_FOR       the platform: 0.4.1
#   MK_SERVER    the key of the server script: server-0.4.1
#   MK_CHANNEL   the channel that the new platform needs: 1.31
#   MK_SETTING   what the API server must be started with, MK_SETTING_WORDS what is wrong where it is not
#   mk_look_at_helm   adds to BROKEN or MISSING; mk_prepare comes before the server script

readonly MK_UNTOUCHED='The data folders were not touched.'

# ---- The one that goes ----------------------------------------------------------------------------------------------

# Sets FOUND to MicroK8s with its version and channel, and LEFT to what is on the host besides. A helm that was installed
# for the new platform stays.
FOUND='' LEFT=''
mk_find() { # KEEP_HELM: not empty where helm belongs to the new platform
  local rc=0
  FOUND='' LEFT=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || return 1
  if ((rc == 0)); then
    FOUND="microk8s $KM_OUT"
  elif [[ -z $1 ]] && km_has_snap helm; then
    LEFT='the snap helm'
  fi
  LEFT+="$(km_microk8s_rests | sed "s/^./${LEFT:+, }&/")"
}

# Why uninstalling would delete the data; nothing where it would not.
mk_data_in_danger() {
  local folder
  for folder in "$FAST_DATA_DIR" "$SLOW_DATA_DIR"; do
    ! km_inside "$folder" "$KM_HOST_ROOT/var/snap" || printf 'The data folder %s lies below /var/snap.' "$folder"
  done
}

mk_check_gone() { # KEEP_HELM
  local reason
  reason=$(mk_data_in_danger)
  [[ -z $reason ]] || km_answer blocked "$reason Uninstalling MicroK8s would delete it."
  mk_find "$1" || km_answer unknown "Which snaps are installed cannot be told: $KM_WHY."
  case $FOUND in
    *" $MK_CHANNEL/"*) km_answer 'done' "The old MicroK8s is gone; ${FOUND#* } is installed." ;;
    ?*) km_answer pending "MicroK8s ${FOUND#* } is installed." ;;
  esac
  [[ -z $LEFT ]] || km_answer pending "MicroK8s is not quite gone: there is still $LEFT."
  km_answer 'done' 'The snaps microk8s and helm are not installed, and nothing of MicroK8s is mounted.'
}

# Ends a run where MicroK8s must not be uninstalled, as far as the platform does not matter. Sets FOUND and LEFT.
mk_refuse_uninstall() { # KEEP_HELM PLATFORM
  local state='Nothing was changed.' reason
  reason=$(mk_data_in_danger)
  [[ -z $reason ]] || km_die "$reason Uninstalling MicroK8s would delete it." "$state" "Move the data out of /var/snap and deploy $2 with the new folders first."
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  mk_find "$1" || km_die "Which snaps are installed cannot be told: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ $FOUND != *" $MK_CHANNEL/"* ]] || km_die "MicroK8s ${FOUND#* } is installed, that of the new platform. It is not removed." "$state" 'This step belongs before that. Check which step is next.'
  mk_need_script
}

mk_need_script() {
  km_find_scripts
  [[ -n ${KM_SCRIPT[$MK_SERVER]:-} ]] || km_die "The server script of ${MK_SERVER#server-} is not below $SCRIPTS_DIR." 'Nothing was changed.' 'Run the step "Fetch the scripts" first.'
}

mk_uninstall() { # KEEP_HELM
  local looks
  [[ -n $FOUND$LEFT ]] || return 0
  km_say "Uninstalling MicroK8s and helm with ${KM_SCRIPT[$MK_SERVER]}. This takes 2 to 20 minutes."
  km_elevated mk_run_server "$MK_SERVER" --uninstall </dev/null || km_say "The script ended with code $?. That alone says little; the host is looked at now."
  for ((looks = 0; looks < KM_PATIENCE; looks++)); do
    if mk_find "$1" && [[ -z $FOUND$LEFT ]]; then return 0; fi
    ((looks > 0)) || km_say "Waiting until it is gone: ${FOUND:-$LEFT} …"
    sleep "$KM_POLL"
  done
  km_die "The script has ended, but there is still ${FOUND:+the snap ${FOUND%% *}}${FOUND:+${LEFT:+, }}$LEFT." "MicroK8s is partly removed. $MK_UNTOUCHED" \
    'Restart the host and run the step again: it goes on from here. A snap that is busy is free after a restart.'
}

# The way back: the old one again, with its own server script. What the script is to read at its prompts is typed blindly.
mk_install_again() { # KEY CHANNEL ANSWERS
  local state='Nothing was changed.'
  km_root_ready || km_die "Only root can install MicroK8s: $KM_ROOT_WHY." "$state" 'Run it again with the right password.'
  mk_find '' || km_die "Which snaps are installed cannot be told: $KM_WHY." "$state" 'Solve that, then run it again.'
  [[ $FOUND != *microk8s* ]] || km_die "MicroK8s ${FOUND#* } is installed." "$state" 'Uninstall that one first.'
  km_find_scripts
  [[ -n ${KM_SCRIPT[$1]:-} ]] || km_fetch_published "$1" "$state"
  km_elevated mk_run_server "$1" --quiet <<<"$3" || km_say "The script ended with code $?. That alone says little."
  { km_snap microk8s && [[ $KM_OUT == *" $2/"* ]]; } || km_die "MicroK8s $2 was not installed." "$MK_UNTOUCHED" 'Read what the script printed above.'
}

# ---- The one that comes ---------------------------------------------------------------------------------------------

readonly MK_BEGUN=$KM_KEPT/microk8s-begun # there while the server script runs, and after it was cut off
# The cluster's own addresses, which must not go through a proxy.
readonly MK_NO_PROXY=(127.0.0.1 localhost 10.0.0.0/8 10.1.0.0/16 10.152.183.0/24 192.168.0.0/16 172.16.0.0/16 172.16.0.0/12 .svc .cluster.local)

# Sets INSTALLED, BROKEN: what only a new installation brings, and MISSING: what comes with time or can be mended.
INSTALLED='' BROKEN='' MISSING=''
mk_look() {
  local rc=0 user version
  INSTALLED='' BROKEN='' MISSING=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || {
    KM_WHY="Which snaps are installed cannot be told: $KM_WHY"
    return 1
  }
  ((rc == 0)) || return 0
  INSTALLED=$KM_OUT user=$(id -un)
  [[ $INSTALLED == *" $MK_CHANNEL/"* ]] || return 0
  mk_look_at_helm
  if ! km_root_ready; then
    KM_WHY="The settings of the API server can be read by root only. $KM_ROOT_WHY"
    return 1
  fi
  as_root grep -qs -e "$MK_SETTING" "$KM_HOST_ROOT/var/snap/microk8s/current/args/kube-apiserver" || BROKEN+="${BROKEN:+, }$MK_SETTING_WORDS"
  [[ $(id -u) == 0 || " $(id -nG "$user") " == *' microk8s '* ]] || MISSING+="${MISSING:+, }$user is not in the group microk8s"
  if km_ask "$KM_KUBECTL" get nodes -o 'jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'; then
    read -r version rc <<<"$KM_OUT"
    [[ $version == v$MK_CHANNEL.* && $rc == True ]] || MISSING+="${MISSING:+, }the node is ${version:-not there} and ready: ${rc:-no}"
    km_ask "$KM_KUBECTL" -n kube-system get deploy coredns -o 'jsonpath={.status.availableReplicas}' && ((${KM_OUT:-0} > 0)) ||
      MISSING+="${MISSING:+, }the name service of the cluster does not run"
    km_ask "$KM_KUBECTL" config view --raw && [[ $KM_OUT == "$(cat "$HOME/.kube/config" 2>/dev/null)" ]] ||
      MISSING+="${MISSING:+, }~/.kube/config is that of another cluster"
    KM_OUT=''
  elif [[ -z $MISSING ]]; then
    MISSING="the cluster gives no answer ($KM_WHY)"
  fi
}

mk_check_installed() { # WORDS: what it has
  km_join_group "$KM_PHASE"
  mk_look || km_answer unknown "$KM_WHY."
  [[ -n $INSTALLED ]] || km_answer pending 'MicroK8s is not installed.'
  [[ $INSTALLED == *" $MK_CHANNEL/"* ]] || km_answer blocked "MicroK8s $INSTALLED is installed, and $MK_FOR needs $MK_CHANNEL. The server script would say \"already installed\" and change nothing. Uninstall the old one first."
  [[ -z $BROKEN$MISSING ]] || km_answer pending "MicroK8s $INSTALLED is installed, but: $BROKEN${BROKEN:+${MISSING:+; }}$MISSING. Run the step again."
  km_answer 'done' "MicroK8s $INSTALLED runs, with $1."
}

mk_install() { # STEP_THAT_UNINSTALLS
  km_join_group "$KM_PHASE"
  mk_refuse_install "$1"
  if [[ -n $INSTALLED && -n $BROKEN ]]; then
    km_say "An earlier installation is incomplete: $BROKEN. It is removed, and begun anew."
    km_elevated mk_run_server "$MK_SERVER" --uninstall </dev/null || true
    mk_look || true
    [[ -z $INSTALLED ]] || km_die 'The incomplete MicroK8s could not be removed.' "MicroK8s is incomplete. $MK_UNTOUCHED" 'Restart the host and run the step again.'
  fi
  mk_prepare
  if [[ -z $INSTALLED ]]; then
    mk_prepare_proxy
    mkdir -p -- "$KM_KEPT" && : >"$MK_BEGUN"
    km_say "${KM_SCRIPT[$MK_SERVER]} --quiet. This takes 2 to 15 minutes."
    km_elevated mk_run_server "$MK_SERVER" --quiet </dev/null || km_say "The script ended with code $?. That alone says little; MicroK8s is asked now."
    rm -f -- "$MK_BEGUN"
    km_join_group "$KM_PHASE" # begins the step anew, where the script has just made the user a member
  fi
  mk_wait_until_ready
  km_say ''
  km_say "Done: MicroK8s $INSTALLED runs."
  km_say 'Log in again before you work in a terminal of your own: your session does not know the new cluster yet.'
}

mk_refuse_install() { # STEP_THAT_UNINSTALLS
  local state='Nothing was changed.'
  [[ $(id -u) != 0 ]] || km_die 'This is root. The server script gives the cluster to the user who calls sudo.' "$state" 'Log in as the user who deploys the platform.'
  km_root_ready || km_die "Only root can install MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  mk_look || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $INSTALLED || $INSTALLED == *" $MK_CHANNEL/"* ]] || km_die "MicroK8s $INSTALLED is still installed; the script would skip the installation without an error." "$state" "Run the step \"$1\" first."
  [[ ! -e $MK_BEGUN || -z $MISSING$BROKEN ]] || BROKEN="${BROKEN:-it was cut off, $MISSING}"
  command -v nslookup >/dev/null || km_die 'nslookup is missing, without which the script stops.' "$state" 'Install dnsutils (AlmaLinux: bind-utils).'
  mk_need_script
  if [[ -n $INSTALLED && -n $BROKEN ]] && km_find_remains && [[ -n $KM_OUT ]]; then
    km_die "MicroK8s is incomplete ($BROKEN), but something is deployed on it: $KM_OUT." "$state" 'Undeploy that first.'
  fi
}

# With --quiet the script leaves the proxy alone, and without it stops half way. So the settings are made before.
mk_prepare_proxy() {
  local name file=$KM_HOST_ROOT/etc/environment
  for name in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; do
    [[ -z ${!name:-} ]] || grep -qis "^$name=" "$file" || km_die "This session uses a proxy ($name) that /etc/environment does not name; snap would not use it." \
      'Nothing was changed.' 'Enter it there, log in again, and run the step again.'
  done
  ! grep -qisE '^(export )?https?_proxy=' "$file" || km_elevated mk_set_no_proxy
}

mk_wait_until_ready() {
  local looks=0 before=''
  while ((looks++ < KM_PATIENCE)); do
    mk_look || MISSING=$KM_WHY
    if [[ $MISSING == *kube/config* ]] && km_renew_kubeconfig; then mk_look || MISSING=$KM_WHY; fi
    [[ -n $INSTALLED && -z $BROKEN ]] || break
    [[ -n $MISSING ]] || return 0
    if [[ $MISSING != "$before" ]]; then
      looks=0 before=$MISSING
      km_say "Waiting: $MISSING …"
    fi
    sleep "$KM_POLL"
  done
  if [[ $INSTALLED != *" $MK_CHANNEL/"* ]]; then BROKEN="MicroK8s $MK_CHANNEL is not installed"; fi
  km_die "The script has ended, but ${BROKEN:-$MISSING}." "MicroK8s is incomplete. $MK_UNTOUCHED" \
    'Read what the script printed above (it also ends when only a restart is missing), solve that, and run the step again: an incomplete installation is removed and begun anew.'
}

mk_undo_install() {
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  ! km_find_remains || [[ -z $KM_OUT ]] || km_die "Something is deployed on it: $KM_OUT." 'Nothing was changed.' 'Undeploy that first.'
  mk_need_script
  km_elevated mk_run_server "$MK_SERVER" --uninstall </dev/null || true
  mk_look || true
  [[ -z $INSTALLED ]] || km_die 'MicroK8s could not be removed.' 'It is still installed.' 'Restart the host and run it again.'
  km_say 'MicroK8s is not installed any more.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

mk_run_server() { # KEY FLAG: reads standard input
  local line
  km_find_scripts
  # sudo gives a fresh environment; the script and snap need the proxy in it.
  while IFS= read -r line; do export "${line?}"; done < <(sed -nE 's/^(export )?((https?|no)_proxy|(HTTPS?|NO)_PROXY)="?([^"]*)"?$/\2=\5/p' "$KM_HOST_ROOT/etc/environment" 2>/dev/null)
  km_run_published "$1" "$2"
}

mk_set_no_proxy() {
  local file=$KM_HOST_ROOT/etc/environment value range name
  value=$(sed -nE 's/^(export )?(no_proxy|NO_PROXY)="?([^"]*)"?$/\3/p' "$file" | head -n 1)
  for range in "${MK_NO_PROXY[@]}" "$(hostname)"; do
    [[ ,$value, == *",$range,"* ]] || value+="${value:+,}$range"
  done
  if ! cp -p -- "$file" "$file.before-migration" || ! {
    grep -vE '^(export )?(no_proxy|NO_PROXY)=' "$file" || true
    for name in no_proxy NO_PROXY; do printf '%s="%s"\n' "$name" "$value"; done
  } >"$file.new" || ! chmod --reference="$file" -- "$file.new" || ! mv -T -- "$file.new" "$file"; then
    km_die '/etc/environment cannot be written.' 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  fi
  km_say "The addresses of the cluster are excepted from the proxy in /etc/environment; the file as it was is $file.before-migration."
}
