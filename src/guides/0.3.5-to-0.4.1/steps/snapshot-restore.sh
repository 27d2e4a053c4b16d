# shellcheck shell=bash
# Restore the metadata: meta-index of the snapshot, beside the new indices, as restored_meta-index.
# By hand: bash snapshot-restore.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

readonly PATIENCE=3600 # seconds that a restore may take
NAME='' DOCUMENTS=''

check() {
  os_check_side new
  find_snapshot || km_answer "$VERDICT" "$KM_WHY."
  os_exists "$OS_RESTORED" || case $? in
    1)
      ! was_merged || km_answer not-needed "$OS_RESTORED was merged into $OS_MERGED and removed afterwards."
      km_answer pending "There is no index $OS_RESTORED yet. The snapshot $NAME is whole and can be restored."
      ;;
    *) km_answer unknown "OpenSearch could not be asked for $OS_RESTORED: $KM_WHY." ;;
  esac
  os_healthy "$OS_RESTORED" green 1 || km_answer pending "$OS_RESTORED is there, but not whole: $KM_WHY."
  os_count "$OS_RESTORED" || km_answer unknown "The documents of $OS_RESTORED could not be counted: $KM_WHY."
  # shellcheck disable=SC2153 # lib/opensearch.sh sets it
  [[ -n $DOCUMENTS ]] || km_answer unknown "$OS_RESTORED is whole and has $OS_COUNT documents. Whether that is all, cannot be told: the snapshot $NAME was taken by hand and does not say its number."
  ((OS_COUNT == DOCUMENTS)) || km_answer pending "$OS_RESTORED has $OS_COUNT documents, the snapshot $NAME has $DOCUMENTS. Run the step again: it restores anew."
  km_answer 'done' "$OS_RESTORED is whole and has $OS_COUNT documents, as many as the snapshot $NAME."
}

run() {
  os_run_side new
  find_snapshot || km_die "$KM_WHY." 'Nothing was changed.' 'Run the step "Restore repository" first; its check says what is wrong.'
  if os_exists "$OS_RESTORED"; then
    wait_until_whole
    if os_healthy "$OS_RESTORED" green 5 && os_count "$OS_RESTORED" && ((OS_COUNT == ${DOCUMENTS:-OS_COUNT})); then
      km_say "$OS_RESTORED is there, with $OS_COUNT documents. Nothing is restored."
      return
    fi
    km_say "$OS_RESTORED is there, but is not what the snapshot $NAME holds (${DOCUMENTS:-all its} documents; ${KM_WHY:-it has $OS_COUNT}). It is removed and restored anew."
    REST_SECONDS=120 os DELETE "/$OS_RESTORED" || os_failed "$OS_RESTORED cannot be removed"
  elif [[ $REST_CODE != 404 ]]; then
    os_failed "OpenSearch could not be asked for $OS_RESTORED"
  fi
  km_say "Restoring $OS_INDEX from the snapshot $NAME as $OS_RESTORED …"
  # shellcheck disable=SC2016 # $1 is for OpenSearch
  REST_SECONDS=120 os POST "/_snapshot/$OS_REPOSITORY/$NAME/_restore?wait_for_completion=false" '{"indices": "meta-index", "include_global_state": false,
    "include_aliases": false, "rename_pattern": "(.+)", "rename_replacement": "restored_$1", "index_settings": {"index.number_of_replicas": 0}}' ||
    os_failed 'OpenSearch does not restore the snapshot'
  wait_until_whole
  os_healthy "$OS_RESTORED" green 30 || os_failed "$OS_RESTORED was restored, but is not whole" "The backup and the new metadata are untouched." \
    'Does the copy of the snapshot equal the backup? Its step compares them. Then run this step again: it restores anew.'
  os_count "$OS_RESTORED" || os_failed "The documents of $OS_RESTORED cannot be counted" 'The backup and the new metadata are untouched.'
  if [[ -z $DOCUMENTS ]]; then
    km_say "$OS_RESTORED is whole and has $OS_COUNT documents. The snapshot was taken by hand and does not say how many it holds: compare with what you know."
    return
  fi
  ((OS_COUNT == DOCUMENTS)) || km_die "$OS_RESTORED has $OS_COUNT documents, the snapshot $NAME has $DOCUMENTS." 'The backup and the new metadata are untouched.' \
    'Run the step again: it restores anew. If that does not help, ask the Kaapana team.'
  km_say "Done. $OS_RESTORED is whole and has $OS_COUNT documents, as many as the snapshot."
}

undo() {
  os_run_side new
  if ! REST_SECONDS=120 os DELETE "/$OS_RESTORED" && [[ $REST_CODE != 404 ]]; then os_failed "$OS_RESTORED cannot be removed"; fi
  km_say "The index $OS_RESTORED is removed. What was merged from it stays, and so do snapshot and backup."
}

# The newest whole snapshot and its number of documents, which it says itself; before, the run that took it kept it.
VERDICT=''
find_snapshot() {
  VERDICT=unknown
  if ! os_snapshots; then
    [[ $REST_CODE != 404 ]] || VERDICT=blocked KM_WHY="There is no repository $OS_REPOSITORY yet. Run the step \"Restore repository\" first"
    return 1
  fi
  IFS=$'\t' read -r NAME _ _ DOCUMENTS _ < <(os_newest_snapshot whole) || true
  if [[ -z $NAME ]]; then
    VERDICT=blocked KM_WHY="The repository $OS_REPOSITORY holds no whole snapshot of $OS_INDEX"
    return 1
  fi
  [[ $DOCUMENTS != - ]] || DOCUMENTS=$(jq -r --arg name "$NAME" "select(.snapshot == \$name).documents" "$KM_KEPT/metadata.json" 2>/dev/null) || DOCUMENTS=
  [[ $DOCUMENTS =~ ^[0-9]+$ ]] || DOCUMENTS='' # taken by hand: nothing says how many it holds
}

was_merged() { os GET "/$OS_BEFORE/_mapping" && [[ $(os_jq ".[].mappings._meta.merged // false") != false ]]; }

# While parts are still being copied into place. How far it is, OpenSearch counts in bytes.
wait_until_whole() {
  local waited at total
  for ((waited = 0; waited < PATIENCE; waited += KM_POLL)); do
    if os_healthy "$OS_RESTORED" green 1; then return 0; fi
    if os GET "/$OS_RESTORED/_recovery"; then
      read -r at total < <(os_jq '[.[].shards[].index.size] | "\(map(.recovered_in_bytes) | add // 0) \(map(.total_in_bytes) | add // 0)"')
      ((total > at)) || break # nothing is being copied any more
      km_progress $((at / 1000000)) $((total / 1000000)) 'MB restored'
    else
      break
    fi
    sleep "$KM_POLL"
  done
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
