# shellcheck shell=bash
# Merge the metadata: what restored_meta-index has and project_admin lacks. Nothing that is newer is overwritten.
# By hand: bash reindex.sh run
#
# The index before_merge_project_admin is project_admin as it was before the first merge, for the way back.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch merge
  KM_BY_HAND=yes
fi

readonly PASSES=4

check() {
  local state documents operations
  os_check_side new
  state=$(merge_state) || km_answer unknown "OpenSearch could not be asked for $OS_BEFORE: $KM_WHY."
  read -r documents operations < <(jq -r '"\(.merged.documents // "-") \(.merged.operations // "-")"' <<<"$state")
  os_exists "$OS_RESTORED" || {
    [[ $REST_CODE == 404 ]] || km_answer unknown "OpenSearch could not be asked for $OS_RESTORED: $KM_WHY."
    [[ $documents == - ]] || km_answer 'done' "$documents documents were merged into $OS_MERGED. $OS_RESTORED was removed afterwards."
    km_answer blocked "There is no index $OS_RESTORED. Run the step \"Restore the metadata\" first."
  }
  os_exists "$OS_MERGED" || {
    [[ $REST_CODE == 404 ]] || km_answer unknown "OpenSearch could not be asked for $OS_MERGED: $KM_WHY."
    km_answer blocked "There is no index $OS_MERGED. The Job init-projects makes it: has the deployment ended?"
  }
  { os_operations "$OS_RESTORED" && os_count "$OS_RESTORED"; } || km_answer unknown "The documents of $OS_RESTORED could not be counted: $KM_WHY."
  # shellcheck disable=SC2153 # lib/opensearch.sh sets it
  local restored=$OS_COUNT
  os_count "$OS_MERGED" || km_answer unknown "The documents of $OS_MERGED could not be counted: $KM_WHY."
  [[ $documents != - ]] || km_answer pending "$OS_RESTORED has $restored documents, which are not merged yet, or not all of them. $OS_MERGED has $OS_COUNT."
  [[ $documents == "$restored" && $operations == "$OS_OPERATIONS" ]] || km_answer pending "$OS_RESTORED was restored anew since the merge. Run the step again."
  ((OS_COUNT >= restored)) || km_answer pending "$OS_MERGED has $OS_COUNT documents, fewer than the $restored that were merged into it. Run the step again: it adds what is missing."
  km_answer 'done' "All $documents documents of $OS_RESTORED are merged: compared one by one, $OS_MERGED lacked nothing of them. It has $OS_COUNT documents now."
}

run() {
  # shellcheck disable=SC2034 # lib/rest.sh reads it
  REST_SECONDS=120
  os_run_side new
  demand
  keep_before
  create_missing
  merge_values
  finish
}

undo() {
  local state
  # shellcheck disable=SC2034 # lib/rest.sh reads it
  REST_SECONDS=120
  os_run_side new
  state=$(merge_state) || os_failed "OpenSearch could not be asked for $OS_BEFORE"
  [[ $(jq -r '.complete // false' <<<"$state") == true ]] || km_die "There is no copy of $OS_MERGED from before the merge." 'Nothing was changed.' 'Nothing was merged by this step, so that there is nothing to take back.'
  os_exists "$OS_RESTORED" || km_die "There is no index $OS_RESTORED, which says what was merged." 'Nothing was changed.' 'Restore it first, with the step "Restore the metadata".'
  os_count "$OS_RESTORED" || os_failed "The documents of $OS_RESTORED cannot be counted"
  TOTAL=$OS_COUNT DONE=0
  km_say "Taking $OS_MERGED back to what it was before the merge. Tags that were given to these documents since then are lost."
  put_state '{"complete": true}'
  os_pages "$OS_RESTORED" "$MERGE_PAGE" take_back || os_failed "$OS_MERGED could not be taken back" 'A part is taken back.' 'Run the undo again.'
  os POST "/$OS_MERGED/_refresh" || true
  km_say "Done. $OS_MERGED is as it was before the merge; documents that arrived since are kept."
}

# ---- What must hold -------------------------------------------------------------------------------------------------

demand() {
  local running
  os GET /_index_template/project_ || {
    [[ $REST_CODE == 404 ]] || os_failed 'OpenSearch could not be asked for its templates'
    km_die 'OpenSearch has no template for the indices of projects.' 'Nothing was changed.' 'The Job init-meta makes it. Wait until the deployment has ended.'
  }
  os_exists "$OS_MERGED" || {
    [[ $REST_CODE == 404 ]] || os_failed "OpenSearch could not be asked for $OS_MERGED"
    km_die "There is no index $OS_MERGED." 'Nothing was changed: written now, it would get a wrong mapping.' 'The Job init-projects makes it. Wait until the deployment has ended.'
  }
  os_exists "$OS_RESTORED" || {
    [[ $REST_CODE == 404 ]] || os_failed "OpenSearch could not be asked for $OS_RESTORED"
    km_die "There is no index $OS_RESTORED." 'Nothing was changed.' 'Run the step "Restore the metadata" first.'
  }
  os_healthy "$OS_RESTORED,$OS_MERGED" yellow 30 || os_failed 'OpenSearch is not healthy'
  # It would replace what is merged, document by document.
  if rest_exec "$OS_NAMESPACE" deploy/postgres-airflow postgres psql -U root -d airflow -tAc \
    "select count(*) from dag_run where dag_id = 'service-re-index-dicom-data' and state in ('running', 'queued')" </dev/null; then
    running=${KM_OUT//[[:space:]]/}
    [[ ! $running =~ ^[1-9] ]] || km_die 'The workflow service-re-index-dicom-data is running. It replaces documents, and with them their tags.' 'Nothing was changed.' \
      'Stop it in the web interface, or wait until it has ended. Then run this step.'
  else
    km_say 'Whether the workflow service-re-index-dicom-data is running could not be found out. It must not run now: it replaces documents.'
  fi
}

# ---- The way back ---------------------------------------------------------------------------------------------------

put_state() { # JSON
  os PUT "/$OS_BEFORE/_mapping" "{\"dynamic\": false, \"_meta\": $1}" || os_failed "$OS_BEFORE could not be written"
}

# Made once; one whose making was cut off is made anew, as nothing was merged before it was whole.
keep_before() {
  local state documents
  state=$(merge_state) || os_failed "OpenSearch could not be asked for $OS_BEFORE"
  if [[ $(jq -r '.complete // false' <<<"$state") == true ]]; then
    km_say "$OS_BEFORE holds $OS_MERGED as it was before the first merge."
    return
  fi
  wait_for_reindex
  if ! os DELETE "/$OS_BEFORE" && [[ $REST_CODE != 404 ]]; then os_failed "An unfinished $OS_BEFORE cannot be removed"; fi
  os POST "/$OS_MERGED/_refresh" || os_failed "$OS_MERGED cannot be refreshed"
  os_count "$OS_MERGED" || os_failed "The documents of $OS_MERGED cannot be counted"
  documents=$OS_COUNT
  km_say "Keeping the $documents documents of $OS_MERGED as $OS_BEFORE …"
  os PUT "/$OS_BEFORE" '{"settings": {"index.number_of_shards": 1, "index.number_of_replicas": 0}, "mappings": {"dynamic": false}}' || os_failed "$OS_BEFORE cannot be made"
  reindex "{\"source\": {\"index\": \"$OS_MERGED\"}, \"dest\": {\"index\": \"$OS_BEFORE\"}}" 'documents kept'
  os POST "/$OS_BEFORE/_refresh" || os_failed "$OS_BEFORE cannot be refreshed"
  os_count "$OS_BEFORE" || os_failed "The documents of $OS_BEFORE cannot be counted"
  ((OS_COUNT >= documents)) || km_die "$OS_BEFORE has $OS_COUNT documents, $OS_MERGED has $documents." 'Nothing was merged.' 'Run the step again.'
  put_state '{"complete": true}'
}

# Documents that were not there before go, others get back what they were.
take_back() {
  local ids before now lines
  ids=$(os_jq -c '{ids: [.hits.hits[]._id]}')
  os POST "/$OS_BEFORE/_mget" "$ids" || return
  before=$KM_OUT
  os POST "/$OS_MERGED/_mget" "$ids" || return
  now=$KM_OUT
  lines=$(jq -c '([inputs.docs[] | {(._id): .}] | add) as $now | .docs[] | $now[._id] as $is |
    if .found then (if $is.found and $is._source == ._source then empty else {index: {_id}}, ._source end) elif $is.found then {delete: {_id}} else empty end' \
    <(printf '%s' "$before") <(printf '%s' "$now")) || return
  [[ -z $lines ]] || write_lines "$lines" || return
  DONE=$((DONE + $(jq -n --argjson ids "$ids" '$ids.ids | length')))
  km_progress "$DONE" "$TOTAL" 'documents taken back'
}

# ---- The merge ------------------------------------------------------------------------------------------------------

# OpenSearch copies by itself what is not there at all. Documents that are there are left alone.
create_missing() {
  wait_for_reindex
  os_count "$OS_RESTORED" || os_failed "The documents of $OS_RESTORED cannot be counted"
  TOTAL=$OS_COUNT
  km_say "Adding to $OS_MERGED the documents of $OS_RESTORED that it lacks …"
  reindex "{\"conflicts\": \"proceed\", \"source\": {\"index\": \"$OS_RESTORED\"}, \"dest\": {\"index\": \"$OS_MERGED\", \"op_type\": \"create\"}}" 'documents looked at'
  km_say "  $(os_jq '.response | "\(.created) added, \(.version_conflicts) were there already and are left as they are"')."
}

# A reindex that an interrupted run has begun goes on on the server.
wait_for_reindex() {
  local task
  os GET '/_tasks?actions=indices:data/write/reindex&detailed=true' || os_failed 'OpenSearch could not be asked what it is doing'
  for task in $(os_jq '.nodes[]?.tasks // {} | keys[]'); do
    km_say 'An earlier run has begun to copy documents; OpenSearch goes on with it. It is waited for.'
    follow_task "$task" 'documents'
  done
}

reindex() { # BODY WHAT
  os POST '/_reindex?wait_for_completion=false' "$1" || os_failed 'OpenSearch does not copy the documents'
  follow_task "$(os_jq .task)" "$2"
  [[ $(os_jq '.response.failures | length') == 0 && $(os_jq '.error // empty') == '' ]] ||
    km_die "OpenSearch could not copy every document: $(os_jq '[.response.failures[]? | .cause.reason // .reason] + [.error.reason? // empty] | first' | cut -c1-200)." \
      'Documents that were copied stay. Nothing was overwritten.' 'Run the step again. If it fails again, ask the Kaapana team with this message.'
}

follow_task() { # TASK WHAT
  local misses=0 at total
  while ((misses < 5)); do
    if os GET "/_tasks/$1"; then
      misses=0
      [[ $(os_jq .completed) != true ]] || return 0
      read -r at total < <(os_jq '.task.status | "\(.created + .updated + (.version_conflicts // 0)) \(.total)"')
      km_progress "$at" "$total" "$2"
    elif [[ $REST_CODE == 404 ]]; then
      return 0 # it has ended, and nobody was waiting for it
    else
      misses=$((misses + 1))
    fi
    sleep "$KM_POLL"
  done
  os_failed 'OpenSearch does not answer while it copies documents' 'It goes on by itself, if OpenSearch lives.'
}

TOTAL=0 DONE=0
# Compares every document, and writes what is lacking, until a pass finds nothing.
merge_values() {
  local pass
  os POST "/$OS_MERGED/_refresh" || os_failed "$OS_MERGED cannot be refreshed"
  km_say "Comparing every document, and adding tags and values that are missing …"
  for ((pass = 1; pass <= PASSES; pass++)); do
    merge_reset
    os_pages "$OS_RESTORED" "$MERGE_PAGE" merge_page || os_failed 'The documents could not be merged' 'What was added stays. Nothing was overwritten.' 'Run the step again: it goes on with what is missing.'
    ((MERGE_SEEN == TOTAL)) || km_die "Only $MERGE_SEEN of $TOTAL documents could be read from $OS_RESTORED." 'What was added stays.' 'Run the step again.'
    ((MERGE_ABSENT + MERGE_CHANGED > 0)) || return 0
    km_say "  pass $pass: $MERGE_ABSENT documents added, $MERGE_CHANGED completed"
    ((MERGE_CONFLICTS == 0)) || km_say "  $MERGE_CONFLICTS of them were changed by others meanwhile and are looked at again"
  done
  km_die "After $PASSES passes there is still something missing: $(merge_lacking)." 'What was added stays. Nothing was overwritten.' \
    'Is something writing to these documents all the time? Wait until it has ended, then run the step again.'
}

merge_page() {
  local lines
  merge_compare || return
  # Only if nobody has changed the document since it was read.
  lines=$(os_jq -c '.[] | if .whole then {create: {_id: .id}}, .whole else {update: {_id: .id, if_seq_no: .seq, if_primary_term: .term}}, {doc: .lack} end')
  [[ -z $lines ]] || write_lines "$lines" || return
  km_progress "$MERGE_SEEN" "$TOTAL" 'documents compared'
}

write_lines() { # LINES: of a bulk request. Conflicts are for the next pass.
  local refused
  os POST "/$OS_MERGED/_bulk?refresh=true&filter_path=errors,items.*.status,items.*.error.reason,items.*.error.type" - < <(printf '%s\n' "$1") || return
  MERGE_CONFLICTS=$((MERGE_CONFLICTS + $(os_jq '[.items[][] | select(.status == 409)] | length')))
  refused=$(os_jq '[.items[][] | select(.status >= 400 and .status != 409 and .status != 404) | .error.reason // .error.type][0] // empty')
  [[ -z $refused ]] || {
    KM_WHY="OpenSearch refuses a document: ${refused:0:200}"
    return 1
  }
}

finish() {
  os_operations "$OS_RESTORED" || os_failed "$OS_RESTORED cannot be read"
  put_state "{\"complete\": true, \"merged\": {\"documents\": $TOTAL, \"operations\": $OS_OPERATIONS, \"at\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"}}"
  os_count "$OS_MERGED" || os_failed "The documents of $OS_MERGED cannot be counted"
  km_say ''
  km_say "Done. $OS_MERGED has $OS_COUNT documents; compared one by one, it lacks nothing of the $TOTAL that were restored."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
