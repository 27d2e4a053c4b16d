# shellcheck shell=bash
# Deploy 0.2.2 on the old data, wait until it is ready, and compare the archive with what was recorded.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash second-deploy.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy old-platform old-scripts old-data new-platform
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  km_join_group "$KM_PHASE"
  [[ -e $KM_KEPT/copied ]] || km_answer blocked 'The old data is not copied yet.'
  np_answer_deployed 'Nothing is deployed yet; the old data is in its place.'
  old_missing_series services || km_answer unknown "0.2.2 is ready, but the archive could not be compared: $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer blocked "0.2.2 is ready, but the archive lacks $KM_OUT."
  old_archive_counts services || km_answer unknown "$KM_WHY."
  km_answer 'done' "0.2.2 is ready, and all $(wc -l <"$OLD_SERIES") recorded series are in its archive ($(cut -d '|' -f 2 <<<"$KM_OUT") series now)."
}

run() {
  km_join_group "$KM_PHASE"
  [[ -e $KM_KEPT/copied ]] || km_die 'The old data is not copied yet.' 'Nothing was changed.' 'Run the step "Copy the old data" first.'
  np_refuse
  [[ -n ${KM_PLATFORM[chart]:-} || $(as_root cat -- "$NEW_FAST/postgres-dcm4che/PG_VERSION" 2>/dev/null) == 9.6 ]] ||
    km_die "$NEW_FAST/postgres-dcm4che is not the database of 0.1.3." 'Nothing was changed.' 'Run the check of "Copy the old data".'
  np_deploy 'The old data is aside and untouched.'
  old_missing_series services || km_die "The archive could not be compared: $KM_WHY." '0.2.2 runs.' 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "The archive lacks $KM_OUT." '0.2.2 runs; the old data is untouched.' 'Do not let users in. Take this step and "Copy the old data" back, and find out why.'
  km_say ''
  km_say "Done: all $(wc -l <"$OLD_SERIES") recorded series are in the archive of 0.2.2. One more is a test image of the platform's own."
}

undo() {
  km_join_group undo
  np_undeploy
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
