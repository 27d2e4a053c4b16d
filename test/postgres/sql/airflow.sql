-- In the style of Airflow: pickled values, JSON, composite keys, a table that only grows. :rows is how many runs there are.
create table dag (dag_id varchar(250) primary key, is_paused boolean, fileloc varchar(2000), last_parsed_time timestamptz);
create table dag_run (
  id serial primary key, dag_id varchar(250) not null references dag, execution_date timestamptz not null, state varchar(50),
  run_id varchar(250) not null, external_trigger boolean default true, conf bytea, dag_hash varchar(32),
  unique (dag_id, execution_date), unique (dag_id, run_id)
);
create index dag_id_state on dag_run (dag_id, state);
create index idx_dag_run_running on dag_run (state, dag_id) where state = 'running';
create table task_instance (
  task_id varchar(250), dag_id varchar(250), run_id varchar(250), map_index integer default -1, start_date timestamptz, duration double precision,
  executor_config bytea, primary key (dag_id, task_id, run_id, map_index),
  foreign key (dag_id, run_id) references dag_run (dag_id, run_id) on delete cascade
);
create table serialized_dag (dag_id varchar(250) primary key, data json, data_compressed bytea, fileloc_hash bigint);
create table xcom (dag_run_id integer, task_id varchar(250), map_index integer default -1, key varchar(512), value bytea, "timestamp" timestamptz, primary key (dag_run_id, task_id, map_index, key));
create table log (id serial primary key, dttm timestamptz, dag_id varchar(250), event varchar(60), extra text);
create table alembic_version (version_num varchar(32) primary key);

insert into alembic_version values ('10b52ebd31f7');
insert into dag select 'dag-' || i, false, '/kaapana/dags/dag_' || i || '.py', now() from generate_series(1, 30) i;
insert into dag_run (dag_id, execution_date, state, run_id, conf)
  select 'dag-' || 1 + i % 30, timestamptz '2024-01-01' + i * interval '1 minute', 'success', 'manual__' || i, decode('80049500' || md5(i::text), 'hex') from generate_series(1, :rows) i;
insert into task_instance (task_id, dag_id, run_id, start_date, duration, executor_config)
  select 'task-' || j, dag_id, run_id, execution_date, j / 7.0, decode('8004', 'hex') from dag_run, generate_series(1, 3) j;
insert into serialized_dag select dag_id, ('{"dag": {"name": "' || dag_id || '", "dup": 1, "dup":  2}}')::json, null, hashtext(dag_id) from dag;
insert into xcom select id, 'task-1', -1, 'return_value', conf, execution_date from dag_run;
insert into log (dttm, dag_id, event, extra) select timestamptz '2024-01-01' + i * interval '1 second', 'dag-1', 'cli_task_run', repeat('extra ', i % 30) from generate_series(1, :rows * 5) i;
