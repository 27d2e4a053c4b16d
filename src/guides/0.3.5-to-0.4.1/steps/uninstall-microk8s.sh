# shellcheck shell=bash
# Uninstall MicroK8s with the 0.3.5 server script, and look afterwards whether it is gone.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… bash uninstall-microk8s.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
FOUND='' LEFT=''

check() {
  local reason
  reason=$(data_in_danger)
  [[ -z $reason ]] || km_answer blocked "$reason Uninstalling MicroK8s would delete it."
  look || km_answer unknown "Which snaps are installed cannot be told: $KM_WHY."
  case $FOUND in
    *' 1.31/'*) km_answer 'done' "The old MicroK8s is gone; ${FOUND#* } is installed." ;;
    ?*) km_answer pending "MicroK8s ${FOUND#* } is installed." ;;
  esac
  [[ -z $LEFT ]] || km_answer pending "MicroK8s is not quite gone: there is still $LEFT."
  km_answer 'done' 'The snaps microk8s and helm are not installed, and nothing of MicroK8s is mounted.'
}

run() {
  refuse
  if [[ -n $FOUND$LEFT ]]; then
    km_elevated uninstall || km_say "The script ended with code $?. That alone says little; the host is looked at now."
    wait_until_gone
  fi
  km_say ''
  km_say 'Done: MicroK8s, helm and all container images are gone. The data folders were not touched.'
}

undo() {
  km_root_ready || km_die "Only root can install MicroK8s: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  look || km_die "Which snaps are installed cannot be told: $KM_WHY." 'Nothing was changed.' 'Solve that, then run it again.'
  [[ $FOUND != *microk8s* ]] || km_die "MicroK8s ${FOUND#* } is installed." 'Nothing was changed.' 'Uninstall that one first.'
  km_elevated reinstall || km_say "The script ended with code $?. That alone says little."
  { km_snap microk8s && [[ $KM_OUT == *' 1.28/'* ]]; } || km_die 'MicroK8s 1.28 was not installed.' 'The data folders were not touched.' 'Read what the script printed above.'
  km_say 'MicroK8s 1.28 is installed again. Log in anew, then take "Undeploy 0.3.5" back: that deploys 0.3.5 again.'
}

# Sets FOUND to the snaps that are there, MicroK8s with its channel, and LEFT to what is on the host besides.
look() {
  local rc=0
  FOUND=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || return 1
  if ((rc == 0)); then
    FOUND="microk8s $KM_OUT"
  elif km_has_snap helm; then
    LEFT='the snap helm'
  fi
  LEFT+="$(km_microk8s_rests | sed "s/^./${LEFT:+, }&/")"
}

data_in_danger() {
  local folder
  for folder in "$FAST_DATA_DIR" "$SLOW_DATA_DIR"; do
    ! km_inside "$folder" "$KM_HOST_ROOT/var/snap" || printf 'The data folder %s lies below /var/snap.' "$folder"
  done
}

refuse() {
  local state='Nothing was changed.' reason users
  reason=$(data_in_danger)
  [[ -z $reason ]] || km_die "$reason Uninstalling MicroK8s would delete it." "$state" 'Move the data out of /var/snap and deploy 0.3.5 with the new folders first.'
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  look || km_die "Which snaps are installed cannot be told: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ $FOUND != *' 1.31/'* ]] || km_die "MicroK8s ${FOUND#* } is installed, that of the new platform. It is not removed." "$state" 'This step belongs before that. Check which step is next.'
  users=$(km_elevated km_database_users)
  [[ -z $users ]] || km_die "Processes still use the databases: $users." "$state" 'Undeploy the platform first.'
  km_find_scripts
  [[ -n ${KM_SCRIPT[server-0.3.5]:-} ]] || km_die "The server script of 0.3.5 is not below $SCRIPTS_DIR." "$state" 'Run the step "Fetch the scripts" first.'
  [[ -n $FOUND ]] || return 0
  if km_find_remains; then
    [[ -z $KM_OUT ]] || km_die "The platform is not undeployed, or something else runs here. There is still: $KM_OUT." "$state" 'Run the step "Undeploy 0.3.5" first.'
    km_find_foreign "${FAST_DATA_DIR%/}" "${SLOW_DATA_DIR%/}" || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
    [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's and would be deleted: $KM_FOREIGN." "$state" 'Move it to another cluster first, or delete it yourself.'
  else
    # The undeployment wrote this when nothing was left; an uninstallation that was cut off leaves a silent cluster.
    [[ -e $KM_KEPT/workflow-files ]] || km_die "Whether the platform is undeployed could not be found out: $KM_WHY." "$state" 'Look at "sudo microk8s status", then run the step again.'
  fi
}

wait_until_gone() {
  local looks
  for ((looks = 0; looks < KM_PATIENCE; looks++)); do
    LEFT=''
    if look && [[ -z $FOUND$LEFT ]]; then return 0; fi
    ((looks > 0)) || km_say "Waiting until it is gone: ${FOUND:-$LEFT} …"
    sleep "$KM_POLL"
  done
  km_die "The script has ended, but there is still ${FOUND:+the snap ${FOUND%% *}}${FOUND:+${LEFT:+, }}$LEFT." 'MicroK8s is partly removed. The data folders were not touched.' \
    'Restart the host and run the step again: it goes on from here. A snap that is busy is free after a restart.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

uninstall() {
  km_find_scripts
  km_say "Uninstalling MicroK8s and helm with ${KM_SCRIPT[server-0.3.5]}. This takes 2 to 10 minutes."
  km_run_published server-0.3.5 --uninstall
}

reinstall() {
  km_find_scripts
  [[ -n ${KM_SCRIPT[server-0.3.5]:-} ]] || km_die "The server script of 0.3.5 is not below $SCRIPTS_DIR." 'Nothing was changed.' 'Run the step "Fetch the scripts" first.'
  km_run_published server-0.3.5 --quiet
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
