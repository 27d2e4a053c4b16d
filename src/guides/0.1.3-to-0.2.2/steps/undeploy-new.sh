# shellcheck shell=bash
# Undeploy 0.2.2 and look afterwards whether it is gone.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash undeploy-new.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy old-platform old-scripts old-data new-platform
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  km_join_group "$KM_PHASE"
  if [[ -e $KM_KEPT/copied ]]; then km_answer 'done' '0.2.2 was undeployed; the old data has been copied since.'; fi
  km_find_remains || km_answer unknown "The cluster could not be asked: $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "0.2.2 is not undeployed, there is still: $KM_OUT."
  old_find_new_folders || km_answer unknown "$KM_WHY."
  old_data_users || km_answer unknown "$KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "Nothing is deployed, but processes still use the data folders: $KM_OUT."
  ! as_root test -e "$NEW_FAST/postgres-dcm4che/postmaster.pid" || km_answer blocked "The fresh database was not shut down cleanly: $NEW_FAST/postgres-dcm4che/postmaster.pid is still there. Wait a minute, then check again."
  km_answer 'done' 'The cluster has no release, namespace, pod or volume of 0.2.2, and nothing uses the data folders.'
}

run() {
  km_join_group "$KM_PHASE"
  [[ ! -e $KM_KEPT/copied ]] || km_die 'The old data is copied already; this would take the platform down that works with it.' 'Nothing was changed.' 'To go back, take the step "Deploy 0.2.2 on the old data" back.'
  np_undeploy
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
