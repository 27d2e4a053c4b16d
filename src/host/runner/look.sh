# ---- look -----------------------------------------------------------------------------------------------------------

ME='' # who is looking

# One look at all attempts: one process for their sizes, none for an attempt that is closed. What the check of a closed
# attempt found stands in the journal, which is therefore read after this.
live_attempts() { # RUN_FOLDER
  local folder step comma='' boot text index=0 folders=() logs=() sizes=()
  for folder in "$1"/steps/*/*/; do
    folder=${folder%/}
    [ -e "$folder/boot_id" ] || continue
    folders+=("$folder")
    if [ -e "$folder/out.log" ]; then logs+=("$folder/out.log"); else logs+=(/dev/null); fi
  done
  [ ${#logs[@]} = 0 ] || mapfile -t sizes < <(stat -c %s "${logs[@]}" 2>/dev/null)
  for folder in "${folders[@]}"; do
    step=${folder%/*}
    read -r boot <"$folder/boot_id"
    printf '%s{"step":"%s","attempt":%d,"boot":"%s","logBytes":%d' "$comma" "${step##*/}" "${folder##*/}" "$boot" "${sizes[index++]:-0}"
    comma=,
    [ ! -e "$folder/started" ] || printf ',"began":true'
    if [ -e "$folder/rc" ]; then
      read -r text <"$folder/rc"
      printf ',"exitCode":%d' "$text"
    fi
    if [ -e "$folder/closed" ]; then
      printf ',"alive":false}'
      continue
    fi
    if is_alive "$folder"; then
      printf ',"alive":true'
      text=$(question_of "$folder") && printf ',"question":"%s"' "$(printf '%s' "$text" | base64 -w0)"
      [ ! -s "$folder/progress" ] || printf ',"progress":"%s"' "$(base64_of "$folder/progress")"
    else
      printf ',"alive":false'
    fi
    [ ! -e "$folder/check.out" ] || printf ',"check":"%s"' "$(base64_of "$folder/check.out")"
    printf '}'
  done
}

# What the job's screen asks, where it seems to wait for an answer: nothing was written for two seconds, and either the
# terminal was set to take keys in secret or singly, or the last line is a prompt. Fails where nothing is asked. The check
# after a run asks for nothing but sudo's password: until then, the last line is still the run's.
question_of() { # ATTEMPT_FOLDER
  local written line settings asks='[]?:>)] *$'
  [ -e "$1/terminal" ] || return 1
  written=$(stat -c %Y "$1/out.log") && (($(printf '%(%s)T' -1) - written >= 2)) || return 1
  line=$(tail -c 400 "$1/out.log" | tail -n 1 | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/.*\r\(.\)/\1/; s/[[:cntrl:]]//g')
  settings=$(stty -F "$(<"$1/terminal")" -a 2>/dev/null)
  [[ $settings =~ -(echo|icanon)[[:space:]\;] || ! -e $1/rc && $line =~ $asks ]] || return 1
  printf '%s' "$line"
}

snapshot() { # RUN_FOLDER
  local plan=''
  [ ! -f "$1/plan.json" ] || plan=$(sha256sum <"$1/plan.json")
  printf '%%KM%s {"ok":true,"boot":"%s","plan":"%s","me":%s,"hostKey":%s,"live":[' "$NONCE" "$BOOT" "${plan%% *}" "$ME" "$(json_text "$KM_HOST_KEY")"
  live_attempts "$1"
  printf '],"journal":"'
  base64_of "$1/journal.jsonl"
  printf '"}\n'
}

# What changes whenever there is something new to tell.
fingerprint() { # RUN_FOLDER
  local folder watched=("$1/journal.jsonl" "$1/plan.json")
  for folder in "$1"/steps/*/*/; do
    [ -e "$folder/closed" ] || watched+=("$folder/out.log" "$folder/progress" "$folder/rc" "$folder/check.out" "$folder/alive.lock")
  done
  stat -c '%n %s %Y' "${watched[@]}" 2>/dev/null
  folder=$(busy_attempt "$1") || return 0
  printf '%s\n' "$folder"
  question_of "$folder"
}

# Tells the state now and after each change, until the reader goes away.
watch() { # RUN
  local run=$STATE/runs/$1 before='' now beat=0
  ME=$(actor)
  while :; do
    now=$(fingerprint "$run")
    if [ "$now" != "$before" ] || [ "$beat" = 0 ]; then
      snapshot "$run" || exit 0
      before=$now
    elif ((beat % 10 == 0)); then
      answer '{"ok":true,"beat":true}' || exit 0
    fi
    beat=$((beat + 1))
    sleep 0.5
  done
}

log() { # RUN STEP ATTEMPT OFFSET LENGTH
  local size
  find_attempt "$1" "$2" "$3"
  size=$(stat -c %s "$FOLDER/out.log") || refuse no-log 'The host has no log of this attempt.'
  printf '%%KM%s {"ok":true,"size":%d,"data":"' "$NONCE" "$size"
  tail -c +"$(($4 + 1))" "$FOLDER/out.log" | head -c "$5" | base64 -w0
  printf '"}\n'
}


# What the host still has of each attempt, to be compared with what the journal says.
verify() { # RUN
  local folder step comma=''
  printf '%%KM%s {"ok":true,"attempts":[' "$NONCE"
  for folder in "$STATE/runs/$1"/steps/*/*/; do
    folder=${folder%/} step=${folder%/*}
    [ -e "$folder/token" ] || continue # it was prepared, and never began
    printf '%s{"step":"%s","attempt":%d,"command":"%s","log":"%s"}' "$comma" "${step##*/}" "${folder##*/}" \
      "$(sha256_of "$folder/cmd.sh" 2>/dev/null)" "$(sha256_of "$folder/out.log" 2>/dev/null)"
    comma=,
  done
  printf ']}\n'
}
