#!/bin/bash
# Stand-in for mc and a store of 2022, whose buckets are folders and whose objects are files, in the folder that state/minio names.
# state/faults/minio-full: nothing can be written.
set -u
store=$(<"$KAAPANA_REHEARSAL_STATE/minio") words=()
while (($# > 0)); do
  case $1 in
    --config-dir) shift ;;
    -*) ;;
    *) words+=("$1") ;;
  esac
  shift
done
path=$store/${words[1]#km/}
[[ ! -e $KAAPANA_REHEARSAL_STATE/calls ]] || printf '%s\n' "mc ${words[*]@Q}" >>"$KAAPANA_REHEARSAL_STATE/calls"
if [[ -e $KAAPANA_REHEARSAL_STATE/faults/minio-full && ${words[0]} =~ ^(mb|pipe)$ ]]; then
  echo 'mc: <ERROR> Storage backend has reached its minimum free disk threshold.' >&2
  exit 1
fi
case ${words[0]} in
  alias) cat >/dev/null ;;
  mb) mkdir -p "$path" ;;
  pipe) cat >"$path" ;;
  cat) cat "$path" ;;
  rm) rm "$path" ;;
  rb) rmdir "$path" ;;
  *) exit 64 ;;
esac
