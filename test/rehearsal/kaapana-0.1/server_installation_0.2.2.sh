#!/bin/bash
# Rehearsal's stand-in for server_installation.sh of 0.2.2, with the habits of the original.
set -euf -o pipefail
DEFAULT_MICRO_VERSION=1.26/stable
# shellcheck source=../lib/server.sh
. "$KAAPANA_REHEARSAL_STATE/lib/server.sh" # microk8s
