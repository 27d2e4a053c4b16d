#!/bin/bash
# Rehearsal's stand-in for server_installation.sh of 0.1.3, with the habits of the original: it asks about a proxy also with --quiet.
set -euf -o pipefail
DEFAULT_MICRO_VERSION=1.23/stable
read -r -p "Is this correct and you don't need a proxy?" answer
[[ $answer == y* ]] || exit
# shellcheck source=../lib/server.sh
. "$KAAPANA_REHEARSAL_STATE/lib/server.sh" # microk8s
