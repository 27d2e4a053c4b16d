# shellcheck shell=bash
# REST, asked of a service of the cluster: with curl inside one of its pods, or with curl of the host over a forwarded
# port. The answer is KM_OUT, its HTTP status REST_CODE. Where there is none, or one that says no, KM_WHY says why, and
# REST_CURL is the code that curl ended with.
#
# What is sent is read from standard input. Secrets are lines of a curl configuration in REST_SECRETS, which curl reads
# from a file descriptor: they never become arguments. Use rest_setting to write such a line.
#
# Not to be used at the right of a pipe, which would lose the answer: rest_local POST URL < <(printf …)

# shellcheck disable=SC2034 # REST_BASE is for the steps.
REST_CODE='' REST_CURL=0 REST_SECRETS='' REST_BASE='' REST_FORWARDER=''
REST_SECONDS=$KM_TIMEOUT # how long one answer may take; a run that waits for long work sets it higher

rest_setting() { # NAME VALUE: a line of a curl configuration, such as: rest_setting data-urlencode "password=$password"
  local value=$2 back=$'\\'
  value=${value//"$back"/"$back$back"}
  value=${value//'"'/"$back"'"'}
  value=${value//$'\n'/"${back}n"}
  printf '%s = "%s"\n' "$1" "$value"
}

# Takes REST_CODE off the end of what curl printed, where rest_options had it put.
readonly REST_OPTIONS=(-sSg --noproxy '*' -w '\n%{http_code}')
rest_answer() { # SERVICE RC_OF_CURL
  local short
  REST_CODE='' REST_CURL=$2 KM_WHY=''
  if (($2 != 0)); then
    KM_OUT=''
    case $2 in
      6 | 7) KM_WHY="$1 cannot be reached" ;;
      28 | 124 | 137) KM_WHY="$1 gave no answer within $REST_SECONDS seconds" ;;
      *) KM_WHY="$1 gave no answer (curl ended with code $2)" ;;
    esac
    return 1
  fi
  REST_CODE=${KM_OUT: -3} KM_OUT=${KM_OUT:0:${#KM_OUT}-4}
  [[ $REST_CODE != 2?? ]] || return 0
  case $REST_CODE in
    401) KM_WHY="$1 does not accept the login (401)" ;;
    403) KM_WHY="$1 refuses this to the login used (403)" ;;
    *)
      short=$(printf '%s' "$KM_OUT" | rest_reason) || short=''
      KM_WHY="$1 answers $REST_CODE${short:+: $short}"
      ;;
  esac
  return 1
}

# What is wrong, in the words of the service; the many forms that services give them.
rest_reason() {
  jq -r 'if type != "object" then empty else
    (.error | if type == "object" then (.root_cause[0].reason // .reason) else . end) // .errorMessage // .error_description //
    (.detail | strings) // .message // empty end' 2>/dev/null | tr -s '[:space:]' ' ' | sed 's/ *$//' | cut -c1-200
}

# ---- Inside a pod ---------------------------------------------------------------------------------------------------

# One request with the curl of a pod. 0 for an answer of 2xx, 1 for another or none, 2 where the pod was not reached.
rest_pod() { # NAMESPACE WORKLOAD CONTAINER SERVICE METHOD URL CURL_OPTION…
  local namespace=$1 workload=$2 container=$3 service=$4 method=$5 url=$6 rc=0
  shift 6
  local request=(rest_exec "$namespace" "$workload" "$container" curl "${REST_OPTIONS[@]}" --max-time "$REST_SECONDS" -X "$method" "$@" "$url")
  # Only a request with a body reads the standard input, which may be a person's keyboard.
  if [[ " $* " == *' @- '* ]]; then "${request[@]}" || rc=$?; else "${request[@]}" </dev/null || rc=$?; fi
  if [[ -n $KM_WHY ]]; then return 2; fi
  rest_answer "$service" "$rc"
}

# Runs a command in a pod with this standard input. KM_OUT is what it printed; its code is returned. KM_WHY is set only
# where the command could not be run at all.
rest_exec() { # NAMESPACE WORKLOAD CONTAINER_OR_NOTHING COMMAND…
  local where=("$KM_KUBECTL" -n "$1" exec -i "$2" ${3:+-c "$3"} --) tool=$4 rc=0
  shift 3
  KM_OUT='' KM_WHY='' REST_CODE='' REST_CURL=0
  if [[ -z $KM_KUBECTL ]]; then
    KM_WHY='microk8s.kubectl was not found'
    return 2
  elif [[ $KM_HUNG == *" $KM_KUBECTL "* ]]; then # it is waited for once
    KM_WHY="${KM_KUBECTL##*/} gave no answer within $KM_TIMEOUT seconds"
    return 2
  fi
  KM_OUT=$(timeout -k 2 "$((REST_SECONDS + 2))" "${where[@]}" "$@" 2>/dev/null) || rc=$?
  ((rc != 0)) || return 0
  # Only a failure asks again, with something harmless, for the words: is it the way to the pod, or the command?
  if KM_WHY=$(timeout -k 2 "$KM_TIMEOUT" "${where[@]}" "$tool" --version 2>&1 >/dev/null </dev/null); then KM_WHY=''; else rest_words "$?" "$tool"; fi
  return "$rc"
}

rest_words() { # CODE TOOL: why a pod cannot be asked, from kubectl's words in KM_WHY
  case $1 in
    124 | 137)
      KM_WHY="${KM_KUBECTL##*/} gave no answer within $KM_TIMEOUT seconds"
      KM_HUNG+="$KM_KUBECTL "
      return
      ;;
  esac
  if [[ $1 == 126 || $1 == 127 || $KM_WHY == *'executable file not found'* ]]; then
    KM_WHY="the pod has no $2"
  else
    KM_WHY="${KM_KUBECTL##*/}: $(grep -v '^command terminated' <<<"$KM_WHY" | tail -n 1 | cut -c1-200)"
  fi
}

# ---- Over a forwarded port ------------------------------------------------------------------------------------------

# Forwards a port of 127.0.0.1 to a service until this process ends. REST_BASE is then http://127.0.0.1:…
rest_forward() { # NAMESPACE SERVICE PORT
  local said tries
  rest_forward_end
  KM_WHY=''
  if [[ -z $KM_KUBECTL ]]; then
    KM_WHY='microk8s.kubectl was not found'
    return 2
  elif ! command -v curl >/dev/null; then
    KM_WHY='curl was not found'
    return 2
  fi
  said=$(mktemp) || {
    KM_WHY='a temporary file cannot be made'
    return 2
  }
  # It holds none of this process's files: whoever waits for those must not wait for it.
  "$KM_KUBECTL" -n "$1" port-forward --address 127.0.0.1 "svc/$2" ":$3" </dev/null >"$said" 2>&1 3>&- &
  REST_FORWARDER=$!
  trap rest_forward_end EXIT
  for ((tries = 0; tries < KM_TIMEOUT * 10; tries++)); do
    if [[ $(<"$said") =~ 'Forwarding from 127.0.0.1:'([0-9]+) ]]; then
      REST_BASE=http://127.0.0.1:${BASH_REMATCH[1]}
      rm -f -- "$said"
      return 0
    fi
    kill -0 "$REST_FORWARDER" 2>/dev/null || break
    sleep 0.1
  done
  KM_WHY=$(tail -n 1 "$said" | cut -c1-200)
  KM_WHY="no way to the service $2: ${KM_WHY:-${KM_KUBECTL##*/} gave no answer within $KM_TIMEOUT seconds}"
  rm -f -- "$said"
  rest_forward_end
  return 2
}

rest_forward_end() {
  [[ -z $REST_FORWARDER ]] || kill "$REST_FORWARDER" 2>/dev/null || true
  REST_FORWARDER='' REST_BASE=''
}

# One request with the curl of the host. 0 for an answer of 2xx, 1 for another or none.
rest_local() { # SERVICE METHOD URL CURL_OPTION…
  local service=$1 method=$2 url=$3 rc=0
  shift 3
  KM_OUT=$(curl -q -K /dev/fd/9 "${REST_OPTIONS[@]}" --max-time "$REST_SECONDS" -X "$method" "$@" "$url" 9< <(printf '%s' "$REST_SECRETS") 2>/dev/null) || rc=$?
  rest_answer "$service" "$rc"
}
