# shellcheck shell=bash
# Deploying and undeploying 0.2.2 with its own script. To be sourced after deploy.sh, old-platform.sh and old-scripts.sh.
# shellcheck disable=SC2034 # KM_RELEASES is read by lib.sh

# Jobs that must have succeeded before the platform works: namespace/name. The last one stores an image of its own, so that
# it fails exactly when the archive cannot store.
readonly JOBS_022=(admin/init-extensions admin/init-collections services/minio-init services/init-meta services/dicom-init)

# Answers a check as far as the deployment itself goes; returns where it is ready.
np_answer_deployed() { # WORDS_WHEN_NOTHING_IS_DEPLOYED
  local rc=0
  km_snap microk8s || rc=$?
  ((rc != 2)) || km_answer unknown "Which snaps are installed cannot be told: $KM_WHY."
  [[ $rc == 0 && $KM_OUT == *' 1.26/'* ]] || km_answer blocked 'MicroK8s 1.26 is not installed.'
  if ! km_load_platform; then
    [[ $KM_WHY == *'no release'* ]] || km_answer unknown "What is deployed could not be found out: $KM_WHY."
    km_answer pending "$1"
  fi
  np_is_022 || km_answer blocked "The platform that is deployed is ${KM_PLATFORM[chart]} and not 0.2.2."
  np_other_folders || km_answer blocked "$KM_WHY"
  km_find_unready "${JOBS_022[@]}" || km_answer unknown "The cluster could not be asked: $KM_WHY."
  ! grep -q '^failed' <<<"$KM_OUT" || km_answer blocked "0.2.2 is deployed, but: $(km_unready_words 5).$(np_advice "$KM_OUT")"
  [[ -z $KM_OUT ]] || km_answer pending "0.2.2 is deployed and not ready yet: $(km_unready_words 3)."
}

np_is_022() { [[ $(km_version_base "${KM_PLATFORM[chart]:-}") == 0.2.2 ]]; }

# The platform must use the folders of the script: installed by hand from its web page it uses others without a word.
np_other_folders() {
  local folder
  old_find_new_folders || {
    KM_WHY="Where the new platform should keep its data is not known: $KM_WHY."
    return 1
  }
  km_load_volumes || return 0
  folder=$(km_volume_folder minio-pv-volume /minio)
  [[ -z $folder || $folder == "$NEW_SLOW" ]] || {
    KM_WHY="The platform keeps its objects in $folder and not in $NEW_SLOW, which its deploy script names. Undeploy it, and deploy it with the script."
    return 1
  }
}

np_advice() { # WHAT_IS_WRONG
  [[ $1 != *dicom-init* ]] || printf ' %s' 'Most often the archive cannot write: look at the step "Owners of the archive".'
}

# Ends a run where the script would stop or something is in the way; returns where it may be run, or is not needed any more.
np_refuse() {
  local state='Nothing was changed.'
  [[ -z ${KUBERNETES_SERVICE_HOST:-} ]] || km_die 'This runs inside a pod.' "$state" 'Connect to the host itself over SSH.'
  km_root_ready || km_die "The data folders can be read by root only, and that is not possible: $KM_ROOT_WHY." "$state" 'Run the step again with the right password, or as a user who may use sudo.'
  old_find_new_folders || km_die "The platform cannot be deployed: $KM_WHY." "$state" 'Run the step "Fetch the scripts" first.'
  km_ask "$KM_HELM" version --short || km_die "helm gives no answer: $KM_WHY." "$state" 'Run the step "Install the new server" first.'
  [[ $KM_OUT == v3.* ]] || km_die "helm is $KM_OUT; the script of 0.2.2 works with helm 3 only." "$state" 'Run the step "Install the new server" again: it exchanges helm.'
  { km_snap microk8s && [[ $KM_OUT == *' 1.26/'* ]]; } || km_die 'MicroK8s 1.26 is not installed.' "$state" 'Run the step "Install the new server" first.'
  km_renew_kubeconfig || km_die "The cluster gives no answer: $KM_WHY." "$state" 'Look at "sudo microk8s status", then run the step again.'
  if km_load_platform; then
    np_is_022 || km_die "The platform that is deployed is ${KM_PLATFORM[chart]}." "$state" 'Check which step is next.'
    return 0
  fi
  [[ $KM_WHY == *'no release'* ]] || km_die "What is deployed could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -n $(km_kept hostname) ]] || km_die 'The host name of the old platform was not kept.' "$state" 'Add a line hostname=NAME to '"$KM_KEPT_PLATFORM"', then run the step again.'
  # The script asks about what it finds, also with --quiet, and "yes" means "stop" there: so nothing may be found.
  km_deploy_obstacles
  [[ -z $KM_OUT ]] || km_die "The deploy script would stop: $KM_OUT." "$state" 'Solve that, then run the step again.'
  km_find_remains || km_die "The cluster could not be asked: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Something of an earlier deployment is still there: $KM_OUT." "$state" "Run by hand: bash $(printf '%q' "$NEW_DEPLOY") --quiet --undeploy. Then run the step again."
}

# Deploys, where it is not deployed yet, and waits until all of it works.
np_deploy() { # STATE_OF_THE_DATA
  if [[ -z ${KM_PLATFORM[chart]:-} ]]; then
    km_say "Deploying $NEW_DEPLOY_VERSION with $NEW_DEPLOY as $(km_kept hostname)."
    km_deploy "$NEW_DEPLOY" "$(km_kept hostname)"
    KM_RELEASES=''
    km_load_platform || km_die "helm knows no release of the platform: $KM_WHY." "The script ran, but nothing is deployed. $1" \
      'Read what the script printed above, solve that, and run the step again.'
  fi
  km_say 'It is deployed. Its images are fetched now; that takes 15 to 60 minutes. Waiting until all of it works …'
  km_wait_ready "${JOBS_022[@]}" || km_die "The platform does not become ready: $KM_WHY." "0.2.2 is deployed. $1" \
    "Look at what is named: microk8s.kubectl get pods -A, and logs of the pod.$(np_advice "$KM_WHY") When it is solved, run the step again: it only waits."
}

# Undeploys 0.2.2 and waits until nothing is left.
np_undeploy() {
  local state='Nothing was changed; the platform runs.'
  [[ -z ${KUBERNETES_SERVICE_HOST:-} ]] || km_die 'This runs inside a pod of the platform.' "$state" 'Connect to the host itself over SSH.'
  [[ $(id -u) != 0 ]] || km_die 'The deploy script must not be run as root.' "$state" 'Log in as the user who deployed the platform.'
  old_find_new_folders || km_die "The platform cannot be undeployed: $KM_WHY." "$state" 'Put the script there.'
  km_root_ready || km_die "Who uses the data folders can be seen by root only, and that is not possible: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  if km_load_platform; then
    np_is_022 || km_die "The platform that is deployed is ${KM_PLATFORM[chart]}, not 0.2.2." "$state" 'Check which step is next.'
  elif [[ $KM_WHY != *'no release'* ]]; then
    km_die "What is deployed could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  fi
  # The script removes every volume of the cluster.
  km_find_foreign "$NEW_FAST" "$NEW_SLOW" || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's and would be deleted without a question: $KM_FOREIGN." "$state" 'Move it away first.'
  if np_remains && [[ -z $KM_OUT ]]; then
    km_say 'Nothing is deployed.'
    return 0
  fi
  if [[ -n ${KM_PLATFORM[chart]:-} ]]; then
    km_say "Undeploying with $NEW_DEPLOY. This takes 5 to 20 minutes."
    cd -- "$(dirname -- "$NEW_DEPLOY")" || return 1
    # --quiet first: the script acts on a flag when it reads it. No terminal, in which its prompts are filled in.
    km_run_script '' env -u KUBECONFIG TERM=xterm bash "$NEW_DEPLOY" --quiet --undeploy </dev/null ||
      km_say "The script ended with code $?. That alone says little; the cluster is asked now."
  fi
  km_wait_gone np_remains || km_die "The script has ended, but there is still: $KM_OUT." 'The platform is partly undeployed. The data on disk was not touched.' \
    "Run the step again: it goes on from here. If the same stays, run by hand: bash $(printf '%q' "$NEW_DEPLOY") --quiet --no-hooks."
  km_say 'Done: no release, namespace, pod or volume is left, and nothing uses the data folders.'
}

np_remains() {
  km_find_remains || return 1
  [[ -n $KM_OUT ]] || old_data_users || return 1
}
