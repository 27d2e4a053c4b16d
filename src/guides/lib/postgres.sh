# shellcheck shell=bash
# One PostgreSQL server at a time, in a container of docker: on one folder of the host, cut off from every network,
# asked only through `docker exec`. As root.
# shellcheck disable=SC2034 # PG_WHY is for the steps: why the last start or end failed

readonly PG_LABEL=kaapana-migration # on every container that is started here
readonly PG_READY_SECONDS=900       # a large database that was not shut down cleanly needs minutes
readonly PG_STOP_SECONDS=600
PG_NAME='' PG_USER='' PG_WHY=''

pg_jobs() { # how many tables are dumped or loaded at the same time
  local cores
  cores=$(nproc)
  printf '%s' "$((cores > 8 ? 8 : cores))"
}

# What runs or lies around from a run that was cut off.
pg_remove_containers() {
  local found
  found=$(docker ps -aq --filter "label=$PG_LABEL") || return 1
  # shellcheck disable=SC2086 # one word each
  [[ -z $found ]] || docker rm -fv $found >/dev/null
}

# Starts a server and waits until it answers. SHARED is shown in the container as /km and holds pg_hba.conf: who may
# log in is the site's own business in DATA, and must not lock this work out. An empty DATA becomes a new cluster,
# without any password: roles come from the old one.
pg_start() { # NAME IMAGE DATA SHARED USER SETTING…
  local name=$1 image=$2 data=$3 shared=$4 settings=() setting
  PG_NAME=km-$name PG_USER=$5
  shift 5
  for setting in "$@"; do settings+=(-c "$setting"); done
  printf 'local all all trust\nhost all all 127.0.0.1/32 trust\n' >"$shared/pg_hba.conf"
  chmod 0644 "$shared/pg_hba.conf"
  chmod 0711 "$shared"
  PG_WHY=$(docker run -d --pull never --name "$PG_NAME" --label "$PG_LABEL" --network none --security-opt label=disable --shm-size 1g \
    -v "$data:/var/lib/postgresql/data" -v "$shared:/km" \
    -e PGDATA=/var/lib/postgresql/data -e "POSTGRES_USER=$PG_USER" -e POSTGRES_DB=postgres -e POSTGRES_HOST_AUTH_METHOD=trust \
    "$image" postgres -c hba_file=/km/pg_hba.conf -c listen_addresses=127.0.0.1 "${settings[@]}" 2>&1) || return 1
  pg_wait
}

# Polls over TCP: while a new cluster is made, a server of its own answers on the socket only, and is stopped again.
pg_wait() {
  local began=$SECONDS told=$SECONDS ended=0
  until docker exec "$PG_NAME" pg_isready -q -h 127.0.0.1 -U "$PG_USER" -d postgres 2>/dev/null; do
    # A busy docker fails to answer now and then: only what is seen twice in a row counts.
    if [[ $(docker inspect -f '{{.State.Running}}' "$PG_NAME" 2>/dev/null) == true ]]; then ended=0; else ended=$((ended + 1)); fi
    if ((ended > 1)); then
      PG_WHY="the server ended: $(pg_last_words)"
      return 1
    elif ((SECONDS - began >= PG_READY_SECONDS)); then
      PG_WHY="the server did not answer within $PG_READY_SECONDS seconds: $(pg_last_words)"
      return 1
    elif ((SECONDS - told >= 15)); then
      told=$SECONDS
      km_say "  waiting for the server, $((SECONDS - began)) s: $(pg_last_words)"
    fi
    sleep 0.3
  done
}

pg_last_words() { docker logs --tail 20 "$PG_NAME" 2>&1 | grep . | tail -n 1 | cut -c1-200 || true; }

# Asks for a clean end and waits for it: what is killed leaves a folder that has to recover first.
pg_stop() { # DATA
  docker stop -t "$PG_STOP_SECONDS" "$PG_NAME" >/dev/null 2>&1 || true
  PG_WHY=$(pg_last_words)
  docker rm -fv "$PG_NAME" >/dev/null 2>&1 || true
  [[ ! -e $1/postmaster.pid ]] || return 1
}

pg_exec() { docker exec -i "$PG_NAME" "$@"; }

pg_sql() { # DATABASE [OPTION…], SQL on standard input; stops at the first error
  local database=$1
  shift
  pg_exec psql -XAtq -v ON_ERROR_STOP=1 "$@" -U "$PG_USER" -d "$database" -f -
}

# Databases of the server: number and name.
pg_databases() { pg_sql template1 -F $'\t' <<<"select oid, datname from pg_database where datallowconn and not datistemplate order by 2"; }

# Settings in the server's own files, one a line as they stand there.
pg_settings() {
  pg_sql template1 <<'SQL' | LC_ALL=C sort
select distinct on (name) name || ' = ''' || replace(setting, '''', '''''') || '''' from pg_file_settings where error is null or not applied order by name, seqno desc;
SQL
}

# Everything by which an old and a new database are compared, as sorted lines: each kind of object by name and owner,
# the state of sequences, and for every table its number of rows and a sum over the contents of all rows.
pg_facts() { # DATABASE
  pg_sql "$1" -F $'\t' <<'SQL' | LC_ALL=C sort
set search_path = pg_catalog;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set bytea_output = 'hex';
set extra_float_digits = 1;
create temp view own as
  select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');
select 'database', current_database(), pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype from pg_database where datname = current_database();
select 'schema', nspname, pg_get_userbyid(nspowner) from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public');
select 'relation', oid::regclass, relkind, relpersistence, pg_get_userbyid(relowner) from pg_temp.own;
select 'column', c.oid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, atthasdef, attidentity, attgenerated
  from pg_temp.own c join pg_attribute a on a.attrelid = c.oid where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm', 'c');
select 'index', indexrelid::regclass, indisvalid, indisunique, indisprimary from pg_index join pg_temp.own on own.oid = indexrelid;
select 'constraint', conrelid::regclass, conname, contype, convalidated, condeferrable from pg_constraint join pg_temp.own on own.oid = conrelid;
select 'trigger', tgrelid::regclass, tgname, tgenabled from pg_trigger join pg_temp.own on own.oid = tgrelid where not tgisinternal;
select 'function', p.oid::regprocedure, pg_get_userbyid(proowner) from pg_proc p join pg_namespace n on n.oid = pronamespace
  where nspname !~ '^pg_' and nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');
select 'type', t.oid::regtype, typtype, (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid)
  from pg_type t join pg_namespace n on n.oid = typnamespace where nspname !~ '^pg_' and nspname <> 'information_schema' and typtype in ('e', 'd', 'r')
    and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e');
select 'extension', extname from pg_extension;
select 'role', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolvaliduntil, md5(rolpassword) from pg_authid where rolname !~ '^pg_';
select 'member', pg_get_userbyid(roleid), pg_get_userbyid(member) from pg_auth_members where pg_get_userbyid(roleid) !~ '^pg_';
select 'setting', coalesce((select datname from pg_database where oid = setdatabase), ''), coalesce(nullif(setrole, 0)::regrole::text, ''), setconfig from pg_db_role_setting;
select 'large objects', count(*), sum(hashtextextended(md5(lo_get(oid)), 0)) from pg_largeobject_metadata;
select format('select %L, %L, last_value, is_called from %s', 'sequence', oid::regclass, oid::regclass) from pg_temp.own where relkind = 'S' \gexec
select format('select %L, %L, count(*), sum(hashtextextended(km_row_::text, 0)) from only %s as km_row_', 'rows', oid::regclass, oid::regclass) from pg_temp.own where relkind in ('r', 'm') \gexec
SQL
}
