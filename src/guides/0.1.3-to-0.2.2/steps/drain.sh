# shellcheck shell=bash
# Let running work end: waits until no workflow runs or waits, and the DICOM receiver is empty. Changes nothing.
# By hand: FAST_DATA_DIR=… bash drain.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster drain old-platform
  KM_BY_HAND=yes
fi

check() {
  km_join_group "$KM_PHASE"
  drain_look old_running_workflows || { [[ ! -e $OLD_SERIES ]] || gone; km_answer unknown "$KM_WHY."; }
  drain_answer
}

# Where 0.1.3 was recorded and is gone, nothing runs on it.
gone() {
  local why=$KM_WHY
  if km_load_releases && [[ $KM_RELEASES != *kaapana-platform-chart* || $KM_RELEASES == *kaapana-admin-chart* ]] || ! km_has_snap microk8s; then
    km_answer 'done' '0.1.3 is not deployed any more; nothing runs on it.'
  fi
  KM_WHY=$why
}

run() {
  km_join_group "$KM_PHASE"
  drain_wait old_running_workflows
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
