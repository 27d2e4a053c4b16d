# ---- the job itself, detached ---------------------------------------------------------------------------------------

job() { # ATTEMPT_FOLDER
  local folder=$1 step=${1%/*}
  cd "$folder" || exit 1
  exec 3<>in.fifo
  # point: job-begins
  record "${step%/steps/*}" started "\"step\":\"${step##*/}\",\"attempt\":${folder##*/},\"boot\":\"$BOOT\"" || exit 1
  utc >started
  # point: job-started
  # `script` hands its command to $SHELL, which may be any shell: the paths travel in variables, which the inner one expands.
  # Its output is the log; a typescript of its own would add lines that nobody wrote.
  # shellcheck disable=SC2016
  SHELL=/bin/sh TERM=xterm-256color KM_RUNNER=$RUNNER KM_FOLDER=$folder KM_STATE=$STATE \
    script -qefc 'exec bash "$KM_RUNNER" "$KM_STATE" - "$KM_EDITOR" "$KM_HOST_KEY" inner "$KM_FOLDER"' /dev/null <&3 2>&1 | keep_log "$folder"
  # point: job-ended
  close_attempt "$folder"
}

# Inside the job's own terminal: the run, its exit code, then the check with the same bytes and the same sudo ticket.
inner() { # ATTEMPT_FOLDER
  local rc mode reboots
  cd "$1" || exit 1
  read -r mode reboots <kind
  readlink /proc/self/fd/0 >terminal
  identity $$ >inner
  stty rows 24 cols 100
  trap : INT # Ctrl-C is for the step; what it leaves behind still has to be checked.
  # point: before-run
  (cd "$HOME" && exec 8>>"$1/step.lock" && umask "$KM_UMASK" && KM_PROGRESS=$1/progress exec bash "$1/cmd.sh" "$mode" 3>&-)
  rc=$?
  # In the room that was kept for it, and before any other process starts here: Stop must not take it for one of the run's.
  printf yes 1<>ended
  stty sane # A run that was killed at a password leaves a terminal that looks as if it asked for one.
  # point: after-run
  publish rc "$rc"
  # point: rc-published
  [ "$mode $reboots $rc" != 'run yes 0' ] || await_restart
  check_here "$1" >check.tmp
  # point: checked
  mv check.tmp check.out
}

# Asks the check in this terminal, where sudo may ask a person. One that hangs or is stopped has an answer too: where there
# is none at all, the check is asked once more.
check_here() { # ATTEMPT_FOLDER
  local rc
  # In the foreground, as only there it may read from the terminal.
  (cd "$HOME" && KM_INTERACTIVE=1 exec timeout --foreground -k 5 "$CHECK_LIMIT" bash "$1/cmd.sh" check 3>&-)
  rc=$?
  if [ "$rc" = 124 ]; then
    printf '{"status":"unknown","evidence":"The check did not end within %d seconds."}\n' "$CHECK_LIMIT"
  elif [ "$rc" -gt 128 ]; then
    printf '{"status":"unknown","evidence":"The check was stopped before it had an answer."}\n'
  fi
}

# The host is about to go down, and this with it. What is still alive after a while tells that it did not.
await_restart() {
  local waited
  printf '\r\nThe host restarts now. This view ends with the connection; the step goes on when the host is back.\r\n'
  for ((waited = 0; waited < REBOOT_WAIT; waited++)); do
    [ ! -e cancel ] || return 0
    sleep 1
  done
}

# ---- the log --------------------------------------------------------------------------------------------------------

# Keeps what the job writes, up to the limit. A full log or disk never stops the job; one that only repeats itself is stopped.
keep_log() { # ATTEMPT_FOLDER
  local limit size before=-1
  limit=$(numfmt --from=iec "$LOG_LIMIT")
  while size=$(stat -c %s out.log) && ((size < limit)); do
    # `dd` reads a limited number of times, however little each read brings: only one that brought nothing is the end.
    ((size != before)) || return 0
    before=$size
    if ! dd bs=64k count="$((limit - size))" iflag=count_bytes status=none >>out.log 2>/dev/null; then
      # The disk is full: the job goes on unheard, and every two seconds the log is tried again.
      before=-1
      ! timeout 2 cat >/dev/null || return 0
    fi
  done
  if repeats_itself; then
    printf '\r\n[Stopped: the step wrote the same again and again until its log was full.]\r\n' >>out.log
    stop_all step_processes "$1" >/dev/null
  else
    printf '\r\n[The log is full. The step goes on; what it writes from here on is not kept.]\r\n' >>out.log
  fi
  cat >/dev/null
}

# Whether the end of the log is a few lines over and over, or one without an end: a prompt that finds no answer does that.
repeats_itself() {
  [ "$(tail -c 65536 out.log | tr '\r' '\n' | tail -n +2 | sort -u | wc -l)" -le 4 ]
}
