# shellcheck shell=bash
# Give users access: users that you choose become members of the project admin.
# By hand: bash assign-users.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest keycloak
  KM_BY_HAND=yes
fi

readonly ASSIGNED=$KM_KEPT/assign-users.assigned # ids and names of users that this step assigned; an undo takes them out
readonly LEFT_OUT=$KM_KEPT/assign-users.left-out # ids and names of users that were left out on purpose
IDS=()                                           # of the realm's users, sorted by name
declare -A NAMES=() ENABLED=() MEMBERSHIPS=() ROLES=() LEFT=()
CHOSEN=()

check() {
  local id waiting=() left=() inside=0
  keycloak_check_platform
  look || km_answer unknown "The users of the project could not be looked up: $KM_WHY."
  ((${#IDS[@]} > 0)) || km_answer not-needed 'The realm kaapana has no users but those of services.'
  for id in "${IDS[@]}"; do
    if [[ -n ${ROLES[$id]:-} ]]; then
      inside=$((inside + 1))
    elif [[ -n ${LEFT[$id]:-} ]]; then
      left+=("${NAMES[$id]}")
    elif [[ ${ENABLED[$id]} == t ]]; then
      waiting+=("${NAMES[$id]}")
    fi
  done
  if ((${#waiting[@]} > 0)); then
    km_answer pending "$inside of ${#IDS[@]} users belong to the project admin. These see no data: $(listed "${waiting[@]}")."
  elif ((${#left[@]} > 0)); then
    km_answer 'done' "$inside of ${#IDS[@]} users belong to the project admin. Left out on purpose: $(listed "${left[@]}")."
  elif ((inside == ${#IDS[@]})); then
    km_answer 'done' "All users belong to the project admin: $(counted "$inside")."
  fi
  km_answer 'done' "$inside of ${#IDS[@]} users belong to the project admin; the others are disabled."
}

run() {
  local id number=0
  keycloak_run_platform
  look || km_die "The users of the project could not be looked up: $KM_WHY." 'Nothing was changed.' \
    'Look at the pods postgres-keycloak and access-information-point, then run the step again.'
  [[ -t 0 ]] || km_die 'There is no terminal in which you could choose.' 'Nothing was changed.' 'Run the step in a terminal.'
  show
  choose
  if ((${#CHOSEN[@]} > 0)); then
    rest_forward "${KM_PLATFORM[services_namespace]:-services}" aii-service 8080 || km_die "The project's service cannot be reached: $KM_WHY." \
      'Nothing was changed.' 'Look at the pod access-information-interface, then run the step again.'
    mkdir -p -- "$KM_KEPT"
    for id in "${CHOSEN[@]}"; do
      printf '%s\t%s\n' "$id" "${NAMES[$id]}" >>"$ASSIGNED"
      # 409: the user belongs to the project already.
      rest_local 'The service of the project' POST "$REST_BASE/projects/admin/role/admin/user/$id" || [[ $REST_CODE == 409 ]] ||
        km_die "${NAMES[$id]} could not be assigned: $KM_WHY." "$number of ${#CHOSEN[@]} users were assigned; they have access." \
          'Look at the pod access-information-interface, then run the step again. It shows who is missing.'
      number=$((number + 1))
      km_progress "$number" "${#CHOSEN[@]}" assigned
    done
    look || km_die "The result could not be read back: $KM_WHY." 'The users were assigned.' 'Run the check.'
    for id in "${CHOSEN[@]}"; do
      [[ -n ${ROLES[$id]:-} ]] || km_die "The service accepted ${NAMES[$id]}, but the project does not show this user." 'The others have access.' 'Run the step again.'
    done
  fi
  keep_left_out
  km_say ''
  km_say "$(counted "$number") assigned to the project admin. Who is logged in has to log out and in again."
}

undo() {
  local id name
  [[ -f $ASSIGNED ]] || km_die 'This step assigned nobody.' 'Nothing was changed.' 'There is nothing to take back.'
  keycloak_run_platform
  rest_forward "${KM_PLATFORM[services_namespace]:-services}" aii-service 8080 || km_die "The project's service cannot be reached: $KM_WHY." \
    'Nothing was changed.' 'Look at the pod access-information-interface, then try again.'
  while IFS=$'\t' read -r id name; do
    rest_local 'The service of the project' DELETE "$REST_BASE/projects/admin/user/$id/rolemapping" || [[ $REST_CODE == 404 ]] ||
      km_die "$name could not be taken out of the project: $KM_WHY." 'Those before are out of it already.' 'Try again.'
    km_say "  $name no longer belongs to the project admin."
  done < <(sort -u "$ASSIGNED")
  rm -f -- "$ASSIGNED" "$LEFT_OUT"
}

# ---- Looking --------------------------------------------------------------------------------------------------------

counted() { if (($1 == 1)); then printf '1 user'; else printf '%s users' "$1"; fi; }

listed() { # NAME…: the first five
  local text=''
  printf -v text '%s, ' "${@:1:5}"
  printf '%s' "${text%, }"
  (($# <= 5)) || printf ' and %s more' "$(($# - 5))"
}

# Everybody of the realm but the accounts of services, and who of them belongs to the project.
look() {
  local id enabled groups name role
  keycloak_query '[^|]+\|[tf]\|[^|]*\|.+' "select u.id, u.enabled, coalesce(string_agg(translate(g.name, '|', '/'), ', ' order by g.name), ''), u.username from user_entity u
    left join user_group_membership m on m.user_id = u.id left join keycloak_group g on g.id = m.group_id
    where u.realm_id = $KEYCLOAK_REALM_ID and u.service_account_client_link is null group by u.id, u.enabled, u.username order by u.username" || return 1
  IDS=() ROLES=() LEFT=()
  while IFS='|' read -r id enabled groups name; do
    case $name in '' | system | project-*-system-user) continue ;; esac
    IDS+=("$id") ENABLED[$id]=$enabled MEMBERSHIPS[$id]=$groups NAMES[$id]=${name//[[:cntrl:]]/?}
  done <<<"$KM_OUT"
  km_ask "$KM_KUBECTL" -n "${KM_PLATFORM[services_namespace]:-services}" exec deploy/access-information-point -- psql -U kaapanauser -tAc \
    "select upr.keycloak_id, r.name from users_projects_roles upr join projects p on p.id = upr.project_id join roles r on r.id = upr.role_id where p.name = 'admin'" || return 1
  while IFS='|' read -r id role; do [[ -z $id ]] || ROLES[$id]=$role; done <<<"$KM_OUT"
  while IFS=$'\t' read -r id name; do [[ -z $id ]] || LEFT[$id]=$name; done < <(cat -- "$LEFT_OUT" 2>/dev/null)
}

# ---- Choosing -------------------------------------------------------------------------------------------------------

show() {
  local id number=0 state
  km_say 'Everything that was on 0.3.5 is now in the project admin. Who belongs to it sees and may delete all of it.'
  km_say ''
  for id in "${IDS[@]}"; do
    number=$((number + 1)) state='no access'
    [[ ${ENABLED[$id]} == t ]] || state=disabled
    [[ -z ${LEFT[$id]:-} ]] || state='left out'
    [[ -z ${ROLES[$id]:-} ]] || state='has access'
    printf '  %3d  %-10s  %-24s  %s\n' "$number" "$state" "${NAMES[$id]}" "${MEMBERSHIPS[$id]:+groups: ${MEMBERSHIPS[$id]}}"
  done
  km_say ''
}

choose() {
  local answer
  while :; do
    printf '%s' 'Who gets access? Numbers such as 2 4-7, "all" (the disabled excepted), or "none": '
    IFS= read -r answer || nobody
    understand "$answer" || continue
    if ((${#CHOSEN[@]} > 0)); then
      printf 'Assign to the project admin: %s. Type yes: ' "$(names_of "${CHOSEN[@]}")"
    else
      printf '%s' 'Nobody else gets access. Type yes: '
    fi
    IFS= read -r answer || nobody
    [[ $answer != yes ]] || return 0
  done
}

nobody() { km_die 'Nobody was chosen.' 'Nothing was changed.' 'Run the step again, or leave it out.'; }

understand() { # ANSWER: fills CHOSEN with those who have no access yet
  local word from to number id
  CHOSEN=()
  case $1 in
    none) return 0 ;;
    all)
      for id in "${IDS[@]}"; do [[ ${ENABLED[$id]} != t || -n ${ROLES[$id]:-} ]] || CHOSEN+=("$id"); done
      return 0
      ;;
    *[!0-9\ ,-]* | '')
      km_say 'Not understood.'
      return 1
      ;;
  esac
  for word in ${1//,/ }; do
    if [[ ! $word =~ ^([0-9]{1,6})(-([0-9]{1,6}))?$ ]]; then
      km_say "Not understood: $word."
      return 1
    fi
    from=$((10#${BASH_REMATCH[1]})) to=$((10#${BASH_REMATCH[3]:-$from}))
    if ((from < 1 || to > ${#IDS[@]} || from > to)); then
      km_say "There is no user of the number $word."
      return 1
    fi
    for ((number = from; number <= to; number++)); do
      id=${IDS[number - 1]}
      [[ -n ${ROLES[$id]:-} || " ${CHOSEN[*]} " == *" $id "* ]] || CHOSEN+=("$id")
    done
  done
}

names_of() { # ID…
  local id text=''
  for id in "$@"; do text+="${text:+, }${NAMES[$id]}"; done
  printf '%s' "$text"
}

# Those who were shown and not chosen: the check does not ask for them again.
keep_left_out() {
  local id
  mkdir -p -- "$KM_KEPT"
  for id in "${IDS[@]}"; do
    [[ -n ${ROLES[$id]:-} || ${ENABLED[$id]} != t ]] || printf '%s\t%s\n' "$id" "${NAMES[$id]}"
  done >"$LEFT_OUT.tmp"
  mv -f -- "$LEFT_OUT.tmp" "$LEFT_OUT"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
