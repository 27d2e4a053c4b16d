# shellcheck shell=bash
# Undeploy 0.3.5 with its own deploy script, and look afterwards whether it is gone. The data on disk stays.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… bash undeploy-platform.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
LEFT=''

check() {
  local rc=0
  km_join_group "$KM_PHASE"
  km_has_snap microk8s || rc=$?
  case $rc in
    1) unused 'MicroK8s is not installed any more, and the platform went with it.' ;;
    2) km_answer unknown "Whether MicroK8s is installed cannot be told: $KM_WHY." ;;
  esac
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
  { km_elevated list_workflow_files >"$KM_KEPT/workflow-files.new" && mv -T -- "$KM_KEPT/workflow-files.new" "$KM_KEPT/workflow-files"; } ||
    km_die 'The workflow files that are left could not be listed.' 'The platform is undeployed.' 'Run the step again.'
  km_say ''
  km_say "Done: no release, namespace, pod or volume is left, and nothing uses the databases. The data on disk was not touched."
}

refuse() {
  km_refuse_undeploy
  [[ -z ${KM_PLATFORM[chart]:-} || -s $KM_KEPT/baseline.json ]] || km_die 'What is there was not recorded; afterwards nothing could be compared.' \
    'Nothing was changed; the platform runs.' 'Run the step "Record what is there" first.'
}

undo() {
  km_join_group undo
  km_redeploy_old ''
}

# ---- As root --------------------------------------------------------------------------------------------------------

# An undeployment removes the workflow files that came with the platform. What stays is the site's own, or was left behind.
list_workflow_files() {
  [[ ! -d ${FAST_DATA_DIR%/}/workflows/dags ]] || (cd -- "${FAST_DATA_DIR%/}/workflows/dags" && find . -name '*.py' -type f -print0 | sort -z | xargs -0 -r sha256sum --)
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
