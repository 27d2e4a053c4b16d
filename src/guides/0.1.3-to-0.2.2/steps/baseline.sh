# shellcheck shell=bash
# Record what is there: numbers and lists of the running 0.1.3, to compare with afterwards. Changes nothing on it.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… bash baseline.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform old-data certificate
  KM_BY_HAND=yes
fi

check() {
  km_join_group "$KM_PHASE"
  if [[ -e $OLD_SERIES && -n $(km_kept counted) ]]; then
    km_answer 'done' "Recorded on $(km_kept recorded): $(words)."
  fi
  km_load_old_platform || km_answer unknown "Nothing is recorded, and the platform cannot be asked: $KM_WHY."
  old_is_013 || km_answer blocked "Nothing is recorded, and the platform is ${OLD[chart]}: its numbers are not those from before."
  km_answer pending 'Nothing is recorded yet.'
}

run() {
  local counts storages buckets key certificate=own fast slow
  km_join_group "$KM_PHASE"
  km_load_old_platform || fails "The platform cannot be asked: $KM_WHY."
  old_is_013 || fails "The platform is ${OLD[chart]} and not 0.1.3."
  km_root_ready || fails "Stored objects can be seen by root only, and that is not possible: $KM_ROOT_WHY."
  for key in FAST_DATA_DIR SLOW_DATA_DIR; do
    [[ $(old_layout "${!key%/}") == old ]] || fails "${!key} does not have the layout of 0.1.3."
  done
  km_say 'Counting what the archive and the object store hold. Nothing is changed.'
  old_archive_counts store || fails "The archive could not be counted: $KM_WHY."
  counts=$KM_OUT
  old_archive_query store 'select distinct storage_id from location' || fails "The storages of the archive could not be listed: $KM_WHY."
  storages=$(grep -v '^fs1$' <<<"$KM_OUT" | paste -sd ' ') || true
  [[ -z ${storages// /} ]] || fails "Images lie on another storage than fs1 ($storages), and would be left behind."
  mkdir -p -- "$KM_KEPT"
  buckets=$(km_elevated list_buckets) || fails "The buckets below $SLOW_DATA_DIR/minio could not be listed."
  old_mount "$FAST_DATA_DIR" || fails "The disk of $FAST_DATA_DIR cannot be told: $KM_WHY."
  fast=$KM_OUT
  old_mount "$SLOW_DATA_DIR" || fails "The disk of $SLOW_DATA_DIR cannot be told: $KM_WHY."
  slow=$KM_OUT
  ! km_elevated has_self_made_certificate || certificate=self-made
  for key in "${!OLD[@]}"; do old_keep "$key" "${OLD[$key]}"; done
  old_keep counted "$counts" buckets "$(paste -sd ' ' <<<"$buckets")" fast_data_dir "${FAST_DATA_DIR%/}" slow_data_dir "${SLOW_DATA_DIR%/}" \
    fast_mount "$fast" slow_mount "$slow" certificate "$certificate" recorded "$(date '+%Y-%m-%d %H:%M')"
  old_keep_counts "$KM_KEPT/baseline.json" "$counts" || fails 'The numbers could not be written down.'
  # Last: without the list nothing counts as recorded.
  if ! old_archive_series store >"$OLD_SERIES.new" || ! mv -T -- "$OLD_SERIES.new" "$OLD_SERIES"; then fails "The series could not be listed: $KM_WHY."; fi
  km_say ''
  km_say "Recorded: $(words)."
  km_say "For people to read: $KM_KEPT_PLATFORM and $OLD_SERIES"
}

words() {
  local studies series images
  IFS='|' read -r studies series images < <(km_kept counted)
  printf '%s studies with %s series and %s images, %s buckets (%s)' "$studies" "$series" "$images" "$(wc -w < <(km_kept buckets))" "$(km_kept buckets)"
}

fails() { # WHAT
  km_die "$1" "Nothing was changed$([[ ! -e $OLD_SERIES ]] || printf '; an earlier record stays')." 'Solve that, then run the step again. 0.1.3 must run for it.'
}

# ---- As root --------------------------------------------------------------------------------------------------------

list_buckets() { # buckets of this object store are plain folders
  find "${SLOW_DATA_DIR%/}/minio/" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%P\n' | sort >&3
}

has_self_made_certificate() {
  local crt
  crt=$("$KM_KUBECTL" -n kube-system get secret certificate -o 'jsonpath={.data.tls\.crt}' 2>/dev/null | base64 -d 2>/dev/null) || return 0
  [[ -z $crt ]] || cert_self_made <<<"$crt"
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
