# shellcheck shell=bash
# Undeploy 0.3.5 with its own deploy script, and look afterwards whether it is gone. The data on disk stays.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash undeploy-platform.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use copies cluster scripts databases deploy
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}" "${BACKUP_DIR:=}"
LEFT=''

check() {
  km_join_group "$KM_PHASE"
  km_check_without_microk8s unused
  if km_load_platform; then
    [[ ${KM_PLATFORM[chart]} != 0.4.* ]] || km_answer 'done' "The platform that runs is ${KM_PLATFORM[chart]}; the old one is gone."
    km_find_remains || km_answer unknown "The cluster could not be asked: $KM_WHY."
    km_answer pending "Version ${KM_PLATFORM[chart]} is deployed: $KM_OUT."
  fi
  km_find_remains || km_answer unknown "The cluster could not be asked: $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "The undeployment is not complete, there is still: $KM_OUT. Run the step again."
  unused 'The cluster has no release, namespace, pod or volume of the platform any more.'
}

# Ends the check, when nothing is left of the platform: the databases must be unused as well.
unused() { # EVIDENCE
  km_root_ready || km_answer unknown "$1 Whether a database still runs needs root. $KM_ROOT_WHY."
  LEFT=$(km_elevated km_database_users) || km_answer unknown "$1 Whether a database still runs could not be found out."
  [[ -z $LEFT ]] || km_answer pending "$1 But processes still use the databases: $LEFT."
  km_answer 'done' "$1 Nothing uses the databases. The data is in $FAST_DATA_DIR and ${SLOW_DATA_DIR:-the slow data folder}."
}

run() {
  km_join_group "$KM_PHASE"
  refuse
  [[ -z ${KM_PLATFORM[chart]:-} ]] || km_keep_platform || km_die "What is deployed could not be written down: $KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  km_undeploy_old
  keep_list plugins plugin-files
  keep_list dags workflow-files
  km_say ''
  km_say "Done: no release, namespace, pod or volume is left, and nothing uses the databases. The data on disk was not touched."
}

refuse() {
  km_refuse_undeploy
  [[ -z ${KM_PLATFORM[chart]:-} ]] || refuse_unprepared
}

# What only the running platform can give, and what its end would lose.
refuse_unprepared() {
  local state='Nothing was changed; the platform runs.' snapshot
  [[ -s $KM_KEPT/baseline.json ]] || km_die 'What is there was not recorded; afterwards nothing could be compared.' "$state" 'Run the step "Record what is there" first.'
  [[ -s $KM_KEPT/database-settings ]] || km_die 'The settings of the database migration were not recorded, and only the running platform knows them.' "$state" \
    'Run the step "Database settings" first.'
  snapshot=$(km_elevated snapshot_problem) || snapshot='whether the metadata snapshot is saved could not be found out'
  [[ -z $snapshot ]] || km_die "Tags that were added to the metadata cannot be made again, and $snapshot." "$state" \
    'Run the steps up to "Back up the snapshot" first; its check says what is wrong.'
  km_waiting_images || km_die "Whether images wait in the DICOM receiver could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  ((KM_OUT == 0)) || km_die "$KM_OUT files still wait in the DICOM receiver." "$state" 'Stop the senders and wait until it is empty: run the step "Let running work end".'
}

# An undeployment removes the workflow files and plugins that came with the platform. What stays is the site's own, or was
# left behind.
keep_list() { # FOLDER NAME
  { km_elevated list_workflow_files "$1" >"$KM_KEPT/$2.new" && mv -T -- "$KM_KEPT/$2.new" "$KM_KEPT/$2"; } ||
    km_die "The files that are left in workflows/$1 could not be listed." 'The platform is undeployed.' 'Run the step again.'
}

undo() {
  km_join_group undo
  km_redeploy_old ''
}

# ---- As root --------------------------------------------------------------------------------------------------------

# Why the metadata is not saved as the platform has it; nothing where it is. Contents were compared when the copy was made.
snapshot_problem() {
  local difference
  km_copy_of "${FAST_DATA_DIR%/}/os/logs/snapshots" "${BACKUP_DIR%/}/opensearch-snapshots" 'the snapshot'
  if ! km_copy_proven; then
    printf 'there is no compared copy of the metadata snapshot in "%s"' "$BACKUP_DIR"
    return
  fi
  difference=$(km_copy_changed)
  if [[ -n $difference ]]; then
    printf 'the copy of the metadata snapshot is no longer as it was when it was compared: %s' "$difference"
    return
  fi
  difference=$(km_copy_difference)
  [[ -z $difference ]] || printf 'the metadata snapshot has changed since it was copied: %s' "$difference"
}

list_workflow_files() { # FOLDER
  [[ ! -d ${FAST_DATA_DIR%/}/workflows/$1 ]] || (cd -- "${FAST_DATA_DIR%/}/workflows/$1" && find . -name '*.py' -type f -print0 | sort -z | xargs -0 -r sha256sum --)
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
