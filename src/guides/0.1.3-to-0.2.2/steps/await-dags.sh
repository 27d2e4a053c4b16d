# shellcheck shell=bash
# shellcheck disable=SC2154 # AF_RUNS, by the name of a state, is from lib/old-airflow.sh
# Wait for the metadata: the re-index run and every extraction, with the failed ones counted, and the index compared.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash await-dags.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform scripts old-scripts old-data old-airflow
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly STARTED=$KM_KEPT/reindex-run
FAILED=0 DOCUMENTS=0 SERIES=0

check() {
  km_join_group "$KM_PHASE"
  [[ -s $STARTED ]] || km_answer blocked 'The workflow was not started yet.'
  look || km_answer unknown "$KM_WHY."
  ((AF_LEFT == 0)) || km_answer pending "$AF_LEFT workflow runs wait or run, $AF_DONE have ended, $FAILED failed."
  ((FAILED == 0)) || km_answer blocked "$FAILED workflow runs have failed; their series are missing in every dashboard. Look at them in Airflow, clear them, and run the step again."
  count || km_answer unknown "$KM_WHY."
  ((DOCUMENTS >= SERIES)) || km_answer blocked "No run waits, runs or has failed, but the index holds $DOCUMENTS documents for $SERIES series. Start the workflow again, or look for images that were never indexed."
  km_answer 'done' "All runs have ended and none has failed; the index holds $DOCUMENTS documents for $SERIES series."
}

run() {
  km_join_group "$KM_PHASE"
  [[ -s $STARTED ]] || km_die 'The workflow was not started yet.' 'Nothing was changed.' 'Run the step before this one first.'
  km_say 'Waiting. Ctrl-C ends the waiting and nothing else.'
  af_wait look || km_die "Airflow gives no answer any more: $KM_WHY." 'The runs go on.' 'Solve that, then run the step again.'
  ((FAILED == 0)) || km_die "$FAILED workflow runs have failed." 'The others have ended. The index lacks the series of those.' 'Look at them in Airflow: Browse, DAG Runs, state failed. Clear them there, then run the step again.'
  count || km_die "The index could not be counted: $KM_WHY." 'All runs have ended.' 'Run the step again.'
  ((DOCUMENTS >= SERIES)) || km_die "The index holds $DOCUMENTS documents for $SERIES series." 'All runs have ended, none has failed.' 'Start the workflow again by the step before this one, or look for images that were never indexed.'
  km_say "Done: $DOCUMENTS documents for $SERIES series."
}

look() {
  local id
  id=$(<"$STARTED")
  af_states "$AF_REINDEX" "$id" || return 1
  ((AF_RUNS[running] + AF_RUNS[queued] + AF_RUNS[success] + AF_RUNS[failed] > 0)) || {
    KM_WHY="The run $id is not in Airflow"
    return 1
  }
  AF_LEFT=$((AF_RUNS[running] + AF_RUNS[queued])) AF_DONE=$((AF_RUNS[success] + AF_RUNS[failed])) FAILED=${AF_RUNS[failed]}
  af_states "$AF_EXTRACT" || return 1
  AF_LEFT=$((AF_LEFT + AF_RUNS[running] + AF_RUNS[queued])) AF_DONE=$((AF_DONE + AF_RUNS[success] + AF_RUNS[failed])) FAILED=$((FAILED + AF_RUNS[failed]))
}

count() {
  old_archive_counts services || return 1
  SERIES=$(cut -d '|' -f 2 <<<"$KM_OUT")
  af_index /meta-index/_count || return 1
  DOCUMENTS=$(jq -r .count <<<"$KM_OUT")
  [[ $DOCUMENTS =~ ^[0-9]+$ ]] || {
    KM_WHY='the number of documents cannot be read'
    return 1
  }
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
