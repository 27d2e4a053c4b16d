# shellcheck shell=bash
# Stand-ins for the pods of Airflow: its database (airflow.sh psql …) and its scheduler (airflow.sh airflow dags trigger …).
# state/dag-runs: DAG<TAB>RUN<TAB>STATE, one line each. state/dag-outcome: the state that a started run gets at once.
# state/minio is the folder in which thumbnails appear, state/extractions how many runs a re-index starts.
set -u
state=$KAAPANA_REHEARSAL_STATE runs=$KAAPANA_REHEARSAL_STATE/dag-runs words="$*"
touch "$runs"
if [[ $1 == airflow ]]; then
  dag=$4 id=$6 outcome=$(cat "$state/dag-outcome" 2>/dev/null || echo success)
  [[ ! -e $state/calls ]] || printf '%s\n' "airflow ${*@Q}" >>"$state/calls"
  ! grep -q $'\t'"$id"$'\t' "$runs" || { echo 'DagRunAlreadyExists' >&2; exit 1; }
  printf '%s\t%s\t%s\n' "$dag" "$id" "$outcome" >>"$runs"
  if [[ $dag == service-re-index-dicom-data ]]; then
    for ((i = 0; i < $(cat "$state/extractions"); i++)); do printf 'service-extract-metadata\t%s-%s\tsuccess\n' "$id" "$i" >>"$runs"; done
  elif [[ $dag == service-segmentation-thumbnail && $outcome == success ]]; then
    uid=$(grep -oE '"identifiers":\["[0-9.]+' <<<"$words" | grep -oE '[0-9.]+$')
    mkdir -p "$(<"$state/minio")/thumbnails/batch/$uid/generate-segmentation-thumbnail"
    : >"$(<"$state/minio")/thumbnails/batch/$uid/generate-segmentation-thumbnail/$uid.png"
  fi
  exit 0
fi
case $words in
  *'from dag where'*) echo 1 ;;
  *"group by state"*)
    dag=$(sed -E "s/.*dag_id = '([^']*)'.*/\1/" <<<"$words") like=$(sed -E "s/.*run_id like '([^']*)'.*/\1/" <<<"$words")
    awk -F '\t' -v dag="$dag" -v like="${like%%%*}" '$1 == dag && index($2, like) == 1 { n[$3]++ } END { for (s in n) print s "|" n[s] }' "$runs"
    ;;
  *'from dag_run'*) awk -F '\t' '$3 == "running" || $3 == "queued" { print $1 " (" $3 ")" }' "$runs" ;;
  *) echo 'psql: error: could not connect' >&2; exit 2 ;;
esac
