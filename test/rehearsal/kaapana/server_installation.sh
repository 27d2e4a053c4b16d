#!/bin/bash
# Rehearsal's stand-in for server_installation.sh. Like the original it ends with success when MicroK8s is already
# there, and also when it could not be removed.
set -euf -o pipefail
CHANNEL=${REHEARSAL_CHANNEL:-1.31/stable}

if [[ $(id -u) != 0 ]]; then
  echo 'This script must be run as root.'
  exit 1
fi
case ${1:-} in
  --uninstall)
    snap remove helm --purge || true
    snap remove microk8s --purge || true
    echo 'Uninstallation done.'
    ;;
  *)
    if snap list microk8s >/dev/null 2>&1; then
      echo 'microk8s is already installed, skipping.'
      exit 0
    fi
    snap install helm --channel=latest/stable
    snap install microk8s --channel="$CHANNEL"
    ;;
esac
