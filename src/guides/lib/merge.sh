# shellcheck shell=bash
# What the restored documents have and project_admin lacks. To be sourced after rest.sh and opensearch.sh.
#
# A document that project_admin lacks is taken whole. Of one that it has, only this is taken: tags, which are joined, and
# values of the site's own that are missing or empty there: the body part that was worked out, and fields that do not
# come from the DICOM file. What DICOM says, and what 0.4 works out itself, is newer in project_admin and stays.
# shellcheck disable=SC2034 # what is set here is for the steps

readonly MERGE_PAGE=500
MERGE_SEEN=0 MERGE_ABSENT=0 MERGE_CHANGED=0 MERGE_TAGS=0 MERGE_CONFLICTS=0
MERGE_EXAMPLES=''

# shellcheck disable=SC2016 # jq's variables
readonly MERGE_JQ='
  def empty_value: . == null or . == "" or . == [] or . == "N/A";
  def listed: if type == "array" then . elif empty_value then [] else [.] end;
  def own: . == "00000000 PredictedBodypart_keyword"
    or (test("^[0-9A-Fa-f]{8} ") | not)
    or (startswith("00000000 ") and (test("^00000000 (CuratedModality|Timestamp|DayOfWeek|TimeTagUsed|DerivedPatientAge|AnnotationLabel)") | not));
  def lacks($tags; $new):
    (($new[$tags] | listed) as $has | ((.[$tags] | listed) - $has) as $more |
      if ($more | length) > 0 then {($tags): ($has + $more)} else {} end)
    + (to_entries | map(select(.key != $tags and (.key | own) and (.value | empty_value | not) and ($new[.key] | empty_value))) | from_entries);
  ([inputs.docs[] | {(._id): .}] | add // {}) as $new
  | [.hits.hits[] | . as $old | $new[._id] as $now |
      if $now.found then ($old._source | lacks($tags; $now._source)) as $lack |
        if $lack == {} then empty else {id: ._id, lack: $lack, seq: $now._seq_no, term: $now._primary_term} end
      else {id: ._id, whole: ._source} end]'

# Compares one page of restored documents, in KM_OUT, with project_admin. KM_OUT is then a list of what is lacking.
merge_compare() {
  local page=$KM_OUT ids lacking
  ids=$(os_jq -c '{ids: [.hits.hits[]._id]}')
  os POST "/$OS_MERGED/_mget" "$ids" || return
  lacking=$(jq -c --arg tags "$OS_TAGS" "$MERGE_JQ" <(printf '%s' "$page") <(printf '%s' "$KM_OUT")) || {
    KM_WHY='the documents could not be compared'
    return 1
  }
  KM_OUT=$lacking
  count_lacking "$(jq -n --argjson ids "$ids" '$ids.ids | length')"
}

# shellcheck disable=SC2016 # jq's variables
count_lacking() { # DOCUMENTS_SEEN
  local absent changed tags examples
  read -r absent changed tags < <(os_jq --arg tags "$OS_TAGS" '"\(map(select(.whole)) | length) \(map(select(.lack)) | length) \(map(select(.lack[$tags]? or .whole[$tags]?)) | length)"')
  examples=$(os_jq '[.[].id][:3] | join(" ")')
  MERGE_SEEN=$((MERGE_SEEN + $1)) MERGE_ABSENT=$((MERGE_ABSENT + absent)) MERGE_CHANGED=$((MERGE_CHANGED + changed)) MERGE_TAGS=$((MERGE_TAGS + tags))
  [[ -n $MERGE_EXAMPLES || -z $examples ]] || MERGE_EXAMPLES=$examples
}

merge_reset() { MERGE_SEEN=0 MERGE_ABSENT=0 MERGE_CHANGED=0 MERGE_TAGS=0 MERGE_CONFLICTS=0 MERGE_EXAMPLES=''; }

merge_lacking() { # in words
  local text=''
  ((MERGE_ABSENT == 0)) || text="$MERGE_ABSENT documents are missing"
  ((MERGE_CHANGED == 0)) || text+="${text:+, }$MERGE_CHANGED documents lack values"
  ((MERGE_TAGS == 0)) || text+=", of all these $MERGE_TAGS with tags"
  printf '%s' "$text${MERGE_EXAMPLES:+ (such as ${MERGE_EXAMPLES// /, })}"
}

# What the merge keeps on OpenSearch about itself: `complete` is the copy of project_admin before it, `merged` what was
# merged, as numbers of restored_meta-index.
merge_state() { # prints {} where there is nothing; fails where it cannot be asked
  if os GET "/$OS_BEFORE/_mapping"; then
    os_jq -c '.[].mappings._meta // {}'
  elif [[ $REST_CODE == 404 ]]; then
    printf '{}'
  else
    return 1
  fi
}
