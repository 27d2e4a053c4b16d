# shellcheck shell=bash
# What must hold before a database is migrated, looked at as root and without changing anything. Each ends the run with the
# reason. To be sourced after database-work.sh.

readonly DB_LOG_BYTES=1000000000 # a server that loads keeps about so much of its log

db_refuse_in_use() { # WHY_THE_PLATFORM_COUNTS_AS_DEPLOYED
  local entry folders=("${FAST_DATA_DIR%/}/os") users new=''
  [[ -d $FAST_DATA_DIR ]] || km_die "$FAST_DATA_DIR does not exist." 'Nothing was changed.' 'Is the disk mounted?'
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    folders+=("$DB_FOLDER")
    [[ $(km_database_state "$DB_FOLDER") != new ]] || new+="${new:+, }$DB_NAME"
  done
  [[ -z $1 ]] || km_die "The platform is not down: $1.${new:+ PostgreSQL 17 is in place already for $new.}" 'Nothing was changed. Databases that are in use are not touched.' \
    "$(if [[ -n $new ]]; then printf 'If 0.4 has been deployed, do not migrate again: the full backup holds the old databases.'; else printf 'Undeploy the platform first.'; fi)"
  users=$(km_folder_users "${folders[@]}")
  [[ -z $users ]] || km_die "The databases are in use by $users." 'Nothing was changed. Databases that are in use are not touched.' \
    'Undeploy the platform first. If it is undeployed, wait until these processes have ended.'
  if [[ $(db_metadata_state) == new ]]; then
    km_die '0.4 has been started on these folders.' 'Nothing was changed.' 'Do not migrate now. Undo this step first, or ask the Kaapana team.'
  fi
}

# What is still to be migrated must be in the backup exactly as it is.
db_refuse_without_backup() {
  local entry difference
  [[ -f $(km_backup_complete) ]] || km_die "There is no complete backup in $(km_backup_folder)." 'Nothing was changed.' 'Run the step "Back up the data folders" first.'
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    db_choose_backup
    km_copy_proven || km_die "The full backup has no compared copy of $DB_NAME." 'Nothing was changed.' 'Run the step "Back up the data folders" first.'
    difference=$(km_copy_changed)
    [[ -z $difference ]] || km_die "The full backup of $DB_NAME is no longer as it was when it was compared: $difference." 'Nothing was changed.' \
      'Find out what changed it. Without it there is no way back.'
    [[ $(km_database_state "$DB_FOLDER") == old ]] || continue
    difference=$(km_copy_differences <(db_backup_listing) <(km_copy_listing "$DB_FOLDER"))
    [[ -z $difference ]] || km_die "$DB_FOLDER has changed since it was backed up: $difference." 'Nothing was changed.' \
      "If the platform was deployed in between, rename $(km_backup_folder) and make the backup again."
  done
  [[ $(db_metadata_state) != old ]] || km_backup_parts | grep -qx fast/os || km_die 'The full backup does not hold the folder os.' 'Nothing was changed.' \
    'Run the step "Back up the data folders" first.'
}

db_refuse_without_images() {
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

# In the work folder: a copy and a dump of the largest. In the data folder: each new database beside its old one. On one
# disk: both.
db_refuse_without_room() {
  local entry size largest=0 all=0 need free
  for entry in "${KM_DATABASES[@]}"; do
    db_choose "$entry"
    [[ $(km_database_state "$DB_FOLDER") == old ]] || continue
    size=$(km_copy_disk_use "$DB_FOLDER")
    all=$((all + size))
    ((size <= largest)) || largest=$size
  done
  if [[ $DATABASE_WAY == official ]]; then need=$((5 * all + $(du -sb -- "${FAST_DATA_DIR%/}/os/" 2>/dev/null | cut -f1 || printf 0))) all=0; else need=$((2 * largest)); fi
  [[ $(stat -c %d -- "$WORK_DIR") != "$(stat -c %d -- "$FAST_DATA_DIR")" ]] || need=$((need + all))
  need=$((need + need / 10)) all=$((all + all / 10 + DB_LOG_BYTES))
  read -r _ free < <(km_free "$WORK_DIR")
  ((free >= need)) || km_die "There is too little room in $WORK_DIR: $(km_size "$need") are needed, $(km_size "$free") are free." 'Nothing was changed.' 'Make room, or choose a work folder on a larger disk.'
  read -r _ free < <(km_free "$FAST_DATA_DIR")
  ((free >= all)) || km_die "There is too little room in $FAST_DATA_DIR for the new databases beside the old ones: $(km_size "$all") are needed, $(km_size "$free") are free." \
    'Nothing was changed.' 'Make room on the disk of the platform.'
}
