# shellcheck shell=bash
# Deploy 0.2.2 on empty folders, so that it makes its own structure.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… SCRIPTS_DIR=… bash first-deploy.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts databases deploy old-platform old-scripts old-data new-platform
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

readonly MADE=(dcm4che/dicom_data:SLOW minio:SLOW postgres-dcm4che:FAST keycloak:FAST os:FAST)

check() {
  km_join_group "$KM_PHASE"
  if [[ -e $KM_KEPT/copied ]]; then km_answer 'done' 'The fresh structure was there; the old data has been put into it since.'; fi
  if structure && { ! km_load_platform && [[ $KM_WHY == *'no release'* ]]; }; then
    km_answer 'done' "0.2.2 was deployed and has made its folders in $NEW_FAST$([[ $NEW_FAST == "$NEW_SLOW" ]] || printf ' and %s' "$NEW_SLOW"); it is undeployed again."
  fi
  np_answer_deployed 'Nothing is deployed yet.'
  structure || km_answer blocked "0.2.2 is ready, but $KM_WHY."
  km_answer 'done' "0.2.2 is deployed and ready, and has made its folders in $NEW_FAST$([[ $NEW_FAST == "$NEW_SLOW" ]] || printf ' and %s' "$NEW_SLOW")."
}

run() {
  local folder layout
  km_join_group "$KM_PHASE"
  np_refuse
  if [[ -z ${KM_PLATFORM[chart]:-} ]]; then
    while IFS= read -r folder; do
      old_where "$folder" || km_die "$KM_WHY." 'Nothing was changed.' 'Is its disk mounted?'
    done < <(old_folders)
    for folder in "$NEW_FAST" "$NEW_SLOW"; do
      layout=$(old_layout "$folder")
      case $layout in
        missing) ;;
        old | mixed) km_die "$folder holds data of 0.1.3. The new platform would start on it, fail, and leave it in a state that neither version reads." 'Nothing was changed.' 'Run the step "Move the old data aside" first.' ;;
        *)
          # What an interrupted try of this step has left may stay; anything else is somebody's.
          [[ -e $KM_KEPT/first-deploy-begun ]] || ! km_copy_any "$folder" ||
            km_die "$folder exists already and is not empty. The new platform must make it itself." 'Nothing was changed.' 'Look at what it is. Rename it, or name another folder in the new deploy script.'
          ;;
      esac
    done
    mkdir -p -- "$KM_KEPT" && : >"$KM_KEPT/first-deploy-begun"
  fi
  np_deploy 'The old data is aside and untouched.'
  structure || km_die "The platform is ready, but $KM_WHY." 'The old data is aside and untouched.' 'Does the deploy script name the right folders? Undeploy it, and look.'
  km_say ''
  km_say 'Done: 0.2.2 runs on empty folders. Do not let users in: the data comes with the next steps.'
}

km_copy_any() { [[ -n $(as_root find "$1/" -mindepth 1 -print -quit) ]]; } # FOLDER: whether something is in it

# Whether the folders of 0.2.2 are there; KM_WHY names the first one that is not.
structure() {
  local entry folder
  old_find_new_folders || return 1
  for entry in "${MADE[@]}"; do
    if [[ ${entry#*:} == FAST ]]; then folder=$NEW_FAST; else folder=$NEW_SLOW; fi
    [[ -d $folder/${entry%:*} ]] || {
      KM_WHY="the folder $folder/${entry%:*} is not there"
      return 1
    }
  done
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
