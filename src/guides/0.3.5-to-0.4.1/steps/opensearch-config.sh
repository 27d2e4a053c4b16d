# shellcheck shell=bash
# Allow snapshots: the entry opensearch.yml of the ConfigMap os-config names the folder that snapshots may lie in.
# By hand: bash opensearch-config.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

readonly CONFIG_WANTED="cluster.name: docker-cluster
path.repo: [\"$OS_REPO_OLD\"]
network.host: 0.0.0.0
"
CONFIG_NOW='' CONFIG_SIDE='' SAVED=$KM_KEPT/os-config.opensearch.yml # only this entry: others hold hashes of passwords

check() {
  read_config || km_answer unknown "The ConfigMap os-config could not be read: $KM_WHY."
  case $CONFIG_SIDE in
    new) km_answer not-needed 'The settings of OpenSearch are those of 0.4 already. This step belongs to 0.3.5.' ;;
    allowed) km_answer 'done' "os-config names $OS_REPO_OLD as a folder for snapshots. OpenSearch reads it after its restart." ;;
  esac
  km_answer pending 'The entry opensearch.yml of os-config names no folder for snapshots.'
}

run() {
  local patch
  read_config || config_failed 'could not be read'
  case $CONFIG_SIDE in
    new) km_die 'The settings of OpenSearch are those of 0.4 already. This step belongs to 0.3.5.' 'Nothing was changed.' 'Go on with the steps of the new platform.' ;;
    allowed)
      km_say "os-config names $OS_REPO_OLD already. Nothing was changed."
      return
      ;;
  esac
  save_config
  km_say "What changes in the entry opensearch.yml of the ConfigMap os-config in $OS_NAMESPACE:"
  diff -u --label before --label after <(printf '%s' "$CONFIG_NOW") <(printf '%s' "$CONFIG_WANTED") || true
  patch=$(config_patch "$CONFIG_WANTED")
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" patch configmap os-config --type merge --dry-run=server -p "$patch" || config_failed 'cannot take this change'
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" patch configmap os-config --type merge -p "$patch" || config_failed 'could not be changed'
  read_config || config_failed 'was changed, but could not be read back'
  [[ $CONFIG_NOW == "$CONFIG_WANTED" ]] || km_die 'os-config was changed, but holds something else when it is read back.' \
    'OpenSearch has not read it: it does so when it is restarted.' 'Somebody else may be changing it. Run the step again.'
  km_say ''
  km_say "Done. The entry as it was is kept in $SAVED. OpenSearch reads the new one when it is restarted: that is the next step."
}

patches() {
  read_config || config_failed 'could not be read'
  [[ $CONFIG_SIDE == stock ]] || return 0
  km_patch v1 ConfigMap "$OS_NAMESPACE" os-config "$(config_patch "$CONFIG_WANTED")"
}

undo() {
  read_config || config_failed 'could not be read'
  [[ $CONFIG_SIDE != new ]] || km_die 'The settings of OpenSearch are those of 0.4. There is nothing to take back.' 'Nothing was changed.' 'Go on.'
  # Mounted, the entry as it was would keep OpenSearch from starting: it is a sample with foreign settings.
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" get deployment "$OS_DEPLOYMENT" -o 'jsonpath={.spec.template.spec.containers[*].volumeMounts[*].mountPath}' ||
    km_die "The Deployment $OS_DEPLOYMENT could not be read: $KM_WHY." 'Nothing was changed.' 'Solve that, then run the undo again.'
  [[ " $KM_OUT " != *" $OS_HOME/config/opensearch.yml "* ]] || km_die 'OpenSearch still reads this entry.' 'Nothing was changed.' 'Undo the step "Restart OpenSearch" first.'
  [[ -f $SAVED ]] || km_die "The entry as it was is not kept: $SAVED is missing." 'Nothing was changed.' 'Redeploying 0.3.5 restores the ConfigMap.'
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" patch configmap os-config --type merge -p "$(config_patch "$(<"$SAVED")"$'\n')" || config_failed 'could not be changed'
  km_say 'The entry opensearch.yml of os-config is as it was.'
}

# The entry, and whose it is: `new` for that of 0.4, `allowed` where it names the folder, `stock` otherwise.
read_config() {
  os_namespace
  [[ -n $KM_KUBECTL ]] || {
    KM_WHY='microk8s.kubectl was not found'
    return 1
  }
  km_ask "$KM_KUBECTL" -n "$OS_NAMESPACE" get configmap os-config -o 'jsonpath={.data.opensearch\.yml}{"."}' || return
  CONFIG_NOW=${KM_OUT%.} # the dot keeps line breaks at the end
  if grep -qE '^plugins\.security\.ssl\.http\.enabled' <<<"$CONFIG_NOW"; then
    CONFIG_SIDE=new
  elif grep -E '^path\.repo:' <<<"$CONFIG_NOW" | grep -qF "\"$OS_REPO_OLD\""; then
    CONFIG_SIDE=allowed
  else
    CONFIG_SIDE=stock
  fi
}

# What was there before the first change is never overwritten.
save_config() {
  [[ ! -f $SAVED ]] || return 0
  { mkdir -p -- "$KM_KEPT" && printf '%s' "$CONFIG_NOW" >"$SAVED.new" && mv -T -- "$SAVED.new" "$SAVED"; } ||
    km_die "The entry as it is could not be saved to $SAVED." 'Nothing was changed.' 'Is the home folder full or read-only? Solve that, then run the step again.'
}

config_patch() { printf '{"data": {"opensearch.yml": %s}}' "$(km_json "$1")"; } # TEXT

config_failed() { # WHAT
  km_die "The ConfigMap os-config $1: $KM_WHY." 'OpenSearch runs on with the settings it has.' 'Solve that, then run the step again.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
