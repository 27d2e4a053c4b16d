# ---- files that a step and an editor hand to each other ---------------------------------------------------------------

# The largest file that goes this way.
readonly KEPT_LIMIT=8000000

# Sets KEPT to the path of a file that steps of a run keep.
kept_path() { # RUN NAME
  open_run "$1"
  [[ $2 =~ ^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*$ ]] || refuse bad-request "No step keeps a file $2."
  KEPT=$FOLDER/kept/$2
}

# Tells what is in a file that a step keeps.
kept() { # RUN NAME
  local size
  kept_path "$1" "$2"
  [ -f "$KEPT" ] || refuse no-copy 'The host keeps no such file.'
  size=$(stat -c %s "$KEPT")
  ((size <= KEPT_LIMIT)) || refuse no-copy "The file that the host keeps is too large: $size bytes."
  answer "{\"ok\":true,\"data\":\"$(base64_of "$KEPT")\"}"
}

# Keeps an uploaded file for a step, whole or not at all.
keep() { # RUN NAME SHA256
  kept_path "$1" "$2"
  mkdir -p "${KEPT%/*}" || refuse not-writable "${KEPT%/*} cannot be written."
  UPLOAD=$(mktemp -d "$FOLDER/upload.XXXXXX") || refuse not-writable "$FOLDER cannot be written."
  trap 'rm -rf "$UPLOAD"' EXIT
  receive || refuse upload-failed 'The file did not reach the host whole: the connection ended, or its disk is full.'
  [ "$(sha256_of "$UPLOAD/file")" = "$3" ] || refuse upload-failed 'What reached the host is not what was sent.'
  if ! { sync "$UPLOAD/file" && mv -T "$UPLOAD/file" "$KEPT"; }; then refuse not-writable "$KEPT cannot be written."; fi
  answer '{"ok":true}'
}
