# shellcheck shell=bash
# Waiting until no workflow runs or waits and the DICOM receiver is empty. To be sourced after cluster.sh. The step names a
# function that sets KM_OUT to the running and queued workflows, one a line. Changes nothing.

NOW='' NAMES='' RUNNING=0 WAITING=0

# Sets RUNNING, WAITING, NAMES of some workflows, and the sentence NOW.
drain_look() { # WORKFLOWS
  "$1" || {
    KM_WHY="The workflow database gave no answer: $KM_WHY"
    return 1
  }
  RUNNING=$(grep -c . <<<"$KM_OUT" || true)
  NAMES=$(head -n 3 <<<"$KM_OUT" | paste -sd ';' | sed 's/;/, /g')
  km_waiting_images || {
    KM_WHY="The DICOM receiver could not be looked at: $KM_WHY"
    return 1
  }
  WAITING=$KM_OUT
  NOW="$(drain_counted "$RUNNING" workflow) running or queued, $(drain_counted "$WAITING" file) in the DICOM receiver"
}

drain_counted() { printf '%s %s%s' "$1" "$2" "$([[ $1 == 1 ]] || printf s)"; }

# Ends a check, after a look.
drain_answer() {
  ((RUNNING + WAITING == 0)) || km_answer pending "$NOW."
  km_answer 'done' 'No workflow runs or waits, and the DICOM receiver is empty.'
}

drain_wait() { # WORKFLOWS
  local most=0 before='' same=0 quiet=0 failures=0
  km_root_ready || km_die "The DICOM receiver's folder can be read by root only, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' \
    'Run the step again with the right password, or as a user who may use sudo.'
  km_say 'Waiting until nothing runs any more. Stop the senders now. Ctrl-C ends the waiting and nothing else.'
  # Quiet at two looks in a row: what leaves the receiver becomes a workflow a moment later.
  while ((quiet < 2)); do
    if drain_look "$1"; then
      failures=0
    elif ((++failures < 5)); then
      sleep "$KM_POLL"
      continue
    else
      km_die "$KM_WHY." 'Nothing was changed; the work goes on.' 'The platform must run for this step. Solve that, then run the step again.'
    fi
    if ((RUNNING + WAITING > 0)); then quiet=0; else quiet=$((quiet + 1)); fi
    if [[ $NOW != "$before" ]]; then
      same=0 before=$NOW
      ((most >= RUNNING + WAITING)) || most=$((RUNNING + WAITING))
      ((most == 0)) || km_progress $((most - RUNNING - WAITING)) "$most" 'workflows and files done'
      km_say "  $(date +%H:%M:%S)  $NOW${NAMES:+: $NAMES}"
    elif ((++same == KM_PATIENCE && quiet == 0)); then
      drain_stuck
    fi
    ((quiet == 2)) || sleep "$KM_POLL"
  done
  km_say ''
  km_say 'Nothing runs and nothing waits. Keep the senders stopped until the new platform is accepted.'
}

drain_stuck() {
  km_say '  Nothing has changed for a while.'
  ((RUNNING == 0)) || km_say '  A workflow that hangs can be stopped in the web interface: mark its run as failed.'
  ((WAITING == 0)) || km_say "  Files that no longer move lie in $FAST_DATA_DIR/ctp/incoming. Move them away yourself and send them again to the new platform."
}
