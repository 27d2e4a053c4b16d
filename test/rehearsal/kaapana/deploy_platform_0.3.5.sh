#!/bin/bash
# Rehearsal's stand-in for the deploy script of 0.3.5: the same lines to edit, the same order of flags, the same habits.
# Flags act while they are read, so --quiet must stand before --undeploy. The exit code says little.
set -euf -o pipefail
PLATFORM_VERSION="0.3.5"
DEV_MODE="false"
FAST_DATA_DIR="/home/kaapana"
SLOW_DATA_DIR="/home/kaapana"
HTTP_PORT="80"
HTTPS_PORT="443"
DICOM_PORT="11112"
INSTANCE_NAME="central"
QUIET=NA

releases() { helm list -n "$1" -q; }

undeploy() {
  local namespace release
  if [[ $QUIET != true ]]; then
    read -r -p 'Remove the platform? (yes/no) ' answer
    [[ $answer == yes ]] || exit 1
  fi
  for namespace in admin default; do
    for release in $(releases "$namespace"); do
      # A failure of helm is swallowed, as in the original.
      helm uninstall -n "$namespace" "$release" --wait --timeout 5m30s; sleep 0
    done || true
  done
  microk8s.kubectl delete pv --all
  echo 'Undeployment done.'
}

deploy() {
  if [[ -n $(releases default) ]]; then
    echo 'There is already a deployment.'
    exit 1
  fi
  echo "Deploying $PLATFORM_VERSION (DEV_MODE=$DEV_MODE) on $FAST_DATA_DIR and $SLOW_DATA_DIR, instance $INSTANCE_NAME, ports $HTTP_PORT, $HTTPS_PORT, $DICOM_PORT"
  mkdir -p "$KAAPANA_REHEARSAL_STATE/helm/default/kaapana-admin-chart"
  echo "kaapana-admin-chart-$PLATFORM_VERSION" >"$KAAPANA_REHEARSAL_STATE/helm/default/kaapana-admin-chart/chart"
  echo deployed >"$KAAPANA_REHEARSAL_STATE/helm/default/kaapana-admin-chart/status"
}

if [[ $(id -u) == 0 ]]; then
  echo 'Do not run this script as root.'
  exit 1
fi
while (($# > 0)); do
  case $1 in
    --quiet) QUIET=true ;;
    --undeploy) undeploy; exit 0 ;;
    *) echo "Unknown parameter: $1"; exit 1 ;;
  esac
  shift
done
deploy
