# shellcheck shell=bash
# Migrate the databases from PostgreSQL 15 to 17, one after another, each in FAST_DATA_DIR/<database>:
#   dump a copy in WORK_DIR with the old image → load it into <database>.pg17.partial with the new one → compare →
#   <database>.pg17 → rename the old folder to <database>.pg15 and the new one to its place.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… WORK_DIR=… SCRIPTS_DIR=… DATABASE_WAY=ours bash migrate-databases.sh run
#
# The state is readable from PG_VERSION in these folders alone. Nothing is deleted but this step's own work. With
# DATABASE_WAY=official the script of Kaapana does the work, between the same backup and the same comparison.

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies scripts databases postgres
  KM_BY_HAND=yes
fi

: "${DATABASE_WAY:=ours}" "${SCRIPTS_DIR:=$HOME}"
readonly POSTGRES_OWNER=70:70
readonly ARCHIVE_UPDATE=/sql/update-5.33-psql.sql # in the new image of the archive's database
readonly ARCHIVE_UPDATE_SHA256=c05657a0a28c73afbe2f3a0c964c802f024325048a55ca6b0133e284e3469c0b
# A cluster that is being filled may lose everything in a power failure: it counts only after a clean end and a sync.
readonly LOADING=(fsync=off full_page_writes=off synchronous_commit=off autovacuum=off wal_level=minimal max_wal_senders=0
  maintenance_work_mem=512MB)
readonly LOG_BYTES=1000000000 # a server that loads keeps about so much of its log
readonly PHASES=5

REFUSED='' KEPT_ELSEWHERE='' IN_BACKUP=''
# The database at work: name, folder, its server's user, its database, images, work folder, what it is made from.
NAME='' FOLDER='' OWNER='' DATABASE='' OLD_IMAGE='' NEW_IMAGE='' WORK='' STAMP=''
DONE=0 # phases of the whole work

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

# ---- What is where --------------------------------------------------------------------------------------------------

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

choose() { # ENTRY_OF_KM_DATABASES
  local folder images
  read -r NAME folder OWNER DATABASE images <<<"$1"
  FOLDER=${FAST_DATA_DIR%/}/$folder WORK=${WORK_DIR%/}/databases/$NAME
  OLD_IMAGE=$(km_database_setting "IMAGE_${images}_OLD")
  NEW_IMAGE=$(km_database_setting IMAGE_POSTGRES_NEW) # also for the archive, whose own image would make its tables anew
}

record() { printf '%s/databases/%s.compared' "${BACKUP_DIR%/}" "$NAME"; }

# The metadata of 0.3.5 goes aside: 0.4 starts with an empty folder and takes the metadata from the snapshot.
metadata_state() {
  local os=${FAST_DATA_DIR%/}/os
  if [[ -d $os && (-e $os/security-backup || -e $os/certs) ]]; then
    printf new # only 0.4 makes these
  elif [[ -d $os ]]; then
    printf old
  else
    printf aside
  fi
}

# ---- The check, as root ---------------------------------------------------------------------------------------------

answer_check() {
  local entry state old=() half=() missing=() unproven=() kept='' rows=0 tables=0 made='' lost=''
  settle
  [[ -d $FAST_DATA_DIR ]] || km_answer blocked "$FAST_DATA_DIR does not exist. Is the disk mounted?"
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    state=$(km_database_state "$FOLDER")
    case $state in
      old) old+=("$NAME") ;;
      half | aside) half+=("$NAME") ;;
      missing) missing+=("$NAME") ;;
      new)
        [[ ! -d $FOLDER.pg15 ]] || kept+="${kept:+, }$FOLDER.pg15"
        if [[ -f $(record) ]]; then
          rows=$((rows + $(awk -F '\t' '$1 == "rows" { sum += $3 } END { printf "%.0f", sum }' "$(record)")))
          tables=$((tables + $(grep -c '^rows' "$(record)" || true)))
          made=$(date -r "$(record)" '+%Y-%m-%d %H:%M')
          lost+=$(sed -n 's/^lost\t/, /p' "$(record)" | tr -d '\n')
        else
          unproven+=("$NAME")
        fi
        ;;
      *) km_answer blocked "$FOLDER is not what was expected: its PG_VERSION is \"$(km_pg_version "$FOLDER")\". Look at it, and at the backups, before anything else." ;;
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
  elif [[ $(metadata_state) == old ]]; then
    km_answer pending 'All databases are PostgreSQL 17. The folder os with the old metadata still has to go aside.'
  fi
  km_answer 'done' "All ${#KM_DATABASES[@]} databases are PostgreSQL 17; $tables tables with $rows rows were compared with the old ones on $made.${kept:+ The old folders are kept: $kept.}${lost:+ Settings of the site that the official script has lost: ${lost#, }. Set them again if they are needed.}"
}

# ---- The way there, as root -----------------------------------------------------------------------------------------

migrate() { # WHY_THE_PLATFORM_COUNTS_AS_DEPLOYED
  local entry
  settle
  if finished; then
    km_say 'All databases are PostgreSQL 17 and the old metadata is aside. Nothing was changed.'
    return
  fi
  stop_if_in_use "$1"
  need_backup
  need_images
  open_work_folder
  check_room
  if [[ $DATABASE_WAY == official ]]; then
    migrate_officially
  else
    for entry in "${KM_DATABASES[@]}"; do
      choose "$entry"
      migrate_one
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
    choose "$entry"
    [[ $(km_database_state "$FOLDER") == new && -f $(record) ]] || return 1
  done
  [[ $(metadata_state) != old ]]
}

stop_if_in_use() { # WHY_THE_PLATFORM_COUNTS_AS_DEPLOYED
  local entry folders=("${FAST_DATA_DIR%/}/os") users new=''
  [[ -d $FAST_DATA_DIR ]] || km_die "$FAST_DATA_DIR does not exist." 'Nothing was changed.' 'Is the disk mounted?'
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    folders+=("$FOLDER")
    [[ $(km_database_state "$FOLDER") != new ]] || new+="${new:+, }$NAME"
  done
  [[ -z $1 ]] || km_die "The platform is not down: $1.${new:+ PostgreSQL 17 is in place already for $new.}" 'Nothing was changed. Databases that are in use are not touched.' \
    "$(if [[ -n $new ]]; then printf 'If 0.4 has been deployed, do not migrate again: the full backup holds the old databases.'; else printf 'Undeploy the platform first.'; fi)"
  users=$(km_folder_users "${folders[@]}")
  [[ -z $users ]] || km_die "The databases are in use by $users." 'Nothing was changed. Databases that are in use are not touched.' \
    'Undeploy the platform first. If it is undeployed, wait until these processes have ended.'
  if [[ $(metadata_state) == new ]]; then
    km_die '0.4 has been started on these folders.' 'Nothing was changed.' 'Do not migrate now. Undo this step first, or ask the Kaapana team.'
  fi
}

# What is still to be migrated must be in the backup exactly as it is.
need_backup() {
  local entry part difference
  [[ -f $(km_backup_complete) ]] || km_die "There is no complete backup in $(km_backup_folder)." 'Nothing was changed.' 'Run the step "Back up the data folders" first.'
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    choose_backup
    km_copy_proven || km_die "The full backup has no compared copy of $NAME." 'Nothing was changed.' 'Run the step "Back up the data folders" first.'
    difference=$(km_copy_changed)
    [[ -z $difference ]] || km_die "The full backup of $NAME is no longer as it was when it was compared: $difference." 'Nothing was changed.' \
      'Find out what changed it. Without it there is no way back.'
    [[ $(km_database_state "$FOLDER") == old ]] || continue
    difference=$(km_copy_differences <(backup_listing) <(km_copy_listing "$FOLDER"))
    [[ -z $difference ]] || km_die "$FOLDER has changed since it was backed up: $difference." 'Nothing was changed.' \
      "If the platform was deployed in between, rename $(km_backup_folder) and make the backup again."
  done
  [[ $(metadata_state) != old ]] || km_backup_parts | grep -qx fast/os || km_die 'The full backup does not hold the folder os.' 'Nothing was changed.' \
    'Run the step "Back up the data folders" first.'
}

# The part of the backup that holds the chosen database, and the database's place in it.
choose_backup() {
  local path=${FOLDER#"${FAST_DATA_DIR%/}/"}
  km_backup_item "fast/${path%%/*}"
  IN_BACKUP=${path#"${path%%/*}"} IN_BACKUP=${IN_BACKUP#/}
  STAMP=$(sha256sum <"$COPY.list" 2>/dev/null | cut -c1-64)
}

backup_listing() { km_copy_listing "$COPY/$IN_BACKUP"; }
backup_hashes() { # of the chosen database, named as in its own folder
  local below=${IN_BACKUP:+$IN_BACKUP/}
  sed -n "s|^\(\\\\\{0,1\}[0-9a-f]\{64\}  \)\./$below|\1./|p" "$COPY.sha256"
}

need_images() {
  local name image
  [[ $(km_database_setting FAST_DATA_DIR) == "${FAST_DATA_DIR%/}" ]] ||
    km_die "The data folder is $FAST_DATA_DIR here, but \"$(km_database_setting FAST_DATA_DIR)\" was recorded from the running platform." \
      'Nothing was changed.' 'Correct the value, or run the step "Database settings" while the platform runs.'
  km_ask docker info --format '{{.ServerVersion}}' || km_die "docker: $KM_WHY." 'Nothing was changed.' 'Start it: sudo systemctl start docker. Then run the step again.'
  for name in "${KM_IMAGES[@]}"; do
    image=$(km_database_setting "$name")
    [[ -n $image ]] || km_die "Which image is $name is not recorded in $KM_KEPT/database-settings." 'Nothing was changed.' 'Run the step "Database settings" first.'
    km_ask docker image inspect --format '{{.Id}}' "$image" || km_die "The image $image is not on this host." 'Nothing was changed.' \
      'Run the step "Fetch the images". It needs no platform.'
  done
}

open_work_folder() {
  local above
  above=$(dirname -- "$WORK_DIR")
  [[ -d $above ]] || km_die "The folder $above does not exist." 'Nothing was changed.' 'Is the disk of the work folder mounted? Create the folder, or choose another one.'
  mkdir -p -- "$WORK_DIR" "$BACKUP_DIR/databases" || km_die "$WORK_DIR or $BACKUP_DIR/databases cannot be created." 'Nothing was changed.' 'Choose another folder.'
  chmod 0700 -- "$WORK_DIR"
  exec 9<"$WORK_DIR"
  flock -n 9 || km_die "Another run of this step is still at work in $WORK_DIR." 'That one goes on; nothing else was changed.' 'Wait until it has ended, then run the check.'
  trap 'leave' EXIT
  trap 'stopped 130' INT
  trap 'stopped 143' TERM HUP
  pg_remove_containers || km_die 'Containers of an earlier run cannot be removed.' 'Nothing was changed.' "Look at them: sudo docker ps -a --filter label=$PG_LABEL"
}

stopped() { # CODE
  trap '' INT TERM HUP
  km_say ''
  km_say 'Stopped. Nothing is lost: every database is either switched or as it was. The next run goes on from here.'
  exit "$1"
}

leave() {
  local rc=$?
  km_copy_stop_reporting
  pg_remove_containers 2>/dev/null || true
  # Said in any case, also when this text breaks off where nobody expected it.
  case $rc in 0 | 130 | 143) ;; *) printf '\nEnded before it was finished. The check says which databases are switched.\n' >&2 ;; esac
}

# In the work folder: a copy and a dump of the largest. In the data folder: each new database beside its old one. On one
# disk: both.
check_room() {
  local entry size largest=0 all=0 need free
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    [[ $(km_database_state "$FOLDER") == old ]] || continue
    size=$(km_copy_disk_use "$FOLDER")
    all=$((all + size))
    ((size <= largest)) || largest=$size
  done
  if [[ $DATABASE_WAY == official ]]; then need=$((5 * all + $(du -sb -- "${FAST_DATA_DIR%/}/os/" 2>/dev/null | cut -f1 || printf 0))) all=0; else need=$((2 * largest)); fi
  [[ $(stat -c %d -- "$WORK_DIR") != "$(stat -c %d -- "$FAST_DATA_DIR")" ]] || need=$((need + all))
  need=$((need + need / 10)) all=$((all + all / 10 + LOG_BYTES))
  read -r _ free < <(km_free "$WORK_DIR")
  ((free >= need)) || km_die "There is too little room in $WORK_DIR: $(km_size "$need") are needed, $(km_size "$free") are free." 'Nothing was changed.' 'Make room, or choose a work folder on a larger disk.'
  read -r _ free < <(km_free "$FAST_DATA_DIR")
  ((free >= all)) || km_die "There is too little room in $FAST_DATA_DIR for the new databases beside the old ones: $(km_size "$all") are needed, $(km_size "$free") are free." \
    'Nothing was changed.' 'Make room on the disk of the platform.'
}

phase() { # WORDS
  km_progress "$DONE" $((PHASES * ${#KM_DATABASES[@]} + 1)) "$NAME: $1"
  DONE=$((DONE + 1))
}

failed() { # WHAT [WHAT_TO_DO]
  km_die "$NAME: $1" "The old database is untouched$KEPT_ELSEWHERE; databases that were switched before stay switched. The platform stays down." \
    "${2:-Solve that, then run the step again: it goes on where it was.}"
}

# ---- One database ---------------------------------------------------------------------------------------------------

migrate_one() {
  local began=$DONE
  km_say ''
  km_say "== $NAME"
  choose_backup
  case $(km_database_state "$FOLDER") in
    new)
      km_say '  is PostgreSQL 17 already'
      [[ -f $(record) ]] || failed 'it is PostgreSQL 17, but was not migrated by this step, and nothing says that it was compared.' \
        'Compare it yourself, or undo this step, which restores the full backup, and run it again.'
      ;;
    half) finish_switch ;;
    aside) rename "$FOLDER.pg15" "$FOLDER" ;&
    missing) [[ -d $FOLDER ]] || bring_back ;&
    old)
      is_ready || build
      switch
      ;;
    *) failed "$FOLDER is not what was expected: its PG_VERSION is \"$(km_pg_version "$FOLDER")\"." 'Look at it, and at the backups, before anything else.' ;;
  esac
  DONE=$((began + PHASES))
  rm -rf --one-file-system -- "$WORK"
}

# A verified successor of the very folder that is backed up, which only has to be switched to.
is_ready() { [[ $(km_pg_version "$FOLDER.pg17") == 17 && $(cat "$WORK/ready" 2>/dev/null) == "$STAMP" && -f $(record) ]]; }

bring_back() {
  local part=$COPY
  km_say '  The folder is missing: it is brought back from the full backup.'
  km_copy_of "$part${IN_BACKUP:+/$IN_BACKUP}" "$FOLDER" "the backup of $NAME"
  km_copy_make
  rm -f -- "$FOLDER.list" "$FOLDER.sha256"
  choose_backup
}

build() {
  if [[ $(cat "$WORK/made-from" 2>/dev/null) != "$STAMP" ]]; then
    rm -rf --one-file-system -- "$WORK"
    mkdir -p -- "$WORK" || failed "$WORK cannot be created."
    printf '%s\n' "$STAMP" >"$WORK/made-from"
  fi
  [[ ! -e $FOLDER.pg17 ]] || mv -T -- "$FOLDER.pg17" "$FOLDER.pg17.partial" 2>/dev/null || rm -rf --one-file-system -- "$FOLDER.pg17"
  [[ -d $WORK/old ]] || copy_old
  [[ -d $WORK/dump ]] || dump
  load
}

# The old server is started on this copy, never on the folder itself. Its hashes are those of the full backup: with
# that, folder, backup and copy are proven equal in one pass.
copy_old() {
  local partial=$WORK/old.partial difference
  phase 'copying'
  rm -rf --one-file-system -- "$partial"
  mkdir -- "$partial" || failed "$partial cannot be created."
  km_copy_count "$FOLDER"
  COPY_PART=$WORK/report # whose tree is reported on
  mkdir -p -- "$COPY_PART"
  ln -sfn "$partial" "$COPY_PART/tree"
  km_copy_start_reporting km_copy_report_copied
  cp -a --reflink=auto -- "$FOLDER/." "$partial" || failed 'copying to the work folder failed.' 'Is its disk full or damaged? Solve that, then run the step again.'
  km_copy_stop_reporting
  km_say '  comparing the copy with the full backup by SHA-256'
  km_copy_hashes "$partial" | sort >"$WORK/hashes" || failed 'the copy could not be read back.'
  difference=$(comm -3 <(backup_hashes | sort) "$WORK/hashes" | sed 's/^\t*[^ ]*  //' | sort -u | sed -n '1,3p' | paste -sd ' ')
  [[ -z $difference ]] || failed "the copy has other contents than the full backup: $difference." \
    'Is a disk damaged? Choose another work folder, or look at the disk of the backup.'
  [[ -z $(km_copy_differences <(backup_listing) <(km_copy_listing "$partial")) ]] || failed 'the copy is not equal to the full backup in names, owners or times.'
  rm -f -- "$partial/postmaster.pid"
  choose_backup
  mv -T -- "$partial" "$WORK/old" || failed "$WORK/old could not be given its name."
}

start_old() { pg_start "old-$NAME" "$OLD_IMAGE" "$WORK/old" "$WORK" "$OWNER" || failed "PostgreSQL 15 does not start on the copy: $PG_WHY."; }

dump() {
  local oid database partial=$WORK/dump.partial
  phase 'dumping'
  rm -rf --one-file-system -- "$partial"
  mkdir -m 0700 -- "$partial" || failed "$partial cannot be created."
  start_old
  note_old "$partial"
  # CREATE ROLE of the first user fails in every new cluster, as it has that user; this one line and no other is left out.
  pg_exec pg_dumpall -w -U "$OWNER" --globals-only | sed "/^CREATE ROLE \"\{0,1\}$OWNER\"\{0,1\};$/d" >"$partial/globals.sql" || failed 'the roles could not be dumped.'
  while IFS=$'\t' read -r oid database; do
    km_copy_start_reporting report_dump
    pg_exec pg_dump -w -U "$OWNER" -Fd -Z 1 -j "$(pg_jobs)" -f "/km/dump.partial/$oid" -d "$database" </dev/null || failed "the database $database could not be dumped. The lines above say why."
    km_copy_stop_reporting
    pg_exec pg_restore -l "/km/dump.partial/$oid" </dev/null >/dev/null || failed "the dump of $database cannot be read back."
  done <"$partial/databases"
  pg_stop "$WORK/old" || failed "PostgreSQL 15 did not end cleanly: $PG_WHY."
  sync -f "$partial"
  mv -T -- "$partial" "$WORK/dump" || failed "$WORK/dump could not be given its name."
}

report_dump() { km_say "  dumped $(km_size "$(du -sb -- "$WORK/dump.partial" | cut -f 1)")"; }

# What the new database is compared with.
note_old() { # FOLDER
  pg_databases >"$1/databases" || failed 'the old server does not list its databases.'
  [[ -s $1/databases ]] || failed 'the old server has no database.'
  [[ $(pg_sql template1 <<<"select count(*) from pg_tablespace where spcname !~ '^pg_'") == 0 ]] || failed 'it keeps tables in other folders (tablespaces), which this migration does not cover.' \
    'Ask the Kaapana team.'
  pg_settings >"$1/settings" || failed 'the settings of the old server could not be read.'
  facts "$1/databases" >"$1/facts" || failed 'the rows of the old database could not be counted.'
}

facts() { # FILE_OF_DATABASES
  local oid database
  while IFS=$'\t' read -r oid database; do
    pg_facts "$database" | awk -v database="$database" -F '\t' -v OFS='\t' '{ kind = $1; $1 = ""; print kind, database $0 }' || return 1
  done < <(cat "$1")
}

load() {
  local partial=$FOLDER.pg17.partial oid database
  phase 'loading'
  rm -rf --one-file-system -- "$partial"
  mkdir -m 0700 -- "$partial" || failed "$partial cannot be created."
  pg_start "new-$NAME" "$NEW_IMAGE" "$partial" "$WORK" "$OWNER" "${LOADING[@]}" || failed "PostgreSQL 17 does not start: $PG_WHY."
  pg_sql template1 <"$WORK/dump/globals.sql" >/dev/null || failed 'the roles could not be loaded.'
  while IFS=$'\t' read -r oid database; do
    km_copy_start_reporting report_load
    pg_exec pg_restore -w -U "$OWNER" --exit-on-error -j "$(pg_jobs)" -C --clean --if-exists -d template1 "/km/dump/$oid" </dev/null ||
      failed "the database $database could not be loaded. The lines above say why." 'This is the first error: nothing after it was loaded, and nothing was switched. Ask the Kaapana team with these lines.'
    km_copy_stop_reporting
  done <"$WORK/dump/databases"
  phase 'comparing'
  compare "$WORK/dump"
  [[ $NAME != dcm4che ]] || update_archive
  carry_settings "$partial"
  pg_exec vacuumdb -w -q -U "$OWNER" --all --analyze-only -j "$(pg_jobs)" </dev/null || failed 'the new database could not be analysed.'
  pg_stop "$partial" || failed "PostgreSQL 17 did not end cleanly: $PG_WHY."
  try_as_platform "$partial"
  settle_owner "$partial"
  sync -f "$partial" || failed 'the new database could not be written to the disk.'
  printf '%s\n' "$STAMP" >"$WORK/ready"
  mv -T -- "$partial" "$FOLDER.pg17" || failed "$FOLDER.pg17 could not be given its name."
}

report_load() { km_say "  loaded $(km_size "$(du -sb -- "$FOLDER.pg17.partial" 2>/dev/null | cut -f 1)")"; }

# Stops at any difference in objects, numbers of rows or contents; the numbers of rows are kept for people.
compare() { # FOLDER_WITH_OLD_FACTS
  local difference
  facts "$1/databases" >"$WORK/facts.new" || failed 'the rows of the new database could not be counted.'
  grep -q '^rows' "$1/facts" || km_say '  The old database has no table.'
  if ! cmp -s "$1/facts" "$WORK/facts.new"; then
    difference=$({ diff "$1/facts" "$WORK/facts.new" || true; } | sed -n 's/^< /old: /p; s/^> /new: /p' | tr '\t' ' ')
    { grep -F ': rows ' <<<"$difference" || true; grep -vF ': rows ' <<<"$difference" || true; } | sed -n '1,6s/^/  /p'
    failed "the new database differs from the old one. The first differences stand above." 'Nothing was switched. Run the step again; if it stays, ask the Kaapana team with these lines.'
  fi
  {
    printf '# Compared on %s: objects, numbers of rows and contents of PostgreSQL 15 and 17 were equal.\n' "$(date '+%Y-%m-%d %H:%M %Z')"
    awk -F '\t' -v OFS='\t' '$1 == "rows" { print $1, $2 "." $3, $4 }' "$WORK/facts.new"
  } >"$(record).tmp" || failed "$(record) cannot be written."
  mv -f -- "$(record).tmp" "$(record)"
  km_say "  equal: $(awk -F '\t' '$1 == "rows" { n++; sum += $4 } END { printf "%d tables, %.0f rows", n, sum }' "$WORK/facts.new")"
}

# From 5.32 to 5.33. The image brings the statements; only those that are known are used.
update_archive() {
  local image
  image=$(km_database_setting IMAGE_POSTGRES_DCM4CHE_NEW)
  if ! archive_is_updated; then
    docker run --rm --pull never --network none --label "$PG_LABEL" --entrypoint cat "$image" "$ARCHIVE_UPDATE" >"$WORK/update.sql" </dev/null ||
      failed "$image does not hold $ARCHIVE_UPDATE."
    [[ $(sha256sum <"$WORK/update.sql") == "$ARCHIVE_UPDATE_SHA256 "* ]] || failed "$ARCHIVE_UPDATE in $image is not the one that is known (SHA-256)." \
      'Is this the image of 0.4.1? Ask the owner of the registry.'
    pg_sql "$DATABASE" --single-transaction <"$WORK/update.sql" >/dev/null || failed 'the update to 5.33 failed.'
  fi
  archive_is_updated || failed 'the update to 5.33 left no column series.access_control_id.'
  km_say '  updated to 5.33'
}
archive_is_updated() {
  [[ $(pg_sql "$DATABASE" <<<"select count(*) from information_schema.columns where table_name = 'series' and column_name = 'access_control_id'") == 1 ]]
}

# Who may log in stays the site's business. Settings that the site changed come along, where PostgreSQL 17 has them; what
# the archive's own image would set, too.
carry_settings() { # FOLDER
  local name line
  cp -p -- "$WORK/old/pg_hba.conf" "$WORK/old/pg_ident.conf" "$1/" || failed 'the rules of who may log in could not be copied.'
  pg_settings >"$WORK/settings.new" || failed 'the settings of the new server could not be read.'
  pg_sql template1 <<<"select name from pg_settings where context <> 'internal'" | sort >"$WORK/settings.known" || failed 'the settings of the new server could not be read.'
  while IFS= read -r line; do
    name=${line%% =*}
    if grep -qxF -- "$name" "$WORK/settings.known"; then
      printf '%s\n' "$line"
    else
      km_say "  PostgreSQL 17 no longer has the setting $line" >&2
    fi
  done < <(
    LC_ALL=C comm -23 "$WORK/dump/settings" "$WORK/settings.new"
    [[ $NAME != dcm4che ]] || grep -q '^join_collapse_limit' "$WORK/dump/settings" || printf "join_collapse_limit = '16'\nfrom_collapse_limit = '16'\n"
  ) >"$WORK/settings.carried"
  [[ -s $WORK/settings.carried ]] || return 0
  {
    printf '\n# From PostgreSQL 15, by the migration:\n'
    cat "$WORK/settings.carried"
  } >>"$1/postgresql.conf" || failed 'the settings could not be carried over.'
  km_say "  settings carried over: $(paste -sd , "$WORK/settings.carried" | sed 's/,/, /g')"
}

# Once more with its own settings only, as the platform will start it.
try_as_platform() { # FOLDER
  pg_start "try-$NAME" "$NEW_IMAGE" "$1" "$WORK" "$OWNER" || failed "PostgreSQL 17 does not start with its own settings: $PG_WHY."
  [[ $(pg_sql "$DATABASE" <<<'select 1') == 1 ]] || failed "the database $DATABASE does not answer."
  pg_stop "$1" || failed "PostgreSQL 17 did not end cleanly: $PG_WHY."
}

# As the image leaves it and the platform wants it.
settle_owner() { # FOLDER
  if [[ $(stat -c %u:%g -- "$WORK/old/PG_VERSION") == "$POSTGRES_OWNER" ]]; then
    chown -hR "$POSTGRES_OWNER" -- "$1" || failed "$1 could not be given to the user $POSTGRES_OWNER."
  fi
  chmod 0700 -- "$1"
}

# Two renames. In between the folder is missing, and both others say by their PG_VERSION what they are.
switch() {
  phase 'switching'
  [[ ! -e $FOLDER.pg15 ]] || failed "$FOLDER.pg15 exists beside a database that is not migrated." "Look at what it is, rename it, then run the step again."
  rename "$FOLDER" "$FOLDER.pg15"
  finish_switch
}

finish_switch() {
  rename "$FOLDER.pg17" "$FOLDER"
  sync -f "$FOLDER"
  km_say "  $FOLDER is PostgreSQL 17 now; the old folder is kept as $FOLDER.pg15."
}

rename() { # FROM TO
  mv -T -- "$1" "$2" || failed "$1 could not be renamed to $2." 'Find out why, then run the step again: it finishes what was begun.'
}

set_metadata_aside() {
  local os=${FAST_DATA_DIR%/}/os
  [[ $(metadata_state) == old ]] || return 0
  NAME=metadata
  [[ ! -e $os.0.3.5 ]] || failed "$os.0.3.5 exists already." 'Look at what it is, rename it, then run the step again.'
  rename "$os" "$os.0.3.5"
  km_say ''
  km_say "The old metadata was set aside: $os.0.3.5. The new platform gets it from the snapshot."
}

tell_others() {
  local others
  others=$(km_other_databases | paste -sd ' ')
  [[ -z $others ]] || km_say "Not migrated, as they belong to extensions: ${others// /, }. Dump them with their old version before you install the extension again."
  km_say "The archive's user directory (ldap) stays at 5.32, as in the official guide. If the archive does not start on 0.4.1, look there first; the full backup holds it."
}

# ---- The official script, between the same backup and the same comparison -------------------------------------------

migrate_officially() {
  local entry script=${WORK_DIR%/}/official/script.sh folder=${WORK_DIR%/}/official line name value
  KEPT_ELSEWHERE=' or in the full backup'
  NAME=official
  km_find_scripts
  [[ -n ${KM_SCRIPT[migration-0.4.1]:-} ]] || failed "the official script was not found below $SCRIPTS_DIR." 'Run the step "Fetch the scripts" first, or choose our way.'
  [[ $FAST_DATA_DIR$WORK_DIR != *[[:space:]]* ]] || failed 'the official script does not work with spaces in the names of folders.' 'Choose our way, or a work folder without spaces.'
  [[ -z $(docker ps -aq --filter name=postgres1) ]] || failed 'containers of an earlier try of the official script are left over (docker ps -a).' 'Remove those named postgres15-… and postgres17-…, or choose our way.'
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    [[ $(km_database_state "$FOLDER") == old ]] || failed 'it is not PostgreSQL 15 in its place, and the official script cannot go on where another try has ended.' \
      'Undo this step first, or choose our way, which goes on from here.'
  done
  km_say 'The numbers of rows are taken first, from copies; then the official script runs; then they are compared.'
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    choose_backup
    rm -rf --one-file-system -- "$WORK" "$(record)"
    mkdir -p -- "$WORK/dump"
    copy_old
    start_old
    note_old "$WORK/dump"
    pg_stop "$WORK/old" || failed "PostgreSQL 15 did not end cleanly: $PG_WHY."
    logins "$WORK/old" >"$WORK/dump/logins" || failed 'the rules of who may log in could not be read.'
    rm -rf --one-file-system -- "$WORK/old"
  done
  NAME=official
  rm -rf --one-file-system -- "$folder"
  mkdir -p -- "$folder/tmp" || failed "$folder cannot be created."
  cp -- "${KM_SCRIPT[migration-0.4.1]}" "$script"
  km_has_hash "$script" "$(km_published migration-0.4.1 2)" || failed 'the official script is not the published one any more.' 'Run the step "Fetch the scripts" again.'
  for name in CONTAINER_REGISTRY_URL "${KM_IMAGES[@]}" TMP_MIGRATION_DIR FAST_DATA_DIR; do
    value=$(km_database_setting "$name")
    [[ $name != TMP_MIGRATION_DIR ]] || value=$folder/tmp
    sed -i "s|^$name=.*|$name=${value//&/\\&}|" "$script"
    grep -qxF -- "$name=$value" "$script" || failed "the variable $name could not be set in the official script."
  done
  km_run_script '' bash "$script" </dev/null || failed 'the official script ended with an error. Its last lines stand above.' \
    'Undo this step: it restores the full backup. Then run it again, best our way.'
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    compare_official
  done
  rm -rf --one-file-system -- "$folder"
}

# On a copy: the platform is to start on what the script has made.
compare_official() {
  km_say ''
  km_say "== $NAME"
  [[ $(km_pg_version "$FOLDER") == 17 ]] || failed 'the official script left no PostgreSQL 17 in its place.' 'Undo this step: it restores the full backup.'
  cp -a --reflink=auto -- "$FOLDER/." "$WORK/old" || failed 'copying to the work folder failed.'
  pg_start "new-$NAME" "$NEW_IMAGE" "$WORK/old" "$WORK" "$OWNER" || failed "PostgreSQL 17 does not start on what the official script has made: $PG_WHY." 'Undo this step: it restores the full backup.'
  if [[ $NAME == dcm4che ]]; then
    archive_is_updated || failed 'the official script has not updated the archive to 5.33: the column series.access_control_id is missing.' 'Undo this step: it restores the full backup. Then choose our way.'
    # The rows are compared without the new column.
    pg_sql "$DATABASE" <<<'alter table series drop column access_control_id' >/dev/null || failed 'the rows cannot be compared.'
    archive_objects_aside
  fi
  compare "$WORK/dump"
  note_lost_settings
  pg_stop "$WORK/old" || true
  chown -hR "$POSTGRES_OWNER" -- "$FOLDER" || true
  rm -rf --one-file-system -- "$WORK"
}

# The script makes a new server with that one's own settings. Which of the site's are gone is kept beside the numbers.
note_lost_settings() {
  local lost
  pg_settings >"$WORK/settings.new" || failed 'the settings of the new server could not be read.'
  lost=$(
    LC_ALL=C comm -23 "$WORK/dump/settings" "$WORK/settings.new"
    logins "$FOLDER" | cmp -s "$WORK/dump/logins" - || printf 'the rules in pg_hba.conf\n'
  )
  [[ -n $lost ]] || return 0
  awk -v name="$NAME" '{ printf "lost\t%s: %s\n", name, $0 }' <<<"$lost" >>"$(record)"
  km_say "  not carried over by the official script: $(paste -sd , <<<"$lost" | sed 's/,/, /g')"
}
logins() { grep -hvE '^[[:space:]]*(#|$)' "$1/pg_hba.conf" "$1/pg_ident.conf" || true; } # FOLDER

# Indices that the update adds are no difference.
archive_objects_aside() {
  local names
  names=$(comm -13 <(awk -F '\t' '$1 == "index" { print $3 }' "$WORK/dump/facts" | sort) <(facts "$WORK/dump/databases" | awk -F '\t' '$1 == "index" { print $3 }' | sort))
  while IFS= read -r name; do [[ -z $name ]] || pg_sql "$DATABASE" <<<"drop index $name" >/dev/null; done <<<"$names"
}

# ---- The way back, as root ------------------------------------------------------------------------------------------

go_back() {
  local users entry
  settle
  users=$(for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    km_folder_users "$FOLDER"
  done)
  [[ -z $users ]] || km_die "The databases are in use by $users." 'Nothing was changed.' 'Undeploy the platform first.'
  open_work_folder
  if new_platform_was_started; then restore_backup; else rename_back; fi
}

# Whether 0.4 has run on these folders: then the old ones lack what was done since.
new_platform_was_started() {
  local entry
  [[ $(metadata_state) != new ]] || return 0
  for entry in dicom-project-mapping-postgres postgres-access-information-point; do
    [[ ! -e ${FAST_DATA_DIR%/}/$entry ]] || return 0
  done
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    case $(km_database_state "$FOLDER") in
      new)
        # Without the old folder beside it, only the backup leads back. A server that starts writes postmaster.opts anew;
        # the rename left its time in the old folder.
        [[ -d $FOLDER.pg15 ]] || return 0
        (($(stat -c %Y -- "$FOLDER/postmaster.opts") <= $(stat -c %Z -- "$FOLDER.pg15"))) || return 0
        ;;
      missing | unknown) return 0 ;;
    esac
  done
  return 1
}

rename_back() {
  local entry os=${FAST_DATA_DIR%/}/os
  for entry in "${KM_DATABASES[@]}"; do
    choose "$entry"
    if [[ -d $FOLDER.pg15 ]]; then
      rm -rf --one-file-system -- "$FOLDER.pg17.partial"
      [[ ! -d $FOLDER ]] || rename "$FOLDER" "$FOLDER.pg17.partial"
      rename "$FOLDER.pg15" "$FOLDER"
    fi
    rm -rf --one-file-system -- "$FOLDER.pg17" "$FOLDER.pg17.partial" "$(record)" "$WORK"
    km_say "$NAME: PostgreSQL $(km_pg_version "$FOLDER") is in its place again."
  done
  NAME=metadata
  [[ -e $os || ! -d $os.0.3.5 ]] || rename "$os.0.3.5" "$os"
  sync -f "$FAST_DATA_DIR"
  km_say 'The folders of 0.3.5 are in their places again. Install MicroK8s and deploy 0.3.5, or run this step again.'
}

# The long way: everything from the full backup. What is there now goes aside, and nothing is deleted.
restore_backup() {
  local answer='' part difference parts=() aside
  aside=replaced-$(date +%Y%m%d-%H%M%S)
  mapfile -t parts < <(km_backup_parts)
  ((${#parts[@]} > 0)) || km_die "There is no complete backup in $(km_backup_folder)." 'Nothing was changed.' 'Is the backup disk mounted, and is BACKUP_DIR right?'
  for part in "${parts[@]}"; do
    km_backup_item "$part"
    km_copy_proven || km_die "$COPY is missing or was never compared." 'Nothing was changed.' 'Is the backup disk mounted?'
    difference=$(km_copy_changed)
    [[ -z $difference ]] || km_die "$COPY is no longer as it was when it was compared: $difference." 'Nothing was changed.' 'Find out what changed it before you restore from it.'
  done
  km_say "0.4 has been started on these folders, or the old ones are gone. The way back is the full backup: ${#parts[@]} folders."
  km_say "What was done on the platform since then is lost to it. The folders of now stay beside as *.$aside."
  { : </dev/tty; } 2>/dev/null || km_die 'Restoring must be confirmed, and there is no terminal to ask in.' 'Nothing was changed.' 'Run the undo in a terminal.'
  read -r -p 'Type "restore" to go on: ' answer </dev/tty
  [[ $answer == restore ]] || km_die 'Not confirmed.' 'Nothing was changed.' 'Run the undo again when you are sure.'
  for part in "${parts[@]}"; do restore_part "$part" "$aside"; done
  for part in "${KM_DATABASES[@]}"; do
    choose "$part"
    rm -f -- "$(record)"
    [[ ! -e $FOLDER.pg15 ]] || rename "$FOLDER.pg15" "$FOLDER.pg15.$aside"
  done
  [[ ! -e ${FAST_DATA_DIR%/}/os.0.3.5 ]] || rename "${FAST_DATA_DIR%/}/os.0.3.5" "${FAST_DATA_DIR%/}/os.0.3.5.$aside"
  sync -f "$FAST_DATA_DIR"
  km_say ''
  km_say 'Restored and compared by SHA-256. Install MicroK8s of 0.3.5 and deploy 0.3.5.'
}

restore_part() { # PART ASIDE
  local source from
  km_backup_item "$1"
  from=$COPY source=$COPY_SOURCE
  if [[ -d $source && -z $(km_copy_difference) ]]; then
    km_say "$1 is as in the backup"
    return
  fi
  km_say ''
  km_say "$1"
  km_copy_of "$from" "$source" "the backup of $1"
  km_copy_remove_partial
  mkdir -p -- "$(dirname -- "$source")"
  km_copy_count "$from"
  if [[ -e $source ]]; then mv -T -- "$source" "$source.$2" || km_die "$source could not be renamed." 'Folders before it are restored.' 'Find out why, then run the undo again.'; fi
  km_copy_make
  rm -f -- "$source.list" "$source.sha256"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
