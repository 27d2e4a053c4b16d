# shellcheck shell=bash
# Restart the host; afterwards another boot id, a system that has started, and the data on the same disks as before.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… bash reboot.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster databases old-platform old-data
  KM_BY_HAND=yes
fi

readonly GONE=$KM_KEPT/server-uninstalled ASKED=$KM_KEPT/restart-asked # boot ids at which that was

check() {
  local now before role folder mount running
  now=$(boot_id) || km_answer unknown 'The boot id of this host cannot be read.'
  before=$(known_boot) || km_answer pending 'The host was not restarted by this step yet.'
  [[ $now != "$before" ]] || km_answer pending "The host was not restarted since the old server was uninstalled (boot $now)."
  running=$(timeout -k 2 "$KM_TIMEOUT" systemctl is-system-running 2>/dev/null) || true
  [[ $running != starting && $running != initializing ]] || km_answer pending 'The host is still starting.'
  [[ $running != maintenance && $running != stopping ]] || km_answer blocked "The system is in the state $running. Look at its console."
  for role in fast slow; do
    folder=${role^^}_DATA_DIR folder=${!folder%/}
    mount=$(km_kept "${role}_mount")
    [[ -n $mount ]] || km_answer unknown "On which disk $folder was is not recorded, so that it cannot be compared."
    old_mount "$folder" || km_answer unknown "The disk of $folder cannot be told: $KM_WHY."
    [[ $KM_OUT == "$mount" ]] || km_answer blocked "$folder is on $KM_OUT now, and was on $mount. Its disk is not mounted: look at /etc/fstab, mount it, and check again. Deploy nothing before."
    [[ -e $KM_KEPT/deleted ]] || old_where "$folder" || km_answer blocked "The host was restarted, but $KM_WHY. Is the disk mounted?"
  done
  km_answer 'done' "The host was restarted (boot $now). Both data folders are on the disks that were recorded, with the data of 0.1.3."
}

run() {
  local state='Nothing was changed.' now before words
  now=$(boot_id) || km_die 'The boot id of this host cannot be read.' "$state" 'Restart the host by hand.'
  before=$(known_boot) || before=$now
  if [[ $now != "$before" ]]; then
    km_die 'The host was restarted already since the old server was uninstalled.' "$state It is not restarted again." 'Run the check: it says whether all is in order.'
  fi
  km_root_ready || km_die "Only root can restart the host: $KM_ROOT_WHY." "$state" 'Run the step again with the right password.'
  ! km_has_snap microk8s || km_die 'MicroK8s is still installed.' "$state" 'Run the step "Uninstall the old server" first.'
  old_data_users || km_die "$KM_WHY." "$state" 'Solve that, then run the step again.'
  [[ -z $KM_OUT ]] || km_die "Processes still use the data folders: $KM_OUT." "$state" 'End them first.'
  mkdir -p -- "$KM_KEPT"
  { printf '%s\n' "$now" >"$ASKED.new" && sync -f "$ASKED.new" && mv -T -- "$ASKED.new" "$ASKED"; } || km_die 'The boot id cannot be written down.' "$state" 'Is the disk full? Make room and run the step again.'
  km_say "The host restarts in a few seconds. The connection ends then; that is no error. Boot id now: $now"
  # Not from this process, which has to end first.
  words=$(as_root systemd-run --on-active=5 systemctl reboot 2>&1) || km_die "The restart could not be asked for: $(tail -n 1 <<<"$words")." "$state" 'Restart the host by hand: sudo systemctl reboot. Then run the check.'
}

boot_id() { cat -- "$KM_HOST_ROOT/proc/sys/kernel/random/boot_id" 2>/dev/null; }

known_boot() { # the boot id from before: a restart by hand counts as well
  if [[ -s $GONE ]]; then cat -- "$GONE"; elif [[ -s $ASKED ]]; then cat -- "$ASKED"; else return 1; fi
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
