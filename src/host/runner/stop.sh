# ---- stopping a step ------------------------------------------------------------------------------------------------

# A process as PID:START: a pid alone may be somebody else's by now.
identity() { # PID
  local text
  read -r text <"/proc/$1/stat" 2>/dev/null || return 1
  read -ra text <<<"${text##*) }"
  printf '%s:%s\n' "$1" "${text[19]}"
}

is_process() { [ "$(identity "${1%:*}")" = "$1" ]; }

# What runs in a job's terminal or descends from there.
terminal_processes() { # ATTEMPT_FOLDER
  local inner=''
  [ ! -e "$1/inner" ] || inner=$(<"$1/inner")
  [ -n "$inner" ] && is_process "$inner" || return 0
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v inner="${inner%:*}" '
    { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; session[pid] = $4 }
    function below(pid) { return pid > 1 && (parent[pid] == inner || below(parent[pid])) }
    END { for (pid in parent) if (pid != inner && (session[pid] == inner || below(pid))) print pid }'
}

# Every process of a step: what runs in its terminal, and whatever else still holds its lock. What was seen in the terminal
# counts only if the run had not ended when all was seen: behind it comes the check.
step_processes() { # ATTEMPT_FOLDER
  local seen ended=''
  seen=$(terminal_processes "$1")
  read -r ended 2>/dev/null <"$1/ended"
  if [ -z "$ended" ] && [ -n "$seen" ]; then printf '%s\n' "$seen"; fi
  find /proc/[0-9]*/fd -lname "$1/step.lock" 2>/dev/null | cut -d/ -f3
}

# Every process of the check after a run, until it has answered.
check_processes() { # ATTEMPT_FOLDER
  [ -e "$1/check.out" ] || terminal_processes "$1"
}

identities() { # reads pids
  local pid
  sort -un | while read -r pid; do identity "$pid"; done
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
stop_all() { # LISTER ATTEMPT_FOLDER
  local signal processes
  for signal in INT TERM KILL KILL; do
    mapfile -t processes < <("$1" "$2" | identities)
    [ ${#processes[@]} -gt 0 ] || return 0
    if [ "$signal" = INT ]; then printf '\003' 1<>"$2/in.fifo"; else send "$signal" "${processes[@]}"; fi
    await_death 50 "${processes[@]}" || continue
  done
  mapfile -t processes < <("$1" "$2" | identities)
  [ ${#processes[@]} -gt 0 ] || return 0
  ps -o pid=,comm= -p "$(printf '%s\n' "${processes[@]%:*}" | paste -sd,)"
  return 1
}

# Stops a step, or the check after it: a run that has ended by itself was not cancelled, and how it ended is kept.
cancel() { # RUN STEP ATTEMPT
  local left what=check_processes
  find_attempt "$1" "$2" "$3"
  is_alive "$FOLDER" || refuse not-running 'This attempt is not running any more.'
  if [ ! -e "$FOLDER/check.tmp" ] && [ ! -e "$FOLDER/check.out" ]; then
    what=step_processes
    record "$STATE/runs/$1" cancel-requested "\"step\":\"$2\",\"attempt\":$3" || no_space 'The journal'
    : >"$FOLDER/cancel"
  fi
  left=$(stop_all "$what" "$FOLDER") || refuse still-running "These processes do not end, not even by SIGKILL: $left."
  answer '{"ok":true}'
}
