# shellcheck shell=bash
# The restore repository of 0.4.1: the copied snapshot, to be read only.
# By hand: bash restore-repository.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest opensearch
  KM_BY_HAND=yes
fi

check() {
  local name documents
  os_check_side new
  if ! os GET "/_snapshot/$OS_REPOSITORY"; then
    [[ $REST_CODE == 404 ]] || km_answer unknown "OpenSearch could not be asked for the repository: $KM_WHY."
    grep -qxF "$OS_REPO_NEW" <<<"$(os_path_repo || true)" || km_answer blocked "This OpenSearch allows no snapshots in $OS_REPO_NEW. Is the platform 0.4.0? Only 0.4.1 and later can restore one."
    km_answer pending "There is no repository $OS_REPOSITORY yet."
  fi
  settings_right || km_answer pending "The repository $OS_REPOSITORY is registered as $(settings). It should be $OS_REPOSITORY below $OS_REPO_NEW, read-only."
  os_snapshots || km_answer pending "The repository $OS_REPOSITORY is registered, but OpenSearch cannot read it: $KM_WHY."
  IFS=$'\t' read -r name _ _ documents _ < <(os_newest_snapshot whole) || true
  [[ -n $name ]] || km_answer blocked "The repository $OS_REPOSITORY holds no whole snapshot of $OS_INDEX$(any_state). Was the right backup copied?"
  km_answer 'done' "The repository $OS_REPOSITORY holds the snapshot $name, whole$([[ $documents == - ]] || printf ', with %s documents' "$documents")."
}

run() {
  local folders name state documents taken
  os_run_side new
  folders=$(os_path_repo) || os_failed 'OpenSearch could not be asked for its settings'
  grep -qxF "$OS_REPO_NEW" <<<"$folders" || km_die "This OpenSearch allows no snapshots in $OS_REPO_NEW." 'Nothing was changed.' \
    'Is the platform 0.4.0? Only 0.4.1 and later can restore a snapshot.'
  # Read-only, OpenSearch never writes into the copy, also not to try it out.
  REST_SECONDS=60 os PUT "/_snapshot/$OS_REPOSITORY" "{\"type\": \"fs\", \"settings\": {\"location\": \"$OS_REPOSITORY\", \"readonly\": true}}" ||
    os_failed "OpenSearch refuses the repository $OS_REPOSITORY" 'There is no repository.' 'Run the step "Copy the snapshot" first; its check says whether the copy is right.'
  os_snapshots || os_failed "OpenSearch cannot read the repository $OS_REPOSITORY" 'It is registered, but cannot be used.' \
    'Run the step "Copy the snapshot" again: it compares the files and corrects their owner.'
  IFS=$'\t' read -r name _ < <(os_newest_snapshot whole) || true
  [[ -n $name ]] || km_die "The repository holds no whole snapshot of $OS_INDEX$(any_state)." 'The repository is registered. No document was touched.' \
    'Was the right backup copied? Look at what os/snapshots/kaapana_migration of the fast data folder holds.'
  km_say 'Snapshots in the repository:'
  while IFS=$'\t' read -r name state _ documents _ taken; do
    [[ -z $name ]] || km_say "  $name   $state   $documents documents   $(os_when "$taken")"
  done <<<"$OS_SNAPSHOTS"
}

undo() {
  os_run_side new
  if ! os DELETE "/_snapshot/$OS_REPOSITORY" && [[ $REST_CODE != 404 ]]; then os_failed "The repository $OS_REPOSITORY cannot be removed"; fi
  km_say "OpenSearch knows no repository $OS_REPOSITORY any more. Its files stay."
}

settings() { os_jq '.[] | "\(.settings.location)\(if .settings.readonly | tostring == "true" then ", read-only" else "" end)"'; }
settings_right() {
  local now
  now=$(settings)
  [[ $now == "$OS_REPOSITORY, read-only" || $now == "$OS_REPO_NEW/$OS_REPOSITORY, read-only" ]]
}

any_state() {
  local name state failed
  IFS=$'\t' read -r name state failed _ < <(os_newest_snapshot any) || true
  [[ -z $name ]] || printf ': %s is %s, %s of its parts failed' "$name" "$state" "$failed"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
