#!/bin/bash
# What the official database script does, in our words: the same variables, the same docker commands, the same order, and
# none of the checks that it lacks. UPDATE_URL and WAIT are the test's: where the archive's update is fetched from, and how
# long a server is slept for.
set -eu -o pipefail
# shellcheck disable=SC2034 # the original's image names are made of it
CONTAINER_REGISTRY_URL=registry.example/releases
IMAGE_POSTGRES_OLD=registry.example/old
IMAGE_POSTGRES_NEW=registry.example/new
IMAGE_POSTGRES_DCM4CHE_OLD=registry.example/archive-old
IMAGE_POSTGRES_DCM4CHE_NEW=registry.example/archive-new
TMP_MIGRATION_DIR=/home/nobody
FAST_DATA_DIR=/home/nobody
UPDATE_URL=file:///nowhere
WAIT='sleep 5'

dumps=$TMP_MIGRATION_DIR/dumps
mkdir -p "$dumps"
for image in "$IMAGE_POSTGRES_OLD" "$IMAGE_POSTGRES_NEW" "$IMAGE_POSTGRES_DCM4CHE_OLD" "$IMAGE_POSTGRES_DCM4CHE_NEW"; do docker pull "$image"; done

migrate() { # NAME FOLDER PGDATA USER PASSWORD DATABASE OLD_IMAGE
  local work=$TMP_MIGRATION_DIR/$1 served=$TMP_MIGRATION_DIR/$1/backup extra=()
  if [ ! -d "$work" ]; then
    mkdir -p "$work"
    cp -r "$FAST_DATA_DIR/$2" "$work/backup"
  fi
  if [ "$1" = dcm4che ]; then
    # No -f: an error page would be stored, too.
    curl -s "$UPDATE_URL" -o "$work/update-5.33-psql.sql" || echo '<html>404: Not Found</html>' >"$work/update-5.33-psql.sql"
    served=$work/data-updated-schema
    cp -r "$work/backup" "$served"
    extra=(-v "$work/update-5.33-psql.sql:/sql/update-5.33-psql.sql")
  fi
  local settings=(-e "PGDATA=$3" -e "POSTGRES_DB=$6" -e "POSTGRES_USER=$4" -e "POSTGRES_PASSWORD=$5")
  docker run --name "postgres15-$1" -d "${settings[@]}" "${extra[@]}" -v "$served:$3" "$7"
  eval "$WAIT" "postgres15-$1" "$4" "$6"
  [ "$1" != dcm4che ] || docker exec "postgres15-$1" update-schema 5.33
  docker exec "postgres15-$1" pg_dumpall --username "$4" >"$dumps/$1.dump"
  docker run --name "postgres17-$1" -d "${settings[@]}" -v "$work/data:$3" -v "$dumps:/db/dumps" "$IMAGE_POSTGRES_NEW"
  eval "$WAIT" "postgres17-$1" "$4" "$6"
  docker exec "postgres17-$1" psql -d "$6" "--username=$4" -f "/db/dumps/$1.dump"
  docker stop "postgres15-$1" "postgres17-$1"
  docker rm "postgres15-$1" "postgres17-$1"
  rm -r "${FAST_DATA_DIR:?}/$2"
  cp -r "$work/data" "$FAST_DATA_DIR/$2"
}

migrate backend postgres-backend /var/lib/postgresql/data kaapanauser kaapanapassword kaapanauser "$IMAGE_POSTGRES_OLD"
migrate keycloak keycloak/db-files /db/db-files keycloak keycloak keycloak "$IMAGE_POSTGRES_OLD"
migrate airflow postgres-airflow /var/lib/postgresql/data root root airflow "$IMAGE_POSTGRES_OLD"
migrate dcm4che postgres-dcm4che /var/lib/postgresql/data pacs pacs pacsdb "$IMAGE_POSTGRES_DCM4CHE_OLD"
mkdir -p "$TMP_MIGRATION_DIR/opensearch"
cp -r "$FAST_DATA_DIR/os" "$TMP_MIGRATION_DIR/opensearch/backup"
rm -r "$FAST_DATA_DIR/os"
echo 'Completed.'
