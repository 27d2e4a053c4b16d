#!/usr/bin/env bash
# The durable runner of Kaapana Migration: keeps what it is told to run alive, and tells what became of it.
#
#   runner.sh STATE NONCE EDITOR HOST_KEY COMMAND [ARGUMENT…]
#
# It reaches the host as one file, made of the parts in this folder. Everything lies below STATE (0700), as files that
# anyone who may read them can follow:
#   runs/RUN/{plan.json,journal.jsonl}          what was planned, what happened, which values were confirmed
#   runs/RUN/kept/                              what one step learnt for a later one
#   runs/RUN/steps/STEP/ATTEMPT/cmd.sh cmd.sha256  the bytes that were previewed
#                              /kind outcomes   run or undo, whether the host restarts; what each ending means
#                              /in.fifo out.log progress  the keyboard and the screen of the job, how far it says it is
#                              /rc check.out    exit code and answer of the check, each published by a rename
#                              /closed          the journal has the outcome; nothing follows
# A job holds a lock on alive.lock, which all its processes inherit: the kernel knows who lives, no pid is guessed.
# Answers are single lines "%KMNONCE {…}"; anything else on stdout is somebody's login message.
# A comment "# point: NAME" marks a place at which a test kills this program.
set -uo pipefail
# What the runner writes is private; what a step writes is as the account has it.
export KM_UMASK=${KM_UMASK:-$(umask)}
umask 077

STATE=$1 NONCE=$2
export KM_EDITOR=$3 KM_HOST_KEY=$4
COMMAND=$5
shift 5
RUNNER=${BASH_SOURCE[0]}
[[ $RUNNER = /* ]] || RUNNER=$PWD/$RUNNER
read -r BOOT <"${KM_HOST_ROOT:-}/proc/sys/kernel/random/boot_id"
readonly STATE NONCE COMMAND RUNNER BOOT
# What a job may write to its log; what comes after is not kept.
readonly LOG_LIMIT=${KM_LOG_LIMIT:-64M}
# Seconds that a restart of the host may take to begin.
readonly REBOOT_WAIT=${KM_REBOOT_WAIT:-600}
# Seconds that a job may take to say that it began: its journal waits for a disk that may be busy.
readonly BEGIN_WAIT=${KM_BEGIN_WAIT:-30}
# Seconds that the check after a run may take. sudo waits five minutes for a password; what is left is for looking.
readonly CHECK_LIMIT=${KM_CHECK_LIMIT:-600}

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
  for tool in script setsid flock sha256sum base64 mkfifo stat tail stty dd numfmt timeout find awk; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  printf '%s' "${missing# }"
}
