# ---- attempts -------------------------------------------------------------------------------------------------------

is_alive() { # ATTEMPT_FOLDER
  [ ! -e "$1/closed" ] && [ -e "$1/alive.lock" ] && ! flock -ns "$1/alive.lock" true
}

# Writes a file so that readers see it whole or not at all. It was allocated at the start, so a full disk cannot stop it.
publish() { # FILE TEXT
  printf '%-20s\n' "$2" 1<>"$1.tmp" && sync "$1.tmp" && mv "$1.tmp" "$1"
}

published() { # FILE
  local text
  read -r text <"$1" && printf '%s' "$text"
}

# Sets FOLDER to the folder of an attempt.
find_attempt() { # RUN STEP ATTEMPT
  FOLDER=$STATE/runs/$1/steps/$2/$3
  [[ $1/$2/$3 =~ ^[a-z0-9.-]+/[a-z0-9-]+/[0-9]+$ && -d $FOLDER ]] || refuse bad-request "There is no attempt $1/$2/$3."
}

check_of() { # ATTEMPT_FOLDER: the check's answer as JSON, or nothing where there is none
  local line pattern='^\{"status":"(done|pending|not-needed|blocked|unknown)","evidence":".*\}$'
  [ -f "$1/check.out" ] || return 0
  line=$(tail -n1 "$1/check.out")
  if [[ $line =~ $pattern ]]; then printf '%s' "$line"; else
    printf '{"status":"unknown","evidence":"The check gave no answer that can be read."}'
  fi
}

# How the attempt ended, as the outcome table names it.
ending_of() { # ATTEMPT_FOLDER
  local code='' boot mode reboots
  [ ! -e "$1/rc" ] || code=$(published "$1/rc")
  read -r boot <"$1/boot_id"
  read -r mode reboots <"$1/kind"
  if [ -e "$1/cancel" ]; then
    echo cancelled
  elif [ "$boot" != "$BOOT" ] && [[ $code == '' || "$mode $reboots $code" == 'run yes 0' ]]; then
    echo rebooted
  elif [ -z "$code" ]; then
    echo lost
  elif [ "$code" = 0 ]; then
    echo exit-zero
  else
    echo exit-nonzero
  fi
}

# Asks the check for its answer where the job could not: it was killed, the host was restarted, its disk was full. Fails
# while there is no room to keep the answer.
make_up_for_check() { # ATTEMPT_FOLDER
  local said
  [ ! -s "$1/check.out" ] || return 0
  said=$(cd "$HOME" && umask "$KM_UMASK" && KM_INTERACTIVE=0 exec timeout 120 bash "$1/cmd.sh" check </dev/null 2>/dev/null)
  printf '%s\n' "${said:-The check said nothing.}" >"$1/check.tmp" && mv "$1/check.tmp" "$1/check.out"
}

# Writes the outcome of an ended attempt into the journal, once. Where somebody else is at it, it is left to them.
close_attempt() { # ATTEMPT_FOLDER
  local folder=$1 run step attempt check status ending outcome fields
  attempt=${folder##*/} step=${folder%/*} run=${step%/steps/*} step=${step##*/}
  (
    flock -n 9 || exit 0
    [ ! -e "$folder/closed" ] || exit 0
    make_up_for_check "$folder" || exit 1
    check=$(check_of "$folder")
    status=${check#\{\"status\":\"} status=${status%%\"*}
    ending=$(ending_of "$folder")
    outcome=$(sed -n "s/^$ending ${status:-none} //p" "$folder/outcomes")
    fields="\"step\":\"$step\",\"attempt\":$attempt,\"ending\":\"$ending\""
    [ ! -e "$folder/rc" ] || fields+=",\"exitCode\":$(published "$folder/rc")"
    [ -z "$check" ] || fields+=",\"check\":$check"
    if [ -e "$folder/cancel" ]; then fields+=',"cancelled":true'; else fields+=',"cancelled":false'; fi
    fields+=",\"outcome\":\"${outcome:-unknown}\",\"log\":\"$(sha256_of "$folder/out.log")\""
    # point: before-finished
    record "$run" finished "$fields" || exit 1
    # point: after-finished
    publish "$folder/closed" "${outcome:-unknown}"
  ) 9>>"$folder/close.lock"
}
