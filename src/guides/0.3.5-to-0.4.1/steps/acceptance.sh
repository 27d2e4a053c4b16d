# shellcheck shell=bash
# Accept the migration: compares everything that was recorded before with the new platform. Changes nothing.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash acceptance.sh run
#
# The run counts everything, which takes its time, and writes the numbers down. The check compares those with the recorded
# ones, and asks the platform live for what can be asked in seconds.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy rest opensearch baseline workflows
  KM_BY_HAND=yes
fi

readonly COUNTED=$KM_KEPT/accepted.json

check() {
  km_join_group "$KM_PHASE"
  [[ -s $KM_BASELINE ]] || km_answer unknown 'Nothing was recorded before the migration, so that there is nothing to compare with.'
  km_load_platform || km_answer unknown "The platform cannot be asked: $KM_WHY."
  [[ ${KM_PLATFORM[chart]} == 0.4.* ]] || km_answer blocked "The platform is ${KM_PLATFORM[chart]}; this step belongs after the migration."
  [[ -s $COUNTED ]] || km_answer pending 'The new platform was not counted yet. Run the step.'
  look
  answer
}

run() {
  km_join_group "$KM_PHASE"
  [[ -s $KM_BASELINE ]] || km_die 'Nothing was recorded before the migration, so that there is nothing to compare with.' 'Nothing was changed.' 'Look at the data yourself, and mark the step as done by hand.'
  km_load_platform || km_die "The platform cannot be asked: $KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  [[ ${KM_PLATFORM[chart]} == 0.4.* ]] || km_die "The platform is ${KM_PLATFORM[chart]}; this step belongs after the migration." 'Nothing was changed.' 'Check which step is next.'
  km_root_ready || km_die "Stored objects can be counted by root only, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_say 'Counting what the new platform holds. Large archives take some minutes. Nothing is changed.'
  km_record "$COUNTED" || km_die "Not everything could be counted: $KM_WHY." 'Nothing was changed.' 'Look at that service, then run the step again.'
  km_say ''
  look
  show_leftovers
  km_say ''
  if ((KM_COUNT[no-go] + KM_COUNT[unknown] > 0)); then
    km_say "NOT ACCEPTED: $((KM_COUNT[no-go] + KM_COUNT[unknown])) of $((KM_COUNT[go] + KM_COUNT[note] + KM_COUNT[no-go] + KM_COUNT[unknown])) items must be solved first. Each has its remedy:"
    show_remedies no-go
    show_remedies unknown
    return 1
  fi
  show_remedies note
  km_say "ACCEPTED by the numbers: ${KM_COUNT[go]} items in order, ${KM_COUNT[note]} to read. Now look yourself: log in as a user, open a study in the viewer, run a workflow."
}

look() {
  look_at_platform
  look_at_address
  km_compare_records "$COUNTED"
  look_at_tags
  look_at_dashboards
  look_at_assignment
  look_at_role
  look_at_workflows
}

answer() {
  local counted="${KM_COUNT[go]} items in order, ${KM_COUNT[note]} to read"
  ((KM_COUNT[no-go] == 0)) || km_answer blocked "Not accepted: $(titles no-go). Each has its remedy in the list."
  ((KM_COUNT[unknown] == 0)) || km_answer unknown "Could not be found out: $(titles unknown)."
  km_answer 'done' "Accepted by the numbers of $(jq -r .recorded "$COUNTED"): $counted."
}

titles() { # VERDICT
  local title list=()
  while IFS=$'\x1f' read -r -d $'\x1e' title _; do list+=("$title"); done <<<"${KM_LISTED[$1]}"
  km_some 4 "${list[@]}"
}

show_remedies() { # VERDICT
  local title found remedy
  while IFS=$'\x1f' read -r -d $'\x1e' title found remedy; do
    km_say "  $1  $title: $(km_wrap 9 "$found")"
    [[ -z $remedy ]] || km_say "         $(km_wrap 9 "$remedy")"
  done <<<"${KM_LISTED[$1]}"
}

# ---- The items ------------------------------------------------------------------------------------------------------

look_at_platform() {
  if ! km_find_unready "${KM_JOBS_NEW[@]}"; then
    km_item platform 'Platform' unknown "the cluster could not be asked: $KM_WHY" 'Solve that, then check again.'
  elif [[ -n $KM_OUT ]]; then
    km_item platform 'Platform' no-go "version ${KM_PLATFORM[chart]}, not ready: $(km_unready_words 3)" 'Run the step "Deploy 0.4.1" again: it waits, and says what is wrong.'
  else
    km_item platform 'Platform' go "version ${KM_PLATFORM[chart]}, all of it works"
  fi
  [[ -z $KM_UNREADY_EXTENSIONS ]] || km_item extensions 'Extensions' note "not ready: $(paste -sd ' ' <<<"${KM_UNREADY_EXTENSIONS//Deployment /}")" \
    'They are no part of the platform. Look at them in the web interface under Extensions.'
}

# OpenSearch keeps them in an index of its own, which the snapshot does not hold and which 0.4 makes anew for each tenant.
look_at_dashboards() {
  local folder=${BACKUP_DIR%/}/metadata-export exported
  if ! km_ask_root cat -- "$folder/export.json" || ! exported=$(jq -re '.savedObjects' <<<"$KM_OUT" 2>/dev/null); then
    km_item dashboards 'Own dashboards' note "no export of them was found in $folder; those of 0.3.5 are only in the old metadata folder (os.0.3.5, full backup)" \
      'Build them anew where they are needed. Reading them back from there takes an OpenSearch of the old version.'
  elif ((exported > 0)); then
    km_item dashboards 'Own dashboards' note "$exported saved objects of 0.3.5 are in $folder/saved-objects.ndjson.gz; they are not loaded by themselves" \
      "If somebody misses a dashboard: sudo zcat $(printf '%q' "$folder/saved-objects.ndjson.gz") > dashboards.ndjson, then in OpenSearch Dashboards under Dashboards Management, Saved objects, Import. Map the index pattern $OS_INDEX to $OS_MERGED there."
  else
    km_item dashboards 'Own dashboards' go 'there were none on 0.3.5'
  fi
}

look_at_address() {
  local address code
  address=https://${KM_PLATFORM[hostname]:-localhost}:${KM_PLATFORM[https_port]:-443}/
  code=$(curl -sk --noproxy '*' --max-time "$KM_TIMEOUT" -o /dev/null -w '%{http_code}' "$address" 2>/dev/null) || code=000
  case $code in
    2?? | 3?? | 401 | 403) km_item address 'Web address' go "$address answers ($code)" ;;
    *) km_item address 'Web address' no-go "$address does not answer from this host ($code)" 'Look at the pods of traefik and oauth2-proxy, and at the certificate.' ;;
  esac
}

look_at_tags() {
  local documents
  if documents=$(jq -re '.documents' "$KM_KEPT/metadata-verified.json" 2>/dev/null); then
    km_item tags 'Tags' go "$documents restored documents were compared value by value"
  else
    km_item tags 'Tags' no-go 'the values of the restored documents were not compared' 'Run the step "Verify the metadata". The number of documents is right also when every tag is lost.'
  fi
}

# The archive has rejected series too, which no project needs.
look_at_assignment() {
  local assigned series
  series=$(km_number "$COUNTED" series)
  if ! km_query services dicom-project-mapping-postgres kaapanauser kaapanauser 'select count(*) from data_projects where project_id=1' || [[ ! $KM_OUT =~ ^[0-9]+$ ]]; then
    km_item assignment 'Series in the project' unknown "the assignments could not be counted${KM_WHY:+: $KM_WHY}" 'Look at the pod dicom-project-mapping-postgres.'
    return
  fi
  assigned=$KM_OUT
  if ((assigned < series)); then
    km_item assignment 'Series in the project' no-go "$assigned of $series series are assigned to the project admin; nobody sees the others" 'Run the step "Series to admin project" again.'
  else
    km_item assignment 'Series in the project' go "$assigned assigned, $series in the archive"
  fi
}

look_at_role() {
  local missing='' group
  if ! km_query admin postgres-keycloak keycloak keycloak "select g.name from group_role_mapping m join keycloak_role r on r.id = m.role_id join keycloak_group g on g.id = m.group_id
    where r.name = 'project-manager' and g.realm_id = (select id from realm where name = 'kaapana')"; then
    km_item role 'Role project-manager' unknown "it could not be looked up: $KM_WHY" 'Look at the pod postgres-keycloak.'
    return
  fi
  for group in kaapana_admin kaapana_project_manager; do
    grep -qx "$group" <<<"$KM_OUT" || missing+="${missing:+, }$group"
  done
  if [[ -n $missing ]]; then
    km_item role 'Role project-manager' no-go "missing in $missing" 'Run the step "Role to its groups" again.'
  else
    km_item role 'Role project-manager' go 'with both groups'
  fi
}

look_at_workflows() {
  if ! km_find_own_workflows || ! km_find_broken_workflows; then
    km_item own-workflows 'Own workflows' unknown "$KM_WHY" 'Solve that, then check again.'
  elif [[ -n $KM_BROKEN ]]; then
    km_item own-workflows 'Own workflows' no-go "the platform cannot load $(head -n 3 <<<"$KM_BROKEN" | cut -f 1 | paste -sd ' ')" 'Run the step "Adapt own workflows": it shows the errors.'
  elif ((${#KM_TO_ADAPT[@]} + ${#KM_LEFT_BEHIND[@]} > 0)); then
    km_item own-workflows 'Own workflows' note "$(km_some 3 "${KM_TO_ADAPT[@]}" "${KM_LEFT_BEHIND[@]}") still need work" 'See the step "Adapt own workflows".'
  else
    km_item own-workflows 'Own workflows' go 'all load, none needs work'
  fi
}

# What may go, once somebody has accepted. Nothing is deleted here.
show_leftovers() {
  km_say ''
  km_say 'When you have accepted, and only then, these may be deleted by hand:'
  km_elevated list_leftovers || true
  km_say "  the indices $OS_RESTORED and $OS_BEFORE, where they still exist"
  km_say '  the empty buckets thumbnails and staticwebsiteresults; the second one comes back with every deployment'
}

# As root.
list_leftovers() {
  local path
  for path in "${FAST_DATA_DIR%/}"/*.pg15 "${FAST_DATA_DIR%/}"/*/*.pg15 "${FAST_DATA_DIR%/}/os.0.3.5" "${BACKUP_DIR%/}" "${SLOW_DATA_DIR%/}/minio-thumbnails" \
    "${FAST_DATA_DIR%/}/staticwebsiteresults" "${FAST_DATA_DIR%/}/os/snapshots/kaapana_migration"; do
    [[ ! -e $path ]] || printf '  %s\n' "$path"
  done
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
