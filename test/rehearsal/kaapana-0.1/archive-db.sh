# shellcheck shell=bash
# Stand-in for psql in the pod of the archive's database: archive-db.sh FOLDER psql …. The series are the lines of the file
# FOLDER/series, so that they travel with the folder.
series=$1/series
case "$*" in
  *'from study'*) printf '41|%s|9000\n' "$(wc -l <"$series")" ;;
  *storage_id*) cat "$KAAPANA_REHEARSAL_STATE/storages" 2>/dev/null || echo fs1 ;;
  *'series_iuid from series'*) sort "$series" ;;
  *) echo 'psql: error: could not connect' >&2; exit 2 ;;
esac
