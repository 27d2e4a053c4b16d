# shellcheck shell=bash
# shellcheck disable=SC2154 # AF_RUNS, by the name of a state, is from lib/old-airflow.sh
# Thumbnails of segmentations and structure sets: the workflow is started for each series directly; no file is edited.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash thumbnails.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform scripts old-scripts old-data old-airflow
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly PREFIX=$KM_KEPT/thumbnail-run MODALITY='00080060 Modality_keyword' # the field of the index that tells a segmentation
LACKING=() ALL=0

check() {
  km_join_group "$KM_PHASE"
  find_lacking || km_answer unknown "$KM_WHY."
  ((ALL > 0)) || km_answer not-needed 'The index holds no SEG or RTSTRUCT series.'
  ((${#LACKING[@]} > 0)) || km_answer 'done' "All $ALL SEG and RTSTRUCT series have a thumbnail."
  if [[ -s $PREFIX ]]; then
    look || km_answer unknown "$KM_WHY."
    ((AF_LEFT == 0)) || km_answer pending "$AF_LEFT workflow runs wait or run; ${#LACKING[@]} of $ALL series have no thumbnail yet."
    ((FAILED == 0)) || km_answer blocked "$FAILED workflow runs have failed, and ${#LACKING[@]} of $ALL series have no thumbnail, such as ${LACKING[0]}. Often the series that they refer to is missing. Look at the runs in Airflow."
  fi
  km_answer pending "${#LACKING[@]} of $ALL SEG and RTSTRUCT series have no thumbnail."
}

run() {
  local uid prefix state='Nothing was changed.'
  km_join_group "$KM_PHASE"
  find_lacking || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  ((${#LACKING[@]} > 0)) || { km_say "Nothing to do: $ALL series, all with a thumbnail."; return 0; }
  af_knows "$AF_THUMBNAIL" || km_die "$KM_WHY." "$state" 'Wait until Airflow has read its workflows, then run the step again.'
  # One prefix for all tries: a run that exists is not started again, one that failed is.
  prefix=km-$(date +%y%m%d%H%M%S)
  if [[ -s $PREFIX ]]; then
    prefix=$(<"$PREFIX")
    look || km_die "Airflow gives no answer: $KM_WHY." "$state" 'Run the step again.'
    ((AF_LEFT > 0 || AF_DONE == 0)) || prefix=km-$(date +%y%m%d%H%M%S)
  fi
  printf '%s\n' "$prefix" >"$PREFIX.new" && mv -T -- "$PREFIX.new" "$PREFIX"
  km_say "Starting the workflow for ${#LACKING[@]} series."
  for uid in "${LACKING[@]}"; do
    af_trigger "$AF_THUMBNAIL" "$prefix-$uid" "{\"data_form\":{\"identifiers\":[\"$uid\"]},\"workflow_form\":{\"single_execution\":false}}" ||
      km_die "The workflow could not be started for $uid: $KM_WHY." 'Those before it were started.' 'Solve that, then run the step again: it goes on from here.'
  done
  af_wait look || km_die "Airflow gives no answer any more: $KM_WHY." 'The runs go on.' 'Solve that, then run the step again.'
  find_lacking || km_die "$KM_WHY." 'The runs have ended.' 'Run the check.'
  ((${#LACKING[@]} == 0)) || km_die "${#LACKING[@]} of $ALL series have no thumbnail, such as ${LACKING[0]}; $FAILED runs have failed." 'The others have theirs.' 'Often the series that they refer to is missing. Look at the runs in Airflow.'
  km_say "Done: all $ALL series have a thumbnail."
}

FAILED=0
look() {
  af_states "$AF_THUMBNAIL" "$(<"$PREFIX")-%" || return 1
  AF_LEFT=$((AF_RUNS[running] + AF_RUNS[queued])) AF_DONE=$((AF_RUNS[success] + AF_RUNS[failed])) FAILED=${AF_RUNS[failed]}
}

# Sets ALL and LACKING: series in the index without a picture in the bucket, which is a folder. Where no document has the
# field that tells a segmentation, "none" would be no answer: then it fails.
find_lacking() {
  local uid pictures known total
  local -A has=()
  local should="{\"terms\":{\"$MODALITY.keyword\":[\"SEG\",\"RTSTRUCT\"]}},{\"match\":{\"$MODALITY\":\"SEG\"}},{\"match\":{\"$MODALITY\":\"RTSTRUCT\"}}"
  LACKING=() ALL=0
  old_find_new_folders || return 1
  km_root_ready || {
    KM_WHY="Stored objects can be seen by root only. $KM_ROOT_WHY"
    return 1
  }
  af_index /meta-index/_count "{\"query\":{\"exists\":{\"field\":\"$MODALITY\"}}}" || return 1
  known=$(jq -r '.count // empty' <<<"$KM_OUT")
  [[ $known =~ ^[1-9] ]] || {
    KM_WHY="No document of the index has the field \"$MODALITY\", so that segmentations cannot be told from other series"
    return 1
  }
  af_index /meta-index/_search "{\"size\":10000,\"track_total_hits\":true,\"_source\":false,\"query\":{\"bool\":{\"should\":[$should]}}}" || return 1
  total=$(jq -r '.hits.total.value' <<<"$KM_OUT") known=$(jq -r '.hits.hits[]._id' <<<"$KM_OUT") || return 1
  if [[ $total != "$(grep -c . <<<"$known" || true)" ]] || grep -qvE '^[0-9.]*$' <<<"$known"; then
    KM_WHY="The index names $total SEG and RTSTRUCT series, and not all of them by their UID"
    return 1
  fi
  pictures=$(km_elevated list_pictures "$NEW_SLOW/minio/thumbnails/batch") || {
    KM_WHY='The bucket thumbnails could not be looked through'
    return 1
  }
  while IFS= read -r uid; do [[ -z $uid ]] || has[$uid]=yes; done <<<"$pictures"
  while IFS= read -r uid; do
    [[ -n $uid ]] || continue
    ALL=$((ALL + 1))
    [[ -n ${has[$uid]:-} ]] || LACKING+=("$uid")
  done <<<"$known"
}

# ---- As root --------------------------------------------------------------------------------------------------------

list_pictures() { # FOLDER: the series that have one
  [[ ! -d $1 ]] || find "$1/" -mindepth 3 -maxdepth 3 -type f -path '*/generate-segmentation-thumbnail/*.png' -printf '%f\n' | sed 's/\.png$//' >&3
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
