# shellcheck shell=bash
# Check the host: a go / no-go list before anything is touched. Only looks, changes nothing.
# By hand: SCRIPTS_DIR=… WORK_DIR=… BACKUP_DIR=… bash requirements.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use scripts cluster rest keycloak values
  KM_BY_HAND=yes
fi

readonly VAR_SNAP_KIB=81920000 # the 0.4 deploy script refuses a smaller file system

: "${SCRIPTS_DIR:=$HOME}" "${WORK_DIR:=}" "${BACKUP_DIR:=}"
FAST='' SLOW='' KUBECTL_WHY='' HELM_WHY='' DOCKER_RUNS=''

run() {
  local host
  host=$(hostname)
  km_say "Host check of $host, $(date '+%Y-%m-%d %H:%M %Z'). Nothing is changed."
  km_say ''
  look
  summary
  ((KM_COUNT[no-go] + KM_COUNT[unknown] == 0))
}

check() {
  passed
  look
  if ((KM_COUNT[no-go] > 0)); then
    km_answer blocked "No-go: $(listed no-go). Each has its remedy in the list."
  elif ((KM_COUNT[unknown] > 0)); then
    km_answer unknown "Could not be found out: $(listed unknown)."
  fi
  km_answer 'done' "Go: $(counted "${KM_COUNT[go]}" item) in order, $(counted "${KM_COUNT[note]}" note)."
}

# The list is about a host that is still to be migrated. Once 0.3.5 was undeployed by this guide, it has had its time.
passed() {
  local rc=0
  [[ -e $KM_KEPT/workflow-files ]] || return 0
  if load_platform; then
    [[ ${KM_PLATFORM[chart]} != 0.4.* ]] || km_answer not-needed "The platform is ${KM_PLATFORM[chart]} already. This list is about a host that is still to be migrated."
  else
    [[ $KM_WHY == *'no release'* ]] || km_has_snap microk8s || rc=$?
    [[ $KM_WHY != *'no release'* && $rc != 1 ]] || km_answer not-needed '0.3.5 was undeployed already. This list is about a host on which it still runs.'
  fi
}

look() {
  km_root_ready || true
  look_at_place
  look_at_os
  look_at_tools
  look_at_root
  look_at_user
  look_at_memory
  look_at_snap
  look_at_kubectl
  look_at_helm
  look_at_docker
  look_at_platform
  look_at_data_dirs
  look_at_databases
  look_at_foreign
  look_at_work
  look_at_name
  look_at_disks
  look_at_scripts
  look_at_registry
}

# ---- The machine ----------------------------------------------------------------------------------------------------

look_at_place() {
  if [[ -n ${KUBERNETES_SERVICE_HOST:-} ]]; then
    km_item place 'Where this runs' no-go 'inside a pod of the platform, which goes down during the migration' \
      'Connect to the host itself over SSH, from an editor outside the platform.'
  else
    km_item place 'Where this runs' go "on the host $(hostname)"
  fi
}

os_field() { sed -nE "s/^$1=\"?([^\"]*)\"?$/\1/p" "$KM_HOST_ROOT/etc/os-release" 2>/dev/null | head -n 1; }

look_at_os() {
  local name
  name=$(os_field PRETTY_NAME)
  case $(os_field ID)-$(os_field VERSION_ID) in
    ubuntu-20.04 | ubuntu-22.04 | almalinux-9*) km_item os 'Operating system' go "$name" ;;
    *) km_item os 'Operating system' note "${name:-not recognised}" \
      'Kaapana documents Ubuntu 20.04 and 22.04 and AlmaLinux 9. Try the server script on a spare machine first.' ;;
  esac
}

version_of() { # TOOL: the first version number in what it says of itself
  { timeout -k 2 "$KM_TIMEOUT" "$1" --version 2>/dev/null </dev/null || true; } | grep -oEm1 '[0-9]+(\.[0-9]+)+' | head -n 1 || true
}

look_at_tools() {
  local tool package missing='' packages='' found
  for tool in awk find tar script setsid flock timeout sha256sum curl jq nslookup; do
    command -v "$tool" >/dev/null && continue
    case $tool in
      awk) package=gawk ;;
      find) package=findutils ;;
      script | setsid | flock) package=util-linux ;;
      timeout | sha256sum) package=coreutils ;;
      nslookup) if command -v apt-get >/dev/null; then package=dnsutils; else package=bind-utils; fi ;;
      *) package=$tool ;;
    esac
    [[ $tool != script ]] || ! command -v apt-get >/dev/null || package=bsdutils
    missing+="${missing:+, }$tool"
    [[ " $packages " == *" $package "* ]] || packages+="${packages:+ }$package"
  done
  found="bash ${BASH_VERSION%%[^0-9.]*}, coreutils $(version_of sha256sum), util-linux $(version_of flock)"
  [[ $missing == *jq* ]] || found+=", jq $(version_of jq)"
  [[ $missing == *curl* ]] || found+=", curl $(version_of curl)"
  if ((BASH_VERSINFO[0] < 5)); then
    km_item tools 'Tools' no-go "bash $BASH_VERSION is too old" 'Install bash 5 or later.'
  elif [[ -n $missing ]]; then
    km_item tools 'Tools' no-go "missing: $missing" "Install them: $(install_command "$packages")"
  else
    km_item tools 'Tools' go "$found"
  fi
}

install_command() { # PACKAGES
  if command -v dnf >/dev/null && ! command -v apt-get >/dev/null; then printf 'sudo dnf install %s' "$1"; else printf 'sudo apt-get install %s' "$1"; fi
}

look_at_root() {
  case $KM_ROOT_STATE in
    root | sudo) km_item root 'Root rights' go "$([[ $KM_ROOT_STATE == root ]] && printf 'this is root' || printf 'sudo works')" ;;
    password) km_item root 'Root rights' unknown 'sudo asks for a password, which only the terminal can take' \
      'Run this check in the terminal. Steps ask for the password there as well.' ;;
    *) km_item root 'Root rights' no-go "$KM_ROOT_WHY" \
      'Log in as a user who may use sudo, or have your user added to the group sudo (AlmaLinux: wheel).' ;;
  esac
}

# What the 0.4 deploy script insists on, and stops with otherwise, while the old platform is already gone.
look_at_user() {
  local user
  user=$(id -un)
  if [[ $(id -u) == 0 ]]; then
    km_item user 'User' no-go 'root; the deploy scripts refuse to run as root' 'Log in as the user who deployed the platform.'
  elif [[ $HOME != "$KM_HOST_ROOT/home/$user" ]]; then
    km_item user 'User' no-go "the home directory of $user is $HOME; the 0.4 deploy script wants /home/$user" \
      'Deploy as a user whose home directory is below /home.'
  elif [[ -n ${KUBECONFIG:-} ]]; then
    km_item user 'User' no-go 'the variable KUBECONFIG is set; the 0.4 deploy script refuses that' \
      'Remove it from ~/.bashrc, ~/.profile or /etc/environment and log in again.'
  elif [[ " $(id -nG) " != *' microk8s '* ]]; then
    km_item user 'User' no-go "$user is not in the group microk8s" "sudo usermod -aG microk8s $user, then log in again"
  else
    km_item user 'User' go "$user, in the group microk8s"
  fi
}

look_at_memory() {
  local kib
  kib=$(awk '/^MemTotal:/ { print $2 }' "$KM_HOST_ROOT/proc/meminfo" 2>/dev/null || awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
  if ((kib < 60 * 1024 * 1024)); then
    km_item memory 'Memory' note "$(km_size $((kib * 1024)))" \
      'Kaapana documents 64 GB. 0.4 gives OpenSearch and others a share of what is there, so they may be short of it.'
  else
    km_item memory 'Memory' go "$(km_size $((kib * 1024)))"
  fi
}

# ---- Cluster and containers -----------------------------------------------------------------------------------------

look_at_snap() {
  local microk8s
  if ! km_ask snap list; then
    km_item snap 'snap' no-go "snap: $KM_WHY" 'Kaapana 0.3.5 runs on MicroK8s from snap. Check that this is the right host and that snapd runs.'
    return
  fi
  microk8s=$(awk '$1 == "microk8s" { print $2 " (" $4 ")" }' <<<"$KM_OUT")
  if [[ -z $microk8s ]]; then
    km_item snap 'snap' no-go 'MicroK8s is not installed' 'Check that this is the host of the platform.'
  elif [[ $microk8s != *1.28/* ]]; then
    km_item snap 'snap' note "MicroK8s $microk8s; Kaapana 0.3.5 installs 1.28/stable" 'Find out why, before the platform goes down.'
  else
    km_item snap 'snap' go "MicroK8s $microk8s"
  fi
}

look_at_kubectl() {
  if km_ask "$KM_KUBECTL" get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.nodeInfo.kubeletVersion}{"\n"}{end}'; then
    local nodes
    nodes=$(grep -c . <<<"$KM_OUT" || true)
    if ((nodes == 1)); then
      km_item kubectl 'Kubernetes' go "$KM_OUT"
    else
      km_item kubectl 'Kubernetes' no-go "the cluster has $nodes nodes" 'The guide is for platforms on one host. Ask the Kaapana team.'
    fi
  else
    KUBECTL_WHY="microk8s.kubectl: $KM_WHY"
    km_item kubectl 'Kubernetes' no-go "$KUBECTL_WHY" 'Look at "sudo microk8s status". The platform must run when the migration begins.'
  fi
}

look_at_helm() {
  if ! km_ask "$KM_HELM" version --short; then
    HELM_WHY="helm: $KM_WHY"
    km_item helm 'helm' no-go "$HELM_WHY" 'Look at "snap list helm" and at ~/.kube/config.'
  elif [[ $KM_OUT =~ v?([0-9]+)\.[0-9]+\.[0-9]+ && ${BASH_REMATCH[1]} == 3 ]]; then
    km_item helm 'helm' go "${BASH_REMATCH[0]}"
  else
    km_item helm 'helm' note "${KM_OUT%%$'\n'*}" \
      'The Kaapana scripts were written for helm 3. "snap info helm" lists its channels; "sudo snap refresh helm --channel=…" changes to one.'
  fi
}

look_at_docker() {
  if ! command -v docker >/dev/null; then
    km_item docker 'Docker' no-go 'docker is not installed; no Kaapana script installs it' \
      "The database migration needs it while the platform is down. Now: $(install_command docker.io)"
    return
  elif ! km_ask_root docker info --format '{{.ServerVersion}}'; then
    if [[ -z $KM_WHY || $KM_WHY == "$KM_ROOT_WHY" ]]; then
      km_item docker 'Docker' unknown "not looked at: $KM_ROOT_WHY" 'Solve "Root rights" first, then run this check again.'
    else
      km_item docker 'Docker' no-go "$KM_WHY" 'Start it: sudo systemctl start docker. The database migration uses it as root.'
    fi
    return
  fi
  DOCKER_RUNS=yes
  km_item docker 'Docker' go "$KM_OUT, answers root"
}

# Whether root's docker may fetch an image of the new version: the database migration needs four of them. A step before
# the undeployment fetches them, so that nothing is a no-go here.
look_at_registry() {
  local image
  if [[ -n $KM_DEPLOY_NEW && $(km_script_value "$KM_DEPLOY_NEW" OFFLINE_MODE) =~ ^[Tt]rue$ ]]; then
    km_item registry 'Registry' note 'the new deploy script is set to OFFLINE_MODE' \
      'Bring before the platform goes down: the four database images into docker (docker load), and the chart beside the script. The server script is run without --offline: install MicroK8s by hand with it, and import the images into it before "Deploy 0.4.1".'
    return
  fi
  [[ -n $DOCKER_RUNS && -n $KM_DEPLOY_NEW ]] && load_platform || return 0
  image=$(km_script_value "$KM_DEPLOY_NEW" CONTAINER_REGISTRY_URL)
  [[ -n $image && $image != *'$'* ]] || image=${KM_PLATFORM[registry_url]:-}
  image=$image/postgres-17.2-alpine:$KM_DEPLOY_NEW_VERSION
  if km_ask_root docker image inspect --format '{{.Id}}' "$image"; then
    km_item registry 'Registry' go "$image is on this host already"
  elif km_ask_root docker manifest inspect "$image"; then
    km_item registry 'Registry' go "root may fetch $image"
  elif [[ $KM_WHY == *'no such manifest'* || $KM_WHY == *'manifest unknown'* || $KM_WHY == *'not found'* ]]; then
    km_item registry 'Registry' note "${image%%/*} has no image ${image#*/}, as far as root may see" \
      'Needed before the platform goes down. Ask the owner of the registry, or correct the version in the new deploy script.'
  elif [[ $KM_WHY == *unauthorized* || $KM_WHY == *denied* || $KM_WHY == *'basic auth'* || $KM_WHY == *authentication* ]]; then
    km_item registry 'Registry' note "${image%%/*} wants a login, and root's docker has none that it takes" \
      "Needed before the platform goes down, not now: sudo docker login ${image%%/*}. A step of its own does it."
  else
    km_item registry 'Registry' note "root's docker cannot ask ${image%%/*}: $KM_WHY" \
      'Needed before the platform goes down: look at the network and the proxy of docker.'
  fi
}

# ---- The platform ---------------------------------------------------------------------------------------------------

load_platform() { [[ -z $HELM_WHY ]] && km_load_platform; }

look_at_platform() {
  local version base
  if ! load_platform; then
    if [[ $KM_WHY == *'no release'* ]]; then
      km_item version 'Kaapana version' no-go "$KM_WHY" 'The platform must be deployed when the migration begins. Is this the right host, and the right user?'
    else
      km_item version 'Kaapana version' unknown "${HELM_WHY:-$KM_WHY}" 'Solve that first, then check again.'
    fi
    return
  fi
  version=${KM_PLATFORM[chart]} base=$(km_version_base "$version" || true)
  if [[ $base != 0.3.5 ]]; then
    km_item version 'Kaapana version' no-go "$version; this guide starts at 0.3.5" 'Bring the platform to 0.3.5 first.'
  elif [[ $version != 0.3.5 ]]; then
    km_item version 'Kaapana version' note "$version, a build of your own on top of 0.3.5" \
      'What it changes is not known here. Compare its charts with 0.3.5 before the platform goes down.'
  else
    km_item version 'Kaapana version' go 0.3.5
  fi

  if [[ ${KM_PLATFORM[dev_mode]:-} =~ ^[Tt]rue$ ]]; then
    km_item dev-mode 'Development mode' note 'on: no password policy, the web dashboard may change everything' \
      'Not needed for the migration. Deploy the new version with it off.'
  else
    km_item dev-mode 'Development mode' go 'off, and it can stay off'
  fi

  if [[ -n ${KM_PLATFORM[instance_uid]:-} ]]; then
    km_item instance 'Instances' no-go "deployed with INSTANCE_UID=${KM_PLATFORM[instance_uid]}" \
      'Kaapana 0.4 does not support several instances on one host: parts of it have fixed names. Ask the Kaapana team.'
  else
    km_item instance 'Instances' go 'one'
  fi

  if [[ ${KM_PLATFORM[enable_nfs]:-} =~ ^[Tt]rue$ ]]; then
    km_item nfs 'Network storage' no-go 'the data lies on NFS inside the cluster (ENABLE_NFS)' \
      'This guide works on folders of the host, which do not show the data then. Ask the Kaapana team.'
  else
    km_item nfs 'Network storage' go 'not used'
  fi
}

look_at_data_dirs() {
  local values=() shown dir real
  if ! load_platform && { [[ -n $KUBECTL_WHY ]] || ! km_load_volumes; }; then
    km_item data-dirs 'Data folders' unknown 'neither helm nor the volumes of the cluster could be read' 'Solve that first, then check again.'
    return
  fi
  [[ -n $KUBECTL_WHY ]] || km_load_volumes || true
  FAST=$(km_detect_fast_data_dir 2>/dev/null | cut -f 1) SLOW=$(km_detect_slow_data_dir 2>/dev/null | cut -f 1)
  if [[ -z $FAST || -z $SLOW ]]; then
    shown="helm says ${KM_PLATFORM[fast_data_dir]:-nothing} and ${KM_PLATFORM[slow_data_dir]:-nothing}, the volumes say $(km_volume_folder os-data-pv-volume /os/data) and $(km_volume_folder minio-pv-volume /minio)"
    km_item data-dirs 'Data folders' no-go "$shown" 'The running platform must say where its data is. Find out which is right before you go on.'
    return
  fi
  for dir in "$FAST" "$SLOW"; do
    real=$(km_real "$dir")
    if [[ ! -d $dir ]]; then
      km_item data-dirs 'Data folders' no-go "$dir does not exist on this host" 'Is this the right host, and is the disk mounted?'
      return
    elif km_inside "$real" "$KM_HOST_ROOT/var/snap"; then
      km_item data-dirs 'Data folders' no-go "$dir lies below /var/snap, which uninstalling MicroK8s empties" \
        'Move the data out of /var/snap and redeploy 0.3.5 with the new folders first.'
      return
    fi
    values+=("$dir$([[ $real == "$dir" ]] || printf ' (%s)' "$real")")
  done
  real=$(value_network_file_system "$FAST")
  if [[ -n $real ]]; then
    km_item data-dirs 'Data folders' no-go "$FAST lies on a network file system ($real)" 'Databases are migrated on a local disk only. Ask the Kaapana team.'
    return
  fi
  if [[ $FAST == "$SLOW" ]]; then shown="fast and slow: ${values[0]}"; else shown="fast: ${values[0]}, slow: ${values[1]}"; fi
  km_item data-dirs 'Data folders' go "$shown"
}

look_at_databases() {
  local db file version found='' wrong='' other=''
  if [[ -z $FAST ]]; then
    km_item databases 'Databases' unknown 'the data folders are not known' 'Solve that first, then check again.'
    return
  elif ! km_root_ready; then
    km_item databases 'Databases' unknown "not looked at: $KM_ROOT_WHY" 'Solve "Root rights" first, then run this check again.'
    return
  fi
  for db in postgres-backend keycloak/db-files postgres-airflow postgres-dcm4che; do
    version=$(as_root cat "$FAST/$db/PG_VERSION" 2>/dev/null || true)
    found+="${found:+, }${db%%/*} ${version:-missing}"
    [[ $version == 15 ]] || wrong=yes
  done
  if [[ -n $wrong ]]; then
    km_item databases 'Databases' no-go "not all four are PostgreSQL 15: $found" \
      'PostgreSQL 17 means that the database was migrated already; missing means that an earlier try was cut off. Do not start over: look at the backups first.'
  else
    km_item databases 'Databases' go 'all four are PostgreSQL 15'
  fi
  while IFS= read -r file; do
    case ${file#"$FAST/"} in postgres-backend/* | keycloak/* | postgres-airflow/* | postgres-dcm4che/*) ;; *) other+="${other:+, }$(dirname -- "$file")" ;; esac
  done < <(as_root timeout -k 2 "$KM_TIMEOUT" find "$FAST" -maxdepth 3 -name PG_VERSION 2>/dev/null || true)
  [[ -z $other ]] || km_item databases-other 'Other databases' note "also found: $other" \
    'The guide does not migrate databases of extensions. Dump them yourself before the platform goes down.'
}

look_at_foreign() {
  if [[ -n $KUBECTL_WHY ]] || ! load_platform || ! km_find_foreign "$FAST" "$SLOW"; then
    km_item foreign 'Foreign workloads' unknown "${KUBECTL_WHY:-${HELM_WHY:-$KM_WHY}}" 'Solve that first, then check again.'
    return
  fi
  if [[ -n $KM_FOREIGN ]]; then
    km_item foreign 'Foreign workloads' no-go "$KM_FOREIGN" \
      'They are deleted without a question when the platform is undeployed and MicroK8s is removed. Move them to another cluster first.'
  else
    km_item foreign 'Foreign workloads' go 'none'
  fi
  [[ -z $KM_EXTENSIONS ]] || km_item extensions 'Installed extensions' note "$KM_EXTENSIONS" \
    'They are removed with the platform. Install them again on the new one.'
}

look_at_work() {
  local count
  if [[ -n $KUBECTL_WHY ]]; then
    km_item dags 'Running workflows' unknown "$KUBECTL_WHY" 'Solve that first, then check again.'
  elif ! km_running_workflows; then
    km_item dags 'Running workflows' unknown "the workflow database gave no answer: $KM_WHY" 'Look at the pod postgres-airflow.'
  else
    count=$(grep -c . <<<"$KM_OUT" || true)
    if ((count > 0)); then
      km_item dags 'Running workflows' note "$count running or queued" 'They must have ended before the platform goes down.'
    else
      km_item dags 'Running workflows' go 'none'
    fi
  fi
  if [[ -z $FAST ]]; then
    km_item ctp 'Waiting DICOM images' unknown 'the data folders are not known' 'Solve that first, then check again.'
  elif ! km_root_ready; then
    km_item ctp 'Waiting DICOM images' unknown "not looked at: $KM_ROOT_WHY" 'Solve "Root rights" first, then run this check again.'
  elif ! FAST_DATA_DIR=$FAST km_waiting_images; then
    km_item ctp 'Waiting DICOM images' unknown "$KM_WHY" "Look at $FAST/ctp/incoming yourself."
  elif ((KM_OUT > 0)); then
    km_item ctp 'Waiting DICOM images' note "$KM_OUT files in the receiver" 'Stop the senders and wait until it is empty, before the platform goes down.'
  else
    km_item ctp 'Waiting DICOM images' go 'none'
  fi
}

look_at_name() {
  local name=${KM_PLATFORM[hostname]:-}
  [[ -n $name ]] || return 0
  if [[ $name =~ ^[0-9.]+$ || $name == *:* ]]; then
    km_item name 'Host name' go "$name, an address"
  elif ! command -v nslookup >/dev/null; then
    km_item name 'Host name' unknown 'nslookup is missing' 'Install it, then check again.'
  elif km_ask nslookup "$name"; then
    km_item name 'Host name' go "$name is known to the name service"
  else
    km_item name 'Host name' no-go "$name is not known to the name service; 0.4 stops at making its certificates then" \
      'Have the name entered in DNS. An entry in /etc/hosts is not enough.'
  fi
}

# ---- Disks ----------------------------------------------------------------------------------------------------------

look_at_disks() {
  local total
  total=$(df -Pk -- "$KM_HOST_ROOT/var/snap" 2>/dev/null | awk 'NR == 2 { print $2 }') || total=
  if [[ -z $total ]]; then
    km_item disk-snap 'Disk of /var/snap' unknown '/var/snap could not be looked at' 'Is MicroK8s installed from snap?'
  elif ((total < VAR_SNAP_KIB)); then
    km_item disk-snap 'Disk of /var/snap' no-go "$(km_size $((total * 1024))) in total; the 0.4 deploy script wants $(km_size $((VAR_SNAP_KIB * 1024)))" \
      'Enlarge the file system that holds /var/snap.'
  else
    km_item disk-snap 'Disk of /var/snap' go "$(km_size $((total * 1024))) in total"
  fi
  km_estimate_room "$FAST"
  look_at_room disk-work 'Work folder' "$WORK_DIR" "$NEED_WORK"
  look_at_room disk-backup 'Backup folder' "$BACKUP_DIR" "$NEED_BACKUP"
}

look_at_room() { # ID TITLE FOLDER NEED
  local reason free disk need=${4:-0} other=''
  if [[ -z $3 ]]; then
    km_item "$1" "$2" unknown 'none is chosen' 'Choose one among the values of this guide.'
    return
  fi
  reason=$(FAST_DATA_DIR=${FAST:-/nonexistent} SLOW_DATA_DIR=${SLOW:-/nonexistent} km_validate_copies_folder "$3")
  if [[ -n $reason ]]; then
    km_item "$1" "$2" no-go "${reason%.}" 'Choose a folder outside the data folders, best on another disk.'
    return
  elif [[ -z $4 ]]; then
    km_item "$1" "$2" unknown "$NEED_WHY" 'Solve "Root rights" first and run this check again, or look at the disks yourself.'
    return
  fi
  read -r _ free < <(km_free "$3") || free=
  if [[ -z $free ]]; then
    km_item "$1" "$2" unknown "$3 could not be looked at" 'May your user read the folder above it?'
    return
  fi
  disk=$(km_disk_of "$3")
  if [[ $(km_disk_of "$WORK_DIR") == "$(km_disk_of "$BACKUP_DIR")" ]]; then
    need=$((NEED_WORK + NEED_BACKUP)) other=', together with the other folder on the same disk'
  fi
  other="$3: $(km_size "$free") free, $(km_size "$need") needed$other$NEED_REST"
  if ((free < need)); then
    km_item "$1" "$2" no-go "$other" 'Make room, or choose a folder on a larger disk.'
  elif [[ $1 == disk-backup && $disk == "$(km_disk_of "$FAST")" ]]; then
    km_item "$1" "$2" note "$other; it is the disk of the data" 'A failing disk takes both. Choose a folder on another disk if there is one.'
  else
    km_item "$1" "$2" go "$other"
  fi
}

# ---- Scripts --------------------------------------------------------------------------------------------------------

look_at_scripts() {
  if [[ ! -d $SCRIPTS_DIR ]]; then
    km_item deploy-new 'New deploy script' no-go "$SCRIPTS_DIR is not a folder" 'Choose the folder in which the deploy scripts lie.'
    return
  fi
  km_find_deploy_scripts "${KM_PLATFORM[chart]:-0.3.5}"
  if [[ -n $KM_DEPLOY_OLD ]]; then
    km_item deploy-old 'Old deploy script' go "$KM_DEPLOY_OLD"
  else
    km_item deploy-old 'Old deploy script' no-go "no deploy script of 0.3.5 below $SCRIPTS_DIR" \
      'Put the script there that this platform was deployed with. It undeploys the platform, and it is the way back.'
  fi
  if [[ -n $KM_DEPLOY_NEW ]]; then
    km_item deploy-new 'New deploy script' go "$KM_DEPLOY_NEW ($KM_DEPLOY_NEW_VERSION)${KM_DEPLOY_REFUSED:+. The 0.4.0 script beside it is not used}"
    look_at_script_values
    look_at_admin_password
  elif [[ -n $KM_DEPLOY_REFUSED ]]; then
    km_item deploy-new 'New deploy script' no-go "$KM_DEPLOY_REFUSED is version 0.4.0, which cannot take the metadata back" \
      'Get the deploy script of 0.4.1 or a later 0.4. Version 0.4.0 lacks the snapshot folder and its setting, and one of its workflows deletes all metadata.'
  else
    km_item deploy-new 'New deploy script' no-go "no deploy script of 0.4.1 or a later 0.4 below $SCRIPTS_DIR${KM_DEPLOY_LATER:+; not for this guide: $KM_DEPLOY_LATER}" \
      'Get it from where your Kaapana comes from (registry owner or own build), put it there and enter data folders, ports and registry.'
  fi
  [[ -z $KM_DEPLOY_DAMAGED ]] || km_item deploy-damaged 'Damaged script' no-go "$KM_DEPLOY_DAMAGED: bash cannot read it to the end" 'Fetch it again; it was probably cut off.'
  look_at_server_scripts
}

# A new script with another data folder would start an empty platform.
look_at_script_values() {
  [[ -n ${KM_PLATFORM[chart]:-} ]] || return 0
  km_script_differences "${KM_PLATFORM[fast_data_dir]:-}" "${KM_PLATFORM[slow_data_dir]:-}" \
    "${KM_PLATFORM[http_port]:-}" "${KM_PLATFORM[https_port]:-}" "${KM_PLATFORM[dicom_port]:-}"
  if [[ -n $KM_DIFFERENT ]]; then
    km_item deploy-values 'Values of the new script' no-go "$KM_DIFFERENT${KM_PORTS:+, $KM_PORTS}" \
      "Enter the folders of the running platform in $KM_DEPLOY_NEW. Otherwise 0.4 starts empty, beside your data."
  elif [[ -n $KM_PORTS ]]; then
    km_item deploy-values 'Values of the new script' note "$KM_PORTS" "Enter the ports of the running platform in $KM_DEPLOY_NEW, unless the change is intended."
  else
    km_item deploy-values 'Values of the new script' go 'data folders and ports as they are now'
  fi
}

# 0.4 signs in to the migrated Keycloak with the password of the new script. Where that is another one, its start-up Job
# fails and nobody can log in any more. So the running Keycloak is asked with it, now.
look_at_admin_password() {
  local deployed
  [[ -n $KM_DEPLOY_NEW && -n ${KM_PLATFORM[chart]:-} && -z $KUBECTL_WHY ]] || return 0
  if ! km_script_secret "$KM_DEPLOY_NEW" KEYCLOAK_ADMIN_PASSWORD; then
    km_item admin-password 'Admin password' note "KEYCLOAK_ADMIN_PASSWORD of $KM_DEPLOY_NEW cannot be read" \
      'Make sure that it is the password of the admin of the running Keycloak.'
    return
  fi
  # shellcheck disable=SC2034 # lib/keycloak.sh reads it
  KEYCLOAK_ADMIN=$(km_script_value "$KM_DEPLOY_NEW" KEYCLOAK_ADMIN_USERNAME) KEYCLOAK_PASSWORD=$KM_SECRET KM_SECRET=''
  if rest_forward "$(keycloak_namespace)" keycloak-external-service 80 && keycloak_token; then
    km_item admin-password 'Admin password' go 'that of the new script opens the running Keycloak'
  elif [[ $REST_CODE == 401 ]]; then
    km_item admin-password 'Admin password' no-go 'that of the new script does not open the running Keycloak' \
      "Enter the password of Keycloak's admin as KEYCLOAK_ADMIN_PASSWORD in $KM_DEPLOY_NEW. With another one nobody can log in to 0.4."
  else
    deployed=$("$KM_HELM" get values kaapana-admin-chart -n "${KM_PLATFORM[namespace]}" --all -o json 2>/dev/null </dev/null |
      jq -r '.global.credentials_keycloak_admin_password // empty' 2>/dev/null) || deployed=''
    if [[ $deployed == "$KEYCLOAK_PASSWORD" ]]; then
      km_item admin-password 'Admin password' note 'the new script has the one that this platform was deployed with; Keycloak itself could not be asked' \
        'Make sure that it was not changed in the Keycloak console since.'
    else
      km_item admin-password 'Admin password' no-go 'that of the new script is not the one that this platform was deployed with' \
        "Enter the password of Keycloak's admin as KEYCLOAK_ADMIN_PASSWORD in $KM_DEPLOY_NEW. With another one nobody can log in to 0.4."
    fi
  fi
  rest_forward_end
  # shellcheck disable=SC2034 # lib/rest.sh reads it
  KEYCLOAK_PASSWORD='' REST_SECRETS=''
}

# A later step fetches what is missing.
look_at_server_scripts() {
  local key found=''
  km_find_scripts
  for key in server-0.3.5 server-0.4.1; do
    [[ -z ${KM_SCRIPT[$key]:-} ]] || found+="${found:+, }${key#server-}: ${KM_SCRIPT[$key]}"
  done
  if [[ $found == *0.3.5:* && $found == *0.4.1:* ]]; then
    km_item server-scripts 'Server scripts' go "$found"
  else
    km_item server-scripts 'Server scripts' note "${found:-none found}" 'A step of its own fetches what is missing and compares its hash.'
  fi
}

# ---- Summary --------------------------------------------------------------------------------------------------------

counted() { printf '%s %s%s' "$1" "$2" "$([[ $1 == 1 ]] || printf s)"; }

listed() { # VERDICT: titles, at most three
  local title rest=() count=0 text=''
  while IFS=$'\x1f' read -r -d $'\x1e' title _; do
    count=$((count + 1))
    ((count <= 3)) && text+="${text:+, }$title" || rest+=("$title")
  done <<<"${KM_LISTED[$1]}"
  printf '%s%s' "$text" "$( ((${#rest[@]} == 0)) || printf ' and %s more' "${#rest[@]}")"
}

summary() {
  local verdict title found remedy
  km_say ''
  if ((KM_COUNT[no-go] > 0)); then
    km_say "NO-GO: $(counted "${KM_COUNT[no-go]}" item) of $((KM_COUNT[go] + KM_COUNT[note] + KM_COUNT[no-go] + KM_COUNT[unknown])) must be solved first."
  elif ((KM_COUNT[unknown] > 0)); then
    km_say "NOT DECIDED: $(counted "${KM_COUNT[unknown]}" item) could not be found out."
  else
    km_say "GO: $(counted "${KM_COUNT[go]}" item) in order, $(counted "${KM_COUNT[note]}" note)."
  fi
  for verdict in no-go unknown note; do
    while IFS=$'\x1f' read -r -d $'\x1e' title found remedy; do
      printf '\n  %-8s %s: %s\n' "$verdict" "$title" "$(km_wrap 11 "$found")"
      [[ -z $remedy ]] || printf '  %-8s %s\n' '' "$(km_wrap 11 "$remedy")"
    done <<<"${KM_LISTED[$verdict]}"
  done
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
