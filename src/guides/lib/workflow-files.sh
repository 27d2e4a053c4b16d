# shellcheck shell=bash
# Workflow files on their way to an editor and back. What leaves the platform is kept under its SHA-256, and what replaces
# it comes from there too: a file is named by what is in it, so that nothing is replaced but what somebody has seen.
#
#   dag-files/fetched   what the editor may open: a line `folder<TAB>FOLDER`, then SHA256<TAB>WHY<TAB>NAME, one line a file,
#                       with - and the reason where it cannot be had
#   dag-files/handed    what the editor wants replaced: SHA256 BEFORE<TAB>SHA256 AFTER<TAB>NAME
#   dag-files/replaced  what was replaced, in this order, in the same form
#   dag-files/files/    the contents
# shellcheck disable=SC2034 # what is set here is for the steps

readonly KM_DAG_FILES=$KM_KEPT/dag-files
readonly KM_DAG_FETCHED=$KM_DAG_FILES/fetched KM_DAG_HANDED=$KM_DAG_FILES/handed KM_DAG_REPLACED=$KM_DAG_FILES/replaced
# A workflow is text that people write; more than this is something else.
readonly KM_DAG_BYTES=1000000

km_sha256() { # FILE
  local sum
  sum=$(sha256sum <"$1") && printf '%s' "${sum%% *}"
}

# As root: keeps a copy of each file below workflows/dags, readable for the user alone. Prints `SHA256<TAB>kept<TAB>NAME`,
# or `-<TAB>REASON<TAB>NAME` where there is nothing that could be edited.
km_copy_workflows() { # NAME…
  local dags=${FAST_DATA_DIR%/}/workflows/dags name path size sum
  (
    umask 077
    mkdir -p -- "$KM_DAG_FILES/files"
  )
  for name; do
    path=$dags/$name
    if [[ ! -f $path ]]; then
      printf -- '-\tit is not there any more\t%s\n' "$name"
    elif ! size=$(stat -Lc %s -- "$path") || ! [[ -r $path ]]; then
      printf -- '-\tit cannot be read\t%s\n' "$name"
    elif ((size > KM_DAG_BYTES)); then
      printf -- '-\tit is too large for a workflow file, %s\t%s\n' "$(km_size "$size")" "$name"
    elif (($(tr -d '\0' <"$path" | wc -c) != size)); then
      printf -- '-\tit is no text\t%s\n' "$name"
    elif command -v iconv >/dev/null && ! iconv -f UTF-8 -t UTF-8 <"$path" >/dev/null 2>&1; then
      printf -- '-\tit is not written in UTF-8, which an editor would spoil\t%s\n' "$name"
    else
      sum=$(km_keep_content "$path") || return 1
      printf '%s\tkept\t%s\n' "$sum" "$name"
    fi
  done
  chown -R --reference="$KM_KEPT" -- "$KM_DAG_FILES"
}

# Keeps what is in a file, and prints its SHA-256. It is read once: what is kept is what was hashed.
km_keep_content() { # FILE
  local new=$KM_DAG_FILES/files/.new.$$ sum
  if (umask 077 && cat -- "$1" >"$new") && sync -- "$new" && sum=$(km_sha256 "$new") &&
    mv -T -- "$new" "$KM_DAG_FILES/files/$sum"; then
    printf '%s' "$sum"
  else
    rm -f -- "$new"
    return 1
  fi
}

# As root: replaces each file that a list names, all of them or none, and says so. Fails where one of them is not what the
# list says it was.
km_replace_workflows() { # LIST
  local before after name why refused='' left=()
  [[ -s $1 ]] || return 0
  while IFS=$'\t' read -r before after name; do
    why=$(km_replaceable "$before" "$after" "$name")
    case $why in
      '') left+=("$before" "$after" "$name") ;;
      there) km_say "  is there already  $name" ;;
      *) refused+="${refused:+; }$name: $why" ;;
    esac
  done <"$1"
  [[ -z $refused ]] || {
    printf '%s\n' "$refused" >&2
    return 1
  }
  set -- "${left[@]}"
  while (($# > 0)); do
    km_replace_workflow "$1" "$2" "$3" || return 1
    shift 3
  done
}

# Nothing where a file may be replaced, `there` where it has been, else why it must not.
km_replaceable() { # BEFORE AFTER NAME
  local dags=${FAST_DATA_DIR%/}/workflows/dags path now
  path=$dags/$3
  if [[ ! $1/$2 =~ ^[0-9a-f]{64}/[0-9a-f]{64}$ || /$3/ == */../* || $3 == /* ]]; then
    printf 'the list does not name a workflow file of this folder'
  elif [[ -L $path ]]; then
    printf 'it is a link to another file'
  elif [[ ! -f $path ]]; then
    printf 'it is not there any more'
  elif ! km_inside "$(dirname -- "$path")" "$dags"; then
    printf 'it leads out of the folder'
  elif ! now=$(km_sha256 "$path"); then
    printf 'it cannot be read'
  elif [[ $now == "$2" ]]; then
    printf there
  elif [[ $now != "$1" ]]; then
    printf 'somebody has changed it on the host since'
  elif [[ $(km_sha256 "$KM_DAG_FILES/files/$2" 2>/dev/null) != "$2" ]]; then
    printf 'what shall replace it did not arrive whole'
  fi
}

# The original stays in the kept files, and not beside: Airflow would load a second workflow of the same name.
km_replace_workflow() { # BEFORE AFTER NAME
  local path=${FAST_DATA_DIR%/}/workflows/dags/$3 new
  new=$(dirname -- "$path")/.${path##*/}.new # Airflow reads *.py only
  rm -f -- "$new"
  # Owner, mode and labels of the original, the text of the changed one.
  if ! { cp --attributes-only --preserve=all -- "$path" "$new" && cat -- "$KM_DAG_FILES/files/$2" >"$new" &&
    sync -- "$new" && [[ $(km_sha256 "$new") == "$2" ]]; }; then
    rm -f -- "$new"
    printf '%s: the changed text could not be written beside it; is the disk full?\n' "$3" >&2
    return 1
  fi
  # The last look at the original is the one that is kept.
  if ! { [[ $(km_keep_content "$path") == "$1" ]] &&
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$KM_DAG_REPLACED" && sync -- "$KM_DAG_REPLACED" && mv -T -- "$new" "$path"; }; then
    rm -f -- "$new"
    printf '%s: somebody changes it just now, or the original could not be kept\n' "$3" >&2
    return 1
  fi
  chown --reference="$KM_KEPT" -- "$KM_DAG_REPLACED" "$KM_DAG_FILES/files/$1"
  km_say "  replaced          $3"
}

# As root: puts back what was there before the first replacement of each file.
km_restore_workflows() {
  local back=$KM_DAG_FILES/.back
  awk -F '\t' -v OFS='\t' '!($3 in first) { first[$3] = $1; name[++count] = $3 } { last[$3] = $2 }
    END { for (i = 1; i <= count; i++) print last[name[i]], first[name[i]], name[i] }' "$KM_DAG_REPLACED" >"$back"
  km_replace_workflows "$back" || return 1
  rm -f -- "$back" "$KM_DAG_REPLACED"
}
