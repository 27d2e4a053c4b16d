# shellcheck shell=bash
# The scripts of 0.1.3 and 0.2.2: which file is which, by content, and which entry of a menu is which, by its words.
# To be sourced after scripts.sh.
# shellcheck disable=SC2034 # what is set here is for the steps

OLD_DEPLOY='' OLD_DEPLOY_VERSION='' NEW_DEPLOY='' NEW_DEPLOY_VERSION='' SCRIPTS_REFUSED=''

# Sets all of these to what lies below a folder. SCRIPTS_REFUSED: deploy scripts that cannot be used, and why.
old_find_scripts() { # [FOLDER]
  local file version name base
  OLD_DEPLOY='' OLD_DEPLOY_VERSION='' NEW_DEPLOY='' NEW_DEPLOY_VERSION='' SCRIPTS_REFUSED=''
  while IFS= read -r -d '' file; do
    name=$(sed -nE 's/^(PROJECT|PLATFORM)_NAME="?([^" #]*).*/\2/p' "$file" | head -n 1)
    version=$(sed -nE 's/^(DEFAULT|PLATFORM)_VERSION="?([^" #]*).*/\2/p' "$file" | head -n 1)
    [[ -n $name ]] || continue
    base=$(km_version_base "$version" || true)
    if grep -q '{{' "$file"; then
      SCRIPTS_REFUSED+="${SCRIPTS_REFUSED:+; }$file is a template that was never filled in"
    elif ! bash -n "$file" 2>/dev/null; then
      SCRIPTS_REFUSED+="${SCRIPTS_REFUSED:+; }$file is damaged: bash cannot read it to its end"
    elif [[ $name == kaapana-platform-chart && $base == 0.1.3 ]]; then
      OLD_DEPLOY=${OLD_DEPLOY:-$file} OLD_DEPLOY_VERSION=$version
    elif [[ $name == kaapana-admin-chart && $base == 0.2.2 ]]; then
      NEW_DEPLOY=${NEW_DEPLOY:-$file} NEW_DEPLOY_VERSION=$version
    else
      SCRIPTS_REFUSED+="${SCRIPTS_REFUSED:+; }$file is version ${version:-unknown}"
    fi
  done < <(timeout -k 2 "$KM_TIMEOUT" find -L "${1:-$SCRIPTS_DIR}" -mindepth 1 -maxdepth 3 -name '.?*' -prune -o -type f -size -512k -size +0 \
    -exec grep -lZ -e microk8s {} + 2>/dev/null | sort -z)
}

km_detect_old_scripts_dir() {
  local file
  old_find_scripts "$HOME"
  file=${NEW_DEPLOY:-$OLD_DEPLOY}
  if [[ -n $file ]]; then
    printf '%s\ta deploy script lies there\n' "$(dirname -- "$file")"
  else
    printf '%s\tyour home directory; no deploy script was found in it\n' "$HOME"
  fi
}

# The number that a script's menu has for an entry, by its words: of the one list of options that has such an entry.
old_menu_number() { # FILE LABEL
  local list number=0 entry
  list=$(sed -nE 's/^[[:space:]]*options=\((.*)\).*/\1/p' "$1" | grep -F "\"$2\"") || return 1
  [[ $(wc -l <<<"$list") == 1 ]] || return 1
  while IFS= read -r entry; do
    number=$((number + 1))
    if [[ $entry == "\"$2\"" ]]; then
      printf '%s' "$number"
      return 0
    fi
  done < <(grep -oE '"[^"]*"' <<<"$list")
  return 1
}

# Where the new platform keeps its data, as the new deploy script says: NEW_FAST and NEW_SLOW. Fails with KM_WHY.
NEW_FAST='' NEW_SLOW=''
old_find_new_folders() {
  NEW_FAST='' NEW_SLOW=''
  old_find_scripts
  [[ -n $NEW_DEPLOY ]] || {
    KM_WHY="there is no deploy script of 0.2.2 below $SCRIPTS_DIR"
    return 1
  }
  NEW_FAST=$(km_script_value "$NEW_DEPLOY" FAST_DATA_DIR) NEW_SLOW=$(km_script_value "$NEW_DEPLOY" SLOW_DATA_DIR)
  NEW_FAST=${NEW_FAST%/} NEW_SLOW=${NEW_SLOW%/}
  [[ $NEW_FAST == /* && $NEW_SLOW == /* && $NEW_FAST$NEW_SLOW != *'$'* ]] || {
    NEW_FAST='' NEW_SLOW='' KM_WHY="the data folders in $NEW_DEPLOY cannot be read"
    return 1
  }
}
