# shellcheck shell=bash
# What a platform holds, in numbers: recorded before anything changes, and compared afterwards. Looks only. No password is
# needed: databases and OpenSearch are asked inside their pods, stored objects are counted on the disk.
# To be sourced after cluster.sh, rest.sh and opensearch.sh.
#
# A record is JSON: {"recorded": time, "version": …, "numbers": {KEY: NUMBER}, "lists": {"workflows": […]}}. Keys:
#   series, studies, users, members/GROUP, documents/INDEX, objects/BUCKET, rows/DATABASE/SCHEMA.TABLE
# Objects of the bucket project-admin are counted by its folders: objects/project-admin/FOLDER.
# shellcheck disable=SC2034 # what is set here is for the steps

readonly KM_BASELINE=$KM_KEPT/baseline.json

# Database, namespace, workload, user, name. The first word is the one in the keys.
readonly KM_COUNTED=(
  'backend services kaapana-backend-postgres-deployment kaapanauser kaapanauser'
  'keycloak admin postgres-keycloak keycloak keycloak'
  'airflow services postgres-airflow root airflow'
  'dcm4che services postgres-dcm4che pacs pacsdb'
)
# Tables in which not a single row may get lost. Others are cleaned up, or renamed, by the services themselves.
readonly KM_PRECIOUS='^rows/(backend/public\.(dataset|identifiers|workflow)|dcm4che/public\.(patient|study|series|instance)|airflow/public\.dag_run|keycloak/public\.(user_entity|keycloak_group|credential))$'
# Workflows of the platform that 0.4 does not have any more.
readonly KM_RETIRED_WORKFLOWS='^(delete-series-from-platform|train-with-pretrained-weights|service-extract-metadata|service-segmentation-thumbnail)$'

# One transaction, so that the numbers belong together while the platform runs.
readonly KM_ROWS_SQL="begin isolation level repeatable read read only;
select format('select %L, count(*) from %I.%I', schemaname || '.' || tablename, schemaname, tablename) from pg_tables
  where schemaname not in ('pg_catalog', 'information_schema') order by schemaname, tablename \\gexec
commit;"

# ---- Counting: lines KEY<TAB>NUMBER are added to KM_LINES; each fails with KM_WHY -------------------------------------

KM_LINES=''

km_count_series() {
  km_query services postgres-dcm4che pacs pacsdb 'select count(distinct series_iuid), (select count(*) from study) from series' || return 1
  [[ $KM_OUT =~ ^([0-9]+)\|([0-9]+)$ ]] || {
    KM_WHY='the archive database gave no number'
    return 1
  }
  KM_LINES+="series"$'\t'"${BASH_REMATCH[1]}"$'\n'"studies"$'\t'"${BASH_REMATCH[2]}"$'\n'
}

km_count_users() {
  local realm="(select id from realm where name = 'kaapana')"
  km_query admin postgres-keycloak keycloak keycloak "select count(*) from user_entity where realm_id = $realm and service_account_client_link is null" || return 1
  [[ $KM_OUT =~ ^[0-9]+$ ]] || {
    KM_WHY='the user database gave no number'
    return 1
  }
  KM_LINES+="users"$'\t'$KM_OUT$'\n'
  km_query admin postgres-keycloak keycloak keycloak \
    "select g.name, count(m.user_id) from keycloak_group g left join user_group_membership m on m.group_id = g.id where g.realm_id = $realm group by g.name" || return 1
  KM_LINES+=$(awk -F '|' 'NF == 2 { printf "members/%s\t%s\n", $1, $2 }' <<<"$KM_OUT")$'\n'
}

km_count_documents() {
  os GET '/_cat/indices?format=json&h=index,docs.count' || return 1
  KM_LINES+=$(os_jq '.[] | select(.index | startswith(".") | not) | "documents/\(.index)\t\(."docs.count" // 0)"')$'\n'
}

km_count_rows() { # DATABASE NAMESPACE WORKLOAD USER NAME
  local rc=0 said
  said=$(timeout -k 2 3600 "$KM_KUBECTL" -n "$(km_space "$2")" exec -i "deploy/$3" -- \
    psql -U "$4" -d "$5" -qAtX -F ' ' -v ON_ERROR_STOP=1 <<<"$KM_ROWS_SQL" 2>&1) || rc=$?
  if ((rc != 0)); then
    KM_WHY="the tables of the database $1 could not be counted: $(tail -n 1 <<<"$said" | cut -c1-200)"
    return 1
  fi
  KM_LINES+=$(sed -nE "s|^(.+) ([0-9]+)\$|rows/$1/\1\t\2|p" <<<"$said")$'\n'
}

# As root, by way of km_elevated. An object of MinIO is a folder with a file xl.meta.
km_count_objects() {
  local bucket folder
  cd -- "${SLOW_DATA_DIR%/}/minio" || return 1
  for bucket in */; do
    [[ -d $bucket ]] || continue
    if [[ $bucket != project-admin/ ]]; then
      printf 'objects/%s\t%s\n' "${bucket%/}" "$(find "$bucket" -name xl.meta -type f -printf x | wc -c)"
      continue
    fi
    for folder in "$bucket"*/; do
      [[ ! -d $folder ]] || printf 'objects/%s\t%s\n' "${folder%/}" "$(find "$folder" -name xl.meta -type f -printf x | wc -c)"
    done
  done >&3
}

km_list_workflows() {
  km_query services postgres-airflow root airflow 'select dag_id from dag where is_active order by dag_id'
}

# ---- A record -------------------------------------------------------------------------------------------------------

# Counts everything and writes it down; shows each number group with its time. Fails with KM_WHY and writes nothing.
km_record() { # FILE
  local part entry words total=$((4 + ${#KM_COUNTED[@]})) counted=0
  KM_LINES=''
  km_load_platform || return 1
  for part in series users documents; do
    km_progress $((counted++)) "$total" "parts counted, now $part"
    "km_count_$part" || return 1
  done
  km_progress $((counted++)) "$total" 'parts counted, now stored objects'
  KM_LINES+=$(km_elevated km_count_objects)$'\n' || {
    KM_WHY="the stored objects in $SLOW_DATA_DIR/minio could not be counted"
    return 1
  }
  for entry in "${KM_COUNTED[@]}"; do
    km_progress $((counted++)) "$total" "parts counted, now the tables of ${entry%% *}"
    read -ra words <<<"$entry"
    km_count_rows "${words[@]}" || return 1
  done
  km_progress "$counted" "$total" 'parts counted'
  km_list_workflows || return 1
  mkdir -p -- "$KM_KEPT"
  printf '%s' "$KM_LINES" | jq -R -n --arg version "${KM_PLATFORM[chart]}" --arg workflows "$KM_OUT" --arg time "$(date '+%Y-%m-%d %H:%M')" '
    {recorded: $time, version: $version,
     numbers: ([inputs | select(. != "") | split("\t") | {(.[0]): (.[1] | tonumber)}] | add // {}),
     lists: {workflows: ($workflows | split("\n") | map(select(. != "")))}}' >"$1.new" || {
    KM_WHY="the record cannot be written to $1"
    return 1
  }
  mv -T -- "$1.new" "$1"
}

km_number() { # FILE KEY: nothing where there is none
  jq -r --arg key "$2" '.numbers[$key] // empty' "$1" 2>/dev/null
}

# ---- Comparing ------------------------------------------------------------------------------------------------------

# One line of the list: as many as recorded, or more. Every deployment sends a test image of its own to the archive.
km_compare_number() { # ID TITLE UNIT OLD NEW [EXPECTED_MORE WHY]
  local old=${4:-0} new=${5:-0} more words
  more=$((new - old)) words="$new $3, $old recorded before"
  if ((more < 0)); then
    km_item "$1" "$2" no-go "$words: $((-more)) are missing" 'Do not go on. Nothing of the old platform was deleted: find out where they are first.'
  elif ((more == 0)); then
    km_item "$1" "$2" go "$words"
  elif ((more <= ${6:-0})); then
    km_item "$1" "$2" go "$words; $7"
  else
    km_item "$1" "$2" note "$words; $more came since" 'Expected when senders or users were active again.'
  fi
}

# What can be asked in seconds, live: series and users.
km_compare_quick() {
  [[ -s $KM_BASELINE ]] || {
    km_item baseline 'Recorded numbers' note 'nothing was recorded before the migration' 'There is nothing to compare with. Look at the data yourself.'
    return
  }
  KM_LINES=''
  if km_count_series && km_count_users; then
    km_compare_people_and_series "$KM_LINES"
  else
    km_item series 'Series and users' unknown "they could not be counted: $KM_WHY" 'Look at the database pods, then check again.'
  fi
}

km_compare_people_and_series() { # LINES
  local key group fewer='' new
  for key in series users; do
    new=$(awk -F '\t' -v key="$key" '$1 == key { print $2 }' <<<"$1")
    case $key in
      series) km_compare_number series 'Image series' 'in the archive' "$(km_number "$KM_BASELINE" series)" "$new" 1 'one is the test image that every deployment sends' ;;
      users) km_compare_number users 'Users' 'in the realm' "$(km_number "$KM_BASELINE" users)" "$new" 1 'one is the account that the project admin has for its own services' ;;
    esac
  done
  while IFS=$'\t' read -r group key; do
    new=$(awk -F '\t' -v key="members/$group" '$1 == key { print $2 }' <<<"$1")
    ((${new:-0} >= key)) || fewer+="${fewer:+, }$group ${new:-0} instead of $key"
  done < <(jq -r '.numbers | to_entries[] | select(.key | startswith("members/")) | "\(.key[8:])\t\(.value)"' "$KM_BASELINE")
  if [[ -n $fewer ]]; then
    km_item groups 'Members of groups' no-go "fewer than before: $fewer" 'Put them back in the Keycloak console, or find out who took them out.'
  else
    km_item groups 'Members of groups' go 'as many as before, or more'
  fi
}

# Everything, between two records: what was lost is a no-go, what the services are known to change is a note.
km_compare_records() { # NEW_FILE
  local lines precious other old new
  lines=$(jq -r '.numbers | to_entries[] | "\(.key)\t\(.value)"' "$1")
  km_compare_people_and_series "$lines"
  km_compare_metadata "$1"
  km_compare_objects "$1"
  precious=$(km_fewer "$1" '^rows/' | grep -E "${KM_PRECIOUS%\$}"$'\t' || true)
  other=$(km_fewer "$1" '^rows/' | grep -vE "${KM_PRECIOUS%\$}"$'\t' || true)
  if [[ -n $precious ]]; then
    km_item rows 'Rows of the databases' no-go "fewer than before in $(km_fewer_words <<<"$precious")" 'Do not go on. The old database folders are still there (*.pg15).'
  else
    km_item rows 'Rows of the databases' go "none lost in patients, studies, series, images, datasets, workflow runs and users ($(km_count_keys "$1" '^rows/') tables)"
  fi
  [[ -z $other ]] || km_item rows-other 'Other tables' note "fewer rows, or gone: $(km_fewer_words <<<"$other")" \
    'Sessions, tasks and tables that the new versions of Keycloak, Airflow and the backend clean up or rename. Only look at one that you know.'
  old=$(jq -r '.lists.workflows[]' "$KM_BASELINE" | grep -vE "$KM_RETIRED_WORKFLOWS" | sort || true)
  new=$(jq -r '.lists.workflows[]' "$1" | sort)
  lines=$(comm -23 <(printf '%s\n' "$old") <(printf '%s\n' "$new") | paste -sd ' ')
  if [[ -n ${lines// /} ]]; then
    km_item workflows 'Workflows' note "not there any more: ${lines// /, }" 'Of an extension: install it again. Your own: see the step "Adapt own workflows".'
  else
    km_item workflows 'Workflows' go 'all that were there before, but for those that 0.4 does not have'
  fi
}

km_compare_metadata() { # NEW_FILE
  local old new other
  old=$(km_number "$KM_BASELINE" "documents/$OS_INDEX") new=$(km_number "$1" "documents/$OS_MERGED")
  if [[ -z $new ]]; then
    km_item documents 'Metadata documents' no-go "there is no index $OS_MERGED" 'Look at the Jobs init-meta and init-projects.'
  else
    km_compare_number documents 'Metadata documents' "in $OS_MERGED" "${old:-0}" "$new" 1 'one is that of the test image'
  fi
  other=$(jq -r --arg own "documents/$OS_INDEX" --slurpfile new "$1" '.numbers | to_entries[] | select(.key | startswith("documents/")) | select(.key != $own and .value > 0)
    | select(($new[0].numbers[.key] // 0) < .value) | .key[10:]' "$KM_BASELINE" | paste -sd ' ')
  [[ -z $other ]] || km_item documents-other 'Other indices' note "fewer documents, or gone: ${other// /, }" \
    'The snapshot holds the metadata only. Others are in the export of the metadata, where it was made.'
}

# Two buckets were moved into that of the project.
km_compare_objects() { # NEW_FILE
  local bucket old new moved lost='' left=''
  while IFS=$'\t' read -r bucket old; do
    new=$(km_number "$1" "objects/$bucket") moved=$(km_number "$1" "objects/project-admin/$bucket")
    case $bucket in
      thumbnails | staticwebsiteresults)
        ((${new:-0} == 0)) || left+="${left:+, }$new in $bucket"
        new=$((${new:-0} + ${moved:-0}))
        ;;
    esac
    ((${new:-0} >= old)) || lost+="${lost:+, }$bucket ${new:-0} instead of $old"
  done < <(jq -r '.numbers | to_entries[] | select(.key | test("^objects/[^/]+$")) | "\(.key[8:])\t\(.value)"' "$KM_BASELINE")
  if [[ -n $lost ]]; then
    km_item objects 'Stored objects' no-go "fewer than before: $lost" 'Do not go on. Find out where they are: the steps that move them keep the originals until the copies were compared.'
  elif [[ -n $left ]]; then
    km_item objects 'Stored objects' note "all are there, but not all were moved: $left" 'Run the steps that move thumbnails and website results.'
  else
    km_item objects 'Stored objects' go 'as many as before, or more, in every bucket'
  fi
}

# Keys with fewer than recorded: KEY<TAB>OLD<TAB>NEW.
km_fewer() { # NEW_FILE PATTERN
  jq -r --arg pattern "$2" --slurpfile new "$1" '.numbers | to_entries[] | select(.key | test($pattern))
    | select(($new[0].numbers[.key] // -1) < .value) | "\(.key)\t\(.value)\t\($new[0].numbers[.key] // "gone")"' "$KM_BASELINE"
}
km_fewer_words() {
  awk -F '\t' '{ sub(/^rows\//, "", $1) } NR <= 5 { printf "%s%s (%s, was %s)", (NR > 1 ? ", " : ""), $1, $3, $2 } END { if (NR > 5) printf " and %d more", NR - 5 }'
}
km_count_keys() { # FILE PATTERN
  jq -r --arg pattern "$2" '[.numbers | keys[] | select(test($pattern))] | length' "$1"
}
