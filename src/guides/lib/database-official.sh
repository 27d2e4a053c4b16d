# shellcheck shell=bash
# The official script, between the same backup and the same comparison. To be sourced after database-transfer.sh and
# scripts.sh.
# shellcheck disable=SC2034 # what is set here is for database-work.sh

db_migrate_officially() {
  local entry script=${WORK_DIR%/}/official/script.sh folder=${WORK_DIR%/}/official name value
  DB_KEPT_ELSEWHERE=' or in the full backup'
  DB_NAME=official
  km_find_scripts
  [[ -n ${KM_SCRIPT[migration-0.4.1]:-} ]] || db_failed "the official script was not found below $SCRIPTS_DIR." 'Run the step "Fetch the scripts" first, or choose our way.'
  [[ $FAST_DATA_DIR$WORK_DIR != *[[:space:]]* ]] || db_failed 'the official script does not work with spaces in the names of folders.' 'Choose our way, or a work folder without spaces.'
  [[ -z $(docker ps -aq --filter name=postgres1) ]] || db_failed 'containers of an earlier try of the official script are left over (docker ps -a).' 'Remove those named postgres15-… and postgres17-…, or choose our way.'
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    [[ $(km_database_state "$DB_FOLDER") == old ]] || db_failed 'it is not PostgreSQL 15 in its place, and the official script cannot go on where another try has ended.' \
      'Undo this step first, or choose our way, which goes on from here.'
  done
  km_say 'The numbers of rows are taken first, from copies; then the official script runs; then they are compared.'
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    db_choose_backup
    rm -rf --one-file-system -- "$DB_WORK" "$(db_record)"
    mkdir -p -- "$DB_WORK/dump"
    db_copy_old
    db_start_old
    db_note_facts "$DB_WORK/dump"
    pg_stop "$DB_WORK/old" || db_failed "PostgreSQL 15 did not end cleanly: $PG_WHY."
    db_logins "$DB_WORK/old" >"$DB_WORK/dump/logins" || db_failed 'the rules of who may log in could not be read.'
    rm -rf --one-file-system -- "$DB_WORK/old"
  done
  DB_NAME=official
  rm -rf --one-file-system -- "$folder"
  mkdir -p -- "$folder/tmp" || db_failed "$folder cannot be created."
  cp -- "${KM_SCRIPT[migration-0.4.1]}" "$script"
  km_has_hash "$script" "$(km_published migration-0.4.1 2)" || db_failed 'the official script is not the published one any more.' 'Run the step "Fetch the scripts" again.'
  for name in CONTAINER_REGISTRY_URL "${KM_IMAGES[@]}" TMP_MIGRATION_DIR FAST_DATA_DIR; do
    value=$(km_database_setting "$name")
    [[ $name != TMP_MIGRATION_DIR ]] || value=$folder/tmp
    sed -i "s|^$name=.*|$name=${value//&/\\&}|" "$script"
    grep -qxF -- "$name=$value" "$script" || db_failed "the variable $name could not be set in the official script."
  done
  km_run_script '' bash "$script" </dev/null || db_failed 'the official script ended with an error. Its last lines stand above.' \
    'Undo this step: it restores the full backup. Then run it again, best our way.'
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    db_compare_official
  done
  rm -rf --one-file-system -- "$folder"
}

# On a copy: the platform is to start on what the script has made.
db_compare_official() {
  km_say ''
  km_say "== $DB_NAME"
  [[ $(km_pg_version "$DB_FOLDER") == 17 ]] || db_failed 'the official script left no PostgreSQL 17 in its place.' 'Undo this step: it restores the full backup.'
  cp -a --reflink=auto -- "$DB_FOLDER/." "$DB_WORK/old" || db_failed 'copying to the work folder failed.'
  pg_start "new-$DB_NAME" "$DB_NEW_IMAGE" "$DB_WORK/old" "$DB_WORK" "$DB_OWNER" || db_failed "PostgreSQL 17 does not start on what the official script has made: $PG_WHY." 'Undo this step: it restores the full backup.'
  if [[ $DB_NAME == dcm4che ]]; then
    db_archive_is_updated || db_failed 'the official script has not updated the archive to 5.33: the column series.access_control_id is missing.' 'Undo this step: it restores the full backup. Then choose our way.'
    # The rows are compared without the new column.
    pg_sql "$DB_DATABASE" <<<'alter table series drop column access_control_id' >/dev/null || db_failed 'the rows cannot be compared.'
    db_archive_objects_aside
  fi
  db_compare_facts "$DB_WORK/dump"
  db_note_lost_settings
  pg_stop "$DB_WORK/old" || true
  chown -hR "$DB_OWNER_IDS" -- "$DB_FOLDER" || true
  rm -rf --one-file-system -- "$DB_WORK"
}

# The script makes a new server with that one's own settings. Which of the site's are gone is kept beside the numbers.
db_note_lost_settings() {
  local lost
  pg_settings >"$DB_WORK/settings.new" || db_failed 'the settings of the new server could not be read.'
  lost=$(
    LC_ALL=C comm -23 "$DB_WORK/dump/settings" "$DB_WORK/settings.new"
    db_logins "$DB_FOLDER" | cmp -s "$DB_WORK/dump/logins" - || printf 'the rules in pg_hba.conf\n'
  )
  [[ -n $lost ]] || return 0
  awk -v name="$DB_NAME" '{ printf "lost\t%s: %s\n", name, $0 }' <<<"$lost" >>"$(db_record)"
  km_say "  not carried over by the official script: $(paste -sd , <<<"$lost" | sed 's/,/, /g')"
}

# Indices that the update adds are no difference.
db_archive_objects_aside() {
  local names
  names=$(comm -13 <(awk -F '\t' '$1 == "index" { print $3 }' "$DB_WORK/dump/facts" | sort) <(db_facts "$DB_WORK/dump/databases" | awk -F '\t' '$1 == "index" { print $3 }' | sort))
  while IFS= read -r name; do [[ -z $name ]] || pg_sql "$DB_DATABASE" <<<"drop index $name" >/dev/null; done <<<"$names"
}
