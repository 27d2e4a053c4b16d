# shellcheck shell=bash
# Let running work end: waits until no workflow runs or waits, and the DICOM receiver is empty. Changes nothing.
# By hand: FAST_DATA_DIR=… bash drain.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform
  KM_BY_HAND=yes
fi

NOW='' LEFT=0

check() {
  km_join_group "$KM_PHASE"
  look || { [[ ! -e $OLD_SERIES ]] || gone; km_answer unknown "$KM_WHY."; }
  ((LEFT == 0)) || km_answer pending "$NOW."
  km_answer 'done' 'No workflow runs or waits, and the DICOM receiver is empty.'
}

# With 0.1.3 gone, what was left waiting can still be told from the folder.
gone() {
  local why=$KM_WHY
  if km_load_releases && [[ $KM_RELEASES != *kaapana-platform-chart* || $KM_RELEASES == *kaapana-admin-chart* ]] || ! km_has_snap microk8s; then
    km_answer 'done' '0.1.3 is not deployed any more; nothing runs on it.'
  fi
  KM_WHY=$why
}

run() {
  local before='' same=0 quiet=0 failures=0 most=0
  km_join_group "$KM_PHASE"
  km_root_ready || km_die "The DICOM receiver's folder can be read by root only, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_say 'Waiting until nothing runs any more. Stop the senders now. Ctrl-C ends the waiting and nothing else.'
  # Quiet at two looks in a row: what leaves the receiver becomes a workflow a moment later.
  while ((quiet < 2)); do
    if look; then
      failures=0
    elif ((++failures < 5)); then
      sleep "$KM_POLL"
      continue
    else
      km_die "$KM_WHY." 'Nothing was changed; the work goes on.' 'The platform must run for this step. Solve that, then run the step again.'
    fi
    if ((LEFT > 0)); then quiet=0; else quiet=$((quiet + 1)); fi
    if [[ $NOW != "$before" ]]; then
      same=0 before=$NOW
      ((most >= LEFT)) || most=$LEFT
      ((most == 0)) || km_progress $((most - LEFT)) "$most" 'workflows and files done'
      km_say "  $(date +%H:%M:%S)  $NOW"
    elif ((++same == KM_PATIENCE && quiet == 0)); then
      km_say "  Nothing has changed for a while. A workflow that hangs can be marked as failed in the web interface; files that no longer move lie in $FAST_DATA_DIR/ctp/incoming."
    fi
    ((quiet == 2)) || sleep "$KM_POLL"
  done
  km_say ''
  km_say 'Nothing runs and nothing waits. Keep the senders stopped until the new platform is accepted.'
}

# Sets LEFT and the sentence NOW.
look() {
  local runs
  old_running_workflows || {
    KM_WHY="The workflow database gave no answer: $KM_WHY"
    return 1
  }
  runs=$(grep -c . <<<"$KM_OUT" || true)
  NOW="$runs workflow runs running or queued"
  ((runs == 0)) || NOW+=" ($(head -n 3 <<<"$KM_OUT" | paste -sd ';' | sed 's/;/, /g'))"
  km_waiting_images || {
    KM_WHY="The DICOM receiver could not be looked at: $KM_WHY"
    return 1
  }
  NOW+=", $KM_OUT files in the DICOM receiver" LEFT=$((runs + KM_OUT))
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
