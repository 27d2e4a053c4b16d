#!/bin/bash
# Rehearsal's stand-in for the database script, only to be fetched.
set -eu -o pipefail
FAST_DATA_DIR=/home/kaapana
echo "The rehearsal has no database script; FAST_DATA_DIR is $FAST_DATA_DIR."
exit 64
