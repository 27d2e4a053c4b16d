# shellcheck shell=bash
# One database from PostgreSQL 15 to 17:
#   dump a copy in WORK_DIR with the old image → load it into <database>.pg17.partial with the new one → compare →
#   <database>.pg17 → rename the old folder to <database>.pg15 and the new one to its place.
# Each part is finished by a rename, and the next run goes on after the last one. To be sourced after database-work.sh and
# database-facts.sh.

readonly DB_ARCHIVE_UPDATE=/sql/update-5.33-psql.sql # in the new image of the archive's database
readonly DB_ARCHIVE_UPDATE_SHA256=c05657a0a28c73afbe2f3a0c964c802f024325048a55ca6b0133e284e3469c0b
# A cluster that is being filled may lose everything in a power failure: it counts only after a clean end and a sync.
readonly DB_LOADING=(fsync=off full_page_writes=off synchronous_commit=off autovacuum=off wal_level=minimal max_wal_senders=0
  maintenance_work_mem=512MB)

db_migrate() {
  local began=$DB_DONE
  km_say ''
  km_say "== $DB_NAME"
  db_choose_backup
  case $(km_database_state "$DB_FOLDER") in
    new)
      km_say '  is PostgreSQL 17 already'
      [[ -f $(db_record) ]] || db_failed 'it is PostgreSQL 17, but was not migrated by this step, and nothing says that it was compared.' \
        'Compare it yourself, or undo this step, which restores the full backup, and run it again.'
      ;;
    half) db_finish_switch ;;
    aside) db_rename "$DB_FOLDER.pg15" "$DB_FOLDER" ;&
    missing) [[ -d $DB_FOLDER ]] || db_bring_back ;&
    old)
      db_is_ready || db_build
      db_switch
      ;;
    *) db_failed "$DB_FOLDER is not what was expected: its PG_VERSION is \"$(km_pg_version "$DB_FOLDER")\"." 'Look at it, and at the backups, before anything else.' ;;
  esac
  DB_DONE=$((began + DB_PHASES))
  rm -rf --one-file-system -- "$DB_WORK"
}

# A verified successor of the very folder that is backed up, which only has to be switched to.
db_is_ready() { [[ $(km_pg_version "$DB_FOLDER.pg17") == 17 && $(cat "$DB_WORK/ready" 2>/dev/null) == "$DB_STAMP" && -f $(db_record) ]]; }

db_bring_back() {
  local part=$COPY
  km_say '  The folder is missing: it is brought back from the full backup.'
  km_copy_of "$part${DB_IN_BACKUP:+/$DB_IN_BACKUP}" "$DB_FOLDER" "the backup of $DB_NAME"
  km_copy_make
  rm -f -- "$DB_FOLDER.list" "$DB_FOLDER.sha256"
  db_choose_backup
}

db_build() {
  if [[ $(cat "$DB_WORK/made-from" 2>/dev/null) != "$DB_STAMP" ]]; then
    rm -rf --one-file-system -- "$DB_WORK"
    mkdir -p -- "$DB_WORK" || db_failed "$DB_WORK cannot be created."
    printf '%s\n' "$DB_STAMP" >"$DB_WORK/made-from"
  fi
  [[ ! -e $DB_FOLDER.pg17 ]] || mv -T -- "$DB_FOLDER.pg17" "$DB_FOLDER.pg17.partial" 2>/dev/null || rm -rf --one-file-system -- "$DB_FOLDER.pg17"
  [[ -d $DB_WORK/old ]] || db_copy_old
  [[ -d $DB_WORK/dump ]] || db_dump
  db_load
}

# The old server is started on this copy, never on the folder itself. Its hashes are those of the full backup: with
# that, folder, backup and copy are proven equal in one pass.
db_copy_old() {
  local partial=$DB_WORK/old.partial difference
  db_phase 'copying'
  rm -rf --one-file-system -- "$partial"
  mkdir -- "$partial" || db_failed "$partial cannot be created."
  km_copy_count "$DB_FOLDER"
  COPY_PART=$DB_WORK/report # whose tree is reported on
  mkdir -p -- "$COPY_PART"
  ln -sfn "$partial" "$COPY_PART/tree"
  km_copy_start_reporting km_copy_report_copied
  cp -a --reflink=auto -- "$DB_FOLDER/." "$partial" || db_failed 'copying to the work folder failed.' 'Is its disk full or damaged? Solve that, then run the step again.'
  km_copy_stop_reporting
  km_say '  comparing the copy with the full backup by SHA-256'
  km_copy_hashes "$partial" | sort >"$DB_WORK/hashes" || db_failed 'the copy could not be read back.'
  difference=$(comm -3 <(db_backup_hashes | sort) "$DB_WORK/hashes" | sed 's/^\t*[^ ]*  //' | sort -u | sed -n '1,3p' | paste -sd ' ')
  [[ -z $difference ]] || db_failed "the copy has other contents than the full backup: $difference." \
    'Is a disk damaged? Choose another work folder, or look at the disk of the backup.'
  [[ -z $(km_copy_differences <(db_backup_listing) <(km_copy_listing "$partial")) ]] || db_failed 'the copy is not equal to the full backup in names, owners or times.'
  rm -f -- "$partial/postmaster.pid"
  db_choose_backup
  mv -T -- "$partial" "$DB_WORK/old" || db_failed "$DB_WORK/old could not be given its name."
}

db_start_old() { pg_start "old-$DB_NAME" "$DB_OLD_IMAGE" "$DB_WORK/old" "$DB_WORK" "$DB_OWNER" || db_failed "PostgreSQL 15 does not start on the copy: $PG_WHY."; }

db_dump() {
  local oid database partial=$DB_WORK/dump.partial
  db_phase 'dumping'
  rm -rf --one-file-system -- "$partial"
  mkdir -m 0700 -- "$partial" || db_failed "$partial cannot be created."
  db_start_old
  db_note_facts "$partial"
  # CREATE ROLE of the first user fails in every new cluster, as it has that user; this one line and no other is left out.
  pg_exec pg_dumpall -w -U "$DB_OWNER" --globals-only | sed "/^CREATE ROLE \"\{0,1\}$DB_OWNER\"\{0,1\};$/d" >"$partial/globals.sql" || db_failed 'the roles could not be dumped.'
  while IFS=$'\t' read -r oid database; do
    km_copy_start_reporting db_report_dump
    pg_exec pg_dump -w -U "$DB_OWNER" -Fd -Z 1 -j "$(pg_jobs)" -f "/km/dump.partial/$oid" -d "$database" </dev/null || db_failed "the database $database could not be dumped. The lines above say why."
    km_copy_stop_reporting
    pg_exec pg_restore -l "/km/dump.partial/$oid" </dev/null >/dev/null || db_failed "the dump of $database cannot be read back."
  done <"$partial/databases"
  pg_stop "$DB_WORK/old" || db_failed "PostgreSQL 15 did not end cleanly: $PG_WHY."
  sync -f "$partial"
  mv -T -- "$partial" "$DB_WORK/dump" || db_failed "$DB_WORK/dump could not be given its name."
}

db_report_dump() { km_say "  dumped $(km_size "$(du -sb -- "$DB_WORK/dump.partial" | cut -f 1)")"; }

db_load() {
  local partial=$DB_FOLDER.pg17.partial oid database
  db_phase 'loading'
  rm -rf --one-file-system -- "$partial"
  mkdir -m 0700 -- "$partial" || db_failed "$partial cannot be created."
  pg_start "new-$DB_NAME" "$DB_NEW_IMAGE" "$partial" "$DB_WORK" "$DB_OWNER" "${DB_LOADING[@]}" || db_failed "PostgreSQL 17 does not start: $PG_WHY."
  pg_sql template1 <"$DB_WORK/dump/globals.sql" >/dev/null || db_failed 'the roles could not be loaded.'
  while IFS=$'\t' read -r oid database; do
    km_copy_start_reporting db_report_load
    pg_exec pg_restore -w -U "$DB_OWNER" --exit-on-error -j "$(pg_jobs)" -C --clean --if-exists -d template1 "/km/dump/$oid" </dev/null ||
      db_failed "the database $database could not be loaded. The lines above say why." 'This is the first error: nothing after it was loaded, and nothing was switched. Ask the Kaapana team with these lines.'
    km_copy_stop_reporting
  done <"$DB_WORK/dump/databases"
  db_phase 'comparing'
  db_compare_facts "$DB_WORK/dump"
  [[ $DB_NAME != dcm4che ]] || db_update_archive
  db_carry_settings "$partial"
  pg_exec vacuumdb -w -q -U "$DB_OWNER" --all --analyze-only -j "$(pg_jobs)" </dev/null || db_failed 'the new database could not be analysed.'
  pg_stop "$partial" || db_failed "PostgreSQL 17 did not end cleanly: $PG_WHY."
  db_try_as_platform "$partial"
  db_settle_owner "$partial"
  sync -f "$partial" || db_failed 'the new database could not be written to the disk.'
  printf '%s\n' "$DB_STAMP" >"$DB_WORK/ready"
  mv -T -- "$partial" "$DB_FOLDER.pg17" || db_failed "$DB_FOLDER.pg17 could not be given its name."
}

db_report_load() { km_say "  loaded $(km_size "$(du -sb -- "$DB_FOLDER.pg17.partial" 2>/dev/null | cut -f 1)")"; }

# From 5.32 to 5.33. The image brings the statements; only those that are known are used.
db_update_archive() {
  local image
  image=$(km_database_setting IMAGE_POSTGRES_DCM4CHE_NEW)
  if ! db_archive_is_updated; then
    docker run --rm --pull never --network none --label "$PG_LABEL" --entrypoint cat "$image" "$DB_ARCHIVE_UPDATE" >"$DB_WORK/update.sql" </dev/null ||
      db_failed "$image does not hold $DB_ARCHIVE_UPDATE."
    [[ $(sha256sum <"$DB_WORK/update.sql") == "$DB_ARCHIVE_UPDATE_SHA256 "* ]] || db_failed "$DB_ARCHIVE_UPDATE in $image is not the one that is known (SHA-256)." \
      'Is this the image of 0.4.1? Ask the owner of the registry.'
    pg_sql "$DB_DATABASE" --single-transaction <"$DB_WORK/update.sql" >/dev/null || db_failed 'the update to 5.33 failed.'
  fi
  db_archive_is_updated || db_failed 'the update to 5.33 left no column series.access_control_id.'
  km_say '  updated to 5.33'
}

db_archive_is_updated() {
  [[ $(pg_sql "$DB_DATABASE" <<<"select count(*) from information_schema.columns where table_name = 'series' and column_name = 'access_control_id'") == 1 ]]
}

# Who may log in stays the site's business. Settings that the site changed come along, where PostgreSQL 17 has them; what
# the archive's own image would set, too.
db_carry_settings() { # FOLDER
  local name line
  cp -p -- "$DB_WORK/old/pg_hba.conf" "$DB_WORK/old/pg_ident.conf" "$1/" || db_failed 'the rules of who may log in could not be copied.'
  pg_settings >"$DB_WORK/settings.new" || db_failed 'the settings of the new server could not be read.'
  pg_sql template1 <<<"select name from pg_settings where context <> 'internal'" | sort >"$DB_WORK/settings.known" || db_failed 'the settings of the new server could not be read.'
  while IFS= read -r line; do
    name=${line%% =*}
    if grep -qxF -- "$name" "$DB_WORK/settings.known"; then
      printf '%s\n' "$line"
    else
      km_say "  PostgreSQL 17 no longer has the setting $line" >&2
    fi
  done < <(
    LC_ALL=C comm -23 "$DB_WORK/dump/settings" "$DB_WORK/settings.new"
    [[ $DB_NAME != dcm4che ]] || grep -q '^join_collapse_limit' "$DB_WORK/dump/settings" || printf "join_collapse_limit = '16'\nfrom_collapse_limit = '16'\n"
  ) >"$DB_WORK/settings.carried"
  [[ -s $DB_WORK/settings.carried ]] || return 0
  {
    printf '\n# From PostgreSQL 15, by the migration:\n'
    cat "$DB_WORK/settings.carried"
  } >>"$1/postgresql.conf" || db_failed 'the settings could not be carried over.'
  km_say "  settings carried over: $(paste -sd , "$DB_WORK/settings.carried" | sed 's/,/, /g')"
}

# Once more with its own settings only, as the platform will start it.
db_try_as_platform() { # FOLDER
  pg_start "try-$DB_NAME" "$DB_NEW_IMAGE" "$1" "$DB_WORK" "$DB_OWNER" || db_failed "PostgreSQL 17 does not start with its own settings: $PG_WHY."
  [[ $(pg_sql "$DB_DATABASE" <<<'select 1') == 1 ]] || db_failed "the database $DB_DATABASE does not answer."
  pg_stop "$1" || db_failed "PostgreSQL 17 did not end cleanly: $PG_WHY."
}

# As the image leaves it and the platform wants it.
db_settle_owner() { # FOLDER
  if [[ $(stat -c %u:%g -- "$DB_WORK/old/PG_VERSION") == "$DB_OWNER_IDS" ]]; then
    chown -hR "$DB_OWNER_IDS" -- "$1" || db_failed "$1 could not be given to the user $DB_OWNER_IDS."
  fi
  chmod 0700 -- "$1"
}

# Two renames. In between the folder is missing, and both others say by their PG_VERSION what they are.
db_switch() {
  db_phase 'switching'
  [[ ! -e $DB_FOLDER.pg15 ]] || db_failed "$DB_FOLDER.pg15 exists beside a database that is not migrated." "Look at what it is, rename it, then run the step again."
  db_rename "$DB_FOLDER" "$DB_FOLDER.pg15"
  db_finish_switch
}

db_finish_switch() {
  db_rename "$DB_FOLDER.pg17" "$DB_FOLDER"
  sync -f "$DB_FOLDER"
  km_say "  $DB_FOLDER is PostgreSQL 17 now; the old folder is kept as $DB_FOLDER.pg15."
}
