# shellcheck shell=bash
# The cluster as steps ask it: its databases, what works on it, what is not ready yet, and the group that may ask it.
# shellcheck disable=SC2034 # what is set here is for the steps

# ---- Facts of the platform that outlive it --------------------------------------------------------------------------

readonly KM_KEPT_PLATFORM=$KM_KEPT/platform # lines NAME=VALUE, written while the old platform runs

km_kept() { # NAME: what was kept of the old platform; nothing where it was not
  sed -n "s/^$1=//p" "$KM_KEPT_PLATFORM" 2>/dev/null | head -n 1
}

# Keeps what later steps need of the running platform: names, folders and ports, no password.
km_keep_platform() {
  local key
  km_load_platform || return 1
  mkdir -p -- "$KM_KEPT"
  for key in "${!KM_PLATFORM[@]}"; do printf '%s=%s\n' "$key" "${KM_PLATFORM[$key]//$'\n'/ }"; done | sort >"$KM_KEPT_PLATFORM.new"
  mv -T -- "$KM_KEPT_PLATFORM.new" "$KM_KEPT_PLATFORM"
}

km_space() { # services|admin|jobs|extensions: the namespace that is called so
  local value
  value=${KM_PLATFORM[$1_namespace]:-$(km_kept "$1_namespace")}
  printf '%s' "${value:-$1}"
}

# ---- The group that may ask the cluster -----------------------------------------------------------------------------

# Starts the step anew as a member of the group microk8s, where the user was given it after this login.
km_join_group() { # run | check | undo
  local user
  user=$(id -un)
  [[ $(id -u) != 0 && " $(id -nG) " != *' microk8s '* && " $(id -nG "$user") " == *' microk8s '* ]] || return 0
  [[ -z ${KM_JOINED:-} && -f $KM_SELF ]] && command -v sg >/dev/null || return 0
  export KM_JOINED=yes
  if [[ $1 == check ]]; then exec >&3; fi
  exec sg microk8s -c "exec bash $(printf '%q' "$KM_SELF") $1"
}

# ---- Its databases --------------------------------------------------------------------------------------------------

# One statement; KM_OUT is one line a row, columns between |.
km_query() { # SPACE WORKLOAD USER DATABASE SQL
  km_ask "$KM_KUBECTL" -n "$(km_space "$1")" exec "deploy/$2" -- psql -U "$3" -d "$4" -tAc "$5"
}

# ---- What works on it -----------------------------------------------------------------------------------------------

# KM_OUT: running and queued workflows, one a line such as "NAME (running)", the oldest first.
km_running_workflows() { # [SPACE ORDER]: an old Airflow does not know since when a run waits
  km_query "${1:-services}" postgres-airflow root airflow \
    "select dag_id || ' (' || state || ')' from dag_run where state in ('running','queued') order by ${2:-coalesce(start_date, queued_at)}" || return 1
  ! grep -qvE '^(.* \((running|queued)\))?$' <<<"$KM_OUT" || {
    KM_WHY='what it printed cannot be read'
    return 1
  }
}

# KM_OUT: the number of files that wait in the DICOM receiver.
km_waiting_images() {
  local folder=${FAST_DATA_DIR%/}/ctp/incoming
  KM_OUT=0 KM_WHY=''
  km_root_ready || {
    KM_WHY=$KM_ROOT_WHY
    return 77
  }
  as_root test -d "$folder" || return 0
  KM_OUT=$(as_root timeout -k 2 "$KM_TIMEOUT" find "$folder" -type f -not -path '*/.quarantines/*' -printf x | wc -c) || {
    KM_OUT='' KM_WHY="counting the files of $folder took more than $KM_TIMEOUT seconds"
    return 1
  }
}

# Sets KM_FOREIGN: what is not Kaapana's and would go with it, and KM_EXTENSIONS: extensions that must be installed again.
# The undeploy removes all releases of two namespaces and every volume of the cluster; the uninstall removes the rest.
km_find_foreign() { # FAST SLOW
  local line namespace folder
  KM_FOREIGN='' KM_EXTENSIONS=''
  km_load_platform || [[ $KM_WHY == *'no release'* ]] || return 1
  km_load_volumes &&
    km_ask "$KM_KUBECTL" get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || return 1
  while IFS= read -r line; do
    case $line in
      kube-system | kube-public | kube-node-lease | default | admin | services | jobs | extensions | gpu-operator* | '') ;;
      "$(km_space services)" | "$(km_space admin)" | "$(km_space jobs)" | "$(km_space extensions)") ;;
      *) KM_FOREIGN+="${KM_FOREIGN:+, }namespace $line" ;;
    esac
  done <<<"$KM_OUT"
  while IFS=$'\t' read -r line namespace; do
    case $namespace/$line in
      "${KM_PLATFORM[namespace]:-}"/kaapana-* | gpu-operator*) ;;
      "$(km_space admin)"/*) KM_EXTENSIONS+="${KM_EXTENSIONS:+, }$line" ;;
      *) KM_FOREIGN+="${KM_FOREIGN:+, }helm release $line in $namespace" ;;
    esac
  done < <(printf '%s' "$KM_RELEASES" | jq -r '.[] | "\(.name)\t\(.namespace)"')
  while IFS=$'\t' read -r line folder _; do
    [[ -z $line || $folder == "$1"/* || $folder == "$2"/* ]] || KM_FOREIGN+="${KM_FOREIGN:+, }volume $line"
  done < <(tr -s '\t' <<<"$KM_VOLUMES")
}

# ---- What is left of a platform -------------------------------------------------------------------------------------

km_has_snap() { # NAME: whether it is installed; fails with 2 where snap gives no answer
  km_ask snap list || { [[ $KM_WHY == *'no matching snaps'* || $KM_WHY == *'No snaps are installed'* ]] && return 1 || return 2; }
  awk -v name="$1" '$1 == name { found = 1 } END { exit !found }' <<<"$KM_OUT"
}

# KM_OUT: version and channel of a snap, such as "v1.31.3 1.31/stable". Fails as above.
km_snap() { # NAME
  km_has_snap "$1" || return
  KM_OUT=$(awk -v name="$1" '$1 == name { print $2, $4 }' <<<"$KM_OUT")
}

# What MicroK8s leaves on the host while it is not quite gone, in words.
km_microk8s_rests() {
  local mounts rests=''
  [[ ! -e $KM_HOST_ROOT/var/snap/microk8s ]] || rests="the folder /var/snap/microk8s"
  mounts=$(grep -cE " $KM_HOST_ROOT/(var/snap|snap)/microk8s[/ ]" /proc/self/mounts) || true
  ((mounts == 0)) || rests+="${rests:+, }$mounts of its mounts"
  printf '%s' "$rests"
}

# KM_OUT: what of a platform is still in the cluster, in words; empty where nothing is. Fails where the cluster cannot be
# asked. helm hides a release that it is about to remove, so that it is asked for all of them.
km_find_remains() {
  local left='' line spaces
  KM_RELEASES=''
  km_load_releases || {
    KM_WHY="helm: $KM_WHY"
    return 1
  }
  line=$(printf '%s' "$KM_RELEASES" | jq -r '[.[] | select(.name | test("^(kaapana-.*-chart|project-.*)$")) | .name] | join(", ")')
  [[ -z $line ]] || left+="helm releases $line"
  spaces=" $(km_space services) $(km_space admin) $(km_space jobs) $(km_space extensions) project-admin "
  km_ask "$KM_KUBECTL" get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || return 1
  line=$(while IFS= read -r name; do [[ -z $name || $spaces != *" $name "* ]] || printf '%s ' "$name"; done <<<"$KM_OUT")
  [[ -z $line ]] || left+="${left:+; }namespaces ${line% }"
  km_ask "$KM_KUBECTL" get pods -A -o 'jsonpath={range .items[*]}{.metadata.namespace}{"\n"}{end}' || return 1
  line=$(grep -vcE '^(kube-system|gpu-operator.*|)$' <<<"$KM_OUT") || true
  [[ $line == 0 ]] || left+="${left:+; }$line pods"
  km_ask "$KM_KUBECTL" get pv -o name || return 1
  line=$(grep -c . <<<"$KM_OUT") || true
  [[ $line == 0 ]] || left+="${left:+; }$line volumes"
  KM_OUT=$left
}

# Waits until a look says that nothing is left; the look sets KM_OUT, or fails with KM_WHY. KM_OUT is what stays.
km_wait_gone() { # FUNCTION
  local looks=0 before=''
  km_say 'Waiting until everything is gone …'
  while ((looks++ < KM_PATIENCE)); do
    if ! "$1"; then KM_OUT="the cluster gives no answer ($KM_WHY)"; fi
    [[ -n $KM_OUT ]] || return 0
    if [[ $KM_OUT != "$before" ]]; then
      looks=0 before=$KM_OUT
      km_say "  $(date +%H:%M:%S)  still there: $KM_OUT"
    fi
    sleep "$KM_POLL"
  done
  return 1
}

# The check of an undeployment where MicroK8s itself is gone: the function gets the evidence and answers.
km_check_without_microk8s() { # FUNCTION
  local rc=0
  km_has_snap microk8s || rc=$?
  case $rc in
    1) "$1" 'MicroK8s is not installed any more, and the platform went with it.' ;;
    2) km_answer unknown "Whether MicroK8s is installed cannot be told: $KM_WHY." ;;
  esac
}

# Processes that use the databases' folders, in words. As root, by way of km_elevated; needs databases.sh.
km_database_users() {
  local entry folders=()
  for entry in "${KM_DATABASES[@]}"; do
    read -r _ entry _ <<<"$entry"
    folders+=("${FAST_DATA_DIR%/}/$entry")
  done
  km_folder_users "${folders[@]}" >&3
}
