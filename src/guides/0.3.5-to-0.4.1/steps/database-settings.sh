# shellcheck shell=bash
# Database settings: the data folder and the four image names for the database migration, read from the running platform
# and kept for the time when it is down. Changes nothing on the platform.
# By hand: FAST_DATA_DIR=… WORK_DIR=… SCRIPTS_DIR=… bash database-settings.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use scripts databases
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}" "${FAST_DATA_DIR:=}" "${WORK_DIR:=}"
readonly KEPT=$KM_KEPT/database-settings
SETTINGS='' # lines NAME=value, in the official script's order
WHY='' FROM=()

check() {
  local name kept changed=''
  if ! work_out; then
    # With the platform down, what was kept is all there is.
    [[ -f $KEPT ]] || km_answer blocked "The settings cannot be worked out: $WHY."
    for name in FAST_DATA_DIR:$FAST_DATA_DIR TMP_MIGRATION_DIR:$WORK_DIR; do
      kept=$(km_database_setting "${name%%:*}")
      [[ $kept == "${name#*:}" ]] || changed+="${changed:+, }${name%%:*} is $kept there, ${name#*:} among the values of this guide"
    done
    [[ -z $changed ]] || km_answer blocked "The kept settings no longer fit: $changed. Correct the value."
    km_answer 'done' "Kept since $(date -r "$KEPT" '+%Y-%m-%d %H:%M'); the platform cannot be asked any more ($WHY)."
  fi
  [[ -f $KEPT ]] || km_answer pending 'The settings of the database migration are not recorded yet.'
  changed=$(comm -13 <(grep -v '^#' "$KEPT" | sort) <(printf '%s' "$SETTINGS" | sort) | cut -d= -f1 | paste -sd ' ')
  [[ -z $changed ]] || km_answer pending "The recorded settings differ from the running platform in: ${changed// /, }."
  km_answer 'done' "Data folder $FAST_DATA_DIR, images $(km_database_setting IMAGE_POSTGRES_OLD) and $(km_database_setting IMAGE_POSTGRES_NEW), and those of the archive. Recorded in $KEPT."
}

run() {
  local line
  work_out || km_die "The settings cannot be worked out: $WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  km_say 'The database migration will use:'
  km_say ''
  while IFS= read -r line; do printf '  %-27s %s\n' "${line%%=*}" "${line#*=}"; done <<<"${SETTINGS%$'\n'}"
  km_say ''
  for line in "${FROM[@]}"; do km_say "  $line"; done
  mkdir -p -- "$KM_KEPT"
  {
    printf '# Read from the running platform on %s.\n' "$(date '+%Y-%m-%d %H:%M %Z')"
    printf '%s' "$SETTINGS"
  } >"$KEPT.tmp"
  mv -f -- "$KEPT.tmp" "$KEPT"
  km_say ''
  km_say "Recorded in $KEPT. If a line is wrong, correct the value or the deploy script, then run the step again."
}

# ---- Working out ----------------------------------------------------------------------------------------------------

work_out() {
  local running version registry old new old_archive
  if ! km_load_platform; then
    WHY="helm: $KM_WHY"
    return 1
  fi
  running=$(km_detect_fast_data_dir 2>/dev/null | cut -f 1)
  if [[ -z $running ]]; then
    WHY='helm and the volumes of the cluster do not agree on the data folder'
    return 1
  elif [[ $running != "${FAST_DATA_DIR%/}" ]]; then
    WHY="the running platform keeps its data in $running, but the fast data folder of this guide is \"$FAST_DATA_DIR\""
    return 1
  elif [[ $WORK_DIR != /* ]]; then
    WHY="WORK_DIR is \"$WORK_DIR\", which is not an absolute path"
    return 1
  fi
  version=${KM_PLATFORM[kaapana_build_version]:-${KM_PLATFORM[chart]}} registry=${KM_PLATFORM[registry_url]:-}
  FROM=('Data folder and registry: from the running platform.')
  [[ -n $registry ]] || {
    WHY='helm does not say which registry the images came from'
    return 1
  }
  old=$registry/postgres-15.6-alpine:$version old_archive=$registry/dcm4che-postgres:$version
  ask_images old old_archive
  km_find_deploy_scripts "${KM_PLATFORM[chart]}"
  [[ -n $KM_DEPLOY_NEW ]] || {
    WHY="below $SCRIPTS_DIR there is no deploy script of 0.4.1 or a later 0.4, which names the version of the new images"
    return 1
  }
  new=$(km_script_value "$KM_DEPLOY_NEW" CONTAINER_REGISTRY_URL)
  [[ -n $new && $new != *'$'* ]] || new=$registry
  FROM+=("New images: version $KM_DEPLOY_NEW_VERSION, as in $KM_DEPLOY_NEW.")
  SETTINGS="CONTAINER_REGISTRY_URL=$new
IMAGE_POSTGRES_OLD=$old
IMAGE_POSTGRES_NEW=$new/postgres-17.2-alpine:$KM_DEPLOY_NEW_VERSION
IMAGE_POSTGRES_DCM4CHE_OLD=$old_archive
IMAGE_POSTGRES_DCM4CHE_NEW=$new/dcm4che-postgres:$KM_DEPLOY_NEW_VERSION
TMP_MIGRATION_DIR=${WORK_DIR%/}
FAST_DATA_DIR=$running
"
}

# What the databases really run on goes before what their names should be.
ask_images() { # VARIABLE_OF_AIRFLOW'S VARIABLE_OF_ARCHIVE'S
  local name image
  if ! km_ask "$KM_KUBECTL" get deployments -A -o \
    'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.spec.template.spec.containers[0].image}{"\n"}{end}'; then
    FROM+=('Old images: by their usual names; the cluster did not say what runs.')
    return
  fi
  FROM+=('Old images: those that the databases run on now.')
  while IFS=$'\t' read -r name image; do
    case $name in
      postgres-airflow) [[ -z $image ]] || printf -v "$1" '%s' "$image" ;;
      postgres-dcm4che) [[ -z $image ]] || printf -v "$2" '%s' "$image" ;;
    esac
  done <<<"$KM_OUT"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
