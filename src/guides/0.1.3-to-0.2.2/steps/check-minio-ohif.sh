# shellcheck shell=bash
# shellcheck disable=SC2153 # OLD_SERIES is from a library
# Check archive and objects: by machine against what was recorded, with an object that is written, read and deleted, and by the
# eyes of a person, whose answer is kept.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash check-minio-ohif.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster rest objects scripts old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly ACCEPTED=$KM_KEPT/accepted QUESTIONS=(
  'Did you open an old study in Store, OHIF, and see its images?'
  'Did you see the old files in Store, MinIO?'
  'Did you send a new image to the DICOM port and find it in the platform?'
)
# Only where the pod of MinIO has no mc, with which the step writes by itself.
readonly WRITE_QUESTION='Did you upload a file in Store, MinIO, and find it there?'
# A bucket of its own, so that none of the site's is written into. One that a killed run left behind is used again.
# shellcheck disable=SC2016 # it is expanded in the pod
readonly WRITE='b=km/kaapana-migration-test
mc --config-dir "$c" mb --ignore-existing "$b" >/dev/null || exit
printf "%s" "$1" | mc --config-dir "$c" pipe "$b/written" >/dev/null || exit
mc --config-dir "$c" cat "$b/written" || exit
mc --config-dir "$c" rm --force "$b/written" >/dev/null && mc --config-dir "$c" rb "$b" >/dev/null'

check() {
  km_join_group "$KM_PHASE"
  compare || km_answer "$STATUS" "$KM_WHY."
  [[ -s $ACCEPTED ]] || km_answer pending "$WORDS. A person has not looked yet: run the step and answer its questions."
  km_answer 'done' "$WORDS. $(head -n 1 "$ACCEPTED")."
}

run() {
  local question answer questions=("${QUESTIONS[@]}") written='an object was written, read and deleted by the step' rc=0
  km_join_group "$KM_PHASE"
  compare || km_die "$KM_WHY." 'Nothing was changed.' 'Find out why before anybody works with the platform.'
  km_say "$WORDS."
  write_object || rc=$?
  case $rc in
    0) km_say "In the object store $written." ;;
    89) questions+=("$WRITE_QUESTION") written='a file was uploaded by that person' ;;
    *) km_die "The object store cannot be written: $KM_WHY." 'The old data is untouched.' 'Is its disk full or read-only? Look at the log of the pod minio-deployment, solve that, then run the step again.' ;;
  esac
  { exec 5<>/dev/tty; } 2>/dev/null || km_die 'There is no terminal to ask in.' 'Nothing was changed.' 'Run the step in a terminal.'
  km_say "Look at the platform now: https://$(km_kept hostname)/"
  for question in "${questions[@]}"; do
    printf '%s [yes/no] ' "$question" >&5
    IFS= read -r answer <&5 || answer=''
    [[ $answer == yes ]] || km_die "\"$question\" was not answered with yes." 'Nothing was changed; the old data is untouched.' 'Solve that first. Wrong owners are the usual reason for a new image that is refused: see "Owners of the archive".'
  done
  exec 5>&-
  old_keep_counts "$KM_KEPT/accepted.json" "$COUNTS" || km_die 'The numbers could not be written down.' 'The old data is untouched.' 'Make room in your home folder, then run the step again.'
  printf 'Seen by a person (%s) on %s; %s\n%s\n' "$(id -un)" "$(date '+%Y-%m-%d %H:%M')" "$written" "$(date +%s)" >"$ACCEPTED.new" && mv -T -- "$ACCEPTED.new" "$ACCEPTED"
  km_say 'Written down. The old data can be deleted a week from now.'
}

# Fails with 89 where the pod has no mc.
write_object() {
  local text
  text="kaapana-migration $(date +%s)"
  objects_ask_pod deploy/minio-deployment '' "$WRITE" "$text" || return
  [[ $KM_OUT == "$text" ]] || {
    KM_WHY='what was read is not what was written'
    return 1
  }
}

# Compares by machine: WORDS and COUNTS, or STATUS with KM_WHY.
STATUS='' WORDS='' COUNTS=''
compare() {
  local studies series images old_studies old_series old_images bucket now lacking='' stored=''
  STATUS=unknown
  km_load_platform || return 1
  [[ $(km_version_base "${KM_PLATFORM[chart]}") == 0.2.2 ]] || {
    STATUS=blocked KM_WHY="The platform that is deployed is ${KM_PLATFORM[chart]}"
    return 1
  }
  old_missing_series services || return 1
  STATUS=blocked
  [[ -z $KM_OUT ]] || {
    KM_WHY="The archive lacks $KM_OUT"
    return 1
  }
  STATUS=unknown
  old_archive_counts services || return 1
  COUNTS=$KM_OUT
  IFS='|' read -r studies series images <<<"$COUNTS"
  IFS='|' read -r old_studies old_series old_images < <(km_kept counted)
  STATUS=blocked
  ((studies >= old_studies && series >= old_series && images >= old_images)) || {
    KM_WHY="The archive has $studies studies, $series series and $images images, and had $old_studies, $old_series and $old_images"
    return 1
  }
  STATUS=unknown
  km_ask "$KM_KUBECTL" get --raw '/api/v1/namespaces/services/services/dcm4chee-service:8080/proxy/dcm4chee-arc/aets/KAAPANA/rs/studies?limit=1' || {
    KM_WHY="The archive gives no answer over DICOMweb: $KM_WHY"
    return 1
  }
  # The platform sends an image of its own through receiver and archive, and looks for it. Kubernetes may have tidied that up.
  if km_ask "$KM_KUBECTL" -n services get job dicom-init -o 'jsonpath={.status.succeeded}'; then
    ((${KM_OUT:-0} > 0)) || {
      STATUS=blocked KM_WHY='The Job dicom-init has not found the image that it sent: the archive cannot store. Look at the step "Owners of the archive"'
      return 1
    }
    stored=', and has stored the image that the platform sends at its start'
  elif [[ $KM_WHY != *NotFound* ]]; then
    KM_WHY="Whether the archive can store is not known: $KM_WHY"
    return 1
  fi
  km_ask "$KM_KUBECTL" get --raw /api/v1/namespaces/services/services/minio-service:9000/proxy/minio/health/live || {
    KM_WHY="The object store gives no answer: $KM_WHY"
    return 1
  }
  old_find_new_folders || return 1
  km_root_ready || {
    KM_WHY="Stored objects can be seen by root only. $KM_ROOT_WHY"
    return 1
  }
  now=$(as_root find "$NEW_SLOW/minio/" -mindepth 1 -maxdepth 1 -type d -printf ' %P ') || {
    KM_WHY="The buckets below $NEW_SLOW/minio could not be listed"
    return 1
  }
  for bucket in $(km_kept buckets); do [[ $now == *" $bucket "* ]] || lacking+="${lacking:+, }$bucket"; done
  STATUS=blocked
  [[ -z $lacking ]] || {
    KM_WHY="The object store lacks the buckets $lacking"
    return 1
  }
  WORDS="All $(wc -l <"$OLD_SERIES") recorded series and all $(wc -w < <(km_kept buckets)) buckets are there; the archive has $images images ($old_images before) and answers$stored"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
