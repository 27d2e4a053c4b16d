#!/usr/bin/env bash
# The durable runner of Kaapana Migration: keeps what it is told to run alive, and tells what became of it.
#
#   runner.sh STATE NONCE EDITOR COMMAND [ARGUMENT…]
#
# Everything lies below STATE (0700), as files that anyone who may read them can follow:
#   runs/RUN/{plan.json,journal.jsonl}          what was planned, what happened, which values were confirmed
#   runs/RUN/steps/STEP/ATTEMPT/cmd.sh            the bytes that were previewed, and cmd.sha256
#                              /in.fifo out.log   the keyboard and the screen of the job
#                              /rc check.out      exit code and answer of the check, each published by a rename
#                              /closed            the journal has the outcome; nothing follows
# A job holds a lock on alive.lock, which all its processes inherit: the kernel knows who lives, no pid is guessed.
# Answers are single lines "%KMNONCE {…}"; anything else on stdout is somebody's login message.
set -uo pipefail
# What the runner writes is private; what a step writes is as the account has it.
export KM_UMASK=${KM_UMASK:-$(umask)}
umask 077

STATE=$1 NONCE=$2
export KM_EDITOR=$3
COMMAND=$4
shift 4
RUNNER=${BASH_SOURCE[0]}
[[ $RUNNER = /* ]] || RUNNER=$PWD/$RUNNER
read -r BOOT </proc/sys/kernel/random/boot_id
readonly STATE NONCE COMMAND RUNNER BOOT
# What a job may write to its log before it is stopped.
readonly LOG_LIMIT=${KM_LOG_LIMIT:-64M}

# ---- JSON -----------------------------------------------------------------------------------------------------------

json_text() { # TEXT
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/}"
}

answer() { printf '%%KM%s %s\n' "$NONCE" "$1"; }

refuse() { # REASON DETAIL
  answer "{\"ok\":false,\"reason\":\"$1\",\"detail\":$(json_text "$2")}"
  exit 0
}

base64_of() { [ ! -f "$1" ] || base64 -w0 <"$1"; }

# ---- the host -------------------------------------------------------------------------------------------------------

sha256_of() {
  local sum
  sum=$(sha256sum <"$1") && printf '%s' "${sum%% *}"
}
utc() { TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }

missing_tools() {
  local tool missing=''
  for tool in script setsid flock sha256sum base64 mkfifo stat tail stty; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  printf '%s' "${missing# }"
}

# ---- the journal ----------------------------------------------------------------------------------------------------

actor() {
  local from=${SSH_CONNECTION:-}
  printf '{"user":' && json_text "$(id -un)"
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
    printf '{"seq":%d,"time":"%s","type":"%s",%s,"actor":%s,"host":{"machine":"%s","boot":"%s"},"prev":"%s"}\n' \
      "$seq" "$(utc)" "$2" "$3" "$(actor)" "${machine:0:16}" "$BOOT" "${before%% *}" >>"$journal" && sync "$journal"
  ) 9>>"$journal.lock"
}

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
  if [ -e "$1/cancel" ]; then echo cancelled; elif [ ! -e "$1/rc" ]; then echo lost; elif [ "$(published "$1/rc")" = 0 ]; then
    echo exit-zero
  else echo exit-nonzero; fi
}

# Writes the outcome of an ended attempt into the journal, once.
close_attempt() { # ATTEMPT_FOLDER
  local folder=$1 run step attempt check status outcome fields
  attempt=${folder##*/} step=${folder%/*} run=${step%/steps/*} step=${step##*/}
  (
    flock 9
    [ ! -e "$folder/closed" ] || exit 0
    check=$(check_of "$folder")
    status=${check#\{\"status\":\"} status=${status%%\"*}
    outcome=$(sed -n "s/^$(ending_of "$folder") ${status:-none} //p" "$folder/outcomes")
    fields="\"step\":\"$step\",\"attempt\":$attempt"
    [ ! -e "$folder/rc" ] || fields+=",\"exitCode\":$(published "$folder/rc")"
    [ -z "$check" ] || fields+=",\"check\":$check"
    if [ -e "$folder/cancel" ]; then fields+=',"cancelled":true'; else fields+=',"cancelled":false'; fi
    fields+=",\"outcome\":\"${outcome:-unknown}\",\"log\":\"$(sha256_of "$folder/out.log")\""
    record "$run" finished "$fields" && publish "$folder/closed" "${outcome:-unknown}"
  ) 9>>"$folder/close.lock"
}

# ---- start ----------------------------------------------------------------------------------------------------------

# Reads "NAME BASE64" lines into $UPLOAD/NAME; fails when the connection ended before the closing line.
receive() {
  local name data
  while IFS=' ' read -r name data; do
    [ "$name" != end ] || return 0
    [[ $name =~ ^[a-z]+$ ]] && base64 -d <<<"$data" >"$UPLOAD/$name" || return 1
  done
  return 1
}

busy_attempt() { # RUN_FOLDER
  local folder
  for folder in "$1"/steps/*/*/; do
    if is_alive "${folder%/}"; then
      printf '%s' "${folder%/}"
      return 0
    fi
  done
  return 1
}

start() { # RUN STEP TOKEN SHA256 PLAN_SHA256 ACCEPT_PLAN
  local run step=$2 token=$3 sha=$4 plan=$5 accept=$6 missing folder busy number known
  [[ $step =~ ^[a-z0-9-]+$ && $token =~ ^[a-z0-9-]+$ ]] || refuse bad-request "There is no step $step."
  missing=$(missing_tools)
  [ -z "$missing" ] || refuse missing-tool "The host lacks: $missing. They belong to util-linux, bsdutils and coreutils."
  open_run "$1"
  run=$FOLDER
  mkdir -p "$run/steps/$step" || refuse not-writable "$run cannot be created."
  UPLOAD=$(mktemp -d "$run/upload.XXXXXX") || refuse not-writable "$run cannot be written."
  trap 'rm -rf "$UPLOAD"' EXIT
  receive || refuse upload-failed 'The step did not reach the host whole: the connection ended, or its disk is full.'
  [ "$(sha256_of "$UPLOAD/cmd")" = "$sha" ] || refuse upload-failed 'The text that reached the host is not the text that was shown.'

  exec 5>>"$run/lock"
  flock -w 20 5 || refuse busy 'Another start is under way on this host.'
  known=$(grep -ls "^$token\$" "$run"/steps/*/*/token | head -n1)
  if [ -n "$known" ]; then
    folder=${known%/token}
    answer "{\"ok\":true,\"attempt\":${folder##*/}}"
    exit 0
  fi
  busy=$(busy_attempt "$run") && refuse busy "${busy#"$run/steps/"} is still running."
  pin_plan "$run" "$plan" "$accept"

  number=1
  while ! mkdir "$run/steps/$step/$number" 2>/dev/null; do
    [ -d "$run/steps/$step/$number" ] || refuse not-writable "$run/steps/$step cannot be written."
    number=$((number + 1))
  done
  folder=$run/steps/$step/$number
  lay_out "$folder" "$sha" "$token" || withdraw "$folder" 'The step'
  exec 7>>"$folder/alive.lock" # From here on the attempt counts as alive; the job inherits the lock.
  flock 7
  record "$run" intent "\"step\":\"$step\",\"attempt\":$number,\"command\":\"$sha\"" || withdraw "$folder" 'The journal'
  launch "$folder" || refuse launch-failed "The step was prepared, but its job did not begin. Nothing has been run; see $folder."
  answer "{\"ok\":true,\"attempt\":$number}"
}

no_space() { # WHAT
  refuse no-space "$1 cannot be written. The disk: $(df -h --output=avail,target "$STATE" | tail -n1)."
}

withdraw() { # ATTEMPT_FOLDER WHAT
  rm -rf "$1"
  no_space "$2"
}

pin_plan() { # RUN_FOLDER PLAN_SHA256 ACCEPT
  local run=$1 type='run-started'
  if [ -f "$run/plan.json" ]; then
    [ "$(sha256_of "$run/plan.json")" != "$2" ] || return 0
    [ "$3" = yes ] || refuse plan-changed 'This run was started with other step texts than this version of the extension has.'
    type='plan-changed'
  fi
  if ! { cp "$UPLOAD/plan" "$run/plan.json.tmp" && record "$run" "$type" "\"plan\":\"$2\"" && mv "$run/plan.json.tmp" "$run/plan.json"; }; then
    no_space 'The plan'
  fi
}

lay_out() { # ATTEMPT_FOLDER SHA256 TOKEN
  cp "$UPLOAD/cmd" "$1/cmd.sh" && chmod 500 "$1/cmd.sh" && printf '%s  cmd.sh\n' "$2" >"$1/cmd.sha256" &&
    cp "$UPLOAD/outcomes" "$1/outcomes" && printf '%s\n' "$BOOT" >"$1/boot_id" && printf '%s\n' "$3" >"$1/token" &&
    printf '%20s\n' '' | tee "$1/rc.tmp" "$1/closed.tmp" >/dev/null && mkfifo "$1/in.fifo" && : >"$1/out.log" && sync "$1/cmd.sh"
}

# Starts the job apart from this connection and waits until it says that it lives.
launch() { # ATTEMPT_FOLDER
  local waited
  setsid -f bash "$RUNNER" "$STATE" "$NONCE" "$KM_EDITOR" job "$1" </dev/null >/dev/null 2>&1 5>&- || return 1
  for ((waited = 0; waited < 100; waited++)); do
    [ ! -e "$1/started" ] || return 0
    sleep 0.05
  done
  return 1
}

# ---- the job itself, detached ---------------------------------------------------------------------------------------

job() { # ATTEMPT_FOLDER
  local folder=$1 limit=() step=${1%/*}
  cd "$folder" || exit 1
  exec 3<>in.fifo
  record "${step%/steps/*}" started "\"step\":\"${step##*/}\",\"attempt\":${folder##*/},\"boot\":\"$BOOT\"" || exit 1
  utc >started
  if script --help 2>&1 | grep -q output-limit; then limit=(--output-limit "$LOG_LIMIT"); fi
  # `script` hands its command to $SHELL, which may be any shell: the paths travel in variables, which the inner one expands.
  # shellcheck disable=SC2016
  SHELL=/bin/sh TERM=xterm-256color KM_RUNNER=$RUNNER KM_FOLDER=$folder KM_STATE=$STATE \
    script -qefc 'exec bash "$KM_RUNNER" "$KM_STATE" - "$KM_EDITOR" inner "$KM_FOLDER"' "${limit[@]}" /dev/null <&3 >>out.log 2>&1
  close_attempt "$folder"
}

# Inside the job's own terminal: the run, its exit code, then the check with the same bytes and the same sudo ticket.
inner() { # ATTEMPT_FOLDER
  local rc
  cd "$1" || exit 1
  readlink /proc/self/fd/0 >terminal
  stty rows 24 cols 100
  trap : INT # Ctrl-C is for the step; what it leaves behind still has to be checked.
  (cd "$HOME" && echo "$BASHPID" >"$1/pid" && umask "$KM_UMASK" && exec bash "$1/cmd.sh" run 3>&-)
  rc=$?
  publish rc "$rc"
  (cd "$HOME" && KM_INTERACTIVE=1 exec bash "$1/cmd.sh" check 3>&-) >check.tmp
  mv check.tmp check.out
}

# ---- look -----------------------------------------------------------------------------------------------------------

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
    if is_alive "$folder"; then printf ',"alive":true'; else printf ',"alive":false'; fi
    [ ! -e "$folder/check.out" ] || printf ',"check":"%s"' "$(base64_of "$folder/check.out")"
    printf '}'
  done
}

snapshot() { # RUN_FOLDER
  local plan=''
  [ ! -f "$1/plan.json" ] || plan=$(sha256sum <"$1/plan.json")
  printf '%%KM%s {"ok":true,"boot":"%s","plan":"%s","live":[' "$NONCE" "$BOOT" "${plan%% *}"
  live_attempts "$1"
  printf '],"journal":"'
  base64_of "$1/journal.jsonl"
  printf '"}\n'
}

# What changes whenever there is something new to tell.
fingerprint() { # RUN_FOLDER
  local folder watched=("$1/journal.jsonl" "$1/plan.json")
  for folder in "$1"/steps/*/*/; do
    [ -e "$folder/closed" ] || watched+=("$folder/out.log" "$folder/rc" "$folder/check.out" "$folder/alive.lock")
  done
  stat -c '%n %s %Y' "${watched[@]}" 2>/dev/null
  busy_attempt "$1"
}

# Tells the state now and after each change, until the reader goes away.
watch() { # RUN
  local run=$STATE/runs/$1 before='' now beat=0
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

# Runs an uploaded text beside everything else: a check or the detection of values. It has no terminal and asks nobody.
probe() { # SHA256 ARGUMENT…
  local sha=$1
  shift
  UPLOAD=$(mktemp -d) || refuse no-space 'The host has no room for temporary files.'
  trap 'rm -rf "$UPLOAD"' EXIT
  receive || refuse upload-failed 'The check did not reach the host whole.'
  [ "$(sha256_of "$UPLOAD/cmd")" = "$sha" ] || refuse upload-failed 'The text that reached the host is not the text that was sent.'
  (cd "$HOME" && KM_INTERACTIVE=0 exec timeout 120 bash "$UPLOAD/cmd" "$@" </dev/null >"$UPLOAD/output" 2>"$UPLOAD/errors")
  answer "{\"ok\":true,\"output\":\"$(base64_of "$UPLOAD/output")\",\"errors\":\"$(tail -c 4000 "$UPLOAD/errors" | base64 -w0)\"}"
}

# Sets FOLDER to the folder of a run, which is made where it is missing.
open_run() { # RUN
  FOLDER=$STATE/runs/$1
  [[ $1 =~ ^[a-z0-9.-]+$ ]] || refuse bad-request "There is no run $1."
  mkdir -p "$FOLDER" || refuse not-writable "$FOLDER cannot be created."
}

# Journals what an editor's check found, so that everyone sees it.
checked() { # RUN STEP CHECK_JSON
  open_run "$1"
  [[ $2 =~ ^[a-z0-9-]+$ ]] || refuse bad-request "There is no step $2."
  record "$FOLDER" checked "\"step\":\"$2\",\"check\":$3" || no_space 'The journal'
  answer '{"ok":true}'
}

# Journals what a person says of a step.
stated() { # RUN STEP by-hand|skipped|reopened NOTE
  open_run "$1"
  [[ $2/$3 =~ ^[a-z0-9-]+/(by-hand|skipped|reopened)$ ]] || refuse bad-request "Nobody can say $3 of $2."
  record "$FOLDER" "$3" "\"step\":\"$2\",\"note\":$(json_text "$4")" || no_space 'The journal'
  answer '{"ok":true}'
}

# Journals the values that a person confirmed.
confirmed() { # RUN VALUES_JSON
  open_run "$1"
  record "$FOLDER" values "\"values\":$2" || no_space 'The journal'
  answer '{"ok":true}'
}

# Closes attempts whose job was killed before it could: their evidence is still there.
collect() { # RUN
  local folder
  for folder in "$STATE/runs/$1"/steps/*/*/; do
    folder=${folder%/}
    [ ! -e "$folder/outcomes" ] || [ -e "$folder/closed" ] || is_alive "$folder" || close_attempt "$folder"
  done
  answer '{"ok":true}'
}

# ---- cancel ---------------------------------------------------------------------------------------------------------

descendants() { # PID
  local child
  for child in $(ps -o pid= --ppid "$1" 2>/dev/null); do
    descendants "$child"
    printf '%s ' "$child"
  done
}

ended() { [ -e "$1/rc" ] || ! is_alive "$1"; }

await_end() { # ATTEMPT_FOLDER TENTHS
  local waited
  for ((waited = 0; waited < $2; waited++)); do
    if ended "$1"; then return 0; fi
    sleep 0.1
  done
  return 1
}

signal_step() { # ATTEMPT_FOLDER SIGNAL
  local pid pids
  pid=$(<"$1/pid")
  read -ra pids <<<"$(descendants "$pid") $pid"
  kill -"$2" "${pids[@]}" 2>/dev/null || sudo -n kill -"$2" "${pids[@]}" 2>/dev/null
}

# Ctrl-C at the job's own keyboard reaches root's processes too; signals follow for what does not listen.
cancel() { # RUN STEP ATTEMPT
  find_attempt "$1" "$2" "$3"
  is_alive "$FOLDER" || refuse not-running 'This attempt is not running any more.'
  record "$STATE/runs/$1" cancel-requested "\"step\":\"$2\",\"attempt\":$3" || no_space 'The journal'
  : >"$FOLDER/cancel"
  printf '\003' 1<>"$FOLDER/in.fifo"
  await_end "$FOLDER" 50 || { signal_step "$FOLDER" TERM; await_end "$FOLDER" 50; } ||
    { signal_step "$FOLDER" KILL; await_end "$FOLDER" 50; } ||
    refuse still-running 'The step does not end, not even by SIGKILL. Log in to the host and look at its processes.'
  answer '{"ok":true}'
}

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
  trap 'leave "$saved" "$tail_pid" "$keys_pid"; say "Left the view. The step goes on; open it again from the tree."; exit 0' INT HUP TERM
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
    *) printf 'The outcome is unknown: run the check of this step. ' ;;
  esac
  evidence=$(check_of "$1")
  evidence=${evidence#*\"evidence\":\"}
  evidence=${evidence%%\"\}*} evidence=${evidence%%\",\"items\"*}
  printf '%s' "${evidence//\\\"/\"}"
}

case $COMMAND in
  start | watch | log | probe | checked | stated | confirmed | collect | cancel | attach | job | inner) "$COMMAND" "$@" ;;
  status) snapshot "$STATE/runs/$1" ;;
  *) refuse bad-request "The runner has no command $COMMAND." ;;
esac
