# shellcheck shell=bash
# Shared by all steps. A step file defines check(), run() and, where there are any, undo() and patches(); km_main calls them.
#
# A check only looks. It prints one JSON line on stdout; everything else goes to stderr. A run acts and talks to a
# person at a terminal. Its exit code is no verdict: the check decides.
#
# A person or the rehearsal may export before: KM_INTERACTIVE=1 (a check may ask for sudo's password), KM_TIMEOUT
# (seconds after which a tool that hangs is given up), KM_POLL and KM_PATIENCE (how often something is looked at that is
# waited for), KM_KUBECTL and KM_HELM (which programs to use), KM_HOST_ROOT (put before /etc, /home, /snap and /var/snap where those
# are looked at).

set -euo pipefail
export LC_ALL=C # tools answer in English, lists sort the same way everywhere

# shellcheck disable=SC2034 # A step file that is started by hand sets it after reading this one.
KM_BY_HAND=''
KM_PHASE=${KM_PHASE:-check}
KM_INTERACTIVE=${KM_INTERACTIVE:-0}
KM_TIMEOUT=${KM_TIMEOUT:-10}
KM_POLL=${KM_POLL:-5} # seconds between two looks at what is waited for
KM_PATIENCE=${KM_PATIENCE:-180} # looks without a change after which it is given up
KM_HOST_ROOT=${KM_HOST_ROOT:-}
KM_SELF=$(realpath -- "$0" 2>/dev/null || true)
KM_GUIDE=${KM_GUIDE:-$(basename -- "$(dirname -- "$(dirname -- "$KM_SELF")")")} # by hand: .../GUIDE/steps/STEP.sh
# What one step learns and a later one needs lies here, for people to read: no secret ever.
KM_KEPT=${KM_KEPT:-${XDG_STATE_HOME:-$HOME/.local/state}/kaapana-migration/runs/$KM_GUIDE/kept}
KM_PROGRESS=${KM_PROGRESS:-} # the file in which the runner looks for a step's progress
KM_OUT='' KM_WHY='' KM_HUNG=' '
# shellcheck disable=SC2034 # for the steps; never exported
KM_SECRET='' KM_USER=''
KM_ROOT_STATE='' KM_ROOT_WHY=''
KM_ITEMS='' # the go / no-go list as JSON objects with commas between them
declare -A KM_COUNT=([go]=0 [note]=0 [no-go]=0 [unknown]=0)
declare -A KM_LISTED=([go]='' [note]='' [no-go]='' [unknown]='')

# The guide's parameters, for handing them on to a process of root's, which sudo starts with an empty environment.
readonly KM_PARAMETERS=(FAST_DATA_DIR SLOW_DATA_DIR BACKUP_DIR WORK_DIR SCRIPTS_DIR DATABASE_WAY)

# Reads further libraries, for a step that is started by hand. The extension puts them before the step's text.
km_use() { # LIBRARY…
  local name
  # shellcheck source=/dev/null
  for name in "$@"; do . "$(dirname -- "${BASH_SOURCE[0]}")/lib/$name.sh"; done
}

km_snap_tool() { # NAME: where a tool that came as a snap is; the PATH of `ssh host command` may lack /snap/bin
  if [[ -x $KM_HOST_ROOT/snap/bin/$1 ]]; then printf '%s' "$KM_HOST_ROOT/snap/bin/$1"; else command -v "$1" || true; fi
}
KM_KUBECTL=${KM_KUBECTL:-$(km_snap_tool microk8s.kubectl)}
KM_HELM=${KM_HELM:-$(km_snap_tool helm)}

# ---- Talking to a person --------------------------------------------------------------------------------------------

km_say() { printf '%s\n' "$*"; }

# Ends a run with the three things that a person needs to know.
km_die() { # WHAT_FAILED STATE_OF_THINGS WHAT_TO_DO
  printf '\nFailed:  %s\nState:   %s\nNext:    %s\n' "$(km_wrap 9 "$1")" "$(km_wrap 9 "$2")" "$(km_wrap 9 "$3")" >&2
  exit 1
}

km_wrap() { # INDENT TEXT: in lines that fit the terminal, all but the first indented
  local width=$((${COLUMNS:-100} - $1))
  ((width >= 40)) || width=40
  printf '%s\n' "$2" | fold -s -w "$width" | sed "2,\$s/^/$(printf '%*s' "$1" '')/; s/ *\$//"
}

# How far a run has come: a line in the terminal, and beside the step in every editor.
km_progress() { # DONE TOTAL WHAT
  km_say "  $3: $1 of $2"
  [[ -n $KM_PROGRESS ]] || return 0
  printf '%d\t%d\t%s\n' "$1" "$2" "${3//[[:cntrl:]]/ }" >"$KM_PROGRESS.tmp" && mv -f "$KM_PROGRESS.tmp" "$KM_PROGRESS"
}

km_size() { # BYTES
  awk -v n="$1" 'BEGIN { split("bytes kB MB GB TB PB", unit, " ")
    for (i = 1; n >= 1000 && i < 6; i++) n /= 1000
    printf(i == 1 ? "%d %s" : "%.1f %s", n, unit[i]) }'
}

# Asks for a secret in the terminal: KM_SECRET. Fails where there is none. The terminal is silent before the prompt appears:
# what is typed at once must not be shown either.
km_read_secret() { # PROMPT
  local saved rc=0
  KM_SECRET=''
  { exec 4<>/dev/tty; } 2>/dev/null || return 1
  saved=$(stty -g <&4)
  trap 'stty "$saved" <&4; exit 130' INT TERM HUP
  stty -echo <&4
  printf '%s' "$1" >&4
  # shellcheck disable=SC2034
  IFS= read -r KM_SECRET <&4 || rc=1
  stty "$saved" <&4
  trap - INT TERM HUP
  printf '\n' >&4
  exec 4>&-
  return "$rc"
}

# ---- Answering a check ----------------------------------------------------------------------------------------------

km_json() { # TEXT: as a JSON string. Built here, as the host may lack jq.
  local text=$1 code char
  local back=$'\\'
  text=${text//"$back"/"$back$back"}
  text=${text//'"'/"$back"'"'}
  text=${text//$'\n'/"${back}n"}
  text=${text//$'\t'/"${back}t"}
  text=${text//$'\r'/"${back}r"}
  if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
    for ((code = 1; code < 32; code++)); do
      printf -v char '%b' "\\x$(printf '%02x' "$code")"
      text=${text//"$char"/"${back}u$(printf '%04x' "$code")"}
    done
  fi
  printf '"%s"' "$text"
}

# Ends a check with its answer: done, pending, not-needed, blocked or unknown, and one sentence that says why.
km_answer() { # STATUS EVIDENCE
  km_answer_line "$1" "$2" >&3
  exit 0
}

km_answer_line() { # STATUS EVIDENCE
  printf '{"status":"%s","evidence":%s' "$1" "$(km_json "$2")"
  [[ -z $KM_ITEMS ]] || printf ',"items":[%s]' "$KM_ITEMS"
  printf '}\n'
}

# One line of a go / no-go list. A run shows it at once.
km_item() { # ID TITLE go|note|no-go|unknown FOUND REMEDY
  KM_COUNT[$3]=$((KM_COUNT[$3] + 1))
  KM_LISTED[$3]+="$2"$'\x1f'"$4"$'\x1f'"${5:-}"$'\x1e'
  KM_ITEMS+=${KM_ITEMS:+,}$(printf '{"id":%s,"title":%s,"verdict":"%s","found":%s,"remedy":%s}' \
    "$(km_json "$1")" "$(km_json "$2")" "$3" "$(km_json "$4")" "$(km_json "${5:-}")")
  [[ $KM_PHASE != run ]] || printf '  %-8s %-25s %s\n' "$3" "$2" "$(km_wrap 37 "$4")"
}

# ---- Root -----------------------------------------------------------------------------------------------------------

km_may_ask() { [[ $KM_PHASE == run || $KM_INTERACTIVE == 1 ]]; }

# Finds out once whether root's rights can be had: fails with KM_ROOT_WHY where not. Asks only where it may.
km_root_ready() {
  if [[ -z $KM_ROOT_STATE ]]; then
    KM_ROOT_STATE=no
    if [[ $(id -u) == 0 ]]; then
      KM_ROOT_STATE=root
    elif ! command -v sudo >/dev/null; then
      KM_ROOT_WHY='sudo is not installed'
    elif KM_ROOT_WHY=$(timeout -k 2 "$KM_TIMEOUT" sudo -n true 2>&1 </dev/null); then
      KM_ROOT_STATE=sudo
    elif [[ $KM_ROOT_WHY == *'password is required'* || $KM_ROOT_WHY == *'terminal is required'* ]]; then
      KM_ROOT_STATE=password KM_ROOT_WHY="needs sudo's password: run the step in the terminal, it asks there"
      if km_may_ask; then
        if sudo -v; then KM_ROOT_STATE=sudo; else KM_ROOT_STATE=no KM_ROOT_WHY="sudo did not accept a password"; fi
      fi
    else
      KM_ROOT_WHY=${KM_ROOT_WHY:-it gave no answer within $KM_TIMEOUT seconds}
      KM_ROOT_WHY="sudo refuses: ${KM_ROOT_WHY%.}"
    fi
  fi
  [[ $KM_ROOT_STATE == root || $KM_ROOT_STATE == sudo ]]
}

# Runs a command as root; 77 where root's rights cannot be had. A check never waits for a password.
as_root() { # COMMAND…
  km_root_ready || return 77
  if [[ $KM_ROOT_STATE == root ]]; then "$@"; elif km_may_ask; then sudo -- "$@"; else sudo -n -- "$@"; fi
}

# Runs a function of this very file in one process of root's, so that sudo asks once and never in the middle.
km_elevated() { # FUNCTION ARGUMENT…
  local name pass=("KM_PHASE=$KM_PHASE" "KM_GUIDE=$KM_GUIDE" "KM_KEPT=$KM_KEPT" "KM_PROGRESS=$KM_PROGRESS" "KM_INTERACTIVE=$KM_INTERACTIVE" "KM_POLL=$KM_POLL" "KM_HOST_ROOT=$KM_HOST_ROOT")
  [[ -f $KM_SELF ]] || {
    km_say "This text must be run from a file, not from standard input." >&2
    return 2
  }
  for name in "${KM_PARAMETERS[@]}"; do [[ -z ${!name+set} ]] || pass+=("$name=${!name}"); done
  as_root env "${pass[@]}" bash "$KM_SELF" as-root "$@"
}

# ---- Asking tools ---------------------------------------------------------------------------------------------------

# Asks a tool something: KM_OUT is what it printed, KM_WHY why it gave nothing. A tool that hangs is given up.
km_ask() { # COMMAND…
  km_ask_with '' "$@"
}
km_ask_root() { # COMMAND…
  km_root_ready || {
    KM_OUT='' KM_WHY=$KM_ROOT_WHY
    return 77
  }
  km_ask_with as_root "$@"
}
km_ask_with() { # PREFIX COMMAND…
  local prefix=$1 rc=0 limit=(timeout -k 2 "$KM_TIMEOUT")
  shift
  KM_OUT='' KM_WHY=''
  if [[ $1 == '' ]] || ! command -v "$1" >/dev/null; then
    KM_WHY='it was not found'
    return 127
  elif [[ $KM_HUNG == *" $1 "* ]]; then # it is waited for once
    KM_WHY="${1##*/} gave no answer within $KM_TIMEOUT seconds"
    return 124
  fi
  KM_OUT=$($prefix "${limit[@]}" "$@" </dev/null 2>/dev/null) || rc=$?
  case $rc in
    0) return 0 ;;
    124 | 137)
      KM_WHY="${1##*/} gave no answer within $KM_TIMEOUT seconds"
      KM_HUNG+="$1 "
      ;;
    *)
      # Only a failure is asked twice, for its words: the answer itself must not be mixed with warnings.
      KM_WHY=$($prefix "${limit[@]}" "$@" 2>&1 </dev/null >/dev/null | tail -n 1 | cut -c1-200) || true
      KM_WHY="${1##*/} failed with code $rc${KM_WHY:+: $KM_WHY}"
      ;;
  esac
  return "$rc"
}

# ---- Versions and paths ---------------------------------------------------------------------------------------------

km_version_base() { # VERSION: 0.3.5-12-gabc is a build on top of 0.3.5
  [[ $1 =~ ^v?([0-9]+\.[0-9]+(\.[0-9]+)?) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

km_version_ge() { # A B
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]
}

km_real() { realpath -m -- "$1"; } # symlinks resolved, also where the end does not exist yet

# Whether a path is another one or lies below it, by name after resolving symlinks, and by inode (bind mounts).
km_inside() { # PATH FOLDER
  local path folder id
  path=$(km_real "$1") folder=$(km_real "$2")
  [[ $folder != / ]] || return 0
  [[ $path != "$folder" && $path != "$folder"/* ]] || return 0
  id=$(stat -Lc %d:%i -- "$folder" 2>/dev/null) || return 1
  while :; do
    [[ $(stat -Lc %d:%i -- "$path" 2>/dev/null) != "$id" ]] || return 0
    [[ $path != / ]] || return 1
    path=$(dirname -- "$path")
  done
}

# Why a folder cannot take copies that must survive the migration; nothing where it can.
km_unsafe_folder() { # FOLDER FAST SLOW
  local folder=$1 real data
  if [[ $folder != /* ]]; then printf 'it is not an absolute path'; return; fi
  if [[ $folder == *$'\n'* ]]; then printf 'its name has a line break'; return; fi
  real=$(km_real "$folder")
  if [[ $real == / ]]; then printf 'it is the root of the file system'; return; fi
  if km_inside "$real" "$KM_HOST_ROOT/var/snap"; then printf 'it lies below /var/snap, which uninstalling MicroK8s empties'; return; fi
  for data in "$2" "$3"; do
    if km_inside "$real" "$data"; then
      printf 'it lies inside the data folder %s%s' "$data" "$([[ $real == "$folder" ]] || printf ' (it leads to %s)' "$real")"
      return
    fi
    if km_inside "$data" "$real"; then printf 'the data folder %s lies inside it' "$data"; return; fi
  done
}

km_free() { # PATH: size and free bytes of the file system that holds it, also where it does not exist yet
  local path
  path=$(km_real "$1")
  while [[ ! -e $path ]]; do path=$(dirname -- "$path"); done
  df -Pk -- "$path" | awk 'NR == 2 { printf "%.0f %.0f\n", $2 * 1024, $4 * 1024 }'
}

# ---- The platform ---------------------------------------------------------------------------------------------------

declare -A KM_PLATFORM=()
KM_RELEASES='' KM_VOLUMES=''

# Every helm release as JSON (name, namespace, chart, status; no values), also one that helm is about to remove.
km_load_releases() {
  [[ -z $KM_RELEASES ]] || return 0
  km_ask "$KM_HELM" list -A --all -o json || {
    # helm 4 shows all of them without being told.
    [[ $KM_WHY == *'unknown flag'* ]] && km_ask "$KM_HELM" list -A -o json
  } || return 1
  KM_RELEASES=$KM_OUT
}

# What the platform was deployed with. helm's values hold every password: they stay inside this function, are handed on
# through a pipe only, and nothing but the keys named here is kept.
km_load_platform() {
  local namespace='' chart='' key value
  [[ -z ${KM_PLATFORM[chart]:-} ]] || return 0
  command -v jq >/dev/null || {
    KM_WHY='jq is missing, which reads what helm answers'
    return 1
  }
  km_load_releases || return 1
  read -r namespace chart < <(printf '%s' "$KM_RELEASES" |
    jq -r '.[] | select(.name == "kaapana-admin-chart") | "\(.namespace) \(.chart)"' 2>/dev/null) || true
  [[ -n $chart ]] || {
    KM_WHY='helm knows no release kaapana-admin-chart'
    return 1
  }
  km_ask "$KM_HELM" get values kaapana-admin-chart -n "$namespace" --all -o json || return 1
  while IFS=$'\t' read -r key value; do KM_PLATFORM[$key]=$value; done < <(printf '%s' "$KM_OUT" | jq -r '
    (.global // {}) | to_entries[] | select(.value != null) | select(.key | test("^(fast_data_dir|slow_data_dir|dev_mode|" +
    "instance_uid|enable_nfs|hostname|https?_port|dicom_port|registry_url|kaapana_build_version|" +
    "(services|admin|jobs|extensions)_namespace)$")) | "\(.key)\t\(.value)"')
  KM_OUT='' KM_PLATFORM[namespace]=$namespace KM_PLATFORM[chart]=${chart#kaapana-admin-chart-}
}

# Whether the platform that runs is of a version: prints it, and how it is known.
km_recognize_platform() { # PATTERN
  local version
  km_load_platform || return 0
  version=$(km_version_base "${KM_PLATFORM[chart]}") || return 0
  # shellcheck disable=SC2053 # a pattern is meant
  [[ $version != $1 ]] || printf 'Kaapana %s\tits helm release says so\n' "${KM_PLATFORM[chart]}"
}
km_recognize_0_3() { km_recognize_platform '0.3.*'; }

# Every volume of the cluster: name, folder on the host, NFS server, claim.
km_load_volumes() {
  [[ -z $KM_VOLUMES ]] || return 0
  km_ask "$KM_KUBECTL" get pv -o \
    'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.spec.hostPath.path}{"\t"}{.spec.nfs.server}{"\t"}{.spec.claimRef.namespace}{"\n"}{end}' || return 1
  KM_VOLUMES=$KM_OUT
}

km_volume_folder() { # VOLUME SUFFIX: the data folder that a volume shows, as the volume lies at SUFFIX below it
  awk -F '\t' -v name="$1" -v suffix="$2" '$1 == name && substr($2, length($2) - length(suffix) + 1) == suffix {
    print substr($2, 1, length($2) - length(suffix)) }' <<<"$KM_VOLUMES"
}

# ---- Detecting parameters: `value<TAB>source`, or nothing where it cannot be told ------------------------------------

km_detect_data_dir() { # KEY VOLUME SUFFIX
  local value='' shown=''
  if km_load_platform; then value=${KM_PLATFORM[$1]:-} value=${value%/}; fi
  if km_load_volumes; then shown=$(km_volume_folder "$2" "$3"); fi
  if [[ -n $value && -n $shown && $value != "$shown" ]]; then
    km_say "helm says $value, the volume $2 says $shown." >&2
  elif [[ -n $value && -n $shown ]]; then
    printf '%s\tfrom the running platform: helm and its volumes agree\n' "$value"
  elif [[ -n $value ]]; then
    printf '%s\tfrom the running platform: helm\n' "$value"
  elif [[ -n $shown ]]; then
    printf '%s\tfrom the running platform: volume %s\n' "$shown" "$2"
  fi
}
km_detect_fast_data_dir() { km_detect_data_dir fast_data_dir os-data-pv-volume /os/data; }
km_detect_slow_data_dir() { km_detect_data_dir slow_data_dir minio-pv-volume /minio; }

# Where there is most room outside the data folders.
km_propose_folder() { # NAME
  local fast slow free mount folder
  km_load_platform || true # here, so that both questions below share the answers
  km_load_volumes || true
  fast=$(km_detect_fast_data_dir 2>/dev/null | cut -f 1) slow=$(km_detect_slow_data_dir 2>/dev/null | cut -f 1)
  while read -r free mount; do
    case $mount in /boot* | /snap* | /var/snap* | /run* | /dev* | /proc* | /sys*) continue ;; esac
    if [[ $mount == / ]]; then folder=/var/$1; else folder=$mount/$1; fi
    [[ -z $(km_unsafe_folder "$folder" "${fast:-/nonexistent}" "${slow:-/nonexistent}") ]] || continue
    printf '%s\tmost room outside the data folders, %s free on %s\n' "$folder" "$(km_size $((free * 1024)))" "$mount"
    return 0
  done < <(df -Pk -l -x tmpfs -x devtmpfs -x squashfs -x efivarfs 2>/dev/null |
    awk 'NR > 1 { free = $4; sub(/^.*% +/, ""); print free, $0 }' | sort -rn)
  printf '/var/%s\tno better place was found\n' "$1"
}
km_detect_backup_dir() { km_propose_folder kaapana-migration-backup; }
km_detect_work_dir() { km_propose_folder kaapana-migration-work; }

# Deploy scripts below a folder, recognised by what is in them: version and path, one line each.
km_deploy_scripts() { # FOLDER
  local file version
  while IFS= read -r -d '' file; do
    version=$(sed -nE 's/^PLATFORM_VERSION="?([0-9][^" #]*)"?.*/\1/p' "$file" | head -n 1)
    [[ -z $version ]] || printf '%s\t%s\n' "$version" "$file"
  done < <(timeout -k 2 "$KM_TIMEOUT" find -L "$1" -mindepth 1 -maxdepth 3 -name '.?*' -prune -o -type f -size -512k -size +0 ! -name '*'$'\n''*' \
    -exec grep -lZ -e '^PLATFORM_VERSION=' {} + 2>/dev/null | xargs -0 -r grep -lZ -e '--undeploy' 2>/dev/null)
}

km_detect_scripts_dir() {
  local found
  found=$(km_deploy_scripts "$HOME" | cut -f 2 | head -n 1)
  if [[ -n $found ]]; then
    printf '%s\ta deploy script lies there\n' "$(dirname -- "$found")"
  else
    printf '%s\tyour home directory; no deploy script was found in it\n' "$HOME"
  fi
}

# ---- The entry ------------------------------------------------------------------------------------------------------

# One change of an object in the cluster, as a step's patches() prints what its run would change.
km_patch() { # API_VERSION KIND NAMESPACE NAME PATCH
  printf '{"apiVersion": %s, "kind": %s, "namespace": %s, "name": %s, "patch": %s}\n' \
    "$(km_json "$1")" "$(km_json "$2")" "$(km_json "$3")" "$(km_json "$4")" "${5//$'\n'/ }"
}

# Without a mode it says how it is used. A check that breaks off without an answer is `unknown`, never silent.
km_main() { # run | check | undo | patches
  local mode=${1:-} answer rc
  case $mode in
    run)
      KM_PHASE=run
      run
      ;;
    check)
      KM_PHASE=check
      set +e
      answer=$(
        set -e
        exec 3>&1 1>&2
        check
      )
      rc=$?
      set -e
      answer=${answer##*$'\n'}
      [[ $answer == '{"status":'* ]] || answer=$(km_answer_line unknown "The check broke off with code $rc before it had an answer.")
      printf '%s\n' "$answer"
      ;;
    undo)
      KM_PHASE=run
      declare -F undo >/dev/null || km_die 'This step has no undo.' 'Nothing was changed.' 'Read what the step says about the way back.'
      undo
      ;;
    patches) # what a run would change in the cluster: only looks
      patches
      ;;
    as-root) # the second half of km_elevated
      shift
      exec 3>&1
      "$@"
      ;;
    *)
      km_say 'Usage: bash FILE run | check | undo | patches' >&2
      return 2
      ;;
  esac
}
