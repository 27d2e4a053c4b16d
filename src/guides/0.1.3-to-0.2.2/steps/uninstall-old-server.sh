# shellcheck shell=bash
# Uninstall MicroK8s and helm of 0.1.3 with the server script, and look afterwards whether they are gone.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… SCRIPTS_DIR=… bash uninstall-old-server.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy microk8s old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly GONE=$KM_KEPT/server-uninstalled # the boot id at which it was gone
# The script of 0.2.2 uninstalls as that of 0.1.3 does, and is needed anyway.
# shellcheck disable=SC2034 # for lib/microk8s.sh
readonly MK_SERVER=server-0.2.2 MK_CHANNEL=1.26

check() { mk_check_gone "$(keep_helm)"; }

# Once the old server was gone, a helm is that of the new one.
keep_helm() { [[ ! -e $GONE ]] || printf yes; }

run() {
  local keep
  keep=$(keep_helm)
  mk_refuse_uninstall "$keep" 0.1.3
  refuse
  mk_uninstall "$keep"
  mkdir -p -- "$KM_KEPT"
  cat -- "$KM_HOST_ROOT/proc/sys/kernel/random/boot_id" >"$GONE.new" && mv -T -- "$GONE.new" "$GONE"
  km_say ''
  km_say 'Done: MicroK8s, helm and all container images are gone. The data folders were not touched. Restart the host with the next step.'
}

undo() {
  [[ $(old_layout "${FAST_DATA_DIR%/}") == old ]] || km_die "$FAST_DATA_DIR does not hold the data of 0.1.3, which that server is for." 'Nothing was changed.' 'Take "Move the old data aside" back first.'
  # The script of 0.1.3 asks about the proxy whatever it is told.
  mk_install_again server-0.1.3 1.23 y
  rm -f -- "$GONE" "$KM_KEPT/undeployed"
  km_say 'MicroK8s 1.23 is installed again. Log in anew, then take "Undeploy 0.1.3" back: that deploys 0.1.3 again.'
}

refuse() {
  local state='Nothing was changed.'
  old_data_users || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Processes still use the data folders: $KM_OUT." "$state" 'Undeploy the platform first.'
  [[ $(km_kept certificate) == self-made ]] || as_root test -f "${BACKUP_DIR:-/nonexistent}/tls/tls.key" || [[ -z $FOUND ]] ||
    km_die 'The TLS certificate in this cluster is not saved, and would be destroyed.' "$state" 'Run the step "Save the TLS certificate" first.'
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
