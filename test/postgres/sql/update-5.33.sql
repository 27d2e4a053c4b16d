-- What the rehearsal's new archive image brings as /sql/update-5.33-psql.sql: the column that 5.33 looks for.
alter table series add access_control_id varchar(255);
update series set access_control_id = '*';
create index on series (access_control_id);
