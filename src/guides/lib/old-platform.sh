# shellcheck shell=bash
# The platform of version 0.1.3: how it is recognised, what is deployed, and what of it is left. To be sourced after
# cluster.sh. Its chart has no umbrella chart kaapana-admin-chart, which all later versions have.
# shellcheck disable=SC2034 # what is set here is for the steps

readonly OLD_NAMESPACES=(base flow flow-jobs meta monitoring store kaapana)
readonly OLD_SERIES=$KM_KEPT/series # what was in the archive before: one UID a line, sorted
declare -A OLD=() # what 0.1.3 was deployed with; OLD[chart] is its version

# Fails with KM_WHY. No password leaves this function. Like km_load_platform of lib.sh, but for a chart and keys of its own, and
# only where no release of a later version is there: one function for both would be all branches.
km_load_old_platform() {
  local namespace='' chart='' key value
  [[ -z ${OLD[chart]:-} ]] || return 0
  command -v jq >/dev/null || {
    KM_WHY='jq is missing, which reads what helm answers'
    return 1
  }
  km_load_releases || return 1
  read -r namespace chart < <(printf '%s' "$KM_RELEASES" | jq -r '
    if any(.[]; .name == "kaapana-admin-chart") then empty
    else .[] | select(.name == "kaapana-platform-chart") | "\(.namespace) \(.chart)" end' 2>/dev/null) || true
  [[ -n $chart ]] || {
    KM_WHY='helm knows no release kaapana-platform-chart of an old platform'
    return 1
  }
  km_ask "$KM_HELM" get values kaapana-platform-chart -n "$namespace" --all -o json || return 1
  while IFS=$'\t' read -r key value; do OLD[$key]=$value; done < <(printf '%s' "$KM_OUT" | jq -r '
    (.global // {}) | to_entries[] | select(.value != null)
    | select(.key | test("^(fast_data_dir|slow_data_dir|hostname|https?_port|dicom_port|gpu_support)$")) | "\(.key)\t\(.value)"')
  KM_OUT='' OLD[namespace]=$namespace OLD[chart]=${chart#kaapana-platform-chart-}
}

old_is_013() { [[ $(km_version_base "${OLD[chart]:-}") == 0.1.3 ]]; }

# Whether this host shows 0.1.3: what it is, a tab, how that is known; nothing where it does not. Only looks.
km_detect_guide_0_1_3() {
  local folder kept
  if km_load_old_platform; then
    ! old_is_013 || printf 'Kaapana %s\thelm lists kaapana-platform-chart-%s in the namespace %s\n' "${OLD[chart]}" "${OLD[chart]}" "${OLD[namespace]}"
    return 0
  fi
  # Undeployed, or its cluster is gone: the folders tell, as long as no other platform is deployed.
  [[ $KM_RELEASES != *kaapana-admin-chart* ]] || return 0
  kept=$(km_kept fast_data_dir)
  for folder in ${kept:+"$kept" "${kept}_0.1.3"} "$KM_HOST_ROOT"/home/kaapana{,_0.1.3}; do
    if [[ -d $folder/postgres-dcm4che ]] && [[ -d $folder/elastic-meta || -d $folder/postgres-keycloak ]]; then
      printf 'Data of Kaapana 0.1.3\tthe folder %s has the layout of 0.1.3\n' "$folder"
      return 0
    fi
  done
}

# ---- Parameters -----------------------------------------------------------------------------------------------------

# The folder of the host that a Deployment of the namespace store shows, without its last part.
old_shown_folder() { # DEPLOYMENT LAST_PART
  km_ask "$KM_KUBECTL" -n store get deploy "$1" -o 'jsonpath={range .spec.template.spec.volumes[*]}{.hostPath.path}{"\n"}{end}' || return 1
  sed -n "s,/$2\$,,p" <<<"$KM_OUT" | head -n 1
}

old_detect_folder() { # KEY DEPLOYMENT LAST_PART
  local value='' shown=''
  if km_load_old_platform; then value=${OLD[$1]:-} value=${value%/}; fi
  shown=$(old_shown_folder "$2" "$3") || shown=''
  if [[ -n $value && -n $shown && $value != "$shown" ]]; then
    km_say "helm says $value, the Deployment $2 says $shown." >&2
  elif [[ -n $shown ]]; then
    printf '%s\tfrom the running platform: Deployment %s%s\n' "$shown" "$2" "${value:+ and helm agree}"
  elif [[ -n $value ]]; then
    printf '%s\tfrom the running platform: helm\n' "$value"
  elif value=$(km_kept "$1") && [[ -n $value ]]; then
    printf '%s\tas it was recorded while 0.1.3 was running\n' "$value"
  fi
}
km_detect_old_fast_data_dir() { old_detect_folder fast_data_dir postgres-dcm4che postgres-dcm4che; }
km_detect_old_slow_data_dir() { old_detect_folder slow_data_dir minio-deployment minio; }

# Where there is most room outside the data folders.
km_detect_old_backup_dir() {
  # shellcheck disable=SC2317 # asked by km_propose_folder, which must keep clear of the folders of this version
  km_detect_fast_data_dir() { km_detect_old_fast_data_dir; }
  # shellcheck disable=SC2317
  km_detect_slow_data_dir() { km_detect_old_slow_data_dir; }
  km_propose_folder kaapana-migration-backup
}

# ---- What works on it -----------------------------------------------------------------------------------------------

old_running_workflows() { km_running_workflows flow start_date; }

# ---- Numbers of the archive, of both versions -----------------------------------------------------------------------

# One statement for the archive's database, in the namespace that the platform has. KM_OUT as km_query.
old_archive_query() { # NAMESPACE SQL
  km_query "$1" postgres-dcm4che pacs pacsdb "$2"
}

# Sets KM_OUT to "STUDIES|SERIES|IMAGES".
old_archive_counts() { # NAMESPACE
  old_archive_query "$1" 'select (select count(*) from study), (select count(*) from series), (select count(*) from instance)' || return 1
  [[ $KM_OUT =~ ^[0-9]+\|[0-9]+\|[0-9]+$ ]] || {
    KM_WHY='the database of the archive gave an answer that cannot be read'
    return 1
  }
}

# Keeps what `old_archive_counts` found, for the overview of the run and its report.
old_keep_counts() { # FILE STUDIES|SERIES|IMAGES
  local studies series images
  IFS='|' read -r studies series images <<<"$2"
  mkdir -p -- "$KM_KEPT"
  printf '{"recorded":"%s","numbers":{"studies":%s,"series":%s,"images":%s}}\n' "$(date '+%Y-%m-%d %H:%M')" "$studies" "$series" "$images" >"$1.new" &&
    mv -T -- "$1.new" "$1"
}

# The UIDs of all series, sorted, on standard output.
old_archive_series() { # NAMESPACE
  old_archive_query "$1" 'select series_iuid from series order by 1' || return 1
  ! grep -qvE '^[0-9.]*$' <<<"$KM_OUT" || {
    KM_WHY='the database of the archive gave an answer that cannot be read'
    return 1
  }
  grep . <<<"$KM_OUT" | sort -u || true
}

# KM_OUT: how many of the recorded series the archive lacks, with an example; empty where it has all.
old_missing_series() { # NAMESPACE
  local now missing
  [[ -e $OLD_SERIES ]] || {
    KM_WHY='the series were not recorded before'
    return 1
  }
  now=$(mktemp) || return 1
  if ! old_archive_series "$1" >"$now"; then
    rm -f -- "$now"
    return 1
  fi
  missing=$(comm -23 "$OLD_SERIES" "$now")
  rm -f -- "$now"
  KM_OUT=''
  [[ -z $missing ]] || KM_OUT="$(wc -l <<<"$missing") of $(wc -l <"$OLD_SERIES") series, such as $(head -n 1 <<<"$missing")"
}

# ---- What is left of it ---------------------------------------------------------------------------------------------

# KM_OUT: what of 0.1.3 is still in the cluster, in words; empty where nothing is. Fails where the cluster cannot be asked.
old_find_remains() {
  local left='' line spaces=" ${OLD_NAMESPACES[*]} "
  KM_RELEASES=''
  km_load_releases || {
    KM_WHY="helm: $KM_WHY"
    return 1
  }
  line=$(printf '%s' "$KM_RELEASES" | jq -r '[.[] | select(.namespace == "kaapana" or (.name | test("^kaapana-"))) | .name] | join(", ")')
  [[ -z $line ]] || left="helm releases $line"
  km_ask "$KM_KUBECTL" get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || return 1
  line=$(while IFS= read -r name; do [[ -z $name || $spaces != *" $name "* ]] || printf '%s ' "$name"; done <<<"$KM_OUT")
  [[ -z $line ]] || left+="${left:+; }namespaces ${line% }"
  km_ask "$KM_KUBECTL" get pods -A -o 'jsonpath={range .items[*]}{.metadata.namespace}{" "}{.metadata.name}{"\n"}{end}' || return 1
  # In kube-system 0.1.3 has pods of its own beside those of the cluster.
  line=$(grep -cvE '^(kube-system (coredns|calico|metrics-server|hostpath|nvidia|gpu|dns)|gpu-operator|$)' <<<"$KM_OUT") || true
  [[ $line == 0 ]] || left+="${left:+; }$line pods"
  KM_OUT=$left
}

# What is on the cluster besides 0.1.3 and would go with it, in words: KM_FOREIGN.
old_find_foreign() {
  local line namespace spaces=" ${OLD_NAMESPACES[*]} kube-system kube-public kube-node-lease default "
  KM_FOREIGN=''
  km_load_releases &&
    km_ask "$KM_KUBECTL" get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || return 1
  while IFS= read -r line; do
    [[ -z $line || $line == gpu-operator* || $spaces == *" $line "* ]] || KM_FOREIGN+="${KM_FOREIGN:+, }namespace $line"
  done <<<"$KM_OUT"
  while IFS=$'\t' read -r line namespace; do
    [[ -z $line || $namespace == kaapana || $line == gpu-operator* ]] || KM_FOREIGN+="${KM_FOREIGN:+, }helm release $line in $namespace"
  done < <(printf '%s' "$KM_RELEASES" | jq -r '.[] | "\(.name)\t\(.namespace)"')
}

# ---- What is kept of it ---------------------------------------------------------------------------------------------

# Adds lines NAME=VALUE to what is kept of the platform; a name that is there already gets the new value.
old_keep() { # NAME VALUE…
  local file=$KM_KEPT_PLATFORM
  mkdir -p -- "$KM_KEPT"
  {
    while (($# > 1)); do
      printf '%s=%s\n' "$1" "${2//$'\n'/ }"
      shift 2
    done
    cat -- "$file" 2>/dev/null || true
  } | awk -F = '!seen[$1]++' | sort >"$file.new"
  mv -T -- "$file.new" "$file"
}
