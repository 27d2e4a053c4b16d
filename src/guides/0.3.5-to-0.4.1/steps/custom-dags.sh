# shellcheck shell=bash
# Adapt own workflows: lists the workflow files of this site that need work, and asks the platform whether it loads all.
# By hand: FAST_DATA_DIR=… bash custom-dags.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster workflows
  KM_BY_HAND=yes
fi

readonly COPY_LIST=$KM_KEPT/custom-dags.txt

check() {
  km_join_group "$KM_PHASE"
  look
  [[ -z $KM_WHY ]] || km_answer unknown "$KM_WHY."
  if ((${#KM_LEFT_BEHIND[@]} + ${#KM_TO_ADAPT[@]} > 0)) || [[ -n $KM_BROKEN ]]; then
    km_answer pending "$(words)."
  fi
  ((${#KM_OWN[@]} > 0)) || km_answer not-needed "This site has no workflow files of its own, and the platform loads all of its own without an error."
  km_answer 'done' "$(counted "${#KM_OWN[@]}") of this site, none with a call that 0.4 does not have; the platform loads all workflows without an error."
}

run() {
  km_join_group "$KM_PHASE"
  look
  [[ -z $KM_WHY ]] || km_die "$KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  mkdir -p -- "$KM_KEPT"
  {
    printf '# Workflow files of this site below %s, and what is known of them.\n' "$FAST_DATA_DIR/workflows/dags"
    print_list
  } >"$COPY_LIST.new" && mv -T -- "$COPY_LIST.new" "$COPY_LIST"
  print_list
  km_say ''
  km_say "$(words)."
  km_say "The list is also in $COPY_LIST. Nothing was changed."
  [[ -z $KM_LISTED_ALL ]] || km_say 'Which files are yours was not written down at the undeployment; all that use an old operator are listed.'
}

look() {
  KM_WHY=''
  km_load_platform || return 0
  [[ ${KM_PLATFORM[chart]} == 0.4.* ]] || {
    KM_WHY="The platform is ${KM_PLATFORM[chart]}; workflows are looked at on the new one"
    return 0
  }
  km_find_own_workflows || return 0
  km_find_broken_workflows || return 0
}

print_list() {
  local file
  for file in "${KM_TO_ADAPT[@]}"; do printf '  to adapt     %s\n' "$file"; done
  for file in "${KM_LEFT_BEHIND[@]}"; do printf '  left behind  %s (came with 0.3.5; delete it)\n' "$file"; done
  for file in "${KM_OWN[@]}"; do
    [[ " ${KM_TO_ADAPT[*]} " == *" $file "* ]] || printf '  in order     %s\n' "$file"
  done
  [[ -z $KM_BROKEN ]] || sed 's/^/  not loaded   /; s/\t/: /' <<<"$KM_BROKEN"
}

counted() { printf '%s workflow file%s' "$1" "$([[ $1 == 1 ]] || printf s)"; }

words() {
  local text
  text="$(counted "${#KM_OWN[@]}") of this site, ${#KM_TO_ADAPT[@]} of them with calls that 0.4 does not have"
  ((${#KM_TO_ADAPT[@]} == 0)) || text+=": $(km_some 3 "${KM_TO_ADAPT[@]}")"
  ((${#KM_LEFT_BEHIND[@]} == 0)) || text+="; left behind by 0.3.5: $(km_some 3 "${KM_LEFT_BEHIND[@]}")"
  [[ -z $KM_BROKEN ]] || text+="; the platform cannot load $(wc -l <<<"$KM_BROKEN"): $(head -n 1 <<<"$KM_BROKEN" | sed 's/\t/, /')"
  printf '%s' "$text"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
