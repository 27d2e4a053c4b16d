# shellcheck shell=bash
# Verify the metadata: every restored document and each of its tags against project_admin. Only looks.
# By hand: bash verify-metadata.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch merge
  KM_BY_HAND=yes
fi

readonly RECORD=$KM_KEPT/metadata-verified.json SAMPLE=300
RESTORED=0 MERGED=0 TOTAL=0

# Quick: numbers, and a sample of documents. That all were compared, the record of the run says.
check() {
  local tags record
  os_check_side new
  restored_or_answer
  os_count "$OS_MERGED" || km_answer unknown "The documents of $OS_MERGED could not be counted: $KM_WHY."
  # shellcheck disable=SC2153 # lib/opensearch.sh sets it
  MERGED=$OS_COUNT
  ((MERGED >= RESTORED)) || km_answer pending "$OS_MERGED has $MERGED documents, fewer than the $RESTORED that were restored. Run the step \"Merge the metadata\" again."
  os_count "$OS_RESTORED" "$(with_tags)" || km_answer unknown "Documents with tags could not be counted: $KM_WHY."
  tags=$OS_COUNT
  os_count "$OS_MERGED" "$(with_tags)" || km_answer unknown "Documents with tags could not be counted: $KM_WHY."
  ((OS_COUNT >= tags)) || km_answer pending "$tags restored documents have tags, in $OS_MERGED only $OS_COUNT do. Tags are lost: run the step \"Merge the metadata\" again."
  take_sample || km_answer unknown "A sample of documents could not be compared: $KM_WHY."
  ((MERGE_ABSENT + MERGE_CHANGED == 0)) || km_answer pending "Of a sample of $MERGE_SEEN documents in $OS_MERGED, $(merge_lacking). Run the step \"Merge the metadata\" again."
  os_operations "$OS_RESTORED" || km_answer unknown "$OS_RESTORED could not be read: $KM_WHY."
  record=$(jq -r '"\(.documents) \(.operations)"' "$RECORD" 2>/dev/null) || record=''
  [[ $record == "$RESTORED $OS_OPERATIONS" ]] || km_answer pending "Numbers and a sample of $MERGE_SEEN documents are right. Not all documents were compared yet: run the step."
  km_answer 'done' "All $RESTORED documents were compared and nothing of them is missing in $OS_MERGED; now its numbers ($MERGED documents, $tags restored ones with tags) and a sample of $MERGE_SEEN are right$(unseen)."
}

run() {
  # shellcheck disable=SC2034 # lib/rest.sh reads it
  REST_SECONDS=120
  os_run_side new
  os_count "$OS_RESTORED" || os_failed "The documents of $OS_RESTORED cannot be counted"
  TOTAL=$OS_COUNT
  os_operations "$OS_RESTORED" || os_failed "$OS_RESTORED cannot be read"
  local operations=$OS_OPERATIONS
  os_count "$OS_MERGED" || os_failed "The documents of $OS_MERGED cannot be counted"
  km_say "$OS_RESTORED has $TOTAL documents, $OS_MERGED has $OS_COUNT. Every one is compared; nothing is changed."
  rm -f -- "$RECORD"
  os_pages "$OS_RESTORED" "$MERGE_PAGE" compare_page || os_failed 'The documents could not be compared'
  ((MERGE_SEEN == TOTAL)) || km_die "Only $MERGE_SEEN of $TOTAL documents could be read." 'Nothing was changed.' 'Run the step again.'
  ((MERGE_ABSENT + MERGE_CHANGED == 0)) || km_die "In $OS_MERGED, $(merge_lacking)." 'Nothing was changed. The restored documents are all there.' \
    'Run the step "Merge the metadata" again, then this one. Do not start the workflow service-re-index-dicom-data: it removes tags.'
  { mkdir -p -- "$KM_KEPT" && printf '{"documents": %d, "operations": %d, "at": "%s"}\n' "$TOTAL" "$operations" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$RECORD.new" &&
    mv -T -- "$RECORD.new" "$RECORD"; } || km_die "The result could not be written to $RECORD." 'Nothing is missing.' 'Is the home folder full or read-only? Solve that, then run the step again.'
  km_say ''
  km_say "Done. Nothing of the $TOTAL restored documents is missing in $OS_MERGED, tags included$(unseen)."
}

with_tags() { printf '{"exists": {"field": "%s"}}' "$OS_TAGS"; }

restored_or_answer() {
  os_count "$OS_RESTORED" || {
    [[ $REST_CODE == 404 ]] || km_answer unknown "The documents of $OS_RESTORED could not be counted: $KM_WHY."
    [[ ! -f $RECORD ]] || km_answer 'done' "All $(jq -r .documents "$RECORD") documents were compared on $(os_when "$(jq -r .at "$RECORD")"), and none lacked anything. $OS_RESTORED was removed since, so that it cannot be repeated."
    km_answer blocked "There is no index $OS_RESTORED to compare with. Run the step \"Restore the metadata\" first."
  }
  RESTORED=$OS_COUNT
}

# Documents with tags first: they are what cannot be made again.
take_sample() {
  os POST "/$OS_RESTORED/_search" "{\"size\": $SAMPLE, \"query\": $(with_tags)}" || return
  merge_compare || return
  os POST "/$OS_RESTORED/_search" "{\"size\": $SAMPLE}" || return
  merge_compare
}

compare_page() {
  merge_compare || return
  km_progress "$MERGE_SEEN" "$TOTAL" 'documents compared'
}

# Series that arrived after the snapshot have no document. The archive knows all of them.
unseen() {
  local series
  rest_exec "$OS_NAMESPACE" deploy/postgres-dcm4che '' psql -U pacs -d pacsdb -tAc 'select count(distinct series_iuid) from series' </dev/null || return 0
  series=${KM_OUT//[[:space:]]/}
  [[ $series =~ ^[0-9]+$ ]] && os_count "$OS_MERGED" || return 0
  ((series <= OS_COUNT)) || printf '. The archive has %d series more than %s has documents: they arrived after the snapshot, or never had any' $((series - OS_COUNT)) "$OS_MERGED"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
