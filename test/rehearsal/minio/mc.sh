#!/bin/bash
# Stand-in for mc and the store behind it, as far as steps use them. As on a real disk a bucket is a folder of
# KAAPANA_REHEARSAL_STORE and an object a folder in it with a file xl.meta, which here is its content; the file .login holds
# user and password. Beside the xl.meta of an object that was uploaded in parts lies a file parts: its ETag then has their
# number, and that of a copy has not, as with the real ones.
set -uo pipefail
store=$KAAPANA_REHEARSAL_STORE config='' json=no words=()
while (($# > 0)); do
  case $1 in
    --config-dir) config=$2; shift ;;
    --json) json=yes ;;
    --quiet | --recursive | --ignore-existing) ;;
    *) words+=("$1") ;;
  esac
  shift
done

fail() { # MESSAGE CAUSE [CODE]
  if [[ $json == yes ]]; then
    printf '{"status":"error","error":{"message":"%s","cause":{"message":"%s","error":{"Code":"%s"}},"type":"error"}}\n' "$1" "$2" "${3:-}"
  else
    printf 'mc: <ERROR> %s %s\n' "$1" "$2" >&2
  fi
  exit 1
}
folder_of() { # km/BUCKET/KEY
  [[ $1 == km/* ]] || fail 'Unknown alias' "$1"
  printf '%s/%s' "$store" "${1#km/}"
}
listed() { # FOLDER: time, size, ETag and name, each ended by a null byte
  paste -z <(find "$1/" -type f -name xl.meta -printf '%TY-%Tm-%TdT%TH:%TM:%TSZ\t%s\0') \
    <(find "$1/" -type f -name xl.meta -exec md5sum -z {} +)
}

case ${words[0]:-} in
  --version)
    echo 'mc version RELEASE.2024-11-05T11-29-45Z'
    exit 0
    ;;
  alias)
    login=$(cat)
    [[ $login == "$(<"$store/.login")" ]] || fail 'Unable to initialize new alias from the provided credentials.' 'The signature does not match.'
    mkdir -p "$config" && (umask 077 && printf '%s\n' "$login" >"$config/config.json")
    [[ $json == no ]] || printf '{"status":"success","secretKey":"%s"}\n' "${login#*$'\n'}"
    exit 0
    ;;
esac
cmp -s "$config/config.json" "$store/.login" || fail 'Unable to initialize new alias from the provided credentials.' 'Access Denied.'

case ${words[0]:-} in
  ls)
    folder=$(folder_of "${words[1]}") bucket=${words[1]#km/} bucket=${bucket%%/*}
    [[ -d $store/$bucket ]] || fail 'Unable to list folder.' 'The specified bucket does not exist' NoSuchBucket
    [[ -d $folder ]] || exit 0
    while IFS=$'\t' read -r -d '' time size rest; do
      path=${rest#*  } path=${path%/xl.meta} etag=${rest%% *}
      [[ ! -e $path/parts ]] || etag+=-3
      key=${path#"${folder%/}/"} key=${key#/} key=${key//\\/\\\\}
      printf '{"status":"success","type":"file","lastModified":"%s","size":%s,"key":"%s","etag":"%s"}\n' "$time" "$size" "${key//\"/\\\"}" "$etag"
    done < <(listed "$folder")
    ;;
  cp)
    to=$(folder_of "${words[-1]}")
    for ((at = 1; at < ${#words[@]} - 1; at++)); do
      from=$(folder_of "${words[at]}")
      if [[ ! -f $from/xl.meta ]]; then
        # Of several, the first one that is missing ends it, with the code 0.
        ((${#words[@]} == 3)) || exit 0
        fail 'Unable to prepare URL for copying.' 'Unable to guess the type of copy operation.'
      fi
      if [[ $to == */ ]]; then name=$to${from##*/}; else name=$to; fi
      mkdir -p "$name" && /usr/bin/cp -- "$from/xl.meta" "$name/xl.meta" || exit 1
    done
    ;;
  cat)
    from=$(folder_of "${words[1]}")
    [[ -f $from/xl.meta ]] || fail 'Unable to read.' 'Object does not exist'
    cat -- "$from/xl.meta"
    ;;
  rm)
    [[ ${words[1]:-} == --force ]] || fail 'Removal requires --force flag.' ''
    if [[ ${words[2]} == --stdin ]]; then mapfile -t named; else named=("${words[2]}"); fi
    for path in "${named[@]}"; do
      path=$(folder_of "$path")
      rm -f -- "$path/xl.meta" "$path/parts"
      # Folders are only part of names; a bucket stays.
      bucket=${path#"$store/"} bucket=$store/${bucket%%/*}
      find "$bucket" -mindepth 1 -type d -empty -delete
    done
    ;;
  mb) mkdir -p "$(folder_of "${words[1]}")" ;;
  *) fail "the rehearsal's mc has no command" "${words[*]}" ;;
esac
