# shellcheck shell=bash
# What an old and a new database are compared by, on the server that runs. To be sourced after database-work.sh.

# What the new database is compared with.
db_note_facts() { # FOLDER
  pg_databases >"$1/databases" || db_failed 'the old server does not list its databases.'
  [[ -s $1/databases ]] || db_failed 'the old server has no database.'
  [[ $(pg_sql template1 <<<"select count(*) from pg_tablespace where spcname !~ '^pg_'") == 0 ]] || db_failed 'it keeps tables in other folders (tablespaces), which this migration does not cover.' \
    'Ask the Kaapana team.'
  pg_settings >"$1/settings" || db_failed 'the settings of the old server could not be read.'
  db_facts "$1/databases" >"$1/facts" || db_failed 'the rows of the old database could not be counted.'
}

db_facts() { # FILE_OF_DATABASES
  local database
  while IFS=$'\t' read -r _ database; do
    pg_facts "$database" | awk -v database="$database" -F '\t' -v OFS='\t' '{ kind = $1; $1 = ""; print kind, database $0 }' || return 1
  done < <(cat "$1")
}

# Stops at any difference in objects, numbers of rows or contents; the numbers of rows are kept for people.
db_compare_facts() { # FOLDER_WITH_OLD_FACTS
  local difference
  db_facts "$1/databases" >"$DB_WORK/facts.new" || db_failed 'the rows of the new database could not be counted.'
  grep -q '^rows' "$1/facts" || km_say '  The old database has no table.'
  if ! cmp -s "$1/facts" "$DB_WORK/facts.new"; then
    difference=$({ diff "$1/facts" "$DB_WORK/facts.new" || true; } | sed -n 's/^< /old: /p; s/^> /new: /p' | tr '\t' ' ')
    { grep -F ': rows ' <<<"$difference" || true; grep -vF ': rows ' <<<"$difference" || true; } | sed -n '1,6s/^/  /p'
    db_failed "the new database differs from the old one. The first differences stand above." 'Nothing was switched. Run the step again; if it stays, ask the Kaapana team with these lines.'
  fi
  {
    printf '# Compared on %s: objects, numbers of rows and contents of PostgreSQL 15 and 17 were equal.\n' "$(date '+%Y-%m-%d %H:%M %Z')"
    awk -F '\t' -v OFS='\t' '$1 == "rows" { print $1, $2 "." $3, $4 }' "$DB_WORK/facts.new"
  } >"$(db_record).tmp" || db_failed "$(db_record) cannot be written."
  mv -f -- "$(db_record).tmp" "$(db_record)"
  km_say "  equal: $(awk -F '\t' '$1 == "rows" { n++; sum += $4 } END { printf "%d tables, %.0f rows", n, sum }' "$DB_WORK/facts.new")"
}

db_logins() { grep -hvE '^[[:space:]]*(#|$)' "$1/pg_hba.conf" "$1/pg_ident.conf" || true; } # FOLDER
