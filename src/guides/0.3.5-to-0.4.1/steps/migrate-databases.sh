# shellcheck shell=bash
# Migrate the databases from PostgreSQL 15 to 17, one after another, each beside its old one and switched by renames.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… WORK_DIR=… SCRIPTS_DIR=… DATABASE_WAY=ours bash migrate-databases.sh run
#
# How one database gets there is lib/database-transfer.sh, the way back lib/database-return.sh. The state is readable from
# PG_VERSION in these folders alone. Nothing is deleted but this step's own work. With DATABASE_WAY=official the script of
# Kaapana does the work (lib/database-official.sh), between the same backup and the same comparison.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies scripts databases postgres database-work database-refusals database-facts database-transfer database-official database-return
  KM_BY_HAND=yes
fi

: "${DATABASE_WAY:=ours}" "${SCRIPTS_DIR:=$HOME}"
REFUSED=''

check() {
  settle
  [[ -z $REFUSED ]] || km_answer blocked "$REFUSED"
  km_root_ready || km_answer unknown "The databases belong to another user; looking at them needs root. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  local why
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Correct that among the values of this guide, then run the step again.'
  why=$(km_platform_deployed)
  km_root_ready || km_die "The databases must be migrated as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_elevated migrate "$why"
}

undo() {
  local why
  settle
  [[ -z $REFUSED ]] || km_die "$REFUSED" 'Nothing was changed.' 'Correct that among the values of this guide.'
  why=$(km_platform_deployed)
  [[ -z $why ]] || km_die "The platform is not down: $why." 'Nothing was changed.' 'Undeploy it first. Its databases cannot be exchanged while it runs.'
  km_root_ready || km_die "This must be done as root, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' 'Run the undo again with the right password.'
  km_elevated go_back
}

settle() {
  local name reason
  for name in FAST_DATA_DIR SLOW_DATA_DIR BACKUP_DIR WORK_DIR; do
    if [[ ${!name:-} != /* || ${!name} == *[:,$'\n']* ]]; then
      REFUSED="$name is \"${!name:-}\"; an absolute path without colon and comma is needed, as docker splits there."
      return
    fi
  done
  [[ $DATABASE_WAY == ours || $DATABASE_WAY == official ]] || REFUSED="DATABASE_WAY is \"$DATABASE_WAY\"; it is either ours or official."
  reason=$(km_unsafe_folder "$WORK_DIR" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -z $reason ]] || REFUSED="The work folder $WORK_DIR cannot be used: $reason."
}

# ---- The check, as root ---------------------------------------------------------------------------------------------

answer_check() {
  local entry state old=() half=() missing=() unproven=() kept='' rows=0 tables=0 made='' lost=''
  settle
  [[ -d $FAST_DATA_DIR ]] || km_answer blocked "$FAST_DATA_DIR does not exist. Is the disk mounted?"
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    state=$(km_database_state "$DB_FOLDER")
    case $state in
      old) old+=("$DB_NAME") ;;
      half | aside) half+=("$DB_NAME") ;;
      missing) missing+=("$DB_NAME") ;;
      new)
        [[ ! -d $DB_FOLDER.pg15 ]] || kept+="${kept:+, }$DB_FOLDER.pg15"
        if [[ -f $(db_record) ]]; then
          rows=$((rows + $(awk -F '\t' '$1 == "rows" { sum += $3 } END { printf "%.0f", sum }' "$(db_record)")))
          tables=$((tables + $(grep -c '^rows' "$(db_record)" || true)))
          made=$(date -r "$(db_record)" '+%Y-%m-%d %H:%M')
          lost+=$(sed -n 's/^lost\t/, /p' "$(db_record)" | tr -d '\n')
        else
          unproven+=("$DB_NAME")
        fi
        ;;
      *) km_answer blocked "$DB_FOLDER is not what was expected: its PG_VERSION is \"$(km_pg_version "$DB_FOLDER")\". Look at it, and at the backups, before anything else." ;;
    esac
  done
  if ((${#missing[@]} > 0)); then
    km_answer pending "The folder of ${missing[*]} is missing: another way of migrating was cut off. The next run brings it back from the full backup. Do not deploy 0.4 before: it would start with an empty database."
  elif ((${#half[@]} > 0)); then
    km_answer pending "Switching ${half[*]} was cut off between two renames; nothing is lost. The next run finishes it. Do not deploy 0.4 before: it would start with an empty database."
  elif ((${#old[@]} > 0)); then
    km_answer pending "$((${#KM_DATABASES[@]} - ${#old[@]})) of ${#KM_DATABASES[@]} databases are PostgreSQL 17. Still PostgreSQL 15: ${old[*]}."
  elif ((${#unproven[@]} > 0)); then
    km_answer unknown "All databases are PostgreSQL 17, but nothing says that the contents of ${unproven[*]} were compared with the old ones. A script that says nothing about its errors may have done it. Compare them yourself, or undo and run this step."
  elif [[ $(db_metadata_state) == old ]]; then
    km_answer pending 'All databases are PostgreSQL 17. The folder os with the old metadata still has to go aside.'
  fi
  km_answer 'done' "All ${#KM_DATABASES[@]} databases are PostgreSQL 17; $tables tables with $rows rows were compared with the old ones on $made.${kept:+ The old folders are kept: $kept.}${lost:+ Settings of the site that the official script has lost: ${lost#, }. Set them again if they are needed.}"
}

# ---- The way there and back, as root --------------------------------------------------------------------------------

migrate() { # WHY_THE_PLATFORM_COUNTS_AS_DEPLOYED
  local entry
  settle
  if finished; then
    km_say 'All databases are PostgreSQL 17 and the old metadata is aside. Nothing was changed.'
    return
  fi
  db_refuse_in_use "$1"
  db_refuse_without_backup
  db_refuse_without_images
  db_open_work_folder
  db_refuse_without_room
  if [[ $DATABASE_WAY == official ]]; then
    db_migrate_officially
  else
    for entry in "${KM_DATABASES[@]}"; do
      db_choose "$entry"
      db_migrate
    done
  fi
  set_metadata_aside
  rmdir -- "${WORK_DIR%/}/databases" 2>/dev/null || true
  km_say ''
  km_say "Done: all databases are PostgreSQL 17, with the contents that they had."
  [[ $DATABASE_WAY == official ]] || km_say "The old folders are kept beside the new ones as *.pg15. Delete them after acceptance, not before."
  tell_others
}

finished() {
  local entry
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    [[ $(km_database_state "$DB_FOLDER") == new && -f $(db_record) ]] || return 1
  done
  [[ $(db_metadata_state) != old ]]
}

set_metadata_aside() {
  local os=${FAST_DATA_DIR%/}/os
  [[ $(db_metadata_state) == old ]] || return 0
  DB_NAME=metadata
  [[ ! -e $os.0.3.5 ]] || db_failed "$os.0.3.5 exists already." 'Look at what it is, rename it, then run the step again.'
  db_rename "$os" "$os.0.3.5"
  km_say ''
  km_say "The old metadata was set aside: $os.0.3.5. The new platform gets it from the snapshot."
}

tell_others() {
  local others
  others=$(km_other_databases | paste -sd ' ')
  [[ -z $others ]] || km_say "Not migrated, as they belong to extensions: ${others// /, }. Dump them with their old version before you install the extension again."
  km_say "The archive's user directory (ldap) stays at 5.32, as in the official guide. If the archive does not start on 0.4.1, look there first; the full backup holds it."
}

go_back() {
  settle
  db_go_back
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
