# shellcheck shell=bash
# Record what is there: numbers of the running platform, to compare with afterwards. Changes nothing on the platform.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… bash baseline.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster rest opensearch baseline
  KM_BY_HAND=yes
fi

check() {
  local version
  if [[ ! -s $KM_BASELINE ]]; then
    km_load_platform || km_answer unknown "Nothing is recorded, and the platform cannot be asked: $KM_WHY."
    version=${KM_PLATFORM[chart]}
    [[ $version != 0.4.* ]] || km_answer blocked "Nothing is recorded, and the platform is $version already: its numbers are not those from before."
    km_answer pending 'Nothing is recorded yet.'
  fi
  command -v jq >/dev/null || km_answer unknown 'jq is missing, which reads the record.'
  version=$(jq -r .version "$KM_BASELINE" 2>/dev/null) || km_answer unknown "$KM_BASELINE cannot be read."
  [[ $(km_version_base "$version") == 0.3.5 ]] || km_answer blocked "What is recorded is version $version and not 0.3.5."
  km_answer 'done' "Recorded on $(jq -r .recorded "$KM_BASELINE"): $(words)."
}

run() {
  local version
  km_load_platform || km_die "The platform cannot be asked: $KM_WHY." 'Nothing was changed.' 'It must run for this step.'
  version=${KM_PLATFORM[chart]}
  [[ $(km_version_base "$version") == 0.3.5 ]] || km_die "The platform is $version and not 0.3.5; its numbers are not those from before." 'Nothing was changed.' 'This step belongs before the migration.'
  km_root_ready || km_die "Stored objects can be counted by root only, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_say "Counting what platform $version holds. Large archives take some minutes. Nothing is changed."
  km_record "$KM_BASELINE" || km_die "Not everything could be counted: $KM_WHY." "Nothing was changed$([[ ! -s $KM_BASELINE ]] || printf '; an earlier record stays')." \
    'Look at that service, then run the step again.'
  km_keep_platform || km_die "What is deployed could not be written down: $KM_WHY." 'The numbers are recorded.' 'Run the step again.'
  km_say ''
  km_say "Recorded: $(words)."
  km_say "For people to read: $KM_BASELINE"
}

words() {
  jq -r '.numbers as $n | ($n | to_entries) as $all
    | def sum(prefix): [$all[] | select(.key | startswith(prefix)) | .value] | add // 0;
      def many(prefix): [$all[] | select(.key | startswith(prefix))] | length;
    "\($n.series) series in \($n.studies) studies, \(sum("documents/")) metadata documents, \($n.users) users, \(sum("objects/")) stored objects, \(sum("rows/")) rows in \(many("rows/")) tables, \(.lists.workflows | length) workflows"' "$KM_BASELINE"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
