# shellcheck shell=bash
# Delete MinIO sync: the application, the marks that it put into the store, and its empty folder.
# By hand: FAST_DATA_DIR=… bash minio-sync-delete.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest objects minio-sync
  KM_BY_HAND=yes
fi

check() {
  km_load_platform || km_answer unknown "The platform cannot be looked at: $KM_WHY."
  sync_status || km_answer unknown "helm cannot be asked: $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "The application $OBJECTS_SYNC is installed (helm: $KM_OUT). Left alone it goes on mirroring."
  [[ -f $SYNC_RECORD ]] || km_answer not-needed "The application $OBJECTS_SYNC was not started."
  km_root_ready || km_answer unknown "The application is deleted; looking for its folder needs root. $KM_ROOT_WHY."
  ! as_root test -d "$(sync_folder)" || km_answer pending "The application is deleted; its folder $(sync_folder) is still there."
  km_answer 'done' "The application $OBJECTS_SYNC is deleted, and its folder."
}

run() {
  local strange
  km_load_platform || sync_failed "The platform cannot be looked at: $KM_WHY."
  sync_status_closely
  if [[ -n $KM_OUT ]]; then
    # While it runs, as its pod may be the only one with mc.
    remove_marks
    km_say "Deleting the application $OBJECTS_SYNC …"
    sync_call helm-delete-chart "{\"release_name\":\"$OBJECTS_SYNC\"}"
    sync_wait ''
    # shellcheck disable=SC2034 # lib/minio-sync.sh reads it
    SYNC_STATE='The application is deleted.'
    wait_for_pod
  fi
  if as_root test -d "$(sync_folder)"; then
    strange=$(sync_strange) || sync_failed "$(sync_folder) cannot be looked at."
    [[ -z $strange ]] || sync_failed "Something lies in the folder of the application: ${strange//$'\n'/, }." "Look at $(sync_folder), move away what you need, remove it, and run the check."
    as_root rm -f -- "$(sync_folder)/$SYNC_MARK"
    as_root rmdir -- "$(sync_folder)" || sync_failed "$(sync_folder) could not be removed."
  fi
  km_say 'The application is gone, and its folder.'
}

# Only what the application put there by itself.
remove_marks() {
  # shellcheck disable=SC2016
  if objects_ask 'mc --config-dir "$c" rm --force "km/$1" >/dev/null 2>&1; mc --config-dir "$c" --json ls --recursive "km/$2/" | head -c 2000' "$(sync_path)/$SYNC_MARK" "$(sync_path)"; then
    [[ $KM_OUT != *'"key"'* ]] || km_say "Other objects lie in $(sync_path); they stay there."
  else
    km_say "The mark of the application could not be removed from $(sync_path): $KM_WHY. It does no harm."
  fi
}

# Its folder may go only when nobody writes into it any more.
wait_for_pod() {
  local tries
  for ((tries = 0; tries < 60; tries++)); do
    km_ask "$KM_KUBECTL" -n "$(sync_services)" get pods -l "app-name=$OBJECTS_SYNC" -o name || sync_failed "The pods cannot be listed: $KM_WHY."
    [[ -n $KM_OUT ]] || return 0
    sleep "$KM_POLL"
  done
  sync_failed 'The pod of the application does not end.' "Look at the pods of the namespace $(sync_services), then run the step again."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
