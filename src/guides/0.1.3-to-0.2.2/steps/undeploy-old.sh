# shellcheck shell=bash
# Undeploy 0.1.3 with its own deploy script, by the words of its menu, and look afterwards whether it is gone.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash undeploy-old.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  km_join_group "$KM_PHASE"
  km_check_without_microk8s unused
  km_load_releases || km_answer unknown "What is deployed could not be found out: $KM_WHY."
  [[ $KM_RELEASES != *kaapana-admin-chart* ]] || km_answer 'done' 'The platform that is deployed is not 0.1.3 any more.'
  old_find_remains || km_answer unknown "The cluster could not be asked: $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "0.1.3 is not undeployed, there is still: $KM_OUT."
  unused 'The cluster has no release, namespace or pod of 0.1.3 any more.'
}

unused() { # EVIDENCE
  old_data_users || km_answer unknown "$1 $KM_WHY."
  [[ -z $KM_OUT ]] || km_answer pending "$1 But processes still use the data folders: $KM_OUT."
  old_where "${FAST_DATA_DIR%/}" || km_answer 'done' "$1 Nothing uses the data folders."
  ! old_postmaster "$OLD_PLACE" || km_answer blocked "$1 But the archive's database in $OLD_PLACE was not shut down cleanly: postmaster.pid is still there. Deploy 0.1.3 again, wait until it runs, and undeploy it."
  km_answer 'done' "$1 Nothing uses the data, and the archive's database was shut down cleanly."
}

run() {
  local state='Nothing was changed; the platform runs.' number label
  km_join_group "$KM_PHASE"
  [[ -z ${KUBERNETES_SERVICE_HOST:-} ]] || km_die 'This runs inside a pod of the platform, which is about to go down.' "$state" 'Connect to the host itself over SSH, from an editor outside the platform.'
  [[ $(id -u) != 0 ]] || km_die 'The deploy script must not be run as root.' "$state" 'Log in as the user who deployed the platform.'
  km_root_ready || km_die "Who uses the data folders can be seen by root only, and that is not possible: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  [[ -e $OLD_SERIES ]] || km_die 'What is there was not recorded; afterwards nothing could be compared.' "$state" 'Run the step "Record what is there" first.'
  if ! km_load_old_platform; then
    [[ $KM_WHY == *'no release'* && $KM_RELEASES != *kaapana-admin-chart* ]] || km_die "0.1.3 is not what is deployed here: $KM_WHY." 'Nothing was changed.' 'Check which step is next.'
    # Without a release the script would deploy instead.
    wait_for_the_rest 'helm knows no release any more; the script is not run, as it would deploy instead.'
    return 0
  fi
  old_is_013 || km_die "The platform that is deployed is ${OLD[chart]}, not 0.1.3." "$state" 'This step belongs before the migration.'
  old_find_foreign || km_die "Whether there is something that is not Kaapana's could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_FOREIGN ]] || km_die "There is something that is not Kaapana's on this cluster, which is uninstalled later: $KM_FOREIGN." "$state" 'Move it to another cluster first, or delete it yourself.'
  old_running_workflows || km_die "Whether workflows run could not be found out: $KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Workflows still run or wait: $(head -n 3 <<<"$KM_OUT" | paste -sd ';' | sed 's/;/, /g')." "$state" 'Run the step "Let running work end" first.'
  old_find_scripts
  [[ -n $OLD_DEPLOY ]] || km_die "There is no deploy script of 0.1.3 below $SCRIPTS_DIR." "$state" 'Put the script there that this platform was deployed with.'
  label=Undeploy
  number=$(old_menu_number "$OLD_DEPLOY" "$label") || { label=Uninstall; number=$(old_menu_number "$OLD_DEPLOY" "$label"); } ||
    km_die "The menu of $OLD_DEPLOY has no entry \"Undeploy\" that stands once." "$state" 'Is this the script of 0.1.3? Put the right one into the scripts folder.'
  km_say "Undeploying with $OLD_DEPLOY. Its menu has \"$label\" as number $number. This takes 5 to 20 minutes."
  cd -- "$(dirname -- "$OLD_DEPLOY")" || return 1
  # No terminal and no flag: the menu reads one line, and nothing is filled in before it.
  km_run_script '' env -u KUBECONFIG TERM=xterm bash "$OLD_DEPLOY" <<<"$number" ||
    km_say "The script ended with code $?. That alone says little; the cluster is asked now."
  wait_for_the_rest ''
}

wait_for_the_rest() { # WORDS
  [[ -z $1 ]] || km_say "$1"
  km_wait_gone remains || km_die "The script has ended, but there is still: $KM_OUT." 'The platform is partly undeployed. The data on disk was not touched.' \
    "Run the step again: it goes on from here. If the same stays, run by hand: bash $(printf '%q' "${OLD_DEPLOY:-the deploy script of 0.1.3}") --purge-kube-and-helm."
  km_say ''
  km_say 'Done: no release, namespace or pod of 0.1.3 is left, and nothing uses the data folders. The data on disk was not touched.'
}

remains() {
  old_find_remains || return 1
  [[ -n $KM_OUT ]] || old_data_users || return 1
}

undo() {
  local host
  km_join_group undo
  host=$(km_kept hostname)
  old_find_scripts
  [[ -n $OLD_DEPLOY && -n $host ]] || km_die 'The deploy script of 0.1.3 or its host name is not known.' 'Nothing was changed.' 'Run the script by hand.'
  km_has_snap microk8s || km_die 'MicroK8s is not installed.' 'Nothing was changed.' 'Install it with the server script of 0.1.3 first.'
  [[ $(old_layout "${FAST_DATA_DIR%/}") == old ]] || km_die "$FAST_DATA_DIR does not hold the data of 0.1.3." 'Nothing was changed.' 'Take "Move the old data aside" back first.'
  if km_load_old_platform; then
    km_say "Version ${OLD[chart]} is deployed already."
    return 0
  fi
  cd -- "$(dirname -- "$OLD_DEPLOY")" || return 1
  # The script takes its own idea of the host's name with --quiet; without it, the name is its first question.
  km_run_script '' env -u KUBECONFIG TERM=xterm bash "$OLD_DEPLOY" <<<"$host" || km_say "The script ended with code $?. That alone says little."
  KM_RELEASES=''
  km_load_old_platform || km_die "0.1.3 is not deployed: $KM_WHY." 'The data on disk is as it was.' 'Read what the script printed above, and run it by hand.'
  km_say '0.1.3 is deployed again; it takes some minutes until all of it works.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
