# shellcheck shell=bash
# shellcheck disable=SC2154 # AF_RUNS, by the name of a state, is from lib/old-airflow.sh
# Rebuild the metadata: looks at the files that the workflow reads, then starts it once, under a name of its own.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash trigger-reindex.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform scripts old-scripts old-data old-airflow
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly STARTED=$KM_KEPT/reindex-run

check() {
  local id
  km_join_group "$KM_PHASE"
  [[ -s $STARTED ]] || km_answer pending 'The workflow was not started by this step yet.'
  id=$(<"$STARTED")
  af_states "$AF_REINDEX" "$id" || km_answer unknown "$KM_WHY."
  ((AF_RUNS[failed] == 0)) || km_answer blocked "The run $id has failed. Look at it in Airflow, then run the step again: it starts another one."
  ((AF_RUNS[running] + AF_RUNS[queued] + AF_RUNS[success] > 0)) || km_answer pending "The run $id was prepared and is not in Airflow. Run the step again."
  km_answer 'done' "The run $id was started and $( ((AF_RUNS[success] > 0)) && printf 'has ended with success' || printf 'is at work')."
}

run() {
  local id='' bad state='Nothing was changed.'
  km_join_group "$KM_PHASE"
  km_load_platform || km_die "The platform cannot be asked: $KM_WHY." "$state" 'It must run for this step.'
  old_find_new_folders || km_die "$KM_WHY." "$state" 'Put the deploy script of 0.2.2 into the scripts folder.'
  km_root_ready || km_die "The images can be read by root only: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  [[ ! -s $STARTED ]] || id=$(<"$STARTED")
  if [[ -n $id ]]; then
    af_states "$AF_REINDEX" "$id" || km_die "Airflow gives no answer: $KM_WHY." "$state" 'Solve that, then run the step again.'
    if ((AF_RUNS[running] + AF_RUNS[queued] + AF_RUNS[success] > 0)); then
      km_say "The run $id was started already; no other one is started."
      return 0
    fi
    ((AF_RUNS[failed] == 0)) || id='' # another one, as it has failed
  fi
  af_knows "$AF_REINDEX" || km_die "$KM_WHY." "$state" 'Wait until Airflow has read its workflows, some minutes after the start. Then run the step again.'
  af_states "$AF_REINDEX" || km_die "Airflow gives no answer: $KM_WHY." "$state" 'Solve that, then run the step again.'
  ((AF_RUNS[running] + AF_RUNS[queued] == 0)) || km_die 'Another run of this workflow is at work.' "$state" 'Wait until it has ended, then run the step again.'
  km_say 'Looking at the files that the workflow will read …'
  bad=$(km_elevated unreadable_folders "$NEW_SLOW/dcm4che/dicom_data/fs1") || km_die 'The images could not be looked through.' "$state" 'Is the disk in order?'
  [[ -z $bad ]] || km_die "These folders begin with a file that is no DICOM file; the workflow would stop there, with the index emptied: $(head -n 5 <<<"$bad" | paste -sd ' ')." "$state" 'Move those files away, then run the step again.'
  if [[ -z $id ]]; then
    id=$AF_REINDEX-$(date +%y%m%d%H%M%S%6N)
    # Before the start: killed in between, the next run asks Airflow for this very name.
    printf '%s\n' "$id" >"$STARTED.new" && mv -T -- "$STARTED.new" "$STARTED"
  fi
  af_trigger "$AF_REINDEX" "$id" || km_die "The workflow could not be started: $KM_WHY." 'The index is as it was.' 'Solve that, then run the step again.'
  km_say "Started: $id. The next step waits for it."
}

# ---- As root --------------------------------------------------------------------------------------------------------

# Folders without a folder in them whose first entry, as the workflow takes it, has no DICOM mark at its 128th byte.
unreadable_folders() { # FOLDER
  local file before=''
  [[ -d $1 ]] || return 1
  find "$1/" -type f ! -name chown.done -print0 |
    while IFS= read -r -d '' file; do
      [[ ${file%/*} != "$before" ]] || continue
      before=${file%/*}
      [[ $(head -c 132 -- "$file" | tail -c 4 | tr -d '\0') == DICM ]] || printf '%s\n' "$before"
    done >&3
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
