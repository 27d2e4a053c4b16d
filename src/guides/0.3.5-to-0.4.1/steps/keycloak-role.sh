# shellcheck shell=bash
# Role project-manager: the realm kaapana gets the role that a fresh 0.4 installation has.
# By hand: bash keycloak-role.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest keycloak
  KM_BY_HAND=yes
fi

readonly ROLE=project-manager
readonly RECORD=$KM_KEPT/keycloak-role # there when this step created the role, which an undo may then delete
EXISTS=''

check() {
  keycloak_check_platform
  look_in_database || { keycloak_open && look_through_api; } || km_answer unknown "The roles could not be looked up: $KM_WHY."
  [[ $EXISTS == no ]] || km_answer 'done' "The realm kaapana has the role $ROLE."
  km_answer pending "The realm kaapana has no role $ROLE."
}

run() {
  keycloak_run_platform
  keycloak_sign_in
  look_closely
  if [[ $EXISTS == yes ]]; then
    km_say "The realm kaapana has the role $ROLE already. Nothing was changed."
  else
    create
  fi
  keycloak_tell_policy
}

create() {
  mkdir -p -- "$KM_KEPT"
  date '+%Y-%m-%d %H:%M' >"$RECORD"
  # 409: somebody else was faster, which is just as good.
  keycloak POST roles "{\"name\":\"$ROLE\"}" || [[ $REST_CODE == 409 ]] || keycloak_failed "The role $ROLE could not be created: $KM_WHY."
  look_closely
  [[ $EXISTS == yes ]] || keycloak_failed "Keycloak accepted the new role, but does not show it."
  km_say "The realm kaapana now has the role $ROLE; read back from Keycloak."
}

undo() {
  [[ -f $RECORD ]] || km_die "This step did not create the role $ROLE." 'Nothing was changed.' 'There is nothing to take back.'
  keycloak_sign_in
  keycloak DELETE "roles/$ROLE" || [[ $REST_CODE == 404 ]] || keycloak_failed "The role $ROLE could not be deleted: $KM_WHY."
  look_closely
  [[ $EXISTS == no ]] || keycloak_failed "Keycloak accepted the deletion, but still shows the role."
  rm -f -- "$RECORD"
  km_say "The realm kaapana has no role $ROLE any more. Its groups lost it as well."
}

look_in_database() {
  keycloak_query '[0-9]+' "select count(*) from keycloak_role where realm_id = $KEYCLOAK_REALM_ID and not client_role and name = '$ROLE'" || return 1
  EXISTS=$( ((KM_OUT > 0)) && printf yes || printf no)
}

look_through_api() {
  EXISTS=no
  if keycloak GET "roles/$ROLE"; then EXISTS=yes; else [[ $REST_CODE == 404 ]]; fi
}

look_closely() { look_through_api || keycloak_failed "The role $ROLE could not be looked up: $KM_WHY."; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
