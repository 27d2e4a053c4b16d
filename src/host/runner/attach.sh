# ---- attach ---------------------------------------------------------------------------------------------------------

say() { printf '\r\n%s\r\n' "$1"; }

fit_window() {
  local size
  size=$(stty size </dev/tty) && stty -F "$(cat "$FOLDER/terminal" 2>/dev/null)" rows "${size% *}" cols "${size#* }" 2>/dev/null
}

# Shows the job's screen from its beginning and hands the keyboard on. Ctrl-C leaves; the step goes on.
attach() { # RUN STEP ATTEMPT TITLE
  local saved tail_pid keys_pid
  find_attempt "$1" "$2" "$3"
  printf '%s · attempt %s on %s · Ctrl-C leaves this view, the step goes on\r\n\r\n' "$4" "$3" "$(hostname)"
  saved=$(stty -g </dev/tty)
  trap 'detach "$saved" "$tail_pid" "$keys_pid"' INT
  trap 'leave "$saved" "$tail_pid" "$keys_pid"; exit 0' HUP TERM
  stty -icanon -echo min 1 time 0 </dev/tty
  tail -c +1 -f "$FOLDER/out.log" 2>/dev/null &
  tail_pid=$!
  cat </dev/tty >"$FOLDER/in.fifo" 2>/dev/null &
  keys_pid=$!
  fit_window
  trap fit_window WINCH
  while [ ! -e "$FOLDER/closed" ] && is_alive "$FOLDER"; do sleep 0.2; done
  sleep 0.3 # `tail` shows the last lines.
  leave "$saved" "$tail_pid" "$keys_pid"
  say "$(closing_line "$FOLDER")"
  say 'Press any key to close this view.'
  read -rsn1 </dev/tty
}

detach() { # STTY TAIL KEYS
  leave "$@"
  say 'Left the view. The step goes on; open it again from the tree. Press any key to close this view.'
  read -rsn1 -t 60 </dev/tty
  exit 0
}

leave() { # STTY TAIL KEYS
  trap - INT HUP TERM WINCH
  kill "$2" "$3" 2>/dev/null
  stty "$1" </dev/tty 2>/dev/null
}

closing_line() { # ATTEMPT_FOLDER
  local evidence
  case $(published "$1/closed" 2>/dev/null) in
    succeeded) printf 'Succeeded. ' ;;
    failed) printf 'Failed. ' ;;
    needs-attention) printf 'Needs attention. ' ;;
    cancelled) printf 'Cancelled. ' ;;
    undone) printf 'Undone. ' ;;
    *) printf 'The outcome is unknown: run the check of this step. ' ;;
  esac
  evidence=$(check_of "$1")
  evidence=${evidence#*\"evidence\":\"}
  evidence=${evidence%%\"\}*} evidence=${evidence%%\",\"items\"*}
  printf '%s' "${evidence//\\\"/\"}"
}
