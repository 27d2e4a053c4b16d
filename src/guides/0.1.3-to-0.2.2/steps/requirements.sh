# shellcheck shell=bash
# Check the host for the migration from 0.1.3 to 0.2.2. Changes nothing.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… SCRIPTS_DIR=… bash requirements.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts old-platform old-scripts old-data
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  km_join_group "$KM_PHASE"
  if ! km_load_old_platform && [[ -e $OLD_SERIES ]]; then
    km_answer 'done' '0.1.3 is not deployed any more. The host was looked at, and what was there is recorded.'
  fi
  inspect
  ((KM_COUNT[no-go] == 0)) || km_answer blocked "${KM_COUNT[no-go]} of the points below must be solved before the migration."
  ((KM_COUNT[unknown] == 0)) || km_answer unknown "${KM_COUNT[unknown]} of the points below could not be looked at."
  km_answer 'done' "Nothing is in the way of the migration; ${KM_COUNT[note]} notes."
}

run() {
  km_join_group "$KM_PHASE"
  km_root_ready || true # asks for the password before the list
  inspect
  km_say ''
  ((KM_COUNT[no-go] + KM_COUNT[unknown] == 0)) || km_die "${KM_COUNT[no-go]} points must be solved, ${KM_COUNT[unknown]} could not be looked at." \
    'Nothing was changed.' 'Open the page of this step: it says what to do for each point. Then run it again.'
  km_say 'Nothing is in the way of the migration.'
}

inspect() {
  look_at_tools
  look_at_host
  look_at_user
  look_at_platform
  look_at_folders
  look_at_backup
  look_at_scripts
}

look_at_tools() {
  local tool missing=''
  for tool in jq rsync openssl curl findmnt flock nslookup sha256sum script setsid; do
    command -v "$tool" >/dev/null || missing+="${missing:+, }$tool"
  done
  if [[ -n $missing ]]; then
    km_item tools Tools no-go "missing: $missing" "Install them: sudo apt install ${missing//,/} (AlmaLinux: dnf). nslookup is in dnsutils (AlmaLinux: bind-utils)."
  else
    km_item tools Tools go 'all tools are there'
  fi
}

# What the scripts of 0.2.2 stop at, with the platform down already.
look_at_host() {
  local system total
  system=$(sed -nE 's/^NAME="?([^"]*)"?$/\1/p' "$KM_HOST_ROOT/etc/os-release" 2>/dev/null | head -n 1)
  case $system in
    Ubuntu* | AlmaLinux*) km_item system System go "$system" ;;
    *) km_item system System no-go "${system:-it does not say its name}; the server script works on Ubuntu and AlmaLinux only" 'Migrate on such a system.' ;;
  esac
  total=$(df -Pk -- "$KM_HOST_ROOT/var/snap" 2>/dev/null | awk 'NR == 2 { print $2 }') || total=0
  if ((${total:-0} >= 81920000)); then
    km_item disk-snap 'Disk of /var/snap' go "$(km_size $((total * 1024))) in total"
  else
    km_item disk-snap 'Disk of /var/snap' no-go "$(km_size $((${total:-0} * 1024))) in total; the deploy script of 0.2.2 wants $(km_size $((81920000 * 1024)))" 'Enlarge the file system that holds /var/snap.'
  fi
}

look_at_user() {
  local user
  user=$(id -un)
  if [[ -n ${KUBERNETES_SERVICE_HOST:-} ]]; then
    km_item place 'Where this runs' no-go 'inside a pod of the platform, which is about to go down' 'Connect to the host itself over SSH, from an editor outside the platform.'
  elif [[ $(id -u) == 0 ]]; then
    km_item user Login no-go 'this is root; the deploy scripts refuse that' 'Log in as the user who deployed the platform.'
  elif [[ $HOME != "$KM_HOST_ROOT/home/$user" ]]; then
    km_item user Login no-go "the home directory is $HOME; the new deploy script wants /home/$user" 'Use a login whose home is below /home.'
  else
    km_item user Login go "$user"
  fi
  if km_root_ready; then
    km_item root 'Root rights' go 'sudo works'
  elif [[ $KM_ROOT_STATE == password ]]; then
    km_item root 'Root rights' unknown 'sudo asks for a password, which only the terminal can take' 'Run this step in the terminal.'
  else
    km_item root 'Root rights' no-go "$KM_ROOT_WHY" 'Log in as a user who may use sudo.'
  fi
}

look_at_platform() {
  if ! km_load_old_platform; then
    km_item platform Platform "$([[ $KM_WHY == *'no release'* ]] && printf no-go || printf unknown)" "$KM_WHY" 'This guide begins at a running platform 0.1.3. Is this the right host?'
    return
  fi
  if old_is_013; then
    km_item platform Platform go "${OLD[chart]} in the namespace ${OLD[namespace]}"
  else
    km_item platform Platform no-go "version ${OLD[chart]}, and this guide begins at 0.1.3" 'Take the platform to 0.1.3 first.'
  fi
  if ! old_find_foreign; then
    km_item foreign 'Other software' unknown "$KM_WHY" 'Solve that, then look again.'
  elif [[ -n $KM_FOREIGN ]]; then
    km_item foreign 'Other software' no-go "on the same cluster, and deleted with it: $KM_FOREIGN" 'Move it to another cluster first.'
  else
    km_item foreign 'Other software' go 'nothing but Kaapana is on the cluster'
  fi
}

look_at_folders() {
  local folder reason layout new='' user
  ! old_find_new_folders || new=$NEW_FAST$'\n'$NEW_SLOW
  while IFS= read -r folder; do
    layout=$(old_layout "$folder")
    if [[ $layout != old ]]; then
      km_item layout "$folder" no-go "does not have the layout of 0.1.3 ($layout)" 'Is this the data folder, and is its disk mounted?'
      continue
    fi
    if km_inside "$folder" "$KM_HOST_ROOT/var/snap"; then
      km_item layout "$folder" no-go 'lies below /var/snap, which uninstalling MicroK8s empties' 'Move the data out of /var/snap and deploy 0.1.3 with the new folders first.'
      continue
    fi
    reason=$(old_unmovable "$folder")
    if [[ -z $reason ]]; then
      km_item layout "$folder" go 'data of 0.1.3, and it can be moved aside'
    elif [[ -n $new && $'\n'$new$'\n' != *$'\n'"$folder"$'\n'* ]]; then
      km_item layout "$folder" note "$reason; it stays, as the new deploy script names other folders" ''
    else
      km_item layout "$folder" no-go "$reason" "$OLD_UNMOVABLE_ADVICE"
    fi
  done < <(old_folders)
  user=$(old_shown_folder minio-deployment minio) || user=''
  [[ -z $user || $user == "${SLOW_DATA_DIR%/}" ]] || km_item paths 'Slow data folder' no-go "the running platform uses $user and not $SLOW_DATA_DIR" 'Correct the value of this guide.'
  user=$(old_shown_folder postgres-dcm4che postgres-dcm4che) || user=''
  [[ -z $user || $user == "${FAST_DATA_DIR%/}" ]] || km_item paths 'Fast data folder' no-go "the running platform uses $user and not $FAST_DATA_DIR" 'Correct the value of this guide.'
}

look_at_backup() {
  local reason free
  reason=$(km_unsafe_folder "$BACKUP_DIR" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  if [[ -n $reason ]]; then
    km_item backup 'Backup folder' no-go "$reason" 'Choose another one among the values of this guide.'
  elif [[ ! -d $(dirname -- "$BACKUP_DIR") ]]; then
    km_item backup 'Backup folder' no-go "the folder above $BACKUP_DIR does not exist" 'Is the backup disk mounted?'
  else
    read -r _ free < <(km_free "$BACKUP_DIR")
    km_item backup 'Backup folder' go "$BACKUP_DIR, $(km_size "$free") free"
  fi
}

look_at_scripts() {
  old_find_scripts
  if [[ -n $OLD_DEPLOY ]]; then
    km_item script-old 'Deploy script 0.1.3' go "$OLD_DEPLOY"
  else
    km_item script-old 'Deploy script 0.1.3' no-go "none below $SCRIPTS_DIR${SCRIPTS_REFUSED:+; $SCRIPTS_REFUSED}" 'Put the script there that this platform was deployed with.'
  fi
  if [[ -n $NEW_DEPLOY ]]; then
    km_item script-new 'Deploy script 0.2.2' go "$NEW_DEPLOY"
  else
    km_item script-new 'Deploy script 0.2.2' note "none below $SCRIPTS_DIR yet${SCRIPTS_REFUSED:+; $SCRIPTS_REFUSED}" 'The step "Fetch the scripts" says where it comes from.'
  fi
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
