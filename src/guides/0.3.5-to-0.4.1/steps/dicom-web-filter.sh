# shellcheck shell=bash
# Assign every series of the archive to the project admin, through the interface of the dicom-web-filter.
# By hand: bash dicom-web-filter.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest
  KM_BY_HAND=yes
fi

readonly BATCH=200 TRIES=3
readonly ASSIGNED=$KM_KEPT/dicom-web-filter.assigned # what this step assigned, for the way back
NAMESPACE='' SERIES='' HAS=''

# Runs in the pod of the scheduler, which has the login of the platform's own user. Nothing of that login leaves it.
#   list            prints "project number", then lines "series number"
#   assign|remove   takes lines "study series", prints "ok series", or "failed series reason"
readonly PROGRAM='
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from kaapanapy.helper.HelperDcmWeb import HelperDcmWeb

own = threading.local()

def service():
    if not hasattr(own, "helper"):
        own.helper = HelperDcmWeb()
    return own.helper

def project():
    address = service().dcmweb_rs_endpoint.replace("dicom-web-filter-service", "aii-service")
    answer = service().session.get(address + "/projects/admin", timeout=30)
    answer.raise_for_status()
    return answer.json()["id"]

def send(method, path, **query):
    answer = service().session.request(method, service().dcmweb_rs_endpoint + path, params=query, timeout=30)
    answer.raise_for_status()
    return answer

def handle(line):
    study, series = line.split()
    reason = ""
    for attempt in range(3):
        try:
            if mode == "assign":
                send("PUT", f"/data/{series}", study_uid=study, description="Dicom data")
                send("PUT", f"/projects/{number}/data/{series}")
            else:
                send("DELETE", f"/projects/{number}/data/{series}")
            return f"ok {series}"
        except Exception as error:
            reason = type(error).__name__ + " " + str(getattr(getattr(error, "response", None), "status_code", ""))
            own.__dict__.clear()  # a login holds for some minutes only
    return f"failed {series} {reason}"

mode = sys.argv[1]
number = project()
if mode == "list":
    print("project", number)
    for entry in send("GET", f"/projects/{number}/data").json():
        print("series", entry["series_instance_uid"])
else:
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(handle, sys.stdin.read().splitlines()):
            print(result, flush=True)
'

# Both databases say it at once; the interface would take the scheduler a while.
check() {
  local archive missing
  settle || km_answer "$VERDICT" "${KM_WHY^}."
  archive_series || km_answer unknown "The archive could not be asked for its series: $KM_WHY."
  ask_database deploy/dicom-project-mapping-postgres psql -U kaapanauser -tAc 'select series_instance_uid from data_projects where project_id = 1' ||
    km_answer unknown "The assignments could not be read: $KM_WHY."
  HAS=$(sort -u <<<"$KM_OUT")
  archive=$(amount "$SERIES") missing=$(missing | grep -c . || true)
  ((missing > 0)) || km_answer 'done' "All $archive series of the archive are assigned to the project admin, compared one by one."
  km_answer pending "$missing of the $archive series of the archive are not assigned to the project admin."
}

run() {
  local total=0 number todo batch
  settle || km_die "${KM_WHY^}." 'Nothing was changed.' 'Deploy 0.4.1 and wait until it is ready, then run the step again.'
  archive_series || filter_failed 'The archive could not be asked for its series'
  assigned_series
  todo=$(missing_pairs)
  total=$(amount "$todo")
  km_say "The archive has $(amount "$SERIES") series; $total of them are to be assigned to the project admin (number $PROJECT)."
  if ((total > 0)); then
    mkdir -p -- "$KM_KEPT"
    for ((number = 0; number < total; number += BATCH)); do
      batch=$(sed -n "$((number + 1)),$((number + BATCH))p" <<<"$todo")
      # Before it is done: what the way back finds too much there does no harm.
      printf '%s\n' "$batch" >>"$ASSIGNED" || km_die "$ASSIGNED cannot be written." 'Nothing more was changed.' 'Is the home folder full or read-only? Solve that, then run the step again: it goes on with what is missing.'
      send_batch assign "$batch"
      km_progress $((number + BATCH < total ? number + BATCH : total)) "$total" 'series assigned'
    done
    archive_series || filter_failed 'The archive could not be asked for its series'
    assigned_series
  fi
  number=$(missing | grep -c . || true)
  ((number == 0)) || km_die "$number series of the archive are still not assigned, such as $(missing | head -n 1)$(refused)." 'What was assigned stays.' \
    'If series are arriving right now, run the step again: it goes on with what is missing. Otherwise look at the log of the pod dicom-web-filter.'
  km_say ''
  km_say "Done. All $(amount "$SERIES") series of the archive are assigned to the project admin."
}

# Only what this step assigned: series that arrived since then were assigned by the platform.
undo() {
  local todo total number
  settle || km_die "${KM_WHY^}." 'Nothing was changed.' 'The platform must be ready.'
  [[ -f $ASSIGNED ]] || km_die "There is no record of what this step assigned ($ASSIGNED)." 'Nothing was changed.' 'Nothing was assigned by it, so that there is nothing to take back.'
  assigned_series
  todo=$(sort -u "$ASSIGNED" | awk 'NR == FNR { has[$1]; next } $2 in has' <(printf '%s\n' "$HAS") -)
  total=$(amount "$todo")
  for ((number = 0; number < total; number += BATCH)); do
    send_batch remove "$(sed -n "$((number + 1)),$((number + BATCH))p" <<<"$todo")"
    km_progress $((number + BATCH < total ? number + BATCH : total)) "$total" 'series taken out'
  done
  assigned_series
  number=$(awk 'NR == FNR { has[$1]; next } $2 in has' <(printf '%s\n' "$HAS") <(printf '%s\n' "$todo") | grep -c . || true)
  ((number == 0)) || km_die "$number series could not be taken out of the project$(refused)." 'The others were.' 'Run the undo again.'
  rm -f -- "$ASSIGNED"
  km_say "$total series were taken out of the project admin. The images are untouched."
}

# ---- What is there --------------------------------------------------------------------------------------------------

PROJECT='' REFUSED='' VERDICT=''
amount() { grep -c . <<<"$1" || true; } # LINES

settle() {
  VERDICT=unknown
  km_load_platform || {
    KM_WHY="helm could not be asked what is deployed: $KM_WHY"
    return 1
  }
  NAMESPACE=${KM_PLATFORM[services_namespace]:-services}
  if ! km_version_ge "$(km_version_base "${KM_PLATFORM[chart]}" || printf 0)" 0.4.1; then
    VERDICT=blocked KM_WHY="The platform is ${KM_PLATFORM[chart]}. This step belongs to 0.4.1 or later"
    return 1
  fi
}

ask_database() { # WORKLOAD COMMAND…
  local workload=$1 rc=0
  shift
  rest_exec "$NAMESPACE" "$workload" '' "$@" </dev/null || rc=$?
  if [[ -z $KM_WHY ]] && ((rc != 0)); then KM_WHY="the database of ${workload#*/} refuses (code $rc)"; fi
  ((rc == 0))
}

# Lines "study series" of the archive.
archive_series() {
  ask_database deploy/postgres-dcm4che psql -U pacs -d pacsdb -tA -F ' ' -c \
    'select distinct study_iuid, series_iuid from series join study on study.pk = series.study_fk' || return
  SERIES=$(LC_ALL=C sort -u <<<"$KM_OUT" | grep . || true)
  if grep -qvE '^[0-9.]{1,64} [0-9.]{1,64}$' <<<"${SERIES:-1 1}"; then
    KM_WHY="the archive has a series whose number cannot be one: $(grep -vE '^[0-9.]{1,64} [0-9.]{1,64}$' <<<"$SERIES" | head -n 1 | cut -c1-80)"
    return 1
  fi
}

# What the service itself says: the project's number, and its series.
assigned_series() {
  program list </dev/null || filter_failed 'The dicom-web-filter could not be asked what is assigned'
  PROJECT=$(sed -n 's/^project //p' <<<"$KM_OUT")
  [[ $PROJECT =~ ^[0-9]+$ ]] || km_die 'The platform knows no project admin.' 'Nothing was changed.' 'The Job init-projects makes it. Wait until the deployment has ended.'
  HAS=$(sed -n 's/^series //p' <<<"$KM_OUT" | sort -u)
}

missing_pairs() { awk 'NR == FNR { has[$1]; next } NF && !($2 in has)' <(printf '%s\n' "$HAS") <(printf '%s\n' "$SERIES"); }
missing() { missing_pairs | cut -d ' ' -f 2; }

# ---- The service ----------------------------------------------------------------------------------------------------

program() { # list|assign|remove
  local rc=0
  REST_SECONDS=600 rest_exec "$NAMESPACE" deploy/airflow-scheduler scheduler python3 -c "$PROGRAM" "$1" 2>/dev/null || rc=$?
  if [[ -z $KM_WHY ]] && ((rc != 0)); then KM_WHY="the program in the pod of the scheduler ended with code $rc; is the platform's own user able to log in?"; fi
  ((rc == 0))
}

# One refused series does not keep the others from being assigned; what is missing in the end is counted.
send_batch() { # assign|remove LINES
  local try
  for ((try = 1; try <= TRIES; try++)); do
    if program "$1" < <(printf '%s\n' "$2"); then
      if [[ -z $REFUSED ]]; then REFUSED=$(grep -m 1 '^failed' <<<"$KM_OUT" | cut -d ' ' -f 3-) || REFUSED=''; fi
      return 0
    fi
    km_say "  $KM_WHY; tried again"
    sleep "$KM_POLL"
  done
  filter_failed 'The dicom-web-filter cannot be reached'
}

refused() { [[ -z $REFUSED ]] || printf ' (the service refused: %s)' "$REFUSED"; }

filter_failed() { # WHAT
  km_die "$1: $KM_WHY." 'What was assigned stays.' "Look at the pods: microk8s.kubectl -n $NAMESPACE get pods. When they are ready, run the step again: it goes on with what is missing."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
