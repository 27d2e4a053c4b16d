# shellcheck shell=bash
# Export the metadata: every document of every index, and the saved dashboards, as text in BACKUP_DIR/metadata-export.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash metadata-export.sh run
#
# It is made in metadata-export.partial, part by part; a part that is there is not fetched again while its index has not
# changed. The folder gets its name by a rename, when all numbers are right. export.json in it says what it holds.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch copies
  KM_BY_HAND=yes
fi

readonly EXPORT_PAGE=500 EXPORT_PART=1000 EXPORT_PARTS=1000 # documents asked for at once and in one file; most files
EXPORT='' EXPORT_NEW='' REFUSED=''
EXPORT_DONE=0 EXPORT_TOTAL=0
readonly EXPORT_STAYS='The platform is untouched. What was fetched stays, and the next run goes on from there.'

check() {
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  km_root_ready || km_answer unknown "The export belongs to root; looking at it needs root. $KM_ROOT_WHY."
  os_find || OS_SIDE=''
  if [[ $OS_SIDE == old ]] && os_count "$OS_INDEX" && os_operations "$OS_INDEX"; then
    # shellcheck disable=SC2153 # lib/opensearch.sh sets it
    km_elevated answer_check "$OS_COUNT" "$OS_OPERATIONS" '' >&3
  else
    km_elevated answer_check '' '' "$([[ $OS_SIDE == new ]] && printf 'the platform is 0.4 already' || printf '%s' "$KM_WHY")" >&3
  fi
}

run() {
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  os_run_side old
  km_root_ready || km_die "The backup folder belongs to root, and root's rights cannot be had: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_elevated export_metadata "$OS_NAMESPACE"
}

settle() {
  local name reason
  for name in FAST_DATA_DIR SLOW_DATA_DIR BACKUP_DIR; do
    if [[ ${!name:-} != /* ]]; then
      REFUSED="$name is \"${!name:-}\", which is not an absolute path."
      return
    fi
  done
  EXPORT=${BACKUP_DIR%/}/metadata-export EXPORT_NEW=${BACKUP_DIR%/}/metadata-export.partial
  reason=$(km_unsafe_folder "$BACKUP_DIR" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -n $reason ]] || reason=$(km_unsafe_folder "$EXPORT" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -z $reason ]] || REFUSED="The backup folder $BACKUP_DIR cannot be used: $reason."
}

# ---- The check, as root ---------------------------------------------------------------------------------------------

answer_check() { # DOCUMENTS OPERATIONS WHY_NOT: of the index now
  local documents operations made indices objects what
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  if [[ ! -f $EXPORT/export.json ]]; then
    [[ -z $3 ]] || km_answer unknown "There is no export, and OpenSearch could not be asked: $3."
    [[ ! -e $EXPORT_NEW ]] || km_answer pending "The export was cut off; what was fetched lies in $EXPORT_NEW, and the next run goes on from there."
    km_answer pending "There is no export yet. $OS_INDEX has $1 documents."
  fi
  sizes "$EXPORT" | cmp -s - "$EXPORT/SIZES" ||
    km_answer blocked "Files in $EXPORT are missing or have another size than when they were written. Move the folder away and run the step again."
  read -r documents operations made indices objects < <(jq -r --arg index "$OS_INDEX" \
    '"\(.indices[$index].documents) \(.indices[$index].operations) \(.made) \(.indices | length) \(.savedObjects)"' "$EXPORT/export.json")
  what="$documents documents of $OS_INDEX, $indices indices in all and $objects saved objects, exported on $(os_when "$made")"
  [[ -z $3 ]] || km_answer 'done' "$EXPORT holds $what. It could not be compared with OpenSearch now: $3."
  [[ $documents == "$1" && $operations == "$2" ]] ||
    km_answer pending "$EXPORT holds $what. Since then $OS_INDEX was changed; it has $1 documents now. Run the step again for a new export."
  km_answer 'done' "$EXPORT holds $what. $OS_INDEX has the same documents now."
}

# ---- The export, as root --------------------------------------------------------------------------------------------

export_metadata() { # NAMESPACE
  # shellcheck disable=SC2034 # lib/rest.sh reads it
  OS_NAMESPACE=$1 REST_SECONDS=120
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  os_find || os_failed 'OpenSearch could not be asked'
  prepare_folder
  plan_export
  if is_current; then
    km_say 'There is an export of these documents already. It is compared with its hashes; nothing is fetched.'
    (cd -- "$EXPORT" && sha256sum --quiet -c SHA256SUMS) || km_die "Files in $EXPORT are not as they were written." 'Nothing was changed.' \
      "Do not use them. Rename $EXPORT and run the step again."
    rm -rf -- "$EXPORT_NEW"
    km_say 'Equal. Nothing was exported.'
    return
  fi
  local index
  while IFS= read -r index; do export_index "$index"; done < <(jq -r '.indices | keys[]' "$EXPORT_NEW/export.json")
  export_saved_objects
  finish_export
}

prepare_folder() {
  local fresh
  km_copy_backup_folder
  if [[ -L $EXPORT_NEW || (-e $EXPORT_NEW && ! -f $EXPORT_NEW/export.json) ]]; then
    km_die "$EXPORT_NEW exists and was not made by this step." 'Nothing was changed.' 'Look at what it is. Rename or remove it, then run the step again.'
  fi
  if [[ ! -d $EXPORT_NEW ]]; then # with export.json in it from the beginning: that is how a later run knows it
    { fresh=$(mktemp -d -- "$EXPORT_NEW.XXXXXX") && echo '{}' >"$fresh/export.json" && mv -T -- "$fresh" "$EXPORT_NEW"; } ||
      export_failed "$EXPORT_NEW cannot be written."
  fi
  find "$EXPORT_NEW" -name '*.new' -delete
}

# Which indices there are, and what they hold. Parts of an index that has changed since an earlier try are dropped.
plan_export() {
  local indices='{}' index size before need=0 free
  os GET '/_cat/indices?format=json&bytes=b&expand_wildcards=all&h=index,status,store.size' || os_failed 'The indices cannot be listed' "$EXPORT_STAYS"
  local list=$KM_OUT closed
  closed=$(os_jq '[.[] | select(.status != "open").index] | join(", ")')
  [[ -z $closed ]] || km_say "  Not exported, as it is closed: $closed."
  # Those of OpenSearch itself are made anew by every OpenSearch; that of the dashboards holds the site's own work.
  while IFS=$'\t' read -r index size; do
    { os_count "$index" && os_operations "$index"; } || os_failed "The documents of $index cannot be counted" "$EXPORT_STAYS"
    indices=$(jq -c --arg index "$index" --argjson documents "$OS_COUNT" --argjson operations "$OS_OPERATIONS" --argjson each "$EXPORT_PART" --argjson most "$EXPORT_PARTS" \
      '.[$index] = {documents: $documents, operations: $operations, parts: ([[($documents / $each | ceil), 1] | max, $most] | min)}' <<<"$indices")
    EXPORT_TOTAL=$((EXPORT_TOTAL + OS_COUNT)) need=$((need + size))
    before=$(jq -c --arg index "$index" '.indices[$index]' "$EXPORT_NEW/export.json" 2>/dev/null) || before=''
    if [[ -d $EXPORT_NEW/$index && $before != "$(jq -c --arg index "$index" '.[$index]' <<<"$indices")" ]]; then
      km_say "$index has changed since the export was cut off; it is fetched anew."
      rm -rf -- "${EXPORT_NEW:?}/$index"
    fi
  done < <(jq -r '.[] | select(.status == "open") | select((.index | startswith(".") | not) or (.index | startswith(".opensearch_dashboards")) or (.index | startswith(".kibana")))
    | "\(.index)\t\(."store.size" // 0)"' <<<"$list" | sort)
  jq -e --arg index "$OS_INDEX" 'has($index)' <<<"$indices" >/dev/null ||
    km_die "OpenSearch has no index $OS_INDEX." 'Nothing was exported.' 'Is this the platform that is to be migrated?'
  jq -c . <<<"{\"opensearch\": $(km_json "$OS_VERSION"), \"indices\": $indices}" | write_file "$EXPORT_NEW/export.json"
  read -r _ free < <(km_free "$BACKUP_DIR")
  km_say "  to      $EXPORT"
  km_say "  size    $EXPORT_TOTAL documents, at most $(km_size "$need"); $(km_size "$free") free there"
  ((free > need + need / 10)) || km_die "There is too little room: up to $(km_size $((need + need / 10))) are needed, $(km_size "$free") are free." \
    "$EXPORT_STAYS" 'Make room, or choose a backup folder on a larger disk.'
}

is_current() { # the finished export holds what the plan asks for
  [[ -f $EXPORT/export.json && $(jq -cS .indices "$EXPORT/export.json") == "$(jq -cS .indices "$EXPORT_NEW/export.json")" ]]
}

export_index() { # INDEX
  local index=$1 folder=$EXPORT_NEW/$1 documents parts part file
  read -r documents parts < <(jq -r --arg index "$index" '.indices[$index] | "\(.documents) \(.parts)"' "$EXPORT_NEW/export.json")
  mkdir -p -- "$folder" || export_failed "$folder cannot be written."
  os GET "/$index" || os_failed "The mapping of $index cannot be read" "$EXPORT_STAYS"
  os_jq . | write_file "$folder/index.json"
  for ((part = 0; part < parts; part++)); do
    printf -v file '%s/documents-%04d-of-%04d.ndjson.gz' "$folder" $((part + 1)) "$parts"
    # After a power cut a file can have its name and not its content.
    if [[ ! -f $file ]] || ! gzip -t -- "$file" 2>/dev/null; then
      rm -f -- "$file.new"
      : >"$file.new" || export_failed "$file cannot be written."
      PART_FILE=$file.new
      os_pages "$index" "$EXPORT_PAGE" append_page "$part" "$parts" || {
        [[ -n $KM_WHY ]] || export_failed "$file cannot be written."
        os_failed "The documents of $index cannot be read" "$EXPORT_STAYS"
      }
      publish_file "$file"
    fi
    # A tenth of the numbers is enough for a person.
    EXPORT_DONE=$((EXPORT_DONE + $(zcat -- "$file" | wc -l)))
    km_progress "$EXPORT_DONE" "$EXPORT_TOTAL" "documents, $index"
  done
  local found
  found=$(zcat -- "$folder"/documents-*.gz | jq -r ._id | sort -u | wc -l)
  ((found == documents)) || {
    rm -rf -- "$folder"
    km_die "$index has $documents documents, but $found different ones were exported. It was probably changed meanwhile." "$EXPORT_STAYS" \
      'Run the step again. If it happens again, wait until nothing arrives any more.'
  }
}

PART_FILE=''
append_page() { os_jq -c '.hits.hits[] | {_index, _id, _source}' | gzip >>"$PART_FILE" || { KM_WHY='' && return 1; }; }

export_saved_objects() {
  local file=$EXPORT_NEW/saved-objects.ndjson.gz
  if [[ -f $file ]] && gzip -t -- "$file" 2>/dev/null; then return 0; fi
  km_say '  saved dashboards, visualisations and index patterns'
  rest_pod "$OS_NAMESPACE" "deploy/$OS_DEPLOYMENT" "$OS_CONTAINER" Dashboards POST \
    "http://os-dashboards-service.$OS_NAMESPACE.svc:5601/meta/api/saved_objects/_export" -H 'osd-xsrf: true' -H 'Content-Type: application/json' --data-binary @- \
    < <(printf '{"type": ["dashboard", "visualization", "search", "index-pattern", "config", "url", "query"], "includeReferencesDeep": true}') ||
    os_failed 'The saved dashboards cannot be exported' "$EXPORT_STAYS" \
      "Look at the pod os-dashboards-de in $OS_NAMESPACE, then run the step again."
  printf '%s\n' "$KM_OUT" | grep . | gzip >"$file.new" || true
  publish_file "$file"
}

finish_export() {
  local objects old
  objects=$(zcat -- "$EXPORT_NEW/saved-objects.ndjson.gz" | jq -c 'select(.type)' | wc -l) || export_failed 'The saved dashboards cannot be read back.'
  jq --argjson objects "$objects" --arg made "$(date -u +%Y-%m-%dT%H:%M:%SZ)" '. + {savedObjects: $objects, made: $made}' "$EXPORT_NEW/export.json" |
    write_file "$EXPORT_NEW/export.json"
  (cd -- "$EXPORT_NEW" && find . -type f ! -name 'SHA256SUMS*' ! -name 'SIZES*' -printf '%P\0' | sort -z | xargs -0 sha256sum --) | write_file "$EXPORT_NEW/SHA256SUMS"
  sizes "$EXPORT_NEW" | write_file "$EXPORT_NEW/SIZES"
  if [[ -e $EXPORT ]]; then
    old=$EXPORT.$(date -r "$EXPORT" +%Y%m%d-%H%M%S)
    mv -T -- "$EXPORT" "$old" || export_failed "The earlier export cannot be renamed to $old."
    km_say "The earlier export is now $old."
  fi
  { sync -f "$EXPORT_NEW" && mv -T -- "$EXPORT_NEW" "$EXPORT" && sync -f "$BACKUP_DIR"; } || export_failed "$EXPORT could not be given its name."
  km_say ''
  km_say "Done: $EXPORT_TOTAL documents and $objects saved objects in $EXPORT."
  km_say "To compare it with its hashes: cd $(printf '%q' "$EXPORT") && sudo sha256sum --quiet -c SHA256SUMS"
}

sizes() { (cd -- "$1" && find . -type f ! -name 'SIZES*' -printf '%s %P\n' | sort); } # FOLDER

# ---- Files ----------------------------------------------------------------------------------------------------------

write_file() { # FILE: from standard input, whole or not at all
  cat >"$1.new" || export_failed "$1 cannot be written."
  publish_file "$1"
}

publish_file() { # FILE
  mv -T -- "$1.new" "$1" || export_failed "$1 cannot be written."
}

export_failed() { # WHAT
  km_die "$1" "$EXPORT_STAYS" 'Is the backup disk full or read-only? Solve that, then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
