# shellcheck shell=bash
# Back up what the data folders of 0.1.3 hold, except images and stored objects.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash full-backup.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies cluster databases old-platform old-data old-backup
  KM_BY_HAND=yes
fi

check() { ob_check_step settings; }
run() { ob_run_step settings; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
