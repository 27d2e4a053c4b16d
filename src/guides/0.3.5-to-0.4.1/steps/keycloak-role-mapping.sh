# shellcheck shell=bash
# Role to its groups: the groups kaapana_project_manager and kaapana_admin get the role project-manager.
# By hand: bash keycloak-role-mapping.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest keycloak
  KM_BY_HAND=yes
fi

readonly ROLE=project-manager
readonly GROUPS_OF_ROLE=(kaapana_project_manager kaapana_admin)
readonly RECORD=$KM_KEPT/keycloak-role-mapping # the groups that this step gave the role to; an undo takes it from them
declare -A HAS=()                              # yes or no for each group that exists
declare -A GROUP_IDS=()
ROLE_JSON=''

check() {
  keycloak_check_platform
  look_in_database || { keycloak_open && look_through_api; } || km_answer unknown "The roles of the groups could not be looked up: $KM_WHY."
  [[ -z $(groups_with '') ]] || km_answer blocked "The realm kaapana has no group $(groups_with ''). The Job keycloak-init creates it at every deployment: look at its log."
  [[ -z $(groups_with no) ]] || km_answer pending "The role $ROLE is missing in: $(groups_with no)."
  km_answer 'done' "The groups $(groups_with yes) have the role $ROLE."
}

run() {
  local group missing
  keycloak_run_platform
  keycloak_sign_in
  look_closely
  [[ -n $ROLE_JSON ]] || keycloak_failed "The realm kaapana has no role $ROLE." 'Run the step "Role project-manager" first.'
  missing=$(groups_with '')
  [[ -z $missing ]] || keycloak_failed "The realm kaapana has no group $missing." \
    'The Job keycloak-init creates it at every deployment: look at its log. Delete the Job and deploy again, then run this step.'
  mkdir -p -- "$KM_KEPT"
  for group in "${GROUPS_OF_ROLE[@]}"; do
    if [[ ${HAS[$group]} == yes ]]; then
      km_say "The group $group has the role already."
      continue
    fi
    printf '%s\n' "$group" >>"$RECORD"
    keycloak POST "groups/${GROUP_IDS[$group]}/role-mappings/realm" "[$ROLE_JSON]" || keycloak_failed "The group $group could not be given the role $ROLE: $KM_WHY."
    km_say "The group $group gets the role."
  done
  look_closely
  missing=$(groups_with no)
  [[ -z $missing ]] || keycloak_failed "Keycloak accepted the change, but the role is still missing in: $missing."
  km_say "The groups $(groups_with yes) have the role $ROLE; read back from Keycloak."
  km_say 'Users who are logged in have to log out and in again.'
}

undo() {
  local group
  [[ -f $RECORD ]] || km_die 'This step gave the role to no group.' 'Nothing was changed.' 'There is nothing to take back.'
  keycloak_sign_in
  look_closely
  while IFS= read -r group; do
    [[ ${HAS[$group]:-} == yes ]] || continue
    keycloak DELETE "groups/${GROUP_IDS[$group]}/role-mappings/realm" "[$ROLE_JSON]" || keycloak_failed "The role could not be taken from the group $group: $KM_WHY."
    km_say "The group $group no longer has the role $ROLE."
  done < <(sort -u "$RECORD")
  rm -f -- "$RECORD"
}

groups_with() { # yes | no | nothing, for groups that do not exist
  local group found=''
  for group in "${GROUPS_OF_ROLE[@]}"; do [[ ${HAS[$group]:-} != "$1" ]] || found+="${found:+ and }$group"; done
  printf '%s' "$found"
}

look_in_database() {
  local group number
  keycloak_query '[^|]+\|[0-9]+' "select g.name, count(r.id) from keycloak_group g
    left join group_role_mapping m on m.group_id = g.id
    left join keycloak_role r on r.id = m.role_id and r.name = '$ROLE' and not r.client_role
    where g.realm_id = $KEYCLOAK_REALM_ID and coalesce(trim(g.parent_group), '') = '' and g.name in ('${GROUPS_OF_ROLE[0]}', '${GROUPS_OF_ROLE[1]}')
    group by g.name" || return 1
  HAS=()
  while IFS='|' read -r group number; do
    [[ -z $group ]] || HAS[$group]=$( ((number > 0)) && printf yes || printf no)
  done <<<"$KM_OUT"
}

look_through_api() {
  local group
  HAS=() ROLE_JSON=''
  if keycloak GET "roles/$ROLE"; then
    keycloak_pick '{id, name} | tojson' || return 1
    ROLE_JSON=$KM_OUT
  elif [[ $REST_CODE != 404 ]]; then
    return 1
  fi
  for group in "${GROUPS_OF_ROLE[@]}"; do
    keycloak_group "$group" || return 1
    [[ -n $KM_OUT ]] || continue
    GROUP_IDS[$group]=$KM_OUT
    keycloak GET "groups/$KM_OUT/role-mappings/realm" && keycloak_pick "any(.[]; .name == \"$ROLE\")" || return 1
    HAS[$group]=$([[ $KM_OUT == true ]] && printf yes || printf no)
  done
}

look_closely() { look_through_api || keycloak_failed "The roles of the groups could not be looked up: $KM_WHY."; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
