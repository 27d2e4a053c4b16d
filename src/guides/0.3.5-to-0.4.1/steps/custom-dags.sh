# shellcheck shell=bash
# Adapt own workflows: lists the workflow files of this site that need work, keeps them for the editor, puts back what was
# changed there, and asks the platform whether it loads all.
# By hand: FAST_DATA_DIR=… bash custom-dags.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster workflows workflow-files
  KM_BY_HAND=yes
fi

readonly COPY_LIST=$KM_KEPT/custom-dags.txt

check() {
  km_join_group "$KM_PHASE"
  look
  [[ -z $KM_WHY ]] || km_answer unknown "$KM_WHY."
  list_items
  [[ ! -s $KM_DAG_HANDED ]] || km_answer pending "$(counted "$(wc -l <"$KM_DAG_HANDED")") that an editor handed over can be put back: run the step."
  if ((${#KM_LEFT_BEHIND[@]} + ${#KM_TO_ADAPT[@]} > 0)) || [[ -n $KM_BROKEN ]]; then
    km_answer pending "$(words)."
  fi
  ((${#KM_OWN[@]} > 0)) || km_answer not-needed "This site has no workflow files of its own, and the platform loads all of its own without an error."
  km_answer 'done' "$(counted "${#KM_OWN[@]}") of this site, none with a call that 0.4 does not have; the platform loads all workflows without an error."
}

run() {
  km_join_group "$KM_PHASE"
  on_new_platform || km_die "$KM_WHY." 'Nothing was changed.' 'Solve that, then run the step again.'
  mkdir -p -- "$KM_KEPT"
  put_back
  look
  [[ -z $KM_WHY ]] || km_die "$KM_WHY." "${REPLACED:-Nothing was changed.}" 'Solve that, then run the step again.'
  {
    printf '# Workflow files of this site below %s, and what is known of them.\n' "$FAST_DATA_DIR/workflows/dags"
    print_list
  } >"$COPY_LIST.new" && mv -T -- "$COPY_LIST.new" "$COPY_LIST"
  keep_files
  print_list
  km_say ''
  km_say "$(words)."
  km_say "The list is also in $COPY_LIST. ${REPLACED:-Nothing was changed.}"
  [[ -z $KM_LISTED_ALL ]] || km_say 'Which files are yours was not written down at the undeployment; all that use an old operator are listed.'
}

undo() {
  [[ -s $KM_DAG_REPLACED ]] || km_die 'This step has replaced no workflow file.' 'Nothing was changed.' 'There is nothing to take back.'
  km_elevated km_restore_workflows || km_die 'Not every workflow file could be put back; the reason stands above.' \
    "What was replaced, and by what, stands in $KM_DAG_REPLACED; the contents are in $KM_DAG_FILES/files under their SHA-256." \
    'Where somebody has changed a file since, decide with them which text is right, and put it there by hand.'
  km_say 'The workflow files are as they were before this step.'
}

on_new_platform() {
  km_load_platform || return 1
  [[ ${KM_PLATFORM[chart]} == 0.4.* ]] || {
    KM_WHY="The platform is ${KM_PLATFORM[chart]}; workflows are looked at on the new one"
    return 1
  }
}

look() {
  KM_WHY=''
  on_new_platform && km_find_own_workflows && km_find_broken_workflows || return 0
}

# Replaces what an editor handed over. The list is taken away when all of it is there, so that this can be interrupted.
REPLACED=''
put_back() {
  local count
  [[ -s $KM_DAG_HANDED ]] || return 0
  count=$(wc -l <"$KM_DAG_HANDED")
  km_say "Replacing $(counted "$count") by what an editor handed over:"
  km_elevated km_replace_workflows "$KM_DAG_HANDED" || {
    rm -f -- "$KM_DAG_HANDED"
    km_die 'Not every changed workflow file could be put on the platform; the reason stands above.' \
      'No file was overwritten that is not what the editor was given. Files that stand above as replaced are new; the originals are kept.' \
      'Run the step again: it fetches the files as they are now. Then open them again, compare, and save once more.'
  }
  rm -f -- "$KM_DAG_HANDED"
  REPLACED="$(counted "$count") replaced; \"Take Back\" puts the originals there again."
  km_say 'Airflow reads them within some minutes; check the step again then.'
  km_say ''
}

# Keeps a copy of each file that needs work where an editor may read it without being root.
keep_files() {
  local name sum why wanted=("${KM_TO_ADAPT[@]}") lines
  while IFS=$'\t' read -r name _; do
    [[ -z $name ]] || among "$name" "${wanted[@]}" || wanted+=("$name")
  done <<<"$KM_BROKEN"
  lines=$(km_elevated km_copy_workflows "${wanted[@]}") || km_die "The files could not be copied to $KM_DAG_FILES." 'No workflow was changed by that.' 'Is the disk full? Make room, then run the step again.'
  {
    printf 'folder\t%s\n' "${FAST_DATA_DIR%/}/workflows/dags"
    while IFS=$'\t' read -r sum why name; do
      [[ -z $sum ]] || printf '%s\t%s\t%s\n' "$sum" "$([[ $why == kept ]] && why_of "$name" || printf '%s' "$why")" "$name"
    done <<<"$lines"
  } >"$KM_DAG_FETCHED.new" && mv -T -- "$KM_DAG_FETCHED.new" "$KM_DAG_FETCHED"
}

why_of() { # NAME: what is known against a file: the platform's error, else `calls`
  local error
  error=$(awk -F '\t' -v name="$1" '$1 == name { print $2; exit }' <<<"$KM_BROKEN")
  printf '%s' "${error:-calls}"
}

# One line of the check for each file that somebody has to change.
list_items() {
  local name error how='Run the step, then open the files in the editor.'
  for name in "${KM_TO_ADAPT[@]}"; do km_item "file:$name" "$name" no-go 'calls that 0.4 does not have' "$how"; done
  for name in "${KM_LEFT_BEHIND[@]}"; do km_item "left:$name" "$name" no-go 'came with 0.3.5 and stayed behind' 'Delete it.'; done
  while IFS=$'\t' read -r name error; do
    [[ -z $name ]] || among "$name" "${KM_TO_ADAPT[@]}" || km_item "file:$name" "$name" no-go "the platform cannot load it: $error" "$how"
  done <<<"$KM_BROKEN"
}

print_list() {
  local file
  for file in "${KM_TO_ADAPT[@]}"; do printf '  to adapt     %s\n' "$file"; done
  for file in "${KM_LEFT_BEHIND[@]}"; do printf '  left behind  %s (came with 0.3.5; delete it)\n' "$file"; done
  for file in "${KM_OWN[@]}"; do
    among "$file" "${KM_TO_ADAPT[@]}" || printf '  in order     %s\n' "$file"
  done
  [[ -z $KM_BROKEN ]] || sed 's/^/  not loaded   /; s/\t/: /' <<<"$KM_BROKEN"
}

among() { # NAME NAME…: whether the first one is one of the others
  local name
  for name in "${@:2}"; do [[ $name != "$1" ]] || return 0; done
  return 1
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
