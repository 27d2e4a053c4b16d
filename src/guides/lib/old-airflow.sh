# shellcheck shell=bash
# Workflows of 0.2.2: starting one under a name of its own, the states of their runs, and what is in the index.
# To be sourced after cluster.sh and old-platform.sh.
# shellcheck disable=SC2034 # what is set here is for the steps

readonly AF_REINDEX=service-re-index-dicom-data AF_EXTRACT=service-extract-metadata AF_THUMBNAIL=service-segmentation-thumbnail
declare -A AF_RUNS=() # by state

# Sets AF_RUNS to the numbers of runs of a workflow by their states. A pattern names the runs of one start.
af_states() { # DAG [LIKE_PATTERN_OF_RUN_ID]
  local state number
  AF_RUNS=([running]=0 [queued]=0 [success]=0 [failed]=0)
  km_query services postgres-airflow root airflow \
    "select state || '|' || count(*) from dag_run where dag_id = '$1' and run_id like '${2:-%}' group by state" || return 1
  while IFS='|' read -r state number; do
    [[ -n $state ]] || continue
    [[ $number =~ ^[0-9]+$ ]] || {
      KM_WHY='what the database of the workflows printed cannot be read'
      return 1
    }
    AF_RUNS[$state]=$number
  done <<<"$KM_OUT"
}

# Starts a workflow; one of this name that runs already is not started again. The form data is JSON without secrets.
af_trigger() { # DAG RUN_ID [JSON]
  af_states "$1" "$2" || return 1
  ((AF_RUNS[running] + AF_RUNS[queued] + AF_RUNS[success] + AF_RUNS[failed] == 0)) || return 0
  KM_TIMEOUT=120 km_ask "$KM_KUBECTL" -n services exec deploy/airflow-scheduler -c scheduler -- airflow dags trigger "$1" --run-id "$2" ${3:+--conf "$3"}
}

# Whether Airflow knows a workflow and may start it.
af_knows() { # DAG
  km_query services postgres-airflow root airflow "select count(*) from dag where dag_id = '$1' and is_active" || return 1
  [[ $KM_OUT == 1 ]] || {
    KM_WHY="Airflow does not know the workflow $1"
    return 1
  }
}

# KM_OUT: the answer of the index, which needs no login inside the cluster.
af_index() { # PATH [JSON]
  km_ask "$KM_KUBECTL" -n services exec deploy/opensearch-de -- curl -sS --noproxy '*' "http://localhost:9200$1" \
    ${2:+-H 'Content-Type: application/json' -d "$2"} || return 1
  jq -e 'type == "object" and (has("error") | not)' <<<"$KM_OUT" >/dev/null 2>&1 || {
    KM_WHY='the index gave no answer that can be read'
    return 1
  }
}

# Asks until no run waits or runs any more; a look that fails is taken again. Shows the progress.
af_wait() { # FUNCTION: sets AF_LEFT and AF_DONE
  local failures=0 before=''
  while :; do
    if "$1"; then
      failures=0
      ((AF_LEFT > 0)) || return 0
      if [[ $AF_LEFT/$AF_DONE != "$before" ]]; then
        before=$AF_LEFT/$AF_DONE
        km_progress "$AF_DONE" $((AF_LEFT + AF_DONE)) 'workflow runs ended'
      fi
    else
      ((++failures < 10)) || return 1
    fi
    sleep "$KM_POLL"
  done
}
AF_LEFT=0 AF_DONE=0
