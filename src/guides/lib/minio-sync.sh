# shellcheck shell=bash
# The sync application of the official guide, in the one form in which it does no harm: it fetches one way, from an
# empty path of the store, into a new folder of its own. To be sourced after rest.sh and objects.sh.

readonly SYNC_MARK=input_from_minio.txt # what the application puts into both places by itself
# shellcheck disable=SC2034 # for the steps
readonly SYNC_RECORD=$KM_KEPT/minio-sync
SYNC_STATE='Nothing was changed.'

sync_admin() { printf '%s' "${KM_PLATFORM[admin_namespace]:-admin}"; }
sync_services() { printf '%s' "${KM_PLATFORM[services_namespace]:-services}"; }
sync_path() { printf 'uploads/%s' "$OBJECTS_SYNC"; }
sync_folder() { printf '%s/%s' "${FAST_DATA_DIR%/}" "$OBJECTS_SYNC"; }
sync_failed() { km_die "$1" "$SYNC_STATE" "${2:-Solve that, then run the step again.}"; }

# KM_OUT is helm's status of the application; empty where it is not installed.
sync_status() {
  km_ask "$KM_HELM" list -A --all -o json || return 1
  KM_OUT=$(printf '%s' "$KM_OUT" | jq -r --arg name "$OBJECTS_SYNC" '.[] | select(.name == $name) | .status') || {
    KM_WHY='what helm answers cannot be read'
    return 1
  }
}
sync_status_closely() { sync_status || sync_failed "helm cannot be asked: $KM_WHY."; }

sync_runs() {
  km_ask "$KM_KUBECTL" -n "$(sync_services)" get deploy "$OBJECTS_SYNC" -o 'jsonpath={.status.availableReplicas}' && [[ $KM_OUT =~ ^[1-9] ]]
}

# What lies in its folder but the application's own mark; fails where that cannot be looked at.
sync_strange() {
  as_root test -d "$(sync_folder)" || return 0
  as_root find "$(sync_folder)/" -mindepth 1 ! -name "$SYNC_MARK" -printf '%P\n' | head -n 3
}

sync_call() { # REQUEST JSON: to the service of the platform that installs extensions
  rest_forward "$(sync_admin)" kube-helm-service 5000 || sync_failed "The service that installs extensions cannot be reached: $KM_WHY."
  SYNC_STATE='A request was sent to the service that installs extensions.'
  rest_local 'The service that installs extensions' POST "$REST_BASE/kube-helm-api/$1" -H 'Content-Type: application/json' --data-binary "$2" || true
}

# The service answers with an error after ten seconds although it goes on: what counts is what helm shows.
sync_wait() { # STATUS
  local tries said=$KM_WHY
  for ((tries = 0; tries < 60; tries++)); do
    sync_status_closely
    [[ $KM_OUT != "$1" ]] || return 0
    [[ $KM_OUT != failed ]] || break
    sleep "$KM_POLL"
  done
  sync_failed "The application did not come to the state \"${1:-removed}\"; helm says \"${KM_OUT:-not installed}\".${said:+ $said.}"
}
