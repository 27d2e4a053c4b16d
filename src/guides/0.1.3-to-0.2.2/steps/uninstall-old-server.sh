# shellcheck shell=bash
# Uninstall MicroK8s and helm of 0.1.3 with the server script, and look afterwards whether they are gone.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… SCRIPTS_DIR=… bash uninstall-old-server.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly GONE=$KM_KEPT/server-uninstalled # the boot id at which it was gone
FOUND='' LEFT=''

check() {
  local reason
  reason=$(data_in_danger)
  [[ -z $reason ]] || km_answer blocked "$reason Uninstalling MicroK8s would delete it."
  look || km_answer unknown "Which snaps are installed cannot be told: $KM_WHY."
  case $FOUND in
    *' 1.26/'*) km_answer 'done' "The old MicroK8s is gone; ${FOUND#* } is installed." ;;
    ?*) km_answer pending "MicroK8s ${FOUND#* } is installed." ;;
  esac
  [[ -z $LEFT ]] || km_answer pending "The old server is not quite gone: there is still $LEFT."
  km_answer 'done' 'The snaps microk8s and helm are not installed, and nothing of MicroK8s is mounted.'
}

run() {
  local looks state='Nothing was changed.'
  refuse
  if [[ -n $FOUND$LEFT ]]; then
    km_say "Uninstalling MicroK8s and helm with $NEW_SERVER. This takes 2 to 20 minutes."
    km_elevated old_run_server --uninstall || km_say "The script ended with code $?. That alone says little; the host is looked at now."
    for ((looks = 0; looks < KM_PATIENCE; looks++)); do
      if look && [[ -z $FOUND$LEFT ]]; then break; fi
      ((looks > 0)) || km_say "Waiting until it is gone: ${FOUND:-$LEFT} …"
      sleep "$KM_POLL"
    done
  fi
  state='MicroK8s is partly removed. The data folders were not touched.'
  [[ -z $FOUND$LEFT ]] || km_die "The script has ended, but there is still ${FOUND:+the snap microk8s}${FOUND:+${LEFT:+, }}$LEFT." "$state" \
    'Restart the host and run the step again: a snap that is busy is free after a restart.'
  mkdir -p -- "$KM_KEPT"
  cat -- "$KM_HOST_ROOT/proc/sys/kernel/random/boot_id" >"$GONE.new" && mv -T -- "$GONE.new" "$GONE"
  km_say ''
  km_say 'Done: MicroK8s, helm and all container images are gone. The data folders were not touched. Restart the host with the next step.'
}

# Sets FOUND to MicroK8s with its channel, and LEFT to what is there besides. A helm that belongs to the new server stays.
look() {
  local rc=0
  FOUND='' LEFT=''
  km_snap microk8s || rc=$?
  ((rc != 2)) || return 1
  if ((rc == 0)); then
    FOUND="microk8s $KM_OUT"
    return 0
  elif [[ ! -e $GONE ]] && km_has_snap helm; then
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
  local state='Nothing was changed.' reason
  reason=$(data_in_danger)
  [[ -z $reason ]] || km_die "$reason Uninstalling MicroK8s would delete it." "$state" 'Move the data out of /var/snap and deploy 0.1.3 with the new folders first.'
  km_root_ready || km_die "Only root can uninstall MicroK8s: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  look || km_die "Which snaps are installed cannot be told: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ $FOUND != *' 1.26/'* ]] || km_die "MicroK8s ${FOUND#* } is installed, that of the new platform. It is not removed." "$state" 'Check which step is next.'
  old_data_users || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Processes still use the data folders: $KM_OUT." "$state" 'Undeploy the platform first.'
  [[ $(km_kept certificate) == self-made ]] || as_root test -f "${BACKUP_DIR:-/nonexistent}/tls/tls.key" || [[ -z $FOUND ]] ||
    km_die 'The TLS certificate in this cluster is not saved, and would be destroyed.' "$state" 'Run the step "Save the TLS certificate" first.'
  old_find_scripts
  [[ -n $NEW_SERVER ]] || km_die "The server script of 0.2.2 is not below $SCRIPTS_DIR." "$state" 'Run the step "Fetch the scripts" first.'
  [[ -n $FOUND ]] || return 0
  if ! old_find_remains; then
    # A cluster that is half removed gives no answer; the undeployment must have been seen before.
    [[ -e $KM_KEPT/undeployed ]] || km_die "Whether the platform is undeployed could not be found out: $KM_WHY." "$state" 'Look at "sudo microk8s status", then run the step again.'
    return 0
  fi
  [[ -z $KM_OUT ]] || km_die "The platform is not undeployed, or something else runs here. There is still: $KM_OUT." "$state" 'Run the step "Undeploy 0.1.3" first.'
  old_find_foreign || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's and would be deleted: $KM_FOREIGN." "$state" 'Move it to another cluster first, or delete it yourself.'
  mkdir -p -- "$KM_KEPT" && : >"$KM_KEPT/undeployed"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
