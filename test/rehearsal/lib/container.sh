# shellcheck shell=bash
# What runs in a container of the rehearsal's docker: a PostgreSQL image on alpine, as far as a migration can tell.
# The root is put together from a Debian folder in namespaces of its own. Like the image it starts as root, gives the
# data folder to user 70 and goes on as that user; in its first start it makes a cluster with a server that listens on
# the socket only. Where nobody is root, the one user there is counts as 70.
#
#   start FOLDER WORD…   FOLDER is the container's. Becomes its first process.
#   exec FOLDER WORD…    runs a program in a running container.
set -u
umask 022
mode=$1 folder=${2:-}
state=$KAAPANA_REHEARSAL_STATE

own_environment() { # for `env -i`
  printf '%s\n' "KAAPANA_REHEARSAL_ROOT=$KAAPANA_REHEARSAL_ROOT" "KAAPANA_REHEARSAL_STATE=$state" "KAAPANA_REHEARSAL_CONTAINER=$folder" \
    "PATH=/usr/lib/postgresql/$version/bin:/usr/sbin:/usr/bin:/sbin:/bin" LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data "IMAGE=$kind-$version"
  grep . "$folder/environment"
}

close_files() {
  local file
  for file in /proc/self/fd/*; do
    file=${file##*/}
    ((file < 3 || file == 255)) || eval "exec $file>&-"
  done
}

may_be_postgres() { if [[ $(/usr/bin/id -u) == 0 ]]; then setpriv --reuid=70 --regid=70 --clear-groups -- "$@"; else "$@"; fi; }

# ---- Outside the new root -------------------------------------------------------------------------------------------

start() {
  local environment
  echo $$ >"$folder/pid.tmp"
  read -r version kind <"$folder/image"
  mapfile -t environment < <(own_environment)
  mkdir -p "$folder/root"
  close_files
  if [[ $(/usr/bin/id -u) == 0 ]]; then spaces=(--mount --net); else spaces=(--user --map-user=70 --map-group=70 --keep-caps --mount --net); fi
  exec env -i "${environment[@]}" /usr/bin/unshare "${spaces[@]}" /bin/bash "$0" build "$folder" "$(<"$state/docker/roots/$version")" "$@"
}

build() { # DEBIAN_ROOT WORD…
  local name source target flags root=$folder/root from=$1
  shift
  mount -t tmpfs container "$root"
  for name in "$from"/*; do
    target=$root/${name##*/}
    if [[ -L $name ]]; then cp -P "$name" "$target"; else mkdir "$target"; fi
  done
  for name in usr etc; do mount --bind "$from/$name" "$root/$name"; done
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mkdir -p "$root/tmp" "$root/run/postgresql" "$root/var/lib/postgresql/data" "$root/state"
  ln -sfn /run "$root/var/run"
  chmod 1777 "$root/tmp" "$root/run/postgresql"
  for name in passwd group; do
    sed -E 's/^postgres:x:[0-9]+(:[0-9]+)?/postgres:x:70\1/; s/^(postgres:x:70:)[0-9]+:/\170:/' "$from/etc/$name" >"$root/tmp/$name"
    mount --bind "$root/tmp/$name" "$root/etc/$name"
  done
  mount --bind "$state" "$root/state"
  touch "$root/container.sh"
  mount --bind "$0" "$root/container.sh"
  if [[ -d $state/docker/files/$IMAGE ]]; then cp -r "$state/docker/files/$IMAGE/." "$root/"; fi
  while IFS=: read -r source target flags; do
    [[ -n $source ]] || continue
    [[ -e $source ]] || mkdir -p "$source"
    if [[ -d $source ]]; then mkdir -p "$root$target"; else mkdir -p "$(dirname "$root$target")" && touch "$root$target"; fi
    mount --bind "$source" "$root$target" || exit 125
    [[ $flags != *ro* ]] || mount -o remount,bind,ro "$root$target"
  done <"$folder/mounts"
  # Only now does the container count as started.
  mv "$folder/pid.tmp" "$folder/pid"
  cd / && exec /usr/sbin/chroot "$root" /bin/bash /container.sh first "$folder" "$@"
}

enter() {
  local environment inside=(--mount --net --root --wdns=/)
  read -r version kind <"$folder/image"
  mapfile -t environment < <(own_environment)
  [[ $(/usr/bin/id -u) == 0 ]] || inside+=(--user --preserve-credentials)
  close_files
  exec env -i "${environment[@]}" /usr/bin/nsenter --target "$(<"$folder/pid")" "${inside[@]}" /bin/bash /container.sh program "$folder" "$@"
}

# ---- Inside ---------------------------------------------------------------------------------------------------------

first() {
  ip link set lo up
  if [[ $1 == postgres ]]; then serve "${@:2}"; else program "$@"; fi
}

serve() {
  if [[ $(/usr/bin/id -u) == 0 ]]; then
    find "$PGDATA" ! -user 70 -exec chown 70:70 {} +
    chmod 700 "$PGDATA"
  fi
  [[ -s $PGDATA/PG_VERSION ]] || make_cluster "$@"
  if [[ $(/usr/bin/id -u) == 0 ]]; then exec setpriv --reuid=70 --regid=70 --clear-groups -- postgres -c fsync=off "$@"; else exec postgres -c fsync=off "$@"; fi
}

make_cluster() {
  local user=${POSTGRES_USER:-postgres} password=()
  if [[ -z ${POSTGRES_PASSWORD:-} && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  elif [[ -n ${POSTGRES_PASSWORD:-} ]]; then
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
    chmod 644 /tmp/password
    password=(--pwfile=/tmp/password)
  fi
  may_be_postgres initdb -N --wal-segsize=1 --locale=C.UTF-8 --encoding=UTF8 --auth-local=trust --auth-host=trust -U "$user" "${password[@]}" || exit 1
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  [[ $IMAGE != dcm4che-* ]] || sed -i -E 's/^#(join|from)_collapse_limit = 8/\1_collapse_limit = 16/' "$PGDATA/postgresql.conf"
  may_be_postgres pg_ctl -s -w -o "-c fsync=off ${*@Q} -c listen_addresses=''" start || exit 1
  [[ ${POSTGRES_DB:-$user} == postgres ]] || createdb -U "$user" "${POSTGRES_DB:-$user}" --maintenance-db=postgres
  sleep "$(cat /state/docker/initdb-seconds 2>/dev/null || echo 0)"
  may_be_postgres pg_ctl -s -w -m fast stop
}

program() { # WORD…
  local name=$1 rc=0
  # shellcheck source=/dev/null # a test's own words
  [[ ! -f /state/docker/hooks/$name ]] || . "/state/docker/hooks/$name"
  case $name in
    update-schema) psql -U "$POSTGRES_USER" -d "${POSTGRES_DB:-$POSTGRES_USER}" -f "/sql/update-$2-psql.sql" ;;
    *) "$@" || rc=$? ;;
  esac
  # shellcheck source=/dev/null
  [[ ! -f /state/docker/hooks/$name.after ]] || . "/state/docker/hooks/$name.after"
  return "$rc"
}

shift 2
case $mode in
  start) start "$@" ;;
  build) build "$@" ;;
  exec) enter "$@" ;;
  first) first "$@" ;;
  program) program "$@" ;;
esac
