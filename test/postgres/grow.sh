#!/bin/bash
# Fills the four database folders of a rehearsal machine with real PostgreSQL 15 clusters, by the docker that is first on
# the PATH. Takes the fast data folder, the number of rows and the two old images.
set -euo pipefail
fast=$1 rows=$2 image=$3 archive_image=$4
sql=$(dirname -- "$(realpath -- "$0")")/sql

grow() { # NAME FOLDER USER DATABASE IMAGE
  local name=grow-$1 folder=$fast/$2
  rm -rf "$folder"
  mkdir -p "$folder"
  docker run -d --name "$name" -e "POSTGRES_USER=$3" -e POSTGRES_PASSWORD=as-everywhere -e "POSTGRES_DB=$4" -v "$folder:/var/lib/postgresql/data" "$5" >/dev/null
  until docker exec "$name" pg_isready -q -h 127.0.0.1 -U "$3" -d "$4"; do
    [[ $(docker inspect -f '{{.State.Running}}' "$name") == true ]] || { docker logs "$name" >&2; return 1; }
    sleep 0.2
  done
  docker exec -i "$name" psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -v "rows=$rows" -v "database=$4" -U "$3" -d "$4" -f - <"$sql/$1.sql"
  # A site that has tuned its server.
  [[ $1 != airflow ]] || docker exec "$name" bash -c 'echo "max_connections = 250" >>$PGDATA/postgresql.conf'
  docker stop -t 60 "$name" >/dev/null
  docker rm "$name" >/dev/null
}

jobs=()
grow backend postgres-backend kaapanauser kaapanauser "$image" & jobs+=($!)
grow keycloak keycloak/db-files keycloak keycloak "$image" & jobs+=($!)
grow airflow postgres-airflow root airflow "$image" & jobs+=($!)
grow dcm4che postgres-dcm4che pacs pacsdb "$archive_image" & jobs+=($!)
for job in "${jobs[@]}"; do wait "$job"; done
