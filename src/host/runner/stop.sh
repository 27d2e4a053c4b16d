# ---- stopping a step ------------------------------------------------------------------------------------------------

# A process as PID:START: a pid alone may be somebody else's by now.
identity() { # PID
  local text
  read -r text <"/proc/$1/stat" 2>/dev/null || return 1
  read -ra text <<<"${text##*) }"
  printf '%s:%s\n' "$1" "${text[19]}"
}

is_process() { [ "$(identity "${1%:*}")" = "$1" ]; }

# Every process of a step: what runs in its terminal or descends from there, and whatever else still holds its lock.
step_processes() { # ATTEMPT_FOLDER
  local inner='' pid
  [ ! -e "$1/inner" ] || inner=$(<"$1/inner")
  {
    # Once the exit code is there, what runs in the terminal is the check.
    if [ ! -e "$1/rc" ] && [ -n "$inner" ] && is_process "$inner"; then
      cat /proc/[0-9]*/stat 2>/dev/null | awk -v inner="${inner%:*}" '
        { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; session[pid] = $4 }
        function below(pid) { return pid > 1 && (parent[pid] == inner || below(parent[pid])) }
        END { for (pid in parent) if (pid != inner && (session[pid] == inner || below(pid))) print pid }'
    fi
    find /proc/[0-9]*/fd -lname "$1/step.lock" 2>/dev/null | cut -d/ -f3
  } | sort -un | while read -r pid; do identity "$pid"; done
}

living() { # PROCESS…
  local process
  for process in "$@"; do ! is_process "$process" || printf '%s ' "$process"; done
}

send() { # SIGNAL PROCESS…
  local signal=$1 process
  shift
  for process in "$@"; do
    is_process "$process" || continue
    kill -"$signal" "${process%:*}" 2>/dev/null || sudo -n kill -"$signal" "${process%:*}" 2>/dev/null
  done
}

await_death() { # TENTHS PROCESS…
  local waited tenths=$1
  shift
  for ((waited = 0; waited < tenths; waited++)); do
    [ -n "$(living "$@")" ] || return 0
    sleep 0.1
  done
  return 1
}

# Ctrl-C at the step's own keyboard reaches root's processes too; signals follow for what does not listen. Fails with
# the names of what still lives.
stop_step() { # ATTEMPT_FOLDER
  local signal processes
  for signal in INT TERM KILL KILL; do
    mapfile -t processes < <(step_processes "$1")
    [ ${#processes[@]} -gt 0 ] || return 0
    if [ "$signal" = INT ]; then printf '\003' 1<>"$1/in.fifo"; else send "$signal" "${processes[@]}"; fi
    await_death 50 "${processes[@]}" || continue
  done
  mapfile -t processes < <(step_processes "$1")
  [ ${#processes[@]} -gt 0 ] || return 0
  ps -o pid=,comm= -p "$(printf '%s\n' "${processes[@]%:*}" | paste -sd,)"
  return 1
}

cancel() { # RUN STEP ATTEMPT
  local left
  find_attempt "$1" "$2" "$3"
  is_alive "$FOLDER" || refuse not-running 'This attempt is not running any more.'
  record "$STATE/runs/$1" cancel-requested "\"step\":\"$2\",\"attempt\":$3" || no_space 'The journal'
  : >"$FOLDER/cancel"
  left=$(stop_step "$FOLDER") || refuse still-running "These processes do not end, not even by SIGKILL: $left."
  answer '{"ok":true}'
}
