# shellcheck shell=bash
# Start MinIO sync: the extension minio-sync, fetching into the new folder FAST_DATA_DIR/minio-sync-migration.
# By hand: FAST_DATA_DIR=… bash minio-sync-start.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest objects minio-sync
  KM_BY_HAND=yes
fi

# The chart sets no limit; that of the namespace is 50 MB, too little for mc.
readonly MEMORY='{"spec":{"template":{"spec":{"containers":[{"name":"minio-sync","resources":{"requests":{"memory":"64Mi"},"limits":{"memory":"512Mi"}}}]}}}}'

check() {
  km_load_platform || km_answer unknown "The platform cannot be looked at: $KM_WHY."
  sync_status || km_answer unknown "helm cannot be asked: $KM_WHY."
  case $KM_OUT in
    deployed)
      ! sync_runs || km_answer 'done' "The application $OBJECTS_SYNC runs; it fetches $(sync_path) into $(sync_folder)."
      km_answer pending "The application $OBJECTS_SYNC is installed, but its pod is not ready."
      ;;
    '') ;;
    *) km_answer blocked "helm shows the application $OBJECTS_SYNC as $KM_OUT. Delete it with the step \"Delete MinIO sync\", then start it again." ;;
  esac
  ! objects_ask true || km_answer not-needed 'The pod of MinIO has the command mc. The application is not needed.'
  km_answer pending "The application is not installed, and mc cannot be used without it: $KM_WHY."
}

run() {
  local chart strange
  km_load_platform || sync_failed "The platform cannot be looked at: $KM_WHY."
  chart=${FAST_DATA_DIR%/}/extensions/minio-sync-chart-${KM_PLATFORM[chart]}.tgz
  sync_status_closely
  if [[ -n $KM_OUT ]]; then
    [[ $KM_OUT == deployed ]] || sync_failed "helm shows the application as $KM_OUT." 'Delete it with the step "Delete MinIO sync", then start it again.'
    km_say 'The application is installed already.'
  else
    km_root_ready || sync_failed "The folders of the platform must be looked at as root, and that is not possible: $KM_ROOT_WHY."
    as_root test -f "$chart" || sync_failed "The platform does not offer the application: $chart does not exist." 'It came with 0.4.0. Look at the extensions of the new platform.'
    ! as_root test -L "$(sync_folder)" || sync_failed "$(sync_folder) is a link." 'The application changes the owner of everything in its folder. Remove the link.'
    strange=$(sync_strange) || sync_failed "$(sync_folder) cannot be looked at."
    [[ -z $strange ]] || sync_failed "$(sync_folder) is not empty: ${strange//$'\n'/, }." 'The application changes the owner of everything in its folder. Move that away first.'
    mkdir -p -- "$KM_KEPT"
    date '+%Y-%m-%d %H:%M' >"$SYNC_RECORD"
    km_say "Starting the application $OBJECTS_SYNC, version ${KM_PLATFORM[chart]} …"
    sync_call helm-install-chart "{\"name\":\"minio-sync-chart\",\"version\":$(km_json "${KM_PLATFORM[chart]}"),\"release_name\":\"$OBJECTS_SYNC\",\"extension_params\":{\"host_directory\":\"/$OBJECTS_SYNC\",\"minio_path\":\"$(sync_path)\",\"sync_strategy\":\"Minio2Host\",\"uid\":\"1000\",\"gid\":\"1000\"}}"
    sync_wait deployed
  fi
  # shellcheck disable=SC2034 # lib/minio-sync.sh reads it
  SYNC_STATE='The application is installed.'
  km_ask "$KM_KUBECTL" -n "$(sync_services)" patch deploy "$OBJECTS_SYNC" --type strategic -p "$MEMORY" || sync_failed "The application could not be given its memory: $KM_WHY."
  KM_TIMEOUT=200 km_ask "$KM_KUBECTL" -n "$(sync_services)" rollout status "deploy/$OBJECTS_SYNC" --timeout=180s || sync_failed "Its pod does not become ready: $KM_WHY." \
    "Look at the pod of $OBJECTS_SYNC in the namespace $(sync_services)."
  km_say "The application runs. It fetches $(sync_path), which is empty, into $(sync_folder)."
  km_say 'Do not put files into that folder, nor objects into that path. Delete the application when the objects were moved.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
