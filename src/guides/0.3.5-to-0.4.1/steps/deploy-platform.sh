# shellcheck shell=bash
# Deploy 0.4.1 or a later 0.4 on the migrated data, and wait until it is ready.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… bash deploy-platform.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy rest opensearch baseline
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
VERSION=''

check() {
  local rc=0
  km_join_group "$KM_PHASE"
  km_snap microk8s || rc=$?
  ((rc != 2)) || km_answer unknown "Which snaps are installed cannot be told: $KM_WHY."
  ((rc == 0)) || km_answer blocked 'MicroK8s is not installed.'
  if ! km_load_platform; then
    [[ $KM_WHY == *'no release'* ]] || km_answer unknown "What is deployed could not be found out: $KM_WHY."
    obstacles || km_answer unknown "$KM_WHY."
    [[ -z $KM_OUT ]] || km_answer blocked "Nothing is deployed yet, and the deployment would not work: $KM_OUT."
    km_answer pending "Nothing is deployed yet. $KM_DEPLOY_NEW ($KM_DEPLOY_NEW_VERSION) is ready to be run."
  fi
  VERSION=${KM_PLATFORM[chart]}
  acceptable || km_answer blocked "The platform that is deployed is $VERSION. $KM_WHY"
  km_find_unready "${KM_JOBS_NEW[@]}" || km_answer unknown "The cluster could not be asked: $KM_WHY."
  ! grep -q '^failed' <<<"$KM_OUT" || km_answer blocked "Version $VERSION is deployed, but: $(km_unready_words 5)."
  [[ -z $KM_OUT ]] || km_answer pending "Version $VERSION is deployed and not ready yet: $(km_unready_words 3)."
  km_compare_quick
  ((KM_COUNT[no-go] == 0)) || km_answer blocked "Version $VERSION is ready, but something is missing: $(first_found no-go)."
  ((KM_COUNT[unknown] == 0)) || km_answer unknown "Version $VERSION is ready, but $(first_found unknown)."
  count_rules || km_answer unknown "Version $VERSION is ready, but the name service of the cluster could not be asked: $KM_WHY."
  ((RULES == 1)) || km_answer pending "Version $VERSION is ready, but the name service of the cluster has $RULES rules for the platform's own name instead of one. Run the step again: it sets it right."
  km_answer 'done' "Version $VERSION is deployed: every Deployment is available and every start-up Job has succeeded. Series and users are as recorded."
}

run() {
  km_join_group "$KM_PHASE"
  refuse
  if [[ -z $VERSION ]]; then
    km_say "Deploying $KM_DEPLOY_NEW_VERSION with $KM_DEPLOY_NEW as $(km_kept hostname)."
    km_deploy "$KM_DEPLOY_NEW" "$(km_kept hostname)"
    KM_RELEASES=''
    km_load_platform || km_die "helm knows no release of the platform: $KM_WHY." 'The script ran, but nothing is deployed. The data is as it was.' \
      'Read what the script printed above, solve that, and run the step again.'
    VERSION=${KM_PLATFORM[chart]}
  fi
  km_say "Version $VERSION is deployed. Its images are fetched now; that takes 15 to 60 minutes. Waiting until all of it works …"
  km_wait_ready "${KM_JOBS_NEW[@]}" || not_ready "$KM_WHY"
  mend_name_service
  km_say ''
  km_say 'Compared with what was recorded before:'
  km_compare_quick
  ((KM_COUNT[no-go] + KM_COUNT[unknown] == 0)) || km_die "The platform is ready, but $(first_found no-go; first_found unknown)." \
    'The new platform runs. The old database folders and the full backup are still there.' 'Do not let users in. Find out where it is, before you go on.'
  km_say ''
  km_say "Done: version $VERSION runs on the migrated data. Do not let users in yet: their data comes with the next steps."
}

# Whether the version that is deployed is one that this guide ends at; KM_WHY says why not.
acceptable() {
  local base
  base=$(km_version_base "$VERSION") || base=$VERSION
  case $base in
    0.4.0) KM_WHY='It cannot take the metadata back: it lacks the snapshot folder and its setting, and one of its workflows deletes all metadata. Undeploy it, and deploy 0.4.1 or a later 0.4.' ;;
    0.4.*) return 0 ;;
    *) KM_WHY='This step belongs after it was undeployed and its databases were migrated.' ;;
  esac
  return 1
}

first_found() { # VERDICT: title and finding of the first one
  local title found
  while IFS=$'\x1f' read -r -d $'\x1e' title found _; do
    printf '%s: %s' "$title" "$found"
    return
  done <<<"${KM_LISTED[$1]}"
}

# KM_OUT: why a deployment would not work, in words. Fails where that cannot be told.
obstacles() {
  local found='' databases
  km_find_deploy_scripts "$(km_kept chart)"
  if [[ -n $KM_DEPLOY_NEW ]]; then
    km_script_differences "$FAST_DATA_DIR" "$SLOW_DATA_DIR" "$(km_kept http_port)" "$(km_kept https_port)" "$(km_kept dicom_port)"
    found=${KM_DIFFERENT:+"; in $KM_DEPLOY_NEW, $KM_DIFFERENT"}
    [[ -z $(km_script_value "$KM_DEPLOY_NEW" INSTANCE_UID) ]] || found+="; in $KM_DEPLOY_NEW, INSTANCE_UID is set, which 0.4 does not support"
  elif [[ -n $KM_DEPLOY_REFUSED ]]; then
    found="; $KM_DEPLOY_REFUSED is version 0.4.0, which cannot take the metadata back"
  else
    found="; there is no deploy script of 0.4.1 or a later 0.4 below $SCRIPTS_DIR"
  fi
  [[ -n $(km_kept hostname) ]] || found+='; the host name of the old platform was not kept: run "Record what is there" on the old one'
  km_deploy_obstacles
  found+=${KM_OUT:+"; $KM_OUT"}
  km_root_ready || {
    KM_WHY="The databases' folders can be read by root only. $KM_ROOT_WHY"
    return 1
  }
  databases=$(km_elevated unmigrated_databases) || {
    KM_WHY="The databases' folders could not be looked at"
    return 1
  }
  found+=${databases:+"; $databases"}
  KM_OUT=${found#; }
}

refuse() {
  local state='Nothing was changed.'
  [[ -z ${KUBERNETES_SERVICE_HOST:-} ]] || km_die 'This runs inside a pod.' "$state" 'Connect to the host itself over SSH.'
  km_root_ready || km_die "The databases' folders can be read by root only, and that is not possible: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  km_snap microk8s || km_die 'MicroK8s is not installed.' "$state" 'Run the step "Install MicroK8s" first.'
  [[ $KM_OUT == *' 1.31/'* ]] || km_die "MicroK8s is $KM_OUT, and 0.4.1 needs 1.31." "$state" 'Run "Uninstall MicroK8s" and "Install MicroK8s" first.'
  km_renew_kubeconfig || km_die "The cluster gives no answer: $KM_WHY." "$state" 'Look at "sudo microk8s status", then run the step again.'
  if km_load_platform; then
    VERSION=${KM_PLATFORM[chart]}
    acceptable || km_die "The platform that is deployed is $VERSION. $KM_WHY" "$state" 'Check which step is next.'
    return
  fi
  [[ $KM_WHY == *'no release'* ]] || km_die "What is deployed could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  obstacles || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "The deployment would not work: $KM_OUT." "$state" 'Solve that, then run the step again.'
  # Half a deployment is in the way of the next one.
  km_find_remains || km_die "The cluster could not be asked: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Something of an earlier deployment is still there: $KM_OUT." "$state" "Run by hand: bash $(printf '%q' "$KM_DEPLOY_NEW") --quiet --undeploy. Then run the step again."
  [[ -z $KM_PORTS ]] || km_say "Note: $KM_PORTS. Stop now with Ctrl-C if that is not intended."
}

not_ready() { # WHY
  local next='Look at what is named: microk8s.kubectl get pods -A, and logs of the pod. When it is solved, run the step again: it only waits.'
  case $1 in
    *keycloak-init*) next='Most often the admin password in the new deploy script is not that of the migrated Keycloak. Correct KEYCLOAK_ADMIN_PASSWORD in the script, undeploy with it, and run the step again.' ;;
    *init-meta* | *init-projects*) next='Most often user system is not in the group kaapana_admin. Add it in the Keycloak console, delete the failed Jobs and the pod of os-dashboards-de, and run the step again.' ;;
    *ImagePull*) next='The images cannot be fetched: look at user and password of the registry and at the network. Then run the step again: it only waits.' ;;
  esac
  km_die "The platform does not become ready: $1." 'Version '"$VERSION"' is deployed. The old database folders (*.pg15) and the full backup are still there.' "$next"
}

# The deploy script adds a rule for the platform's own name to the cluster's name service: none if it broke off before,
# one more at every deployment. There has to be exactly one.
RULES=1 # without a name to look for there is nothing to mend

# Sets RULES, and KM_OUT to the object. Fails with KM_WHY.
count_rules() {
  local host
  host=$(km_kept hostname)
  [[ -n $host ]] || return 0
  km_ask "$KM_KUBECTL" -n kube-system get configmap coredns -o json || return 1
  RULES=$(jq -r '.data.Corefile' <<<"$KM_OUT" | grep -cF "rewrite name exact $host. ") || true
}

mend_name_service() {
  local host rule
  host=$(km_kept hostname)
  rule="rewrite name exact $host. oauth2-proxy-service.$(km_space admin).svc.cluster.local."
  count_rules || return 0
  [[ $RULES != 1 ]] || return 0
  km_say "The name service of the cluster has $RULES rules for $host; it gets exactly one."
  # The version of the object is sent along: a change by somebody else in between is not overwritten.
  if ! jq --arg rule "    $rule" --arg mine "rewrite name exact $host. " '
    .data.Corefile |= (split("\n") | map(select(contains($mine) | not))
      | (map(test("^ *kubernetes ")) | index(true) // length) as $at | .[:$at] + [$rule] + .[$at:] | join("\n"))' <<<"$KM_OUT" |
    "$KM_KUBECTL" replace -f - >/dev/null || ! "$KM_KUBECTL" -n kube-system rollout restart deployment coredns >/dev/null; then
    km_die 'The rule could not be set.' 'The platform is deployed and ready.' "Run the step again, or edit the ConfigMap coredns in kube-system by hand: one line \"$rule\"."
  fi
}

# ---- As root --------------------------------------------------------------------------------------------------------

unmigrated_databases() {
  local entry folder found=''
  for entry in "${KM_DATABASES[@]}"; do
    read -r _ folder _ <<<"$entry"
    case $(km_database_state "${FAST_DATA_DIR%/}/$folder") in
      new) ;;
      old) found+="${found:+, }${folder%%/*} is still PostgreSQL 15" ;;
      missing) found+="${found:+, }${folder%%/*} is missing, and an empty one would be made without a word" ;;
      *) found+="${found:+, }${folder%%/*} is half migrated" ;;
    esac
  done
  printf '%s' "$found" >&3
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
