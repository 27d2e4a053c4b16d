# shellcheck shell=bash
# Make system user admin: user "system" of realm kaapana becomes a member of the group kaapana_admin.
# By hand: bash keycloak-system-user.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest keycloak
  KM_BY_HAND=yes
fi

readonly GROUP=kaapana_admin
readonly RECORD=$KM_KEPT/keycloak-system-user # there when this step made the change, which an undo may then take back
MEMBER=''                                     # yes, no, or empty: there is no user "system"
OTHERS=''
USER_ID='' GROUP_ID=''

check() {
  look_in_database || { keycloak_open && look_through_api; } || km_answer unknown "The members of $GROUP could not be looked up: $KM_WHY."
  case $MEMBER in
    yes) km_answer 'done' "User \"system\" is in the group $GROUP.$(note_on_others)" ;;
    no) km_answer pending "User \"system\" is not in the group $GROUP.$(note_on_others)" ;;
    *) km_answer blocked 'The realm kaapana has no user "system". The Job keycloak-init creates it at every deployment: look at its log.' ;;
  esac
}

run() {
  keycloak_sign_in
  keycloak_keep_policy || keycloak_failed "The password policy of the realm could not be read: $KM_WHY."
  look_closely
  [[ -n $MEMBER ]] || keycloak_failed 'The realm kaapana has no user "system".' \
    'The Job keycloak-init creates it at every deployment: look at its log. A redeployment of 0.3.5 runs it again.'
  [[ -n $GROUP_ID ]] || keycloak_failed "The realm kaapana has no group $GROUP." \
    'The Job keycloak-init creates it at every deployment: look at its log. A redeployment of 0.3.5 runs it again.'
  if [[ $MEMBER == yes ]]; then
    km_say "User \"system\" is in the group $GROUP already. Nothing was changed."
    return
  fi
  mkdir -p -- "$KM_KEPT"
  date '+%Y-%m-%d %H:%M' >"$RECORD"
  keycloak PUT "users/$USER_ID/groups/$GROUP_ID" || keycloak_failed "User \"system\" could not be added to the group $GROUP: $KM_WHY."
  look_closely
  [[ $MEMBER == yes ]] || keycloak_failed "Keycloak accepted the change, but user \"system\" is still not in the group $GROUP."
  km_say "User \"system\" is now in the group $GROUP; read back from Keycloak."
}

undo() {
  [[ -f $RECORD ]] || km_die "This step did not add user \"system\" to the group $GROUP." 'Nothing was changed.' 'There is nothing to take back.'
  ! keycloak_of_new_platform || km_die 'The new platform runs. It does not work without this membership.' 'Nothing was changed.' 'Leave it as it is.'
  keycloak_sign_in
  look_closely
  if [[ $MEMBER == yes ]]; then
    keycloak DELETE "users/$USER_ID/groups/$GROUP_ID" || keycloak_failed "User \"system\" could not be taken out of the group: $KM_WHY."
    look_closely
    [[ $MEMBER != yes ]] || keycloak_failed 'Keycloak accepted the change, but user "system" is still in the group.'
  fi
  rm -f -- "$RECORD"
  km_say "User \"system\" is no longer in the group $GROUP."
}

# ---- Looking --------------------------------------------------------------------------------------------------------

# A redeployment of 0.3.5 gives the password of "system" to the first user whose name contains that word.
note_on_others() {
  [[ -z $OTHERS ]] || printf ' %s' "Mind before any redeployment of 0.3.5: \"system\" is also part of the name of $OTHERS, who may get its password then."
}

take() { # NAME MEMBER
  case $1 in
    system) MEMBER=$2 ;;
    project-*-system-user) ;; # 0.4 makes one for each project
    *system*) OTHERS+="${OTHERS:+, }\"$1\"" ;;
  esac
}

look_in_database() {
  local name groups
  keycloak_query '[^|]+\|[0-9]+' "select u.username, count(g.id) from user_entity u
    left join user_group_membership m on m.user_id = u.id
    left join keycloak_group g on g.id = m.group_id and g.name = '$GROUP' and coalesce(trim(g.parent_group), '') = ''
    where u.realm_id = $KEYCLOAK_REALM_ID and u.username like '%system%' group by u.username order by 1" || return 1
  MEMBER='' OTHERS=''
  while IFS='|' read -r name groups; do
    [[ -z $name ]] || take "$name" "$( ((groups > 0)) && printf yes || printf no)"
  done <<<"$KM_OUT"
}

look_through_api() {
  local names name id
  keycloak GET 'users?username=system&first=0&max=1000' && keycloak_pick '.[] | "\(.username)|\(.id)"' || return 1
  names=$KM_OUT MEMBER='' OTHERS='' USER_ID=''
  keycloak_group "$GROUP" || return 1
  GROUP_ID=$KM_OUT
  while IFS='|' read -r name id; do
    [[ -z $name ]] || take "$name" no
    [[ $name != system ]] || USER_ID=$id
  done <<<"$names"
  [[ -n $USER_ID ]] || return 0
  keycloak GET "users/$USER_ID/groups?first=0&max=1000" && keycloak_pick "any(.[]; .id == \"$GROUP_ID\")" || return 1
  [[ $KM_OUT != true ]] || MEMBER=yes
}

look_closely() {
  look_through_api || keycloak_failed "User \"system\" could not be looked up: $KM_WHY."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
