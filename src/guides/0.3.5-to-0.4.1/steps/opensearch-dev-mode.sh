# shellcheck shell=bash
# Development mode: undeploys 0.3.5 and deploys it again with DEV_MODE set. Not needed for the migration.
# By hand: SCRIPTS_DIR=… FAST_DATA_DIR=… SLOW_DATA_DIR=… bash opensearch-dev-mode.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"
readonly WANTED=$KM_KEPT/dev-mode # which mode a run was about to set, while the platform is down in between
COPY=''

check() {
  km_join_group "$KM_PHASE"
  if ! km_load_platform; then
    [[ $KM_WHY == *'no release'* ]] || km_answer unknown "The platform cannot be asked: $KM_WHY."
    [[ ! -s $WANTED ]] || km_answer pending 'The platform was undeployed for this step, and is not deployed again yet. Run the step.'
    km_answer blocked 'No platform is deployed. This step belongs to the running 0.3.5.'
  fi
  [[ ${KM_PLATFORM[chart]} != 0.4.* ]] || km_answer not-needed "The platform is ${KM_PLATFORM[chart]} already. This step belongs to 0.3.5."
  role || km_answer unknown "The role of the dashboard could not be looked up: $KM_WHY."
  if [[ $KM_OUT == cluster-admin ]]; then
    km_find_unready "${KM_JOBS_OLD[@]}" || km_answer unknown "The cluster could not be asked: $KM_WHY."
    [[ -z $KM_OUT ]] || km_answer pending "Development mode is on, and the platform is not ready: $(km_unready_words 3)."
    km_answer 'done' 'Development mode is on: the web dashboard may change objects.'
  fi
  km_answer not-needed 'Development mode is off, and may stay off: the two changes are made with kubectl on the host, which may do so in any mode.'
}

run() {
  km_join_group "$KM_PHASE"
  deploy_with true
}

undo() {
  km_join_group undo
  deploy_with false
}

role() { km_ask "$KM_KUBECTL" get clusterrolebinding kaapana-kube-dashboard -o 'jsonpath={.roleRef.name}'; }

deploy_with() { # true|false
  local expected=kaapana-kube-dashboard-production
  [[ $1 == false ]] || expected=cluster-admin
  km_refuse_undeploy
  if [[ -n ${KM_PLATFORM[chart]:-} ]] && role && [[ $KM_OUT == "$expected" && ! -s $WANTED ]]; then
    km_say "DEV_MODE is \"$1\" already. Nothing was changed."
    return
  fi
  refuse_other_system_users
  if [[ -n ${KM_PLATFORM[chart]:-} ]]; then
    km_keep_platform || km_die "What is deployed could not be written down: $KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  fi
  printf '%s\n' "$1" >"$WANTED"
  km_say 'The platform goes down twice the time of an undeployment and a deployment, 30 to 120 minutes.'
  # Two calls: the script's own "Un- and Re-deploy" stops half way on a host with a GPU.
  km_undeploy_old
  make_copy "$1"
  km_redeploy_old "$COPY"
  if ! role || [[ $KM_OUT != "$expected" ]]; then
    km_die 'The platform runs again, but the mode is not the wanted one.' 'The platform runs.' "Look at DEV_MODE in $KM_DEPLOY_OLD."
  fi
  rm -f -- "$WANTED"
  km_say "DEV_MODE is \"$1\" now. Every deployment overwrites the password policy of the realm; development mode empties it."
}

# Beside the script, as the script looks for its chart there; private, as it may hold passwords.
make_copy() { # true|false
  COPY=$(mktemp "$(dirname -- "$KM_DEPLOY_OLD")/.deploy-dev-mode.XXXXXX") || copy_failed
  trap 'rm -f -- "$COPY"' EXIT
  sed -E "s/^DEV_MODE=\"?([Tt]rue|[Ff]alse)\"?/DEV_MODE=\"$1\"/" "$KM_DEPLOY_OLD" >"$COPY" || copy_failed
  grep -q "^DEV_MODE=\"$1\"" "$COPY" || copy_failed
}

copy_failed() {
  km_die "DEV_MODE could not be set in a copy of $KM_DEPLOY_OLD." 'The platform is undeployed.' 'Take the step "Undeploy 0.3.5" back: that deploys the platform as it was.'
}

# At every deployment 0.3.5 gives a new password to the first user whose name contains "system", whoever that is.
refuse_other_system_users() {
  [[ -n ${KM_PLATFORM[chart]:-} ]] || return 0
  km_query admin postgres-keycloak keycloak keycloak \
    "select username from user_entity where realm_id = (select id from realm where name = 'kaapana') and username like '%system%' and username <> 'system'" ||
    km_die "The users could not be looked up: $KM_WHY." 'Nothing was changed; the platform runs.' 'Look at the pod postgres-keycloak.'
  [[ -z $KM_OUT ]] || km_die "There are users whose names contain \"system\": $(paste -sd ' ' <<<"$KM_OUT"). A deployment of 0.3.5 may give one of them the password of user system." \
    'Nothing was changed; the platform runs.' 'Leave this step out, which the migration does not need, or rename those users first.'
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
