# shellcheck shell=bash
# Restart OpenSearch with opensearch.yml mounted. Stops it first: two of them would meet on one data folder.
# By hand: bash opensearch-deployment.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

readonly YML=$OS_HOME/config/opensearch.yml
readonly PATIENCE=300 # seconds for stopping and for starting
BEFORE=$KM_KEPT/opensearch-before-restart.json MOUNTED='' REPLICAS=''

check() {
  local allowed
  os_namespace
  if read_deployment && ((REPLICAS == 0)) && ! km_version_ge "${KM_PLATFORM[chart]:-0}" 0.4; then
    km_answer pending 'OpenSearch is stopped: a run of this step was cut off. Run it again, it goes on from there and starts OpenSearch.'
  fi
  os_check_side old
  allowed=$(os_path_repo) || km_answer unknown "OpenSearch could not be asked for its settings: $KM_WHY."
  [[ -n $MOUNTED ]] || km_answer unknown "The Deployment $OS_DEPLOYMENT could not be read: $KM_WHY."
  if ! grep -qxF "$OS_REPO_OLD" <<<"$allowed"; then
    [[ $MOUNTED == no ]] || km_answer pending "opensearch.yml is mounted, but OpenSearch does not know the folder $OS_REPO_OLD. Run the step: it restarts OpenSearch."
    km_answer pending 'OpenSearch runs without opensearch.yml and knows no folder for snapshots.'
  fi
  os_healthy "$OS_INDEX" yellow 1 || km_answer pending "OpenSearch knows the folder $OS_REPO_OLD, but $KM_WHY."
  os_count "$OS_INDEX" || km_answer unknown "The documents of $OS_INDEX could not be counted: $KM_WHY."
  # shellcheck disable=SC2153 # lib/opensearch.sh sets it
  km_answer 'done' "OpenSearch runs with $OS_REPO_OLD as a folder for snapshots; $OS_INDEX has $OS_COUNT documents$(compared)."
}

run() {
  local allowed
  os_namespace
  read_deployment || deployment_failed 'could not be read'
  config_allows || km_die 'The ConfigMap os-config does not name the folder for snapshots yet.' 'Nothing was changed.' 'Run the step "Allow snapshots" first.'
  if ((REPLICAS == 0)); then
    km_say 'OpenSearch is stopped, by an earlier run that was cut off. It goes on from there.'
  else
    os_run_side old
    allowed=$(os_path_repo) || os_failed 'OpenSearch could not be asked for its settings'
    if [[ $MOUNTED == yes ]] && grep -qxF "$OS_REPO_OLD" <<<"$allowed"; then
      km_say "OpenSearch runs with the folder $OS_REPO_OLD already. Nothing is restarted."
      confirm
      return
    fi
    os_count "$OS_INDEX" || os_failed "The documents of $OS_INDEX cannot be counted" 'Nothing was changed.' \
      'OpenSearch must be healthy before it is stopped. Look at its pod, then run the step again.'
    km_say "$OS_INDEX has $OS_COUNT documents. Searches fail until OpenSearch is back."
    remember
    dry_run
    stop
  fi
  trap 'start_again' EXIT # whatever happens from here on, the platform shall not stay without it
  km_say 'Mounting opensearch.yml …'
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" patch deployment "$OS_DEPLOYMENT" --type strategic -p "$(deployment_patch)" || deployment_failed 'could not be changed'
  trap - EXIT
  start
  confirm
}

patches() {
  os_namespace
  read_deployment || deployment_failed 'could not be read'
  [[ $MOUNTED == no ]] || return 0
  km_patch apps/v1 Deployment "$OS_NAMESPACE" "$OS_DEPLOYMENT" "$(deployment_patch)"
}

undo() {
  os_namespace
  read_deployment || deployment_failed 'could not be read'
  if [[ $MOUNTED == no ]]; then
    km_say 'opensearch.yml is not mounted. There is nothing to take back.'
    return
  fi
  os_run_side old
  stop
  trap 'start_again' EXIT
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" rollout undo "deployment/$OS_DEPLOYMENT" || deployment_failed 'could not be changed back'
  trap - EXIT
  start
  read_deployment || deployment_failed 'could not be read'
  [[ $MOUNTED == no ]] || km_die "The Deployment $OS_DEPLOYMENT still mounts opensearch.yml." 'OpenSearch runs.' 'Redeploying 0.3.5 restores the Deployment.'
  km_say 'OpenSearch runs without opensearch.yml, as before.'
}

# ---- Looking --------------------------------------------------------------------------------------------------------

# Whether opensearch.yml is mounted, and how many pods are wanted.
# shellcheck disable=SC2016 # jq's variables
read_deployment() {
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" get deployment "$OS_DEPLOYMENT" -o json || return
  read -r REPLICAS MOUNTED < <(os_jq --arg container "$OS_CONTAINER" --arg yml "$YML" '.spec.template.spec as $pod |
    "\(.spec.replicas) \(if ([$pod.containers[] | select(.name == $container).volumeMounts[] | select(.mountPath == $yml)] | length > 0)
      and ([$pod.volumes[] | select(.name == "sec-config").configMap.items[]? | select(.key == "opensearch.yml")] | length > 0) then "yes" else "no" end)"')
}

config_allows() {
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" get configmap os-config -o 'jsonpath={.data.opensearch\.yml}' || deployment_failed 'needs os-config, which could not be read'
  grep -E '^path\.repo:' <<<"$KM_OUT" | grep -qF "\"$OS_REPO_OLD\""
}

# The number of documents before the first stop; a later run after a kill must not count anew.
remember() {
  { mkdir -p -- "$KM_KEPT" && printf '{"index": "%s", "documents": %d}\n' "$OS_INDEX" "$OS_COUNT" >"$BEFORE.new" && mv -T -- "$BEFORE.new" "$BEFORE"; } ||
    km_die "The number of documents could not be written to $BEFORE." 'Nothing was changed.' 'Is the home folder full or read-only? Solve that, then run the step again.'
}

remembered() { jq -r '.documents' "$BEFORE" 2>/dev/null || true; }

compared() {
  local before
  before=$(remembered)
  if [[ -n $before ]]; then printf ', %s before the restart' "$before"; fi
}

# ---- Stop, change, start --------------------------------------------------------------------------------------------

# The list of items is replaced as a whole, so that both entries stand in it.
deployment_patch() {
  cat <<PATCH
{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}, "template": {"spec": {
  "volumes": [{"name": "sec-config", "configMap": {"name": "os-config", "items": [
    {"key": "config.yml", "path": "config.yml"}, {"key": "opensearch.yml", "path": "opensearch.yml"}]}}],
  "containers": [{"name": "$OS_CONTAINER", "volumeMounts": [{"name": "sec-config", "mountPath": "$YML", "subPath": "opensearch.yml"}]}]}}}}
PATCH
}

dry_run() {
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" patch deployment "$OS_DEPLOYMENT" --type strategic --dry-run=server -p "$(deployment_patch)" || deployment_failed 'cannot take this change'
}

stop() {
  local waited pods
  km_say 'Stopping OpenSearch …'
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" scale deployment "$OS_DEPLOYMENT" --replicas=0 || deployment_failed 'could not be stopped'
  trap 'start_again' EXIT
  for ((waited = 0; waited < PATIENCE; waited += KM_POLL)); do
    km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" get pods -l app-name=opensearch -o name || deployment_failed 'was told to stop, but its pods could not be listed'
    pods=$(grep -c . <<<"$KM_OUT") || pods=0
    ((pods > 0)) || return 0
    km_say "  waiting for $pods pod to end"
    sleep "$KM_POLL"
  done
  km_die "OpenSearch did not end within $PATIENCE seconds." 'It is started again, unchanged.' "Look at its pod: microk8s.kubectl -n $OS_NAMESPACE describe pods -l app-name=opensearch"
}

start_again() {
  km_say 'Starting OpenSearch again …' >&2
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" scale deployment "$OS_DEPLOYMENT" --replicas=1 ||
    km_say "It could not be started. Do so by hand: microk8s.kubectl -n $OS_NAMESPACE scale deployment $OS_DEPLOYMENT --replicas=1" >&2
}

start() {
  local waited
  km_say 'Starting OpenSearch …'
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" scale deployment "$OS_DEPLOYMENT" --replicas=1 || deployment_failed 'could not be started'
  KM_TIMEOUT=$PATIENCE km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" rollout status "deployment/$OS_DEPLOYMENT" "--timeout=${PATIENCE}s" || deployment_failed 'was started, but does not become available'
  for ((waited = 0; waited < PATIENCE; waited += KM_POLL)); do # the pod has no probe: available is not yet answering
    if os_find && os_healthy "$OS_INDEX" yellow 5; then return 0; fi
    km_say "  waiting for it to answer: $KM_WHY"
    sleep "$KM_POLL"
  done
  os_failed "OpenSearch was started, but did not become healthy within $PATIENCE seconds" 'Its data is untouched on the disk.' \
    "Look at its log: microk8s.kubectl -n $OS_NAMESPACE logs deploy/$OS_DEPLOYMENT. The undo of this step brings back the Deployment as it was."
}

confirm() {
  local allowed before
  allowed=$(os_path_repo) || os_failed 'OpenSearch runs, but could not be asked for its settings' 'OpenSearch was restarted.'
  grep -qxF "$OS_REPO_OLD" <<<"$allowed" || km_die "OpenSearch runs, but does not know the folder $OS_REPO_OLD." 'It runs as before.' \
    'Look at the entry opensearch.yml of the ConfigMap os-config.'
  os_count "$OS_INDEX" || os_failed "The documents of $OS_INDEX cannot be counted" 'OpenSearch was restarted.'
  before=$(remembered)
  if [[ -n $before ]] && ((OS_COUNT < before)); then
    km_die "$OS_INDEX has $OS_COUNT documents; before the restart it had $before." 'OpenSearch runs.' 'Do not go on. Ask the Kaapana team, and keep the data folder as it is.'
  fi
  km_say "Done. OpenSearch runs with $OS_REPO_OLD as a folder for snapshots; $OS_INDEX has $OS_COUNT documents$(compared)."
}

deployment_failed() { # WHAT
  km_die "The Deployment $OS_DEPLOYMENT $1: $KM_WHY." 'Its data is untouched on the disk.' 'Solve that, then run the step again: it goes on from where it is.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
