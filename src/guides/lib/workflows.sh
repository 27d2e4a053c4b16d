# shellcheck shell=bash
# Workflow files: which of them belong to the site, which need work on 0.4, and which the platform cannot load.
# To be sourced after cluster.sh.
# shellcheck disable=SC2034 # what is set here is for the steps

# The undeployment removed what came with the platform and wrote down what stayed: SHA-256 and name, one line each.
readonly KM_KEPT_WORKFLOWS=$KM_KEPT/workflow-files KM_KEPT_PLUGINS=$KM_KEPT/plugin-files
# Operators that 0.4 changed or does not have any more; the editor judges each call.
readonly KM_CHANGED_CALLS='Local(DeleteFromMeta|DeleteFromPacs|GetInputData|GetRefSeries|Json2Meta|Minio)Operator|HelperOpensearch'
# Workflow files that came with 0.3.5 itself.
readonly KM_SHIPPED='^dag_(collect_metadata|convert_niftis_to_dicoms_and_import_to_pacs|delete_series_from_platform|download_selected_files|import_dicoms_in_zip_to_internal_pacs|mhub_models|minio_seg_to_pacs|prediction_evaluation|query_pacs|segmentation_evaluation|send_dicom|service_[a-z_]+|tag_[a-z_]+|train_with_pretrained_weights)\.py$'

KM_OWN=() KM_TO_ADAPT=() KM_LEFT_BEHIND=() KM_BROKEN='' KM_LISTED_ALL=''

# Sets KM_OWN, KM_TO_ADAPT and KM_LEFT_BEHIND to names below workflows/dags. Fails with KM_WHY.
km_find_own_workflows() {
  local lines kind name
  KM_OWN=() KM_TO_ADAPT=() KM_LEFT_BEHIND=() KM_LISTED_ALL=''
  km_root_ready || {
    KM_WHY="The workflow files can be read by root only. $KM_ROOT_WHY"
    return 1
  }
  lines=$(km_elevated km_sort_workflows) || {
    KM_WHY="The workflow files below $FAST_DATA_DIR/workflows/dags could not be read"
    return 1
  }
  [[ -s $KM_KEPT_WORKFLOWS || -e $KM_KEPT_WORKFLOWS ]] || KM_LISTED_ALL=yes
  while IFS=$'\t' read -r kind name; do
    case $kind in
      left) KM_LEFT_BEHIND+=("$name") ;;
      adapt) KM_OWN+=("$name") KM_TO_ADAPT+=("$name") ;;
      own) KM_OWN+=("$name") ;;
    esac
  done <<<"$lines"
}

# As root: one line a file, KIND<TAB>NAME. A file of the kept list that has the name of a shipped one and is as it was then
# was left behind: the new platform overwrites those that it has itself.
km_sort_workflows() {
  local sum name now shipped=''
  cd -- "${FAST_DATA_DIR%/}/workflows/dags" || return 1
  if [[ ! -e $KM_KEPT_WORKFLOWS ]]; then
    grep -rlE --include='*.py' "$KM_CHANGED_CALLS" . | sed 's/^\.\//adapt\t/' || true
    return 0
  fi >&3
  while read -r sum name; do
    name=${name#./}
    [[ ! ${name##*/} =~ $KM_SHIPPED ]] || shipped=yes
    [[ -f $name ]] || continue
    now=$(sha256sum <"$name") now=${now%% *}
    if [[ ${name##*/} =~ $KM_SHIPPED ]]; then
      [[ $now != "${sum#\\}" ]] || printf 'left\t%s\n' "$name"
    elif grep -qE "$KM_CHANGED_CALLS" -- "$name"; then
      printf 'adapt\t%s\n' "$name"
    else
      printf 'own\t%s\n' "$name"
    fi
  done <"$KM_KEPT_WORKFLOWS" >&3
  # An undeployment that left shipped workflows left the plugins as well. What the new platform brings itself is newer.
  [[ -n $shipped && -s $KM_KEPT_PLUGINS && -d ../plugins ]] || return 0
  while IFS= read -r name; do
    ! grep -qxF -- "$name" <(cut -c67- "$KM_KEPT_PLUGINS") || printf 'left\t../plugins/%s\n' "${name#./}"
  done < <(cd ../plugins && find . -name '*.py' -type f ! -cnewer "$KM_KEPT_PLUGINS" | sort) >&3
}

# KM_BROKEN: files that Airflow cannot load, FILE<TAB>LAST LINE OF THE ERROR. From its database, as its command line takes
# half a minute. No error counts only when Airflow has read its workflows lately. Fails with KM_WHY.
km_find_broken_workflows() {
  KM_BROKEN=''
  km_query services postgres-airflow root airflow "select count(*) from dag where last_parsed_time > now() - interval '30 minutes'" || {
    KM_WHY="The workflow database gave no answer: $KM_WHY"
    return 1
  }
  [[ $KM_OUT =~ ^[1-9][0-9]*$ ]] || {
    KM_WHY='Airflow has not read its workflows for half an hour; look at the pod airflow-scheduler'
    return 1
  }
  km_query services postgres-airflow root airflow \
    "select regexp_replace(filename, '^.*/dags/', '') || E'\t' || left(regexp_replace(rtrim(stacktrace, E'\n '), '^.*\n', ''), 200) from import_error order by filename" || {
    KM_WHY="The workflow database gave no answer: $KM_WHY"
    return 1
  }
  KM_BROKEN=$KM_OUT
}

km_some() { # MOST WORD…: the first ones
  local most=$1 words
  shift
  words=$(printf '%s\n' "${@:1:most}" | paste -sd ';' | sed 's/;/, /g')
  printf '%s%s' "$words" "$( (($# <= most)) || printf ' and %d more' $(($# - most)))"
}
