# shellcheck shell=bash
# Objects of the platform's store MinIO, moved from one bucket to another: copied, compared, and only then removed at
# the source. To be sourced after rest.sh.
#
# The command mc runs inside the cluster, where the store's login is; it never leaves the pod. A copy is made by the
# store itself. Nothing that stands in the target already is overwritten: where it differs, the original stays.
# Everything is decided by what is in the buckets, so that a move which was interrupted anywhere is simply run again.
#
#   objects_of BUCKET PATTERN TARGET flat|whole WORDS   says what the other functions work on
#   objects_check, objects_move, objects_undo           answer, act and take back for a step

readonly OBJECTS_PROJECT=project-admin
readonly OBJECTS_SYNC=minio-sync-migration # the sync application, where it was started
OBJECTS_BUCKET='' OBJECTS_PATTERN='' OBJECTS_TARGET='' OBJECTS_FLAT='' OBJECTS_WORDS=''
OBJECTS_RECORD='' # what was moved and what stays, one line each: moved or stays, size, ETag, name in the target, original name
OBJECTS_POD=() OBJECTS_DIR='' OBJECTS_STATE='Nothing was changed.'
declare -A OBJECTS_COUNT=() OBJECTS_BYTES=()

# The pattern, a regular expression of awk, names the objects that are to move: flat without the folders of their names.
objects_of() { # BUCKET PATTERN TARGET flat|whole WORDS
  OBJECTS_BUCKET=$1 OBJECTS_PATTERN=$2 OBJECTS_TARGET=$3 OBJECTS_WORDS=$5
  OBJECTS_FLAT=$([[ $4 != flat ]] || printf yes)
  OBJECTS_RECORD=$KM_KEPT/moved-$1.tsv
}

# ---- mc inside the cluster ------------------------------------------------------------------------------------------

# Comes before every script: signs in with what the pod has in its environment, in a folder that is gone afterwards. The
# file system of the pod may be read-only but for its shared memory.
# shellcheck disable=SC2016 # it is expanded in the pod
readonly OBJECTS_SIGN_IN='command -v mc >/dev/null || exit 89
umask 077
c=$(mktemp -d "${TMPDIR:-/dev/shm}/km.XXXXXX" 2>/dev/null || mktemp -d) || exit 90
trap "rm -rf \"$c\"" EXIT
trap "exit 143" HUP INT TERM
printf "%s\n%s\n" "${MINIO_ROOT_USER:-${MINIO_USER:-}}" "${MINIO_ROOT_PASSWORD:-${MINIO_PASSWORD:-}}" |
  mc --config-dir "$c" alias set km "http://${MINIO_SERVICE:-127.0.0.1:9000}" >/dev/null 2>&1 || exit 91
'

# A script in the pod, short: KM_OUT is what it printed. mc is in the pod of MinIO, or in that of the sync application.
objects_ask() { # SCRIPT ARGUMENT…
  local script=$1 rc=0
  shift
  objects_ask_pod deploy/minio-deployment minio "$script" "$@" || rc=$?
  [[ $rc == 89 ]] || return "$rc"
  objects_ask_pod "deploy/$OBJECTS_SYNC" minio-sync "$script" "$@" && return 0
  KM_WHY='the pod of MinIO has no mc. The step "Start MinIO sync" brings a pod that has it'
  return 1
}
objects_ask_pod() { # WORKLOAD CONTAINER SCRIPT ARGUMENT…
  local rc=0 script=$3
  OBJECTS_POD=("${KM_PLATFORM[services_namespace]:-services}" "$1" "$2")
  shift 3
  rest_exec "${OBJECTS_POD[@]}" bash -c "$OBJECTS_SIGN_IN$script" bash "$@" </dev/null || rc=$?
  [[ $KM_WHY != 'the pod has no bash' ]] || rc=89
  case $rc in
    0 | 89) return "$rc" ;;
    90) KM_WHY='the pod has no folder to write to' ;;
    91) KM_WHY='MinIO does not answer, or does not accept the login of its own pod' ;;
    124 | 137) KM_WHY="MinIO gave no answer within $REST_SECONDS seconds" ;;
    *) KM_WHY=${KM_WHY:-mc ended with code $rc} ;;
  esac
  return 1
}

# A script in the pod, however long it takes: it reads standard input and prints lines to be followed.
objects_work() { # SCRIPT
  "$KM_KUBECTL" -n "${OBJECTS_POD[0]}" exec -i "${OBJECTS_POD[1]}" -c "${OBJECTS_POD[2]}" -- bash -c "$OBJECTS_SIGN_IN$1"
}

# ---- What is where --------------------------------------------------------------------------------------------------

# Lists both places into the files target and source: time, size, ETag, name; the newest first. What is not there is
# as empty as can be; 2 where the project has no bucket.
objects_list() {
  local REST_SECONDS=60
  # shellcheck disable=SC2016
  objects_ask 'for place; do printf "{\"place\":1}\n"; mc --config-dir "$c" --json ls --recursive "km/$place"; printf "\n{\"code\":%d}\n" "$?"; done' \
    "$(objects_place)/" "$OBJECTS_BUCKET" || return 1
  # Names with control characters cannot be handed on in lines; they stay where they are, as everything unknown does.
  printf '%s\n' "$KM_OUT" | jq -r 'if .place then "place" elif .code then "code\t\(.code)"
    elif .status == "error" then "error\t\(.error.cause.error.Code // "")\t\(.error.message)"
    elif .type != "file" or (.key | test("[\u0000-\u001f\u007f]")) then empty else "\(.lastModified)\t\(.size)\t\(.etag)\t\(.key)" end' \
    >"$OBJECTS_DIR/listed" 2>/dev/null || {
    KM_WHY='what mc printed cannot be read'
    return 1
  }
  # A list that was cut off must not pass for a whole one.
  awk -F '\t' '$1 == "error" { error = 1 } $1 == "code" { n++; if ($2 != 0 && !error) bad = 1; error = 0 } END { exit bad || n != 2 }' "$OBJECTS_DIR/listed" || {
    KM_WHY='the list of mc was cut off'
    return 1
  }
  KM_OUT=''
  awk '/^place$/ { place++; next } /^code\t/ { next } place == 1' "$OBJECTS_DIR/listed" | sort -r >"$OBJECTS_DIR/target"
  awk '/^place$/ { place++; next } /^code\t/ { next } place == 2' "$OBJECTS_DIR/listed" | sort -r >"$OBJECTS_DIR/source"
  if grep -q $'^error\tNoSuchBucket' "$OBJECTS_DIR/target"; then
    KM_WHY="there is no bucket $OBJECTS_PROJECT. The Job init-projects of the new platform creates it"
    return 2
  fi
  ! grep -q $'^error\tNoSuchBucket' "$OBJECTS_DIR/source" || : >"$OBJECTS_DIR/source"
  KM_WHY=$(cat "$OBJECTS_DIR/target" "$OBJECTS_DIR/source" | grep -m 1 '^error' | cut -f 3)
  [[ -z $KM_WHY ]]
}

# Compares both lists: $OBJECTS_DIR/plan says of every object at the source what is to be done with it.
#   copy     it is not in the target yet
#   equal    the target has it, of the same size and ETag
#   hash     the target has it, of the same size; their ETags cannot be compared, as one was uploaded in parts
#   differs  the target has something else of that name
#   other    it is not one of those that are to move
objects_look() {
  local state number bytes
  command -v jq >/dev/null || {
    KM_WHY='jq is missing, which reads what mc prints'
    return 1
  }
  if [[ -z $OBJECTS_DIR ]]; then
    OBJECTS_DIR=$(mktemp -d) || return 1
    trap 'rm -rf -- "$OBJECTS_DIR"' EXIT
  fi
  objects_list || return
  PATTERN=$OBJECTS_PATTERN FLAT=$OBJECTS_FLAT awk 'BEGIN { FS = OFS = "\t" }
    side == "record" { if ($1 == "stays") stays[$5, $2, $3]; next }
    side == "target" { size[$4] = $2; etag[$4] = $3; next }
    $4 !~ ENVIRON["PATTERN"] { print "other", $2, $3, "-", "-", $4; next }
    { to = $4
      if (ENVIRON["FLAT"]) sub(/^.*\//, "", to)
      if (to in size) state = (size[to] != $2) ? "differs" : (etag[to] == $3) ? "equal" : ((etag[to] $3) ~ /-/) ? "hash" : "differs"
      else if (to in taken) next # a newer one of the same name goes first; the next look says what this one is
      else state = "copy"
      if (state == "hash" && (($4, $2, $3) in stays)) state = "differs" # it was read before
      taken[to]; print state, $2, $3, (to in etag) ? etag[to] : "-", to, $4 }' \
    side=record "$(objects_record)" side=target "$OBJECTS_DIR/target" side=source "$OBJECTS_DIR/source" >"$OBJECTS_DIR/plan"
  OBJECTS_COUNT=([copy]=0 [equal]=0 [hash]=0 [differs]=0 [other]=0 [target]=$(wc -l <"$OBJECTS_DIR/target"))
  OBJECTS_BYTES=([copy]=0 [hash]=0)
  while read -r state number bytes; do
    OBJECTS_COUNT[$state]=$number OBJECTS_BYTES[$state]=$bytes
  done < <(awk -F '\t' '{ n[$1]++; b[$1] += $2 } END { for (s in n) printf "%s %d %.0f\n", s, n[s], b[s] }' "$OBJECTS_DIR/plan")
}

objects_left() { printf '%d' $((OBJECTS_COUNT[copy] + OBJECTS_COUNT[equal] + OBJECTS_COUNT[hash])); }
objects_record() { if [[ -f $OBJECTS_RECORD ]]; then printf '%s' "$OBJECTS_RECORD"; else printf /dev/null; fi; }
objects_planned() { awk -F '\t' -v state="$1" '$1 == state' "$OBJECTS_DIR/plan"; }
objects_example() { objects_planned "$1" | head -n 1 | cut -f 6; }
objects_place() { printf '%s/%s' "$OBJECTS_PROJECT" "$OBJECTS_TARGET"; }

# Of the objects that were moved, how many the target does not have any more.
objects_missing() {
  awk 'BEGIN { FS = "\t" } side == "target" { there[$4]; next } $1 == "moved" && !($4 in there) { n++ } END { print n + 0 }' \
    side=target "$OBJECTS_DIR/target" side=record "$OBJECTS_RECORD"
}
# Originals that differ from what stands in the target, and that no run has looked at yet.
objects_unsettled() {
  awk 'BEGIN { FS = "\t" } side == "record" { if ($1 == "stays") known[$5, $2, $3]; next }
    $1 == "differs" && !(($6, $2, $3) in known) { n++ } END { print n + 0 }' \
    side=record "$(objects_record)" side=plan "$OBJECTS_DIR/plan"
}

# ---- Answering ------------------------------------------------------------------------------------------------------

objects_check() {
  local rc=0 moved=0 recorded stays=''
  objects_look || rc=$?
  case $rc in
    0) ;;
    2) km_answer blocked "${KM_WHY^}." ;;
    *) km_answer unknown "The $OBJECTS_WORDS could not be looked up: $KM_WHY." ;;
  esac
  if ((OBJECTS_COUNT[copy] > 0)); then
    km_answer pending "${OBJECTS_COUNT[copy]} $OBJECTS_WORDS ($(km_size "${OBJECTS_BYTES[copy]}")) are not in $(objects_place) yet; ${OBJECTS_COUNT[target]} are."
  elif (($(objects_left) + $(objects_unsettled) > 0)); then
    km_answer pending "$(($(objects_left) + $(objects_unsettled))) originals of $OBJECTS_WORDS stand in the bucket $OBJECTS_BUCKET; $(objects_place) has objects of these names. Run the step: it compares them."
  fi
  [[ ! -f $OBJECTS_RECORD ]] || moved=$(grep -c '^moved' "$OBJECTS_RECORD" || true)
  ((OBJECTS_COUNT[differs] == 0)) || stays=" ${OBJECTS_COUNT[differs]} originals stay in the bucket $OBJECTS_BUCKET, as $(objects_place) had others of their names already."
  if ((moved == 0)); then
    recorded=$(jq -r --arg key "objects/$OBJECTS_BUCKET" '.numbers[$key] // 0' "$KM_KEPT/baseline.json" 2>/dev/null) || recorded=0
    ((OBJECTS_COUNT[other] + OBJECTS_COUNT[differs] + OBJECTS_COUNT[target] >= recorded)) ||
      km_answer blocked "Before the migration the bucket $OBJECTS_BUCKET had $recorded objects. Now it has no $OBJECTS_WORDS, and $(objects_place) has ${OBJECTS_COUNT[target]}. Do not go on: does the new platform use the old data folder?"
    km_answer not-needed "The bucket $OBJECTS_BUCKET holds no $OBJECTS_WORDS to move; $(objects_place) has ${OBJECTS_COUNT[target]}.$stays"
  fi
  (($(objects_missing) == 0)) ||
    km_answer blocked "$(objects_missing) of $moved moved $OBJECTS_WORDS are not in $(objects_place) any more. If nobody deleted them since, look at the store's disk before you go on; their names stand in $OBJECTS_RECORD."
  km_answer 'done' "All $moved $OBJECTS_WORDS were copied to $(objects_place), compared, and removed from the bucket $OBJECTS_BUCKET.$stays"
}

# ---- Moving ---------------------------------------------------------------------------------------------------------

objects_failed() { # WHAT [WHAT_TO_DO]
  km_die "$1" "$OBJECTS_STATE" "${2:-Solve that, then run the step again. It goes on where it ended.}"
}

objects_look_closely() { objects_look || objects_failed "The $OBJECTS_WORDS could not be looked up: $KM_WHY."; }

objects_move() {
  objects_look_closely
  if (($(objects_left) + $(objects_unsettled) == 0)); then
    km_say "The bucket $OBJECTS_BUCKET holds no $OBJECTS_WORDS to move. Nothing was changed."
    return
  fi
  km_say "  from    $OBJECTS_BUCKET"
  km_say "  to      $(objects_place)"
  km_say "  to copy ${OBJECTS_COUNT[copy]}, $(km_size "${OBJECTS_BYTES[copy]}"); there already $((OBJECTS_COUNT[equal] + OBJECTS_COUNT[hash] + OBJECTS_COUNT[differs]))"
  objects_room
  OBJECTS_STATE='The originals are all there. What was copied so far stays, and is not copied again.'
  objects_copy_all objects_to_copy copied
  objects_hash
  objects_settle
  objects_remove
  objects_look_closely
  (($(objects_left) == 0)) || objects_failed "$(objects_left) originals could not be removed from the bucket $OBJECTS_BUCKET, or are new there."
  km_say ''
  km_say "Done: $(grep -c '^moved' "$OBJECTS_RECORD" || true) $OBJECTS_WORDS are in $(objects_place), compared; their originals are removed."
  ((OBJECTS_COUNT[differs] == 0)) ||
    km_say "${OBJECTS_COUNT[differs]} originals stay: $(objects_place) had others of their names already. First: $(objects_example differs)"
  ((OBJECTS_COUNT[other] == 0)) || km_say "${OBJECTS_COUNT[other]} other objects stay in the bucket $OBJECTS_BUCKET, as they are no $OBJECTS_WORDS. First: $(objects_example other)"
}

# The old platform mirrored some buckets into folders of the host.
objects_tell_mirror() { # VOLUME SUFFIX NAME
  local folder
  km_load_volumes || return 0
  folder=$(km_volume_folder "$1" "$2")/$3
  [[ ! -d $folder ]] || km_say "$folder is a mirror that the old platform left behind. Nothing reads it any more: delete it after acceptance."
}

# Until the originals are removed, both need room on the disk of the store.
objects_room() {
  local folder free need=$((OBJECTS_BYTES[copy] + OBJECTS_BYTES[copy] / 10))
  km_load_volumes || return 0
  folder=$(km_volume_folder minio-pv-volume /minio)
  [[ -n $folder && -d $folder ]] || return 0
  read -r _ free < <(km_free "$folder")
  ((free >= need)) || objects_failed "There is too little room on the disk of $folder: $(km_size "$need") are needed until the originals are removed; $(km_size "$free") are free." \
    'Make room, then run the step again.'
}

# Each line is a target and what is to be copied there: one object to its new name, or many to a folder. The code of mc
# says little: where one of many is missing, it leaves out all that follow, and ends with 0.
# shellcheck disable=SC2016
readonly OBJECTS_COPYING='n=0 lines=0
copy() {
  local slot=$1 to=$2
  shift 2
  mc --config-dir "$c" --quiet cp "$@" "$to" >/dev/null 2>"$c/$slot" || printf "failed\t%s\t%s\n" "$1" "$(tail -n 1 "$c/$slot")"
}
while IFS="	" read -r -a words; do
  lines=$((lines + 1)) n=$((n + ${#words[@]} - 1))
  copy "$((lines % 4))" "${words[@]}" &
  ((lines % 4)) || { wait; printf "done\t%s\n" "$n"; }
done
wait
printf "end\t%s\n" "$n"'

# Copies what a function lists, from and to: many at once, and what is missing then one by one, so that it can be told.
objects_copy_all() { # FUNCTION WORD
  objects_copy_pass "$1" "$2" 40
  [[ -s $OBJECTS_DIR/pairs ]] || return 0
  objects_copy_pass "$1" "$2" 1
  [[ ! -s $OBJECTS_DIR/pairs ]] || objects_failed \
    "$(wc -l <"$OBJECTS_DIR/pairs") $OBJECTS_WORDS are not there after copying, or are new. First: $(head -n 1 "$OBJECTS_DIR/pairs" | cut -f 1)"
}

objects_copy_pass() { # FUNCTION WORD AT_ONCE
  local total said number reason failures=0 first='' ended='' next=0
  "$1" >"$OBJECTS_DIR/pairs"
  total=$(wc -l <"$OBJECTS_DIR/pairs")
  ((total > 0)) || return 0
  while IFS=$'\t' read -r said number reason; do
    case $said in
      done)
        ((number < next)) || {
          km_progress "$number" "$total" "$2"
          next=$((number + total / 20 + 1))
        }
        ;;
      failed) failures=$((failures + 1)) first=${first:-$number: $reason} ;;
      end) ended=$number ;;
    esac
  done < <(objects_lines "$3" <"$OBJECTS_DIR/pairs" | objects_work "$OBJECTS_COPYING")
  (($3 > 1 || failures == 0)) || objects_failed "$failures of $total $OBJECTS_WORDS could not be copied. First: $first"
  [[ $ended == "$total" ]] || objects_failed 'The copying in the pod of MinIO was cut off.'
  objects_look_closely
  "$1" >"$OBJECTS_DIR/pairs"
  ((number = total - $(wc -l <"$OBJECTS_DIR/pairs"))) || true
  km_progress "$number" "$total" "$2"
}

# Pairs as lines for copying: names stay, so that all that goes to one folder can go at once.
objects_lines() { # AT_ONCE
  if (($1 == 1)); then
    awk 'BEGIN { FS = OFS = "\t" } { print "km/" $2, "km/" $1 }'
  else
    awk 'BEGIN { FS = OFS = "\t" } { to = $2; sub(/[^\/]*$/, "", to); print to, $1 }' | sort | awk -v most="$1" 'BEGIN { FS = "\t" }
      $1 != to || n == most { if (n) print line; to = $1; line = "km/" to; n = 0 }
      { line = line "\tkm/" $2; n++ }
      END { if (n) print line }'
  fi
}

objects_to_copy() { objects_pairs copy <"$OBJECTS_DIR/plan"; }
objects_pairs() { # STATE: of a plan, the names at the source and in the target
  awk -F '\t' -v state="$1" -v bucket="$OBJECTS_BUCKET" -v target="$(objects_place)" '$1 == state { print bucket "/" $6 "\t" target "/" $5 }'
}

# shellcheck disable=SC2016
readonly OBJECTS_HASHING='set -o pipefail
read_whole() { mc --config-dir "$c" cat "km/$1" 2>/dev/null </dev/null | sha256sum; }
while IFS="	" read -r from to; do
  if ! a=$(read_whole "$from") || ! b=$(read_whole "$to"); then echo unread; elif [[ $a == "$b" ]]; then echo equal; else echo differs; fi
done'

# Where ETags say nothing the contents are read: large objects have other ETags after copying.
objects_hash() {
  local said number=0 total=${OBJECTS_COUNT[hash]}
  : >"$OBJECTS_DIR/read"
  : >"$OBJECTS_DIR/compared"
  ((total > 0)) || return 0
  km_say "Comparing $total large objects ($(km_size "${OBJECTS_BYTES[hash]}")) by SHA-256 …"
  objects_planned hash >"$OBJECTS_DIR/hash"
  while IFS= read -r said; do
    number=$((number + 1))
    printf '%s\n' "$said" >>"$OBJECTS_DIR/read"
    km_progress "$number" "$total" compared
  done < <(objects_pairs hash <"$OBJECTS_DIR/hash" | objects_work "$OBJECTS_HASHING")
  ((number == total)) || objects_failed 'The comparison in the pod of MinIO was cut off.'
  number=$(grep -c '^unread' "$OBJECTS_DIR/read" || true)
  ((number == 0)) || objects_failed "$number of $total large objects could not be read for comparison. First: $(paste "$OBJECTS_DIR/read" "$OBJECTS_DIR/hash" | grep -m 1 '^unread' | cut -f 7)"
  objects_look_closely # that took its time
  paste "$OBJECTS_DIR/read" "$OBJECTS_DIR/hash" | cut -f 1,3- >"$OBJECTS_DIR/compared"
}

# What is equal may go, what differs stays; both are written down before anything is removed. Contents that were read
# count for the objects as they were then: by their sizes and ETags.
objects_settle() {
  local file
  awk 'BEGIN { FS = OFS = "\t" } side == "read" { result[$2, $3, $4, $6] = $1; next }
    $1 == "hash" && (($2, $3, $4, $6) in result) { $1 = result[$2, $3, $4, $6] } { print }' \
    side=read "$OBJECTS_DIR/compared" side=plan "$OBJECTS_DIR/plan" >"$OBJECTS_DIR/settled"
  mkdir -p -- "$KM_KEPT"
  file=$OBJECTS_RECORD
  {
    grep '^moved' "$(objects_record)" || true
    awk 'BEGIN { FS = OFS = "\t" } $1 == "equal" { print "moved", $2, $4, $5, $6 } $1 == "differs" { print "stays", $2, $3, $5, $6 }' "$OBJECTS_DIR/settled"
  } | sort -u >"$file.tmp"
  mv -f -- "$file.tmp" "$file"
}

# shellcheck disable=SC2016
readonly OBJECTS_REMOVING='mc --config-dir "$c" --json rm --force --stdin >/dev/null 2>&1; echo end'

objects_remove() {
  local number said
  awk -F '\t' -v bucket="$OBJECTS_BUCKET" '$1 == "equal" { print "km/" bucket "/" $6 }' "$OBJECTS_DIR/settled" >"$OBJECTS_DIR/remove"
  number=$(wc -l <"$OBJECTS_DIR/remove")
  ((number > 0)) || return 0
  km_say "Removing $number originals, each equal to its copy …"
  OBJECTS_STATE="Every $OBJECTS_WORDS has a compared copy in $(objects_place). Originals are being removed; which ones is written in $OBJECTS_RECORD."
  said=$(objects_work "$OBJECTS_REMOVING" <"$OBJECTS_DIR/remove") || said=
  [[ $said == *end* ]] || objects_failed 'The removal in the pod of MinIO was cut off.'
}

# ---- The way back ---------------------------------------------------------------------------------------------------

# Copies everything that was moved back to where it came from. What is in the project stays there too.
objects_undo() {
  [[ -f $OBJECTS_RECORD ]] || km_die "No $OBJECTS_WORDS were moved by this step." 'Nothing was changed.' 'There is nothing to take back.'
  objects_look_closely
  # shellcheck disable=SC2016
  objects_ask 'mc --config-dir "$c" mb --ignore-existing "km/$1" >/dev/null' "$OBJECTS_BUCKET" || objects_failed "The bucket $OBJECTS_BUCKET could not be made: $KM_WHY."
  OBJECTS_STATE='What was copied back so far stays.'
  objects_copy_all objects_to_bring_back 'copied back'
  (($(objects_missing) == 0)) || km_say "$(objects_missing) of them are not in $(objects_place) any more, and were not copied."
  km_say "$(grep -c '^moved' "$OBJECTS_RECORD" || true) $OBJECTS_WORDS are back in the bucket $OBJECTS_BUCKET. Those in $(objects_place) stay as well."
  rm -f -- "$OBJECTS_RECORD"
}

# What was moved, is not at the source, and is in the target.
objects_to_bring_back() {
  awk -v bucket="$OBJECTS_BUCKET" -v target="$(objects_place)" 'BEGIN { FS = "\t" }
    side == "source" { there[$4]; next } side == "target" { have[$4]; next }
    $1 == "moved" && !($5 in there) && ($4 in have) { print target "/" $4 "\t" bucket "/" $5 }' \
    side=source "$OBJECTS_DIR/source" side=target "$OBJECTS_DIR/target" side=record "$OBJECTS_RECORD"
}
