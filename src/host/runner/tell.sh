# ---- beside the steps -----------------------------------------------------------------------------------------------

# Runs an uploaded text beside everything else: a check or the detection of values. It has no terminal and asks nobody.
probe() { # SHA256 ARGUMENT…
  local sha=$1
  shift
  UPLOAD=$(mktemp -d) || refuse no-space 'The host has no room for temporary files.'
  trap 'rm -rf "$UPLOAD"' EXIT
  receive || refuse upload-failed 'The check did not reach the host whole.'
  [ "$(sha256_of "$UPLOAD/cmd")" = "$sha" ] || refuse upload-failed 'The text that reached the host is not the text that was sent.'
  (cd "$HOME" && KM_INTERACTIVE=0 exec timeout 120 bash "$UPLOAD/cmd" "$@" </dev/null >"$UPLOAD/output" 2>"$UPLOAD/errors")
  answer "{\"ok\":true,\"exitCode\":$?,\"output\":\"$(base64_of "$UPLOAD/output")\",\"errors\":\"$(tail -c 4000 "$UPLOAD/errors" | base64 -w0)\"}"
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

# Journals what a person says of a step. Said of one that runs, it would hide that.
stated() { # RUN STEP by-hand|skipped|reopened NOTE
  open_run "$1"
  [[ $2/$3 =~ ^[a-z0-9-]+/(by-hand|skipped|reopened)$ ]] || refuse bad-request "Nobody can say $3 of $2."
  if [ "$3" != reopened ]; then
    alone "$FOLDER"
    [[ $(busy_attempt "$FOLDER") != "$FOLDER/steps/$2/"* ]] || refuse busy 'This step is still running: nobody can say yet that it was skipped or done by hand.'
  fi
  record "$FOLDER" "$3" "\"step\":\"$2\",\"note\":$(json_text "$4")" || no_space 'The journal'
  answer '{"ok":true}'
}

# Journals that a person had a pod replaced.
restarted() { # RUN NAMESPACE/POD
  open_run "$1"
  [[ $2 =~ ^[a-z0-9.-]+/[a-z0-9.-]+$ ]] || refuse bad-request "There is no pod $2."
  record "$FOLDER" pod-restarted "\"pod\":\"$2\"" || no_space 'The journal'
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
