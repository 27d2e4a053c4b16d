# shellcheck shell=bash
# Keycloak's realm kaapana: its admin REST API over a forwarded port, and its database inside the cluster. To be sourced
# after rest.sh.
#
# Checks ask the database: it needs no password, also where the admin's was changed in the console. Runs use the API.

# shellcheck disable=SC2034 # for the queries of steps
readonly KEYCLOAK_REALM_ID="(select id from realm where name = 'kaapana')"
KEYCLOAK_ADMIN='' KEYCLOAK_PASSWORD='' # never exported
KEYCLOAK_STATE='Nothing was changed.'

# ---- Where Keycloak is ----------------------------------------------------------------------------------------------

keycloak_namespace() { printf '%s' "${KM_PLATFORM[admin_namespace]:-admin}"; }

# Whether the platform that runs is a 0.4 or later: fails with KM_WHY where it is not, or where that cannot be told (2).
keycloak_of_new_platform() {
  local version
  km_load_platform || return 2
  version=$(km_version_base "${KM_PLATFORM[chart]}") || version=${KM_PLATFORM[chart]}
  KM_WHY="the platform that runs is ${KM_PLATFORM[chart]}; this step belongs after the new one was deployed"
  km_version_ge "$version" 0.4
}

# Ends the check of a step that belongs to the new platform, where there is none.
keycloak_check_platform() {
  local rc=0
  keycloak_of_new_platform || rc=$?
  case $rc in
    0) ;;
    1) km_answer blocked "${KM_WHY^}." ;;
    *) km_answer unknown "The platform's version cannot be told: $KM_WHY." ;;
  esac
}

# The same for its run.
keycloak_run_platform() {
  keycloak_of_new_platform ||
    km_die "This step needs the new platform: $KM_WHY." 'Nothing was changed.' 'Deploy the new platform first, then run the step again.'
}

# ---- Its database ---------------------------------------------------------------------------------------------------

# KM_OUT is one line a row, columns between |. An answer of another form than expected is none.
# Not by km_query, as the steps of Keycloak need nothing else of lib/cluster.sh.
keycloak_query() { # FORM_OF_A_LINE SQL
  km_ask "$KM_KUBECTL" -n "$(keycloak_namespace)" exec deploy/postgres-keycloak -- psql -U keycloak -d keycloak -tAc "$2" || return 1
  ! grep -qvE "^($1)?\$" <<<"$KM_OUT" || {
    KM_WHY="the database of Keycloak gave an answer that cannot be read"
    return 1
  }
}

# ---- Its API --------------------------------------------------------------------------------------------------------

# A way to Keycloak and a token for the realm master's admin, whose password the Deployment holds. Fails with KM_WHY.
keycloak_open() {
  local found
  command -v jq >/dev/null || {
    KM_WHY='jq is missing, which reads what Keycloak answers'
    return 1
  }
  rest_forward "$(keycloak_namespace)" keycloak-external-service 80 || return 1
  km_ask "$KM_KUBECTL" -n "$(keycloak_namespace)" get deploy keycloak -o json || return 1
  # As two lines of base64, whatever characters they have.
  keycloak_pick '[.spec.template.spec.containers[].env[]? | {(.name): .value}] | add // {} |
    (.KEYCLOAK_ADMIN // .KC_BOOTSTRAP_ADMIN_USERNAME // ""), (.KEYCLOAK_ADMIN_PASSWORD // .KC_BOOTSTRAP_ADMIN_PASSWORD // "") | @base64'
  found=$KM_OUT KM_OUT=''
  KEYCLOAK_ADMIN=$(base64 -d <<<"${found%%$'\n'*}") KEYCLOAK_PASSWORD=$(base64 -d <<<"${found#*$'\n'}")
  keycloak_token
}

keycloak_token() {
  local token
  REST_SECRETS=$(rest_setting data-urlencode "username=$KEYCLOAK_ADMIN" && rest_setting data-urlencode "password=$KEYCLOAK_PASSWORD")
  rest_local Keycloak POST "$REST_BASE/auth/realms/master/protocol/openid-connect/token" -d client_id=admin-cli -d grant_type=password || return 1
  keycloak_pick '.access_token // empty' || return 1
  token=$KM_OUT KM_OUT='' KM_WHY='Keycloak gave no token'
  # shellcheck disable=SC2034 # rest.sh reads it
  REST_SECRETS=$(rest_setting header "Authorization: Bearer $token")
  [[ -n $token ]]
}

# The same for a run, which may ask in the terminal where the password was changed since the deployment. Ends the run
# where there is no way in.
keycloak_sign_in() {
  local tries answer
  ! keycloak_open || return 0
  [[ $REST_CODE == 401 ]] || keycloak_failed "Keycloak's admin API cannot be used: $KM_WHY."
  { : >/dev/tty; } 2>/dev/null ||
    keycloak_failed "Keycloak does not accept the admin password of its Deployment." 'Run the step in a terminal: it asks for the password there.'
  km_say 'Keycloak does not accept the admin password of its Deployment; it was changed since.'
  for tries in 1 2 3; do
    printf 'Admin of the realm master [%s]: ' "${KEYCLOAK_ADMIN:-admin}" >/dev/tty
    IFS= read -r answer </dev/tty || break
    km_read_secret 'Password: ' || break
    KEYCLOAK_ADMIN=${answer:-${KEYCLOAK_ADMIN:-admin}} KEYCLOAK_PASSWORD=$KM_SECRET KM_SECRET=''
    ! keycloak_token || return 0
    [[ $REST_CODE == 401 ]] || break
    ((tries == 3)) || km_say 'Not accepted. Try again.'
  done
  keycloak_failed "Nobody could sign in to Keycloak as its admin: $KM_WHY." \
    'Ask who changed the password. It is that of the user who signs in to the admin console, realm master.'
}

keycloak_failed() { # WHAT [WHAT_TO_DO]
  km_die "$1" "$KEYCLOAK_STATE" "${2:-Look at the pod of Keycloak in the namespace $(keycloak_namespace), then run the step again.}"
}

# One request below the realm. A token lives for a minute: one that has expired is renewed.
keycloak() { # METHOD PATH [JSON]
  local body=()
  [[ $1 == GET ]] || KEYCLOAK_STATE='A change was sent to Keycloak; whether it was made is not certain. Running the step again is safe.'
  (($# < 3)) || body=(-H 'Content-Type: application/json' --data-binary "$3")
  keycloak_ask "$1" "$2" "${body[@]}" && return 0
  [[ $REST_CODE == 401 ]] && keycloak_token && keycloak_ask "$1" "$2" "${body[@]}"
}
keycloak_ask() { # METHOD PATH CURL_OPTION…
  local method=$1 path=$2
  shift 2
  rest_local Keycloak "$method" "$REST_BASE/auth/admin/realms/kaapana${path:+/$path}" "$@"
}

# Leaves in KM_OUT what a jq program makes of it.
keycloak_pick() { # JQ_OPTION… PROGRAM
  KM_OUT=$(printf '%s' "$KM_OUT" | jq -r "$@" 2>/dev/null) || {
    KM_OUT='' KM_WHY='Keycloak gave an answer that cannot be read'
    return 1
  }
}

# KM_OUT is the id; empty where there is none. A search finds groups below others too.
keycloak_group() { # NAME
  keycloak GET "groups?search=$1&exact=true&first=0&max=1000" && keycloak_pick ".[] | select(.path == \"/$1\") | .id"
}

# Every deployment replaces the realm's password policy. The one of the old platform is kept, to be told afterwards.
readonly KEYCLOAK_POLICY=$KM_KEPT/keycloak-password-policy
keycloak_keep_policy() {
  [[ ! -f $KEYCLOAK_POLICY ]] || return 0
  keycloak GET '' && keycloak_pick '.passwordPolicy // ""' || return 1
  mkdir -p -- "$KM_KEPT"
  printf '%s\n' "$KM_OUT" >"$KEYCLOAK_POLICY.tmp"
  mv -f -- "$KEYCLOAK_POLICY.tmp" "$KEYCLOAK_POLICY"
}
keycloak_tell_policy() {
  local before
  [[ -f $KEYCLOAK_POLICY ]] && keycloak GET '' && keycloak_pick '.passwordPolicy // ""' || return 0
  before=$(<"$KEYCLOAK_POLICY")
  [[ $KM_OUT != "$before" ]] || return 0
  km_say ''
  km_say "Mind: the deployment replaced the password policy of the realm. Before: ${before:-none}. Now: ${KM_OUT:-none}."
  km_say 'If it was your own, set it again in the admin console: realm kaapana, Authentication, Policies.'
}
