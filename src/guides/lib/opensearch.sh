# shellcheck shell=bash
# OpenSearch, asked with the curl of its own pod: plainly at 0.3.5, from 0.4 on with the administrator's certificate that
# lies in the pod. To be sourced after rest.sh.
#
#   os METHOD PATH [BODY | -]   one request; - sends the standard input. KM_OUT, REST_CODE and KM_WHY as in rest.sh
#   os_find                     finds out how it is reached; OS_SIDE is then `old` or `new`
# shellcheck disable=SC2034 # what is set here is for the steps

readonly OS_HOME=/usr/share/opensearch
readonly OS_DEPLOYMENT=opensearch-de OS_CONTAINER=opensearch-container
readonly OS_REPOSITORY=kaapana_migration OS_SNAPSHOT=pre_040
readonly OS_INDEX=meta-index OS_RESTORED=restored_meta-index OS_MERGED=project_admin
readonly OS_BEFORE=before_merge_project_admin # project_admin as it was before the merge, for the way back
readonly OS_REPOSITORY_OLD=$OS_HOME/logs/snapshots OS_REPO_OLD=$OS_HOME/logs OS_REPO_NEW=$OS_HOME/snapshots
readonly OS_TAGS='00000000 Tags_keyword'

OS_NAMESPACE='' OS_SIDE='' OS_VERSION='' OS_BASE='' OS_OPTIONS=()
OS_COUNT=0 OS_OPERATIONS=0

# The platform's namespace of services, where helm says it.
os_namespace() {
  [[ -z $OS_NAMESPACE ]] || return 0
  km_load_platform || true
  OS_NAMESPACE=${KM_PLATFORM[services_namespace]:-services}
  KM_WHY=''
}

os_find() {
  [[ -z $OS_SIDE ]] || return 0
  command -v jq >/dev/null || {
    KM_WHY='jq is missing, which reads what OpenSearch answers'
    return 2
  }
  os_namespace
  OS_BASE=http://localhost:9200 OS_OPTIONS=()
  if os_request GET / </dev/null; then
    OS_SIDE=old
  else
    # A server that wants TLS cuts a plain request off.
    case $REST_CURL in 0 | 6 | 7 | 28 | 124 | 137) return 1 ;; esac
    OS_BASE=https://localhost:9200 OS_OPTIONS=(-k --cert "$OS_HOME/config/admin.pem" --key "$OS_HOME/config/admin-key.pem")
    os_request GET / </dev/null || return 1
    OS_SIDE=new
  fi
  OS_VERSION=$(jq -r '.version.number // empty' <<<"$KM_OUT" 2>/dev/null) || OS_VERSION=''
}

os_request() { # METHOD PATH CURL_OPTION…
  local method=$1 path=$2
  shift 2
  rest_pod "$OS_NAMESPACE" "deploy/$OS_DEPLOYMENT" "$OS_CONTAINER" OpenSearch "$method" "$OS_BASE$path" "${OS_OPTIONS[@]}" "$@"
}

os() { # METHOD PATH [BODY | -]
  local body=(-H 'Content-Type: application/json' --data-binary @-)
  os_find || return
  if (($# < 3)); then
    os_request "$1" "$2"
  elif [[ $3 == - ]]; then
    os_request "$1" "$2" "${body[@]}"
  else
    os_request "$1" "$2" "${body[@]}" < <(printf '%s' "$3")
  fi
}

os_jq() { printf '%s' "$KM_OUT" | jq -r "$@"; } # of the last answer

# ---- For checks and runs --------------------------------------------------------------------------------------------

# Ends a check where OpenSearch cannot be asked, or is not that of the platform on which the step belongs.
os_check_side() { # old|new
  os_find || km_answer unknown "OpenSearch could not be asked: $KM_WHY."
  [[ $OS_SIDE != "$1" ]] || return 0
  if [[ $OS_SIDE == new ]]; then
    km_answer not-needed "OpenSearch is $OS_VERSION already, that of 0.4. This step belongs to 0.3.5."
  fi
  km_answer blocked "OpenSearch is $OS_VERSION, that of 0.3.5. This step belongs to 0.4.1: deploy it first."
}

# The same for a run.
os_run_side() { # old|new
  os_find || os_failed 'OpenSearch could not be asked'
  [[ $OS_SIDE != "$1" ]] || return 0
  if [[ $OS_SIDE == new ]]; then
    km_die "OpenSearch is $OS_VERSION already, that of 0.4. This step belongs to 0.3.5." 'Nothing was changed.' 'Go on with the steps of the new platform.'
  fi
  km_die "OpenSearch is $OS_VERSION, that of 0.3.5. This step belongs to 0.4.1." 'Nothing was changed.' 'Deploy 0.4.1 first.'
}

# Ends a run with the reason of the last request.
os_failed() { # WHAT [STATE] [NEXT]
  km_die "$1: $KM_WHY." "${2:-Nothing was changed.}" "${3:-Look at the pod $OS_DEPLOYMENT: microk8s.kubectl -n $OS_NAMESPACE get pods. When OpenSearch answers, run the step again.}"
}

# ---- Indices --------------------------------------------------------------------------------------------------------

# Whether there is an index: 0 yes, 1 no, 2 cannot be told.
os_exists() { # INDEX
  os GET "/$1/_mapping?filter_path=*.mappings._meta" && return 0
  [[ $REST_CODE == 404 ]] && return 1
  return 2
}

# Sets OS_COUNT. Fails where a part of the index cannot be read, as a number without it would be wrong.
os_count() { # INDEX [QUERY]
  local failed
  OS_COUNT=0
  if (($# > 1)); then os POST "/$1/_count" "{\"query\": $2}" || return; else os GET "/$1/_count" || return; fi
  read -r OS_COUNT failed < <(os_jq '"\(.count) \(._shards.total - ._shards.successful)"')
  ((failed == 0)) || {
    KM_WHY="$failed parts of the index $1 cannot be read"
    return 1
  }
}

# Sets OS_OPERATIONS: it grows with every document that is written, changed or deleted.
os_operations() { # INDEX
  os GET "/$1/_stats/docs?level=shards&filter_path=indices.*.shards.*.seq_no.max_seq_no" || return
  OS_OPERATIONS=$(os_jq '[.indices[].shards[][].seq_no.max_seq_no + 1] | add // 0')
}

# Waits for an index to be readable: yellow or green. Fails with the colour that it has.
os_healthy() { # INDEX COLOUR SECONDS
  local colour late
  REST_SECONDS=$(($3 + KM_TIMEOUT)) os GET "/_cluster/health/$1?wait_for_status=$2&timeout=$3s" || [[ $REST_CODE == 408 ]] || return
  read -r colour late < <(os_jq '"\(.status) \(.timed_out)"')
  [[ $late == false ]] || {
    KM_WHY="the index $1 is $colour"
    return 1
  }
}

# Calls a function for every page of an index's documents; the page is KM_OUT. Fails as the function does.
os_pages() { # INDEX SIZE FUNCTION [SLICE OF_SLICES]
  local index=$1 size=$2 each=$3 slice='' scroll='' failed hits rc=0
  ((${5:-1} < 2)) || slice=", \"slice\": {\"id\": $4, \"max\": $5}"
  os POST "/$index/_search?scroll=10m" "{\"size\": $size, \"sort\": [\"_doc\"]$slice}" || return
  while :; do
    read -r failed hits scroll < <(os_jq '"\(._shards.failed + (if .timed_out then 1 else 0 end)) \(.hits.hits | length) \(._scroll_id)"')
    if ((failed > 0)); then
      KM_WHY="a part of the index $index cannot be read" rc=1
      break
    fi
    ((hits > 0)) || break
    "$each" || {
      rc=$?
      break
    }
    os POST /_search/scroll "{\"scroll\": \"10m\", \"scroll_id\": \"$scroll\"}" || {
      rc=1
      break
    }
  done
  os_close_scroll "$scroll"
  return "$rc"
}

os_close_scroll() { # SCROLL: the reason of an earlier failure stays
  local why=$KM_WHY
  [[ -z $1 ]] || os DELETE /_search/scroll "{\"scroll_id\": \"$1\"}" || true
  KM_WHY=$why
}

# ---- Snapshots ------------------------------------------------------------------------------------------------------

os_path_repo() { # prints the folders that snapshots may lie in, one a line
  os GET '/_nodes/settings?filter_path=nodes.*.settings.path.repo' || return
  os_jq '[.nodes[]?.settings.path.repo // empty] | flatten | unique[]'
}

# Reads the repository's snapshots of the metadata into OS_SNAPSHOTS, one a line, oldest first: name, state, failed
# parts, documents, operations, time; - where a snapshot does not say. REST_CODE is 404 where there is no repository.
OS_SNAPSHOTS=''
# shellcheck disable=SC2016 # jq's variables
os_snapshots() {
  OS_SNAPSHOTS=''
  os GET "/_snapshot/$OS_REPOSITORY/_all" || return
  OS_SNAPSHOTS=$(os_jq --arg index "$OS_INDEX" '.snapshots | map(select(.indices | index($index))) | sort_by(.start_time)[] |
    [.snapshot, .state, (.shards.failed // 0), (.metadata.documents // "-"), (.metadata.operations // "-"), (.end_time // .start_time // "-")] | @tsv')
}

# The newest snapshot that is `whole`, or of `any` state.
os_newest_snapshot() { # whole|any
  if [[ $1 == any ]]; then tail -n 1 <<<"$OS_SNAPSHOTS"; else awk -F '\t' '$2 == "SUCCESS" && $3 == 0' <<<"$OS_SNAPSHOTS" | tail -n 1; fi
}

os_when() { date -d "$1" '+%Y-%m-%d %H:%M' 2>/dev/null || printf '%s' "$1"; } # TIME as OpenSearch writes it
