# shellcheck shell=bash
# Back up images and stored objects of 0.1.3.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash archive-backup.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies cluster databases old-platform old-data old-backup
  KM_BY_HAND=yes
fi

check() { ob_check_step archive; }
run() { ob_run_step archive; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
