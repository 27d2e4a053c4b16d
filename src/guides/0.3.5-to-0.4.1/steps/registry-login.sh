# shellcheck shell=bash
# Fetch the images: logs root in to the registry of the platform and pulls the four database images.
# By hand: bash registry-login.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use databases
  KM_BY_HAND=yes
fi

IMAGES=() MISSING=()

check() {
  [[ -f $KM_KEPT/database-settings ]] || km_answer blocked 'Which images are needed is not known yet. Run the step "Database settings" first.'
  km_root_ready || km_answer unknown "Only root may ask docker. $KM_ROOT_WHY."
  look || km_answer unknown "$KM_WHY."
  look_at_network
  ((${#MISSING[@]} == 0)) || km_answer pending "$((${#IMAGES[@]} - ${#MISSING[@]})) of ${#IMAGES[@]} images are on this host, missing: ${MISSING[*]}."
  km_answer 'done' "All ${#IMAGES[@]} images are on this host: ${IMAGES[*]}."
}

run() {
  local image fetched=0
  [[ -f $KM_KEPT/database-settings ]] || km_die 'Which images are needed is not known yet.' 'Nothing was changed.' 'Run the step "Database settings" first.'
  km_root_ready || km_die "Only root may ask docker, and root's rights cannot be had: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  look || km_die "$KM_WHY." 'Nothing was changed.' 'Install docker, or start it: sudo systemctl start docker. Then run the step again.'
  for image in "${IMAGES[@]}"; do [[ " ${MISSING[*]} " == *" $image "* ]] || km_say "  there    $image"; done
  for image in "${MISSING[@]}"; do
    pull "$image"
    fetched=$((fetched + 1))
    km_progress "$fetched" "${#MISSING[@]}" 'images fetched'
  done
  km_say ''
  km_say "All ${#IMAGES[@]} images are on this host. The database migration needs no registry and no network any more."
  look_at_network
}

undo() {
  local image registry
  km_root_ready || km_die "Root's rights cannot be had: $KM_ROOT_WHY." 'Nothing was changed.' 'Run the undo again with the right password.'
  look || km_die "$KM_WHY." 'Nothing was changed.' 'Start docker, then run the undo again.'
  for image in "${IMAGES[@]}"; do as_root docker image rm "$image" || true; done
  for registry in $(registries); do as_root docker logout "$registry" || true; done
}

# ---- Looking --------------------------------------------------------------------------------------------------------

# Sets IMAGES and MISSING; fails where docker cannot say.
look() {
  local name image
  km_ask_root docker info --format '{{.ServerVersion}}' || return 1
  for name in "${KM_IMAGES[@]}"; do
    image=$(km_database_setting "$name")
    [[ -n $image ]] || {
      KM_WHY="$KM_KEPT/database-settings does not say what $name is: run the step \"Database settings\" again"
      return 1
    }
    IMAGES+=("$image")
    km_ask_root docker image inspect --format '{{.Id}}' "$image" || MISSING+=("$image")
  done
}

registries() { printf '%s\n' "${IMAGES[@]%%/*}" | sort -u; }

# Docker may set the firewall to drop what is forwarded, which cuts off pods. Whether it does is seen only in the rules.
look_at_network() {
  if ! km_ask_root iptables -S FORWARD; then
    km_item forward 'Network of the pods' note "not looked at: $KM_WHY" 'If pods lose the network after docker was installed: sudo iptables -P FORWARD ACCEPT'
  elif [[ $KM_OUT == *'-P FORWARD DROP'* && $KM_OUT != *cali-FORWARD* ]]; then
    km_item forward 'Network of the pods' note 'forwarding is set to DROP, as docker does; pods may be cut off' \
      'Look whether the platform still works. If not: sudo iptables -P FORWARD ACCEPT (until the next boot). Remove docker after the migration.'
  else
    km_item forward 'Network of the pods' go 'docker has not closed it'
  fi
}

# ---- Pulling --------------------------------------------------------------------------------------------------------

# First as root is logged in, then with the platform's own login, then with one that is asked for.
pull() { # IMAGE
  local registry=${1%%/*} words
  km_say "  fetching $1"
  if try_pull "$1"; then return; fi
  words=$KM_WHY
  if [[ $words == *'manifest unknown'* || $words == *'not found'* ]]; then
    km_die "The registry has no image $1." 'The platform runs on; images that were fetched stay.' \
      'Is the version of the new deploy script one that this registry has? Ask the owner of the registry, correct the script, run "Database settings" again.'
  fi
  if log_in_as_platform "$registry" && try_pull "$1"; then return; fi
  ask_login "$registry"
  try_pull "$1" || km_die "$1 cannot be fetched: $KM_WHY." 'The platform runs on; images that were fetched stay.' \
    'Ask the owner of the registry whether this user may read it. Then run the step again.'
}

try_pull() { # IMAGE: shows what docker says of it; KM_WHY is its last line where it fails
  local log rc=0
  log=$(mktemp)
  as_root docker pull "$1" 2>&1 </dev/null | tee "$log" | sed 's/^/    /' || rc=$?
  KM_WHY=$(tail -n 1 "$log" | cut -c1-200)
  rm -f -- "$log"
  return "$rc"
}

# The user and the password with which the cluster itself fetches images. The password goes from pipe to pipe.
log_in_as_platform() { # REGISTRY
  local values user
  km_load_platform || return 1
  [[ ${KM_PLATFORM[registry_url]:-} == "$1"* ]] || return 1
  values=$(timeout -k 2 "$KM_TIMEOUT" "$KM_HELM" get values kaapana-admin-chart -n "${KM_PLATFORM[namespace]}" --all -o json 2>/dev/null </dev/null |
    jq -r '.global | (.credentials_registry_username // ""), (.credentials_registry_password // "")') || return 1
  user=${values%%$'\n'*}
  [[ -n $user && -n ${values#*$'\n'} ]] || return 1
  km_say "  logging root in to $1 as $user, with the login that the platform uses"
  log_in "$1" "$user" "${values#*$'\n'}"
}

ask_login() { # REGISTRY
  local user password
  if ! { : </dev/tty; } 2>/dev/null; then
    km_die "The registry $1 wants a login, and there is no terminal to ask in." 'The platform runs on; images that were fetched stay.' \
      "Run the step in a terminal, or log root in yourself: sudo docker login $1"
  fi
  km_say "  The registry $1 wants a login."
  read -r -p "  User of $1: " user </dev/tty
  read -rs -p "  Password of $user (not shown): " password </dev/tty
  printf '\n'
  log_in "$1" "$user" "$password" || km_die "The registry $1 does not accept this login: $KM_WHY." 'The platform runs on; images that were fetched stay.' \
    'Run the step again with the right password.'
}

log_in() { # REGISTRY USER PASSWORD
  local output
  if output=$(printf '%s' "$3" | as_root docker login --username "$2" --password-stdin "$1" 2>&1); then return 0; fi
  KM_WHY=$(tail -n 1 <<<"$output" | cut -c1-200)
  return 1
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
