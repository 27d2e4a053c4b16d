-- In the style of Keycloak: text keys, many small tables that refer to each other. :rows is how many users there are.
create table realm (id varchar(36) primary key, name varchar(255) unique, enabled boolean not null default false, ssl_required varchar(255));
create table keycloak_group (id varchar(36) primary key, name varchar(255), parent_group varchar(36) not null, realm_id varchar(36), unique (realm_id, parent_group, name));
create table keycloak_role (id varchar(36) primary key, name varchar(255), realm_id varchar(255), client_role boolean default false not null);
create table user_entity (
  id varchar(36) primary key, email varchar(255), email_verified boolean default false not null, username varchar(255),
  realm_id varchar(255), created_timestamp bigint, not_before integer default 0 not null, unique (realm_id, username)
);
create table user_attribute (
  name varchar(255) not null, value varchar(255), user_id varchar(36) not null references user_entity,
  id varchar(36) default 'sybase-needs-something-here' primary key, long_value_hash bytea, long_value text
);
create table credential (
  id varchar(36) primary key, salt bytea, type varchar(255), user_id varchar(36) references user_entity, created_date bigint,
  secret_data text, credential_data text, priority integer
);
create table user_group_membership (group_id varchar(36), user_id varchar(36) references user_entity, primary key (group_id, user_id));
create table databasechangelog (id varchar(255) not null, author varchar(255), filename varchar(255), dateexecuted timestamp, orderexecuted integer);
create index idx_user_email on user_entity (email);
create index idx_user_attribute on user_attribute (lower(name), value);

insert into realm values ('1', 'master', true, 'EXTERNAL'), ('kaapana', 'kaapana', true, 'none');
insert into keycloak_group values ('g1', 'kaapana_admin', ' ', 'kaapana'), ('g2', 'kaapana_user', ' ', 'kaapana');
insert into keycloak_role select 'r' || i, 'role ' || i, 'kaapana' from generate_series(1, 30) i;
insert into user_entity select md5(i::text), 'u' || i || '@clinic.example', true, 'jäger' || i, 'kaapana', 1700000000000 + i from generate_series(1, :rows) i;
insert into user_attribute (name, value, user_id, id, long_value_hash, long_value)
  select 'locale', 'de', id, id, decode(id, 'hex'), repeat(username, 50) from user_entity;
insert into credential select id, decode(id, 'hex'), 'password', id, 1, '{"value":"' || md5(username) || '","salt":""}', '{"hashIterations":27500}', 10 from user_entity;
insert into user_group_membership select 'g2', id from user_entity;
insert into databasechangelog select 'change ' || i, 'author', 'file', timestamp '2024-01-01' + i * interval '1 hour', i from generate_series(1, 150) i;
