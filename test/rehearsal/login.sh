#!/bin/bash
# What every session on the rehearsal host begins with: its home directory, its tools, its user, and nothing of the machine.
# shellcheck source=/dev/null
. "$1"
cd "$HOME" || exit 1
command=${SSH_ORIGINAL_COMMAND:-}
unset SSH_ORIGINAL_COMMAND
if [[ -n $command ]]; then exec /bin/bash -c "$command"; fi
exec /bin/bash -i
