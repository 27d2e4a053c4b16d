# shellcheck shell=bash
# Uninstall MicroK8s with the 0.3.5 server script, and look afterwards whether it is gone.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash uninstall-microk8s.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies cluster scripts databases deploy microk8s
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}" "${BACKUP_DIR:=}"
# shellcheck disable=SC2034 # for lib/microk8s.sh
readonly MK_SERVER=server-0.3.5 MK_CHANNEL=1.31

check() { mk_check_gone ''; }

run() {
  mk_refuse_uninstall '' 0.3.5
  refuse
  mk_uninstall ''
  km_say ''
  km_say 'Done: MicroK8s, helm and all container images are gone. The data folders were not touched.'
}

undo() {
  mk_install_again server-0.3.5 1.28 ''
  km_say 'MicroK8s 1.28 is installed again. Log in anew, then take "Undeploy 0.3.5" back: that deploys 0.3.5 again.'
}

refuse() {
  local state='Nothing was changed.' users backup
  users=$(km_elevated km_database_users)
  [[ -z $users ]] || km_die "Processes still use the databases: $users." "$state" 'Undeploy the platform first.'
  [[ -n $FOUND ]] || return 0
  if km_find_remains; then
    [[ -z $KM_OUT ]] || km_die "The platform is not undeployed, or something else runs here. There is still: $KM_OUT." "$state" 'Run the step "Undeploy 0.3.5" first.'
    km_find_foreign "${FAST_DATA_DIR%/}" "${SLOW_DATA_DIR%/}" || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
    [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's and would be deleted: $KM_FOREIGN." "$state" 'Move it to another cluster first, or delete it yourself.'
  else
    # The undeployment wrote this when nothing was left; an uninstallation that was cut off leaves a silent cluster.
    [[ -e $KM_KEPT/workflow-files ]] || km_die "Whether the platform is undeployed could not be found out: $KM_WHY." "$state" 'Look at "sudo microk8s status", then run the step again.'
  fi
  backup=$(km_elevated km_backup_problem) || backup='whether there is a full backup could not be found out'
  [[ -z $backup ]] || km_die "What leads back after this is not in order: $backup." "$state" 'Run the step "Back up the data folders" first.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
