# shellcheck shell=bash
# The snapshot repository of 0.3.5: os/logs/snapshots of the fast data folder, as the pod sees it.
# By hand: bash snapshot-repository.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

check() {
  os_check_side old
  if os GET "/_snapshot/$OS_REPOSITORY"; then
    [[ $(location) == "$OS_REPOSITORY_OLD" ]] || km_answer pending "The repository $OS_REPOSITORY leads to $(location), not to $OS_REPOSITORY_OLD."
    os POST "/_snapshot/$OS_REPOSITORY/_verify" || km_answer pending "The repository $OS_REPOSITORY is registered, but OpenSearch cannot write there: $KM_WHY."
    km_answer 'done' "The repository $OS_REPOSITORY leads to $OS_REPOSITORY_OLD; OpenSearch can write there."
  fi
  [[ $REST_CODE == 404 ]] || km_answer unknown "OpenSearch could not be asked for the repository: $KM_WHY."
  grep -qxF "$OS_REPO_OLD" <<<"$(os_path_repo || true)" || km_answer blocked "OpenSearch does not allow snapshots in $OS_REPO_OLD yet. Run the step \"Restart OpenSearch\" first."
  km_answer pending "There is no repository $OS_REPOSITORY yet."
}

run() {
  local allowed
  os_run_side old
  allowed=$(os_path_repo) || os_failed 'OpenSearch could not be asked for its settings'
  grep -qxF "$OS_REPO_OLD" <<<"$allowed" || km_die "OpenSearch does not allow snapshots in $OS_REPO_OLD." 'Nothing was changed.' 'Run the step "Restart OpenSearch" first.'
  REST_SECONDS=60 os PUT "/_snapshot/$OS_REPOSITORY" "{\"type\": \"fs\", \"settings\": {\"location\": \"$OS_REPOSITORY_OLD\"}}" ||
    os_failed "OpenSearch refuses the repository $OS_REPOSITORY" 'There is no repository.' \
      'Does the folder os/logs of the fast data folder belong to user 1000, and has its disk room? Solve that, then run the step again.'
  REST_SECONDS=60 os POST "/_snapshot/$OS_REPOSITORY/_verify" || os_failed "OpenSearch cannot write into the repository $OS_REPOSITORY" 'The repository is registered, but cannot be used.' \
    'Does the folder os/logs of the fast data folder belong to user 1000, and has its disk room? Solve that, then run the step again.'
  km_say "Done. The repository $OS_REPOSITORY leads to $OS_REPOSITORY_OLD; $(os_jq '.nodes | length') node can write there."
}

undo() {
  os_run_side old
  if ! os DELETE "/_snapshot/$OS_REPOSITORY" && [[ $REST_CODE != 404 ]]; then os_failed "The repository $OS_REPOSITORY cannot be removed"; fi
  km_say "OpenSearch knows no repository $OS_REPOSITORY any more. Its files stay in os/logs/snapshots of the fast data folder."
}

# shellcheck disable=SC2016 # jq's variables
location() { os_jq --arg name "$OS_REPOSITORY" '.[$name].settings.location'; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
