# shellcheck shell=bash
# The scripts of Kaapana that the migration runs: which file is which, and how one is run. Deploy scripts are recognised by
# what is in them, as every site has its own; all others by their SHA-256, so that nothing else is taken for them.
# shellcheck disable=SC2034 # what is set here is for the steps

readonly KM_RAW=https://codebase.helmholtz.cloud/kaapana/kaapana/-/raw
# Key, SHA-256, name of the file, address below KM_RAW. The server scripts of 0.4.0 and 0.4.1 are the same file.
readonly KM_PUBLISHED=(
  'server-0.1.3 a57f5e833befd1517cf6f8f7b9f525af4332b7f2197b395f0e529575dc88b49b server_installation_0.1.3.sh 0.1.3/server-installation/server_installation.sh'
  'server-0.2.2 4c5c0df067e522512bcb2a83d826ad27efd14379a31bab0d327dc22a7ef66f6c server_installation_0.2.2.sh 0.2.2/server-installation/server_installation.sh'
  'server-0.3.5 9f18062076444d8b544f6611abca69b4a95395560810d1bc330afef4e303051e server_installation_0.3.5.sh 0.3.5/server-installation/server_installation.sh'
  'server-0.4.1 19e1c2d2cafbe08d9fecf0b2e292348b64fc47001a7bc45f458bf4b4675fe96e server_installation_0.4.1.sh 0.4.1/server-installation/server_installation.sh'
  'migration-0.4.1 534b5a70f70c0dc08e8b344d9f48f7539ca708d9474e710611045327e546c476 migration-0.3.x-0.4.x.sh 0.4.1/utils/migration-0.3.x-0.4.x.sh'
)
declare -A KM_SCRIPT=() # where each of them was found, by key

# ---- Published scripts ----------------------------------------------------------------------------------------------

# Looks for the published scripts below SCRIPTS_DIR, whatever their names are.
km_find_scripts() {
  local sum path entry key wanted
  KM_SCRIPT=()
  while read -r sum path; do
    for entry in "${KM_PUBLISHED[@]}"; do
      read -r key wanted _ <<<"$entry"
      [[ ${sum#\\} != "$wanted" || -n ${KM_SCRIPT[$key]:-} ]] || KM_SCRIPT[$key]=$path
    done
  done < <(timeout -k 2 "$KM_TIMEOUT" find -L "$SCRIPTS_DIR" -mindepth 1 -maxdepth 3 -name '.?*' -prune -o -type f -size -512k -size +0 \
    -exec grep -lZ -e microk8s -e FAST_DATA_DIR {} + 2>/dev/null | sort -z | xargs -0 -r sha256sum 2>/dev/null)
}

km_published() { # KEY FIELD: 2 SHA-256, 3 name, 4 address
  printf '%s\n' "${KM_PUBLISHED[@]}" | awk -v key="$1" -v field="$2" '$1 == key { print $field }'
}

km_has_hash() { # FILE SHA-256
  local sum
  sum=$(sha256sum <"$1") && [[ ${sum%% *} == "$2" ]]
}

km_published_place() { printf '%s/%s' "${SCRIPTS_DIR%/}" "$(km_published "$1" 3)"; } # KEY: where it is put when it is fetched

# Fetched beside its place; only the right content gets the name. Ends the run where that fails.
KM_PART=''
km_fetch_published() { # KEY STATE_OF_THINGS
  local address file said='' rc=0
  address=$KM_RAW/$(km_published "$1" 4) file=$(km_published_place "$1")
  trap '[[ -z $KM_PART ]] || rm -f -- "$KM_PART"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  KM_PART=$(mktemp "${SCRIPTS_DIR%/}/.fetching.XXXXXX") || km_die "Nothing can be written into $SCRIPTS_DIR." "$2" 'Is the disk full? Make room and run the step again.'
  said=$(curl -fsSL --proto '=https' --connect-timeout 20 --max-time 180 -o "$KM_PART" -- "$address" 2>&1) || rc=$?
  ((rc == 0)) || km_fetch_failed "$1" "$2" "It could not be fetched: ${said:-curl ended with code $rc}."
  km_has_hash "$KM_PART" "$(km_published "$1" 2)" || km_fetch_failed "$1" "$2" "What came from $address is not the published script: its SHA-256 differs. It was not kept."
  if [[ -e $file ]]; then
    mv -T -- "$file" "$file.not-published"
    km_say "  set aside $file.not-published, which was there under this name and is another file"
  fi
  if ! chmod 0755 -- "$KM_PART" || ! mv -T -- "$KM_PART" "$file"; then km_fetch_failed "$1" "$2" "$file cannot be written."; fi
  KM_PART='' KM_SCRIPT[$1]=$file
  km_say "  fetched  $file"
}

km_fetch_failed() { # KEY STATE_OF_THINGS WHAT
  km_die "$(km_published "$1" 3): $3" "$2" \
    "Without internet on this host: fetch $KM_RAW/$(km_published "$1" 4) on another machine and put the file into $SCRIPTS_DIR, under any name. The step knows it by its content. Behind a proxy: set https_proxy in /etc/environment and log in again."
}

# Deletes a script that was fetched; another file of its name stays.
km_drop_published() { # KEY
  local file
  file=$(km_published_place "$1")
  [[ -f $file ]] && km_has_hash "$file" "$(km_published "$1" 2)" || return 0
  rm -f -- "$file"
  km_say "Deleted $file."
}

# ---- Deploy scripts -------------------------------------------------------------------------------------------------

KM_DEPLOY_OLD='' KM_DEPLOY_NEW='' KM_DEPLOY_NEW_VERSION='' KM_DEPLOY_REFUSED='' KM_DEPLOY_LATER='' KM_DEPLOY_DAMAGED=''

# Sorts the deploy scripts below SCRIPTS_DIR: that of the old platform, the newest 0.4 that can take the metadata back,
# and what cannot be used: 0.4.0, other versions, files that bash cannot read to the end.
km_find_deploy_scripts() { # VERSION_THAT_RUNS
  local version path base
  KM_DEPLOY_OLD='' KM_DEPLOY_NEW='' KM_DEPLOY_NEW_VERSION='' KM_DEPLOY_REFUSED='' KM_DEPLOY_LATER='' KM_DEPLOY_DAMAGED=''
  while IFS=$'\t' read -r version path; do
    base=$(km_version_base "$version" || true)
    if ! bash -n "$path" 2>/dev/null; then
      KM_DEPLOY_DAMAGED+="${KM_DEPLOY_DAMAGED:+, }$path"
    elif [[ $version == "${1:-}" || $base == 0.3.5 ]]; then
      [[ -n $KM_DEPLOY_OLD && $version != "${1:-}" ]] || KM_DEPLOY_OLD=$path
    elif [[ $base == 0.4.0 ]]; then
      KM_DEPLOY_REFUSED=$path
    elif [[ $base == 0.4.* ]] && km_version_ge "$base" 0.4.1; then
      if [[ -z $KM_DEPLOY_NEW ]] || km_version_ge "$version" "$KM_DEPLOY_NEW_VERSION"; then
        KM_DEPLOY_NEW_VERSION=$version KM_DEPLOY_NEW=$path
      fi
    else
      KM_DEPLOY_LATER+="${KM_DEPLOY_LATER:+, }$path ($version)"
    fi
  done < <(km_deploy_scripts "$SCRIPTS_DIR")
}

km_script_value() { # FILE NAME: what a line NAME="…" of a deploy script says, without its comment
  sed -nE "s/^$2=\"?([^\"#]*[^\"# ])\"? *(#.*)?$/\1/p" "$1" | head -n 1
}

# A password of a deploy script, into KM_SECRET. Fails where it is missing, or worked out by the script itself.
km_script_secret() { # FILE NAME
  local pattern='^"([^\\`$]*)"[[:space:]]*(#[^"]*)?$'
  KM_SECRET=$(sed -nE "s/^$2=//p" "$1" | head -n 1)
  if [[ $KM_SECRET =~ $pattern ]]; then KM_SECRET=${BASH_REMATCH[1]}; else KM_SECRET=''; fi
  [[ -n $KM_SECRET ]]
}

# KM_DIFFERENT: data folders in which the new deploy script differs from the platform that is, or was, there; KM_PORTS: ports.
# Values that the script works out itself cannot be compared.
km_script_differences() { # FAST SLOW HTTP_PORT HTTPS_PORT DICOM_PORT
  local name value wanted
  KM_DIFFERENT='' KM_PORTS=''
  for name in FAST_DATA_DIR SLOW_DATA_DIR HTTP_PORT HTTPS_PORT DICOM_PORT; do
    value=$(km_script_value "$KM_DEPLOY_NEW" "$name") wanted=$1
    shift
    [[ -n $value && -n $wanted && $value != *'$'* && ${value%/} != "${wanted%/}" ]] || continue
    case $name in
      *_DIR) KM_DIFFERENT+="${KM_DIFFERENT:+, }$name is $value there, $wanted now" ;;
      *) KM_PORTS+="${KM_PORTS:+, }$name is $value there, $wanted now" ;;
    esac
  done
}

# ---- Running one ----------------------------------------------------------------------------------------------------

# Runs a script of Kaapana away from the terminal, where it would stop at tput or at an interactive shell of its own. It
# reads this function's standard input; what it prints is shown without the cluster's keys and without the secret.
# Its exit code is returned and proves nothing.
km_run_script() { # SECRET COMMAND…
  local secret=$1
  shift
  setsid --wait "$@" 2>&1 3>&- | km_masked "$secret" || return "${PIPESTATUS[0]}"
}

km_masked() { # SECRET: in the place of each line's secrets stars
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    [[ -z $1 ]] || line=${line//"$1"/***}
    if [[ $line =~ ^(.*(client-key-data|client-certificate-data|token|password):[[:space:]]*)[^[:space:]] ]]; then line="${BASH_REMATCH[1]}***"; fi
    printf '  | %s\n' "$line"
  done
}

# Runs a published script as root, from a copy of root's whose hash was compared: nobody can exchange it in between. It reads
# this function's standard input.
km_run_published() { # KEY ARGUMENT…
  local key=$1 folder rc=0
  shift
  folder=$(mktemp -d) || km_die 'A temporary folder cannot be made.' 'Nothing was changed.' 'Is the disk full? Make room and run the step again.'
  if ! cp -- "${KM_SCRIPT[$key]}" "$folder/script.sh" || ! km_has_hash "$folder/script.sh" "$(km_published "$key" 2)"; then
    rm -rf -- "$folder"
    km_die "${KM_SCRIPT[$key]} is not the published script any more." 'Nothing was changed.' 'Run the step "Fetch the scripts" again.'
  fi
  # Without a known terminal a server script stops at tput.
  km_run_script '' env TERM=xterm bash "$folder/script.sh" "$@" || rc=$?
  rm -rf -- "$folder"
  return "$rc"
}
