-- In the style of the archive's database at its version 5.32: attributes as bytes, foreign keys from instance to patient.
-- :rows is how many series there are; each has five instances.
create table dicomattrs (pk bigserial primary key, attrs bytea not null);
create table patient (
  pk bigint primary key, created_time timestamp not null, updated_time timestamp not null, version bigint, pat_name varchar(255),
  pat_birthdate varchar(255), dicomattrs_fk bigint not null unique references dicomattrs
);
create table study (pk bigint primary key, study_iuid varchar(255) not null unique, study_size bigint, patient_fk bigint not null references patient, dicomattrs_fk bigint not null unique references dicomattrs);
create table series (
  pk bigint primary key, series_iuid varchar(255) not null, modality varchar(255), body_part varchar(255), compress_time timestamp,
  study_fk bigint not null references study, dicomattrs_fk bigint not null unique references dicomattrs, unique (study_fk, series_iuid)
);
create table instance (pk bigint primary key, sop_iuid varchar(255) not null, num_frames integer, series_fk bigint not null references series, dicomattrs_fk bigint not null unique references dicomattrs, unique (series_fk, sop_iuid));
create sequence patient_pk_seq increment by 50;
create sequence study_pk_seq increment by 50;
create index on series (modality);
create index on patient (upper(pat_name));

insert into dicomattrs select i, decode(repeat(md5(i::text), 20), 'hex') from generate_series(1, 3 * :rows + 5 * :rows) i;
insert into patient select i, now(), now(), 1, 'MÜLLER^Jörg^' || i, '19500101', i from generate_series(1, :rows) i;
insert into study select i, '1.2.840.' || i, 1000 * i, i, :rows + i from generate_series(1, :rows) i;
insert into series select i, '1.2.841.' || i, 'CT', 'CHEST', null, i, 2 * :rows + i from generate_series(1, :rows) i;
insert into instance select i, '1.2.842.' || i, null, 1 + (i - 1) / 5, 3 * :rows + i from generate_series(1, 5 * :rows) i;
select setval('dicomattrs_pk_seq', 8 * :rows), setval('patient_pk_seq', :rows + 50), setval('study_pk_seq', :rows + 50);
