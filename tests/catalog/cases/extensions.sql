-- an extension in a schema of the project
create extension hstore;
create table t (a hstore default '"x"=>"1"', b hstore[]);
create index i on t using gin (a);

-- an extension beside the platform's
create extension citext schema extensions;
create table t (a extensions.citext primary key, check (a <> 'X'::extensions.citext));
create domain email as extensions.citext check (value ~ '@');

-- an index of an extension's operator class
create extension pg_trgm schema extensions;
create table t (a text);
create index i on t using gin (a extensions.gin_trgm_ops);
create index j on t using gist (a extensions.gist_trgm_ops (siglen = 32));

-- an exclusion constraint with an extension's operators
create extension btree_gist schema extensions;
create table t (room int, during tstzrange, exclude using gist (room with =, during with &&));

-- a view on what an extension brought
create table t (a int);
create view v as select calls from extensions.pg_stat_statements;

-- a policy on a table of the platform
create table case_members (id uuid);
create policy "case_policy" on storage.objects for select to authenticated using (owner in (select id from case_members));

-- the schema that exposes queues, which the dashboard or a migration makes
create schema pgmq_public;
create function pgmq_public.pop(queue_name text) returns text language sql set search_path = '' as 'select $1';
grant usage on schema pgmq_public to service_role;
