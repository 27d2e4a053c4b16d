# ---- the journal ----------------------------------------------------------------------------------------------------

actor() {
  local from=${SSH_CONNECTION:-} account='\u' # as bash's prompt names the account, which needs no other process
  printf '{"user":' && json_text "${account@P}"
  [ -z "${SUDO_USER:-}" ] || { printf ',"sudoUser":' && json_text "$SUDO_USER"; }
  printf ',"from":' && json_text "${from%% *}"
  printf ',"editor":' && json_text "$KM_EDITOR"
  printf '}'
}

# A line that a crash left half-written is kept beside the journal and taken out of it.
mend_torn_tail() { # JOURNAL
  local whole
  [ -s "$1" ] && [ -n "$(tail -c1 "$1")" ] || return 0
  whole=$(head -n "$(wc -l <"$1")" "$1" | wc -c)
  tail -c +"$((whole + 1))" "$1" >"$1.torn.$(date +%s)"
  truncate -s "$whole" "$1"
}

# Whether the run is in somebody else's hands: another account or address than this one started a step or took it over last.
held_by_other() { # RUN_FOLDER
  local last me
  last=$(grep -sE '"type":"(intent|taken-over)"' "$1/journal.jsonl" | tail -n1)
  me=$(actor)
  [ -n "$last" ] && [[ $last != *"\"actor\":${me%,\"editor\"*},"* ]]
}

# Appends one record; fails when it is not safely on disk.
record() { # RUN_FOLDER TYPE FIELDS
  local journal=$1/journal.jsonl before seq=1 machine
  (
    flock 9
    mend_torn_tail "$journal"
    printf -v before '0%.0s' {1..64}
    if [ -s "$journal" ]; then
      before=$(tail -n1 "$journal" | head -c -1 | sha256sum)
      seq=$(($(wc -l <"$journal") + 1))
    fi
    # The host by a hash: the machine id itself is confidential.
    machine=$(sha256sum </etc/machine-id 2>/dev/null)
    printf '{"seq":%d,"time":"%s","type":"%s",%s,"actor":%s,"host":{"machine":"%s","boot":"%s","key":%s},"prev":"%s"}\n' \
      "$seq" "$(utc)" "$2" "$3" "$(actor)" "${machine:0:16}" "$BOOT" "$(json_text "$KM_HOST_KEY")" "${before%% *}" >>"$journal" && sync "$journal"
  ) 9>>"$journal.lock"
}
