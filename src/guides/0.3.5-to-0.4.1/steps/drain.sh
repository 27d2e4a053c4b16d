# shellcheck shell=bash
# Let running work end: waits until no workflow runs or waits, and the DICOM receiver is empty. Changes nothing.
# By hand: FAST_DATA_DIR=… bash drain.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster drain
  KM_BY_HAND=yes
fi

check() {
  drain_look workflows || km_answer unknown "$KM_WHY."
  drain_answer
}

run() { drain_wait workflows; }

workflows() {
  km_load_platform || true # which namespace the database is in
  km_running_workflows
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
