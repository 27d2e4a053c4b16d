# shellcheck shell=bash
# Deploying a platform with its deploy script: what the script would stop at, its prompts, and when the platform is ready.
# To be sourced after cluster.sh, scripts.sh and databases.sh.
# shellcheck disable=SC2034 # what is set here is for the steps

# Jobs that must have succeeded before a platform works, by its version: namespace/name.
readonly KM_JOBS_OLD=(admin/keycloak-init admin/init-extensions services/init-meta services/minio-init)
readonly KM_JOBS_NEW=("${KM_JOBS_OLD[@]}" services/init-projects project-admin/create-project-user)

# KM_OUT: why the deploy script would stop, in words; empty where it would not.
km_deploy_obstacles() {
  local user found='' total
  user=$(id -un)
  if [[ $(id -u) == 0 ]]; then
    KM_OUT='this is root, and the script refuses that'
    return
  fi
  [[ $HOME == "$KM_HOST_ROOT/home/$user" ]] || found+="; the home directory of $user is $HOME and not /home/$user"
  [[ " $(id -nG "$user") " == *' microk8s '* ]] || found+="; $user is not in the group microk8s"
  command -v jq >/dev/null || found+='; jq is not installed'
  total=$(df -Pk -- "$KM_HOST_ROOT/var/snap" 2>/dev/null | awk 'NR == 2 { print $2 }') || total=0
  ((${total:-0} >= 81920000)) || found+="; the disk of /var/snap is smaller than $(km_size $((81920000 * 1024)))"
  KM_OUT=${found#; }
}

# Gives the user the cluster's configuration, where it is another one. A new cluster has new keys. The old file stays.
km_renew_kubeconfig() {
  local folder=$HOME/.kube new
  km_ask "$KM_KUBECTL" config view --raw || return 1
  new=$KM_OUT KM_OUT=''
  [[ $new != "$(cat "$folder/config" 2>/dev/null)" ]] || return 0
  [[ -d $folder ]] || mkdir -m 0700 -- "$folder" || return 1
  [[ ! -e $folder/config ]] || cp -p -- "$folder/config" "$folder/config.$(date +%Y%m%d-%H%M%S)"
  (umask 077 && printf '%s\n' "$new" >"$folder/config.new") && mv -T -- "$folder/config.new" "$folder/config"
}

# User and password of the registry: those that root's docker keeps for it, or asked in the terminal. Sets KM_USER and
# KM_SECRET; both stay empty where the script has them itself.
km_registry_login() { # SCRIPT
  local registry kept
  KM_USER='' KM_SECRET=''
  [[ -z $(km_script_value "$1" CONTAINER_REGISTRY_USERNAME) || -z $(km_script_value "$1" CONTAINER_REGISTRY_PASSWORD) ]] || return 0
  registry=$(km_script_value "$1" CONTAINER_REGISTRY_URL)
  kept=$(as_root cat "$KM_HOST_ROOT/root/.docker/config.json" 2>/dev/null |
    jq -r --arg registry "${registry%%/*}" '.auths[$registry].auth // empty' 2>/dev/null | base64 -d 2>/dev/null) || kept=''
  if [[ $kept == *:* ]]; then
    KM_USER=${kept%%:*} KM_SECRET=${kept#*:}
    km_say "The registry ${registry%%/*} is used as $KM_USER, as root's docker is logged in there."
    return 0
  fi
  { exec 5<>/dev/tty; } 2>/dev/null || return 1
  printf 'User of the registry %s: ' "${registry%%/*}" >&5
  IFS= read -r KM_USER <&5 || return 1
  exec 5>&-
  km_read_secret 'Password: '
}

# Runs a deploy script; its exit code says little. Passwords reach it as typed answers, never as arguments.
km_deploy() { # SCRIPT HOST_NAME
  local flags=(--quiet --domain "$2") folder chart rc=0
  folder=$(dirname -- "$1")
  if [[ $(km_script_value "$1" OFFLINE_MODE) =~ ^[Tt]rue$ ]]; then
    chart=$folder/$(km_script_value "$1" PLATFORM_NAME)-$(km_script_value "$1" PLATFORM_VERSION).tgz
    [[ -f $chart ]] || km_die "The deploy script is set to OFFLINE_MODE, and $chart is not there." 'Nothing was deployed.' 'Put the chart beside the script.'
    flags+=(--offline --chart-path "$chart")
  elif ! km_registry_login "$1"; then
    km_die 'User and password of the registry are not known, and there is no terminal to ask in.' 'Nothing was deployed.' \
      'Run the step in a terminal, or log root in to the registry with docker.'
  fi
  cd -- "$folder" || return 1
  # By a here-document, which is no argument and no environment. Empty lines where the script has the login itself.
  km_run_script "$KM_SECRET" env -u KUBECONFIG TERM=xterm bash "$1" "${flags[@]}" <<<"$KM_USER"$'\n'"$KM_SECRET" || rc=$?
  KM_SECRET=''
  ((rc == 0)) || km_say "The script ended with code $rc. That alone says little; the cluster is asked now."
}

KM_UNREADY_EXTENSIONS='' # what is not ready of extensions, which people have installed: one line each

# What of the platform is not ready: one line each, "wait" or "failed" before it. Deployments and Jobs tell it; pods of
# earlier tries may stay as they are. Objects of other releases than the platform's are extensions. Fails where the
# cluster cannot be asked.
km_find_unready() { # NAMESPACE/JOB…
  local spaces
  spaces="$(km_space admin) $(km_space services) $(km_space extensions)"
  km_ask "$KM_KUBECTL" get deployments,jobs,pods -A -o json || return 1
  KM_OUT=$(jq -r --arg spaces "$spaces" --arg jobs "$*" '
    def mine: .metadata.namespace as $n | ($spaces | split(" ") | index($n)) or ($n | startswith("project-"));
    def failed: any(.status.conditions[]?; .type == "Failed" and .status == "True");
    def down: (.status.availableReplicas // 0) < (.spec.replicas // 1);
    def place: "\(.metadata.namespace)/\(.metadata.name)";
    def of_extension: (.metadata.annotations["meta.helm.sh/release-name"] // "kaapana-") | test("^(kaapana|project)-") | not;
    def owner: .metadata.namespace as $n | (.metadata.ownerReferences[0] // {name: ""})
      | "\($n)/\(if .kind == "ReplicaSet" then .name | sub("-[^-]*$"; "") else .name end)";
    [.items[] | select(mine)] as $every
    | [$every[] | select(.kind != "Pod" and of_extension)] as $apps
    | [$apps[] | place] as $places
    | [$every[] | select((if .kind == "Pod" then owner else place end) | IN($places[]) | not)] as $all
    | ($all | map(select(.kind == "Job"))) as $found
    | ($jobs | split(" ")[] | . as $name
        | ($found | map(select(place == $name)) | first) as $job
        | if $job == null then "wait\tJob \($name) does not exist yet" else empty end),
      ($found[] | select((.status.succeeded // 0) < 1)
        | if failed then "failed\tJob \(place) failed" else "wait\tJob \(place)" end),
      ($all[] | select(.kind == "Deployment" and down) | "wait\tDeployment \(place)"),
      ($all[] | select(.kind == "Pod") | . as $pod | .status.containerStatuses[]?.state.waiting.reason // empty
        | select(test("BackOff|^Err|^CreateContainer")) | "wait\tpod \($pod | place): \(.)"),
      ($apps[] | select(.kind == "Deployment" and down) | "extension\tDeployment \(place)")
    ' <<<"$KM_OUT") || return 1
  KM_UNREADY_EXTENSIONS=$(sed -n 's/^extension\t//p' <<<"$KM_OUT")
  KM_OUT=$(grep -v '^extension' <<<"$KM_OUT" || true)
}

km_unready_words() { # MOST: the first ones of KM_OUT in a sentence
  local count
  count=$(grep -c . <<<"$KM_OUT" || true)
  printf '%s%s' "$(cut -f 2 <<<"$KM_OUT" | head -n "$1" | paste -sd ';' | sed 's/;/, /g')" "$( ((count <= $1)) || printf ' and %d more' $((count - $1)))"
}

# Waits until every Deployment is available and every Job has succeeded.
km_wait_ready() { # NAMESPACE/JOB…
  local looks=0 before='' most=0 count failed
  while ((looks++ < KM_PATIENCE)); do
    if ! km_find_unready "$@"; then KM_OUT="wait"$'\t'"an answer of the cluster ($KM_WHY)"; fi
    [[ -n $KM_OUT ]] || return 0
    if [[ $KM_OUT != "$before" ]]; then
      looks=0 before=$KM_OUT count=$(grep -c . <<<"$KM_OUT")
      ((most >= count)) || most=$count
      km_progress $((most - count)) "$most" "ready, waiting for $(km_unready_words 2)"
      failed=$(grep -m 1 '^failed' <<<"$KM_OUT" | cut -f 2) || true
      if [[ -n $failed ]]; then
        KM_WHY=$failed
        return 1
      fi
    fi
    sleep "$KM_POLL"
  done
  KM_WHY="nothing has changed for a while, and these are not ready: $(km_unready_words 5)"
  return 1
}

# ---- The old platform -----------------------------------------------------------------------------------------------

# Ends a run where the old platform must not be undeployed. Without a release of it, the rest of an earlier try is undeployed.
km_refuse_undeploy() {
  local state='Nothing was changed; the platform runs.' version
  [[ -z ${KUBERNETES_SERVICE_HOST:-} ]] || km_die 'This runs inside a pod of the platform, which is about to go down.' "$state" \
    'Connect to the host itself over SSH, from an editor outside the platform.'
  [[ $(id -u) != 0 ]] || km_die 'The deploy scripts must not be run as root.' "$state" 'Log in as the user who deployed the platform.'
  km_root_ready || km_die "Whether the databases are still used can be seen by root only, and that is not possible: $KM_ROOT_WHY." "$state" \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_load_platform || [[ $KM_WHY == *'no release'* && -s $KM_KEPT_PLATFORM ]] ||
    km_die "What is deployed could not be found out: $KM_WHY." "$state" 'Is this the right host, and the user who deployed the platform?'
  version=${KM_PLATFORM[chart]:-$(km_kept chart)}
  [[ $(km_version_base "$version") == 0.3.5 ]] || km_die "The platform that is deployed is $version, not 0.3.5. It is not undeployed." "$state" \
    'This step belongs before the migration. Check which step is next.'
  km_find_deploy_scripts "$version"
  [[ -n $KM_DEPLOY_OLD ]] || km_die "There is no deploy script of $version below $SCRIPTS_DIR." "$state" \
    'Put the script there that this platform was deployed with.'
  [[ -n ${KM_PLATFORM[chart]:-} ]] || return 0
  km_find_foreign "${FAST_DATA_DIR%/}" "${SLOW_DATA_DIR%/}" || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's and would be deleted without a question: $KM_FOREIGN." "$state" \
    'Move it to another cluster first, or delete it yourself.'
  km_running_workflows || km_die "Whether workflows run could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Workflows still run or wait: $(head -n 3 <<<"$KM_OUT" | paste -sd ';' | sed 's/;/, /g'). Cut off now, they start again later with old settings." "$state" \
    'Run the step "Let running work end" first.'
}

# Undeploys with KM_DEPLOY_OLD and waits until nothing is left: the script reports success also when helm failed.
km_undeploy_old() {
  km_say "Undeploying with $KM_DEPLOY_OLD. This takes 5 to 20 minutes."
  cd -- "$(dirname -- "$KM_DEPLOY_OLD")" || return 1
  # --quiet first: the script acts on a flag when it reads it.
  km_run_script '' env -u KUBECONFIG TERM=xterm bash "$KM_DEPLOY_OLD" --quiet --undeploy </dev/null ||
    km_say "The script ended with code $?. That alone says little; the cluster is asked now."
  km_wait_gone km_old_remains || km_die "The script has ended, but there is still: $KM_OUT." 'The platform is partly undeployed. The data on disk was not touched.' \
    "Run the step again: it goes on from here. If the same stays, run by hand: bash $(printf '%q' "$KM_DEPLOY_OLD") --no-hooks. It leaves workflow files and plugins of 0.3.5 behind, which the step \"Adapt own workflows\" lists later."
}

km_old_remains() {
  km_find_remains || return 1
  [[ -n $KM_OUT ]] || KM_OUT=$(km_elevated km_database_users | sed 's/^./processes that use the databases: &/') || {
    KM_WHY='who uses the databases could not be found out'
    return 1
  }
}

# Deploys the old platform on its untouched data: the way back until the databases are migrated.
km_redeploy_old() { # SCRIPT: empty for that of the folder
  local entry folder host script=$1
  host=$(km_kept hostname)
  for entry in "${KM_DATABASES[@]}"; do
    read -r _ folder _ <<<"$entry"
    [[ $(km_elevated km_pg_version "${FAST_DATA_DIR%/}/$folder") == 15 ]] ||
      km_die "The database in $FAST_DATA_DIR/$folder is not PostgreSQL 15 any more; 0.3.5 cannot start on it." 'Nothing was changed.' \
        'Bring back the old folders (*.pg15) or the full backup first.'
  done
  [[ -n $host ]] || km_die 'The host name of the old platform was not kept.' 'Nothing was changed.' 'Run its deploy script by hand.'
  km_find_deploy_scripts "$(km_kept chart)"
  script=${script:-$KM_DEPLOY_OLD}
  [[ -n $script ]] || km_die "There is no deploy script of 0.3.5 below $SCRIPTS_DIR." 'Nothing was changed.' 'Put it there.'
  km_deploy_obstacles
  [[ -z $KM_OUT ]] || km_die "The deploy script would stop: $KM_OUT." 'Nothing was changed.' 'Solve that, then run it again.'
  km_renew_kubeconfig || km_die "The cluster gives no answer: $KM_WHY." 'Nothing was changed.' 'If MicroK8s was uninstalled, install it with the 0.3.5 server script first.'
  KM_RELEASES='' KM_PLATFORM=()
  if km_load_platform; then
    km_say "Version ${KM_PLATFORM[chart]} is deployed already."
  else
    km_deploy "$script" "$host"
  fi
  km_wait_ready "${KM_JOBS_OLD[@]}" || km_die "0.3.5 does not become ready: $KM_WHY." 'The data on disk is as it was.' 'Look at its pods: microk8s.kubectl get pods -A'
  km_say '0.3.5 runs again.'
}
