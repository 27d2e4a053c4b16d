#!/bin/bash
# Stand-in for psql in a database pod: psql.sh NAME psql ARGUMENTS…. A file in state/sql/NAME is the answer to statements
# that have the file's name as a word in them, on the command line or on standard input; the last one in order wins.
set -u
answers=$KAAPANA_REHEARSAL_STATE/sql/$1 statement="$*" found=''
if [[ ! -t 0 ]]; then statement+=" $(cat)"; fi
for file in "$answers"/*; do
  [[ $statement != *"${file##*/}"* ]] || found=$file
done
if [[ -z $found ]]; then
  echo 'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory' >&2
  exit 2
fi
cat "$found"
