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

# Nobody else starts a step of the run until this process ends.
alone() { # RUN_FOLDER
  exec 5>>"$1/lock"
  flock -w 20 5 || refuse busy 'Another start is under way on this host.'
}

start() { # RUN STEP MODE TOKEN SHA256 PLAN_SHA256 ACCEPT_PLAN TAKE_OVER
  local run step=$2 mode=$3 token=$4 sha=$5 plan=$6 accept=$7 take_over=$8 missing folder busy number known
  [[ $step =~ ^[a-z0-9-]+$ && $mode =~ ^(run|undo)$ && $token =~ ^[a-z0-9-]+$ ]] || refuse bad-request "There is no step $step."
  missing=$(missing_tools)
  [ -z "$missing" ] || refuse missing-tool "The host lacks: $missing. They belong to util-linux, bsdutils, coreutils, findutils and awk."
  ! logout_kills || refuse kills-processes 'This host ends every process of an account when its connection ends, running steps with it.'
  open_run "$1"
  run=$FOLDER
  mkdir -p "$run/steps/$step" || refuse not-writable "$run cannot be created."
  UPLOAD=$(mktemp -d "$run/upload.XXXXXX") || refuse not-writable "$run cannot be written."
  trap 'rm -rf "$UPLOAD"' EXIT
  receive || refuse upload-failed 'The step did not reach the host whole: the connection ended, or its disk is full.'
  [ "$(sha256_of "$UPLOAD/cmd")" = "$sha" ] || refuse upload-failed 'The text that reached the host is not the text that was shown.'

  # point: uploaded
  alone "$run"
  known=$(grep -ls "^$token\$" "$run"/steps/*/*/token | head -n1)
  if [ -n "$known" ]; then
    folder=${known%/token}
    answer "{\"ok\":true,\"attempt\":${folder##*/}}"
    exit 0
  fi
  busy=$(busy_attempt "$run") && refuse busy "${busy#"$run/steps/"} is still running."
  if held_by_other "$run"; then
    [ "$take_over" = yes ] || refuse held 'Somebody else conducts this migration.'
    record "$run" taken-over '"note":""' || no_space 'The journal'
  fi
  pin_plan "$run" "$plan" "$accept"
  # point: plan-pinned

  number=1
  while ! mkdir "$run/steps/$step/$number" 2>/dev/null; do
    [ -d "$run/steps/$step/$number" ] || refuse not-writable "$run/steps/$step cannot be written."
    number=$((number + 1))
  done
  folder=$run/steps/$step/$number
  if ! lay_out "$folder" "$sha"; then
    rm -rf "$folder"
    no_space 'The step'
  fi
  # point: laid-out
  exec 7>>"$folder/alive.lock" # From here on the attempt counts as alive; the job inherits the lock.
  flock 7
  record "$run" intent "\"step\":\"$step\",\"attempt\":$number,\"mode\":\"$mode\",\"command\":\"$sha\"" || withdraw "$folder" 'The journal'
  # point: intent-recorded
  # Only now is the request known: before, repeating it has to start the step, and from here on it must not.
  if ! { printf '%s\n' "$token" >"$folder/token" && sync "$folder/token"; }; then withdraw "$folder" 'The step'; fi
  # point: token-kept
  if ! launch "$folder"; then
    ! is_alive "$folder" || refuse launch-failed "The step was prepared and its job lives, but it has not said yet that it began; see $folder."
    refuse launch-failed "The step was prepared, but its job did not begin. Nothing has been run; see $folder."
  fi
  # point: launched
  answer "{\"ok\":true,\"attempt\":$number}"
}

# Whether logind kills what an account leaves running when its last session ends, however detached it is.
logout_kills() {
  local user
  user=$(id -un)
  [[ $(logind KillUserProcesses) == 'b true' && $(logind KillExcludeUsers) != *"\"$user\""* ]] &&
    [[ $(logind KillOnlyUsers) =~ ^'as 0'|\"$user\" ]]
}
logind() { # PROPERTY
  timeout 5 busctl --system get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager "$1" 2>/dev/null
}

no_space() { # WHAT
  refuse no-space "$1 cannot be written. The disk: $(df -h --output=avail,target "$STATE" | tail -n1)."
}

# Takes back what was prepared. The number stays taken: the journal may name it, and two intents would share one outcome.
withdraw() { # ATTEMPT_FOLDER WHAT
  rm -rf "${1:?}"/*
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

lay_out() { # ATTEMPT_FOLDER SHA256
  cp "$UPLOAD/cmd" "$1/cmd.sh" && chmod 500 "$1/cmd.sh" && printf '%s  cmd.sh\n' "$2" >"$1/cmd.sha256" &&
    cp "$UPLOAD/outcomes" "$UPLOAD/kind" "$1" && printf '%s\n' "$BOOT" >"$1/boot_id" &&
    printf '%20s\n' '' | tee "$1/rc.tmp" "$1/closed.tmp" "$1/ended" >/dev/null && mkfifo "$1/in.fifo" && : >"$1/out.log" && sync "$1/cmd.sh"
}

# Starts the job apart from this connection and waits until it says that it began, for as long as it lives.
launch() { # ATTEMPT_FOLDER
  local waited
  setsid -f bash "$RUNNER" "$STATE" "$NONCE" "$KM_EDITOR" "$KM_HOST_KEY" job "$1" </dev/null >/dev/null 2>&1 5>&-
  exec 7>&- # Now the job alone holds the lock.
  for ((waited = 0; waited < BEGIN_WAIT * 20; waited++)); do
    is_alive "$1" || break
    [ ! -e "$1/started" ] || return 0
    sleep 0.05
  done
  [ -e "$1/started" ]
}
