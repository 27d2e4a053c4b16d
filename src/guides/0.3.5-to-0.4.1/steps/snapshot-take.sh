# shellcheck shell=bash
# Snapshot the metadata: meta-index, whole, with its number of documents recorded in the snapshot itself.
# By hand: FAST_DATA_DIR=… bash snapshot-take.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

readonly RECORD=$KM_KEPT/metadata.json
NAME='' STATE='' FAILED='' DOCUMENTS='' OPERATIONS='' TAKEN=''

check() {
  os_check_side old
  if ! os_snapshots; then
    [[ $REST_CODE != 404 ]] || km_answer blocked "There is no repository $OS_REPOSITORY yet. Run the step \"Snapshot repository\" first."
    km_answer unknown "OpenSearch could not be asked for its snapshots: $KM_WHY."
  fi
  newest any
  case $STATE in
    '') km_answer pending "There is no snapshot of $OS_INDEX yet." ;;
    IN_PROGRESS) km_answer pending "The snapshot $NAME is being taken." ;;
    SUCCESS) ;;
    *) km_answer pending "The newest snapshot, $NAME, is $STATE: $FAILED of its parts failed. It cannot be used. Run the step again, it takes another one." ;;
  esac
  ((FAILED == 0)) || km_answer pending "$FAILED parts of the snapshot $NAME failed. Run the step again, it takes another one."
  [[ $DOCUMENTS != - ]] || km_answer pending "The snapshot $NAME was not taken by this step: it does not say how many documents it holds. Run the step, it takes another one."
  { os_count "$OS_INDEX" && os_operations "$OS_INDEX"; } || km_answer unknown "The snapshot $NAME is whole, but the documents of $OS_INDEX could not be counted: $KM_WHY."
  # shellcheck disable=SC2153 # lib/opensearch.sh sets it
  if [[ $DOCUMENTS != "$OS_COUNT" || $OPERATIONS != "$OS_OPERATIONS" ]]; then
    km_answer pending "The snapshot $NAME holds $DOCUMENTS documents. Since then $OS_INDEX was changed: it has $OS_COUNT now. Stop the senders, then run the step again for a new snapshot."
  fi
  km_answer 'done' "The snapshot $NAME of $(os_when "$TAKEN") is whole (SUCCESS, no failed part) and holds $DOCUMENTS documents, as $OS_INDEX does now."
}

run() {
  os_run_side old
  snapshots
  newest any
  if [[ $STATE == IN_PROGRESS ]]; then
    km_say "The snapshot $NAME is being taken, by an earlier run. It is followed."
    follow "$NAME"
    snapshots
  fi
  newest whole
  measure
  if [[ -n $NAME && $DOCUMENTS == "$OS_COUNT" && $OPERATIONS == "$OS_OPERATIONS" ]]; then
    km_say "The snapshot $NAME holds $DOCUMENTS documents, as $OS_INDEX does now. No other one is taken."
  else
    check_room
    take "$(free_name)"
    remove_failed
  fi
  record
  km_say ''
  km_say "Done. The snapshot $NAME is whole and holds $DOCUMENTS documents."
}

undo() {
  local name
  os_run_side old
  snapshots
  while IFS=$'\t' read -r name _; do
    [[ $name == "$OS_SNAPSHOT" || $name == "${OS_SNAPSHOT}_"* ]] || continue
    REST_SECONDS=300 os DELETE "/_snapshot/$OS_REPOSITORY/$name" || os_failed "The snapshot $name cannot be deleted"
    km_say "The snapshot $name is deleted. A copy of it in the backup folder stays."
  done <<<"$OS_SNAPSHOTS"
  rm -f -- "$RECORD"
}

snapshots() {
  os_snapshots && return 0
  [[ $REST_CODE != 404 ]] || km_die "There is no repository $OS_REPOSITORY." 'Nothing was changed.' 'Run the step "Snapshot repository" first.'
  os_failed 'OpenSearch could not be asked for its snapshots'
}

newest() { # whole|any
  IFS=$'\t' read -r NAME STATE FAILED DOCUMENTS OPERATIONS TAKEN < <(os_newest_snapshot "$1") || true
}

# Documents that no search sees yet are in a snapshot all the same: they must be counted.
measure() {
  os_healthy "$OS_INDEX" yellow 30 || os_failed "OpenSearch is not healthy" 'Nothing was changed.' \
    'A part of the index has no copy. A snapshot would be PARTIAL. Look at the log of the pod first.'
  os POST "/$OS_INDEX/_refresh" || os_failed "$OS_INDEX cannot be refreshed"
  { os_count "$OS_INDEX" && os_operations "$OS_INDEX"; } || os_failed "The documents of $OS_INDEX cannot be counted"
}

check_room() {
  local need free
  os GET "/_cat/indices?format=json&bytes=b&h=index,store.size" || os_failed "The size of $OS_INDEX cannot be read"
  need=$(os_jq --arg index "$OS_INDEX" "[.[] | select(.index == \$index).\"store.size\" // 0 | tonumber] | add // 0")
  read -r _ free < <(km_free "$FAST_DATA_DIR")
  km_say "  $OS_INDEX: $OS_COUNT documents, $(km_size "$need"); $(km_size "$free") free on the disk of the fast data folder"
  ((free > need + need / 10)) || km_die "There is too little room for the snapshot: $(km_size $((need + need / 10))) are needed, $(km_size "$free") are free." 'Nothing was changed.' \
    'Make room on the disk of the fast data folder, then run the step again.'
}

free_name() { # the first one that no snapshot has
  local name=$OS_SNAPSHOT number=1
  while grep -q "^$name"$'\t' <<<"$OS_SNAPSHOTS"; do name=${OS_SNAPSHOT}_$((++number)); done
  printf '%s' "$name"
}

take() { # NAME
  local documents=$OS_COUNT operations=$OS_OPERATIONS
  km_say "Taking the snapshot $1 …"
  os PUT "/_snapshot/$OS_REPOSITORY/$1?wait_for_completion=false" "{\"indices\": \"$OS_INDEX\", \"include_global_state\": false,
    \"metadata\": {\"documents\": $documents, \"operations\": $operations}}" || os_failed 'OpenSearch does not take the snapshot'
  follow "$1"
  snapshots
  newest any
  [[ $NAME == "$1" && $STATE == SUCCESS && $FAILED == 0 ]] || km_die "The snapshot $1 is ${STATE:-missing}: ${FAILED:-all} of its parts failed." \
    'It cannot be used. The index is untouched.' 'Look at the log of the pod, and whether its disk is full. Then run the step again: it takes another one.'
  measure
  [[ $OS_COUNT == "$documents" && $OS_OPERATIONS == "$operations" ]] || km_die "$OS_INDEX was changed while the snapshot was taken: it had $documents documents and has $OS_COUNT." \
    "The snapshot $1 is whole, but may lack the newest changes." 'Stop the senders and let running work end. Then run the step again for a new snapshot.'
}

# Until it has ended. A request that fails now and then does not matter.
follow() { # NAME
  local misses=0 state at total
  while ((misses < 5)); do
    if os GET "/_snapshot/$OS_REPOSITORY/$1"; then
      misses=0 state=$(os_jq '.snapshots[0].state')
      [[ $state == IN_PROGRESS ]] || return 0
      if os GET "/_snapshot/$OS_REPOSITORY/$1/_status"; then
        read -r at total < <(os_jq '.snapshots[0] | if (.stats.total.size_in_bytes // 0) > 0
          then "\(.stats.processed.size_in_bytes // .stats.incremental.size_in_bytes) \(.stats.total.size_in_bytes)"
          else "\(.shards_stats.done) \(.shards_stats.total)" end')
        if ((total > 1000000)); then km_progress $((at / 1000000)) $((total / 1000000)) 'MB in the snapshot'; else km_progress "$at" "$total" 'parts in the snapshot'; fi
      fi
    else
      misses=$((misses + 1))
    fi
    sleep "$KM_POLL"
  done
  os_failed 'OpenSearch does not answer while it takes the snapshot' 'It goes on by itself, if OpenSearch lives.'
}

remove_failed() {
  local name state
  while IFS=$'\t' read -r name state _; do
    [[ $name == "$OS_SNAPSHOT"* && ($state == PARTIAL || $state == FAILED) ]] || continue
    if REST_SECONDS=300 os DELETE "/_snapshot/$OS_REPOSITORY/$name"; then km_say "The failed snapshot $name is deleted."; else km_say "The failed snapshot $name could not be deleted: $KM_WHY."; fi
  done <<<"$OS_SNAPSHOTS"
}

# For the time when this OpenSearch is gone. The snapshot says the same of itself.
record() {
  { mkdir -p -- "$KM_KEPT" && printf '{"index": "%s", "snapshot": "%s", "documents": %d, "taken": "%s"}\n' "$OS_INDEX" "$NAME" "$DOCUMENTS" "$TAKEN" >"$RECORD.new" &&
    mv -T -- "$RECORD.new" "$RECORD"; } || km_die "The number of documents could not be written to $RECORD." "The snapshot $NAME is whole." \
    'Is the home folder full or read-only? Solve that, then run the step again: it takes no other snapshot.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
