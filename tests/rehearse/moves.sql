-- Changes that a look at the rows that were written could miss, one step a section; read by test_what_changed.py
-- after tests/verify/kinds.sql. Each section is one migration.

-- step: a renamed table shows in the policies and foreign keys of others
alter table app.members rename to participants;
alter table app.owners rename to holders;

-- step: a renamed column shows in constraints, indexes and policies
alter table app.holders rename column name to full_name;
alter table app.participants rename column owner_id to holder_id;

-- step: a renamed type shows in columns and checks
alter type app.mood rename to temper;
alter domain app.positive rename to above_zero;
alter type app.pair rename to couple;

-- step: a renamed label of an enum shows in checks and defaults
alter type app.temper rename value 'ok' to 'fine';

-- step: a label more changes nothing
alter type app.temper add value 'new';

-- step: a domain that allows null again
alter domain app.above_zero drop not null;

-- step: a renamed function shows in checks, a renamed sequence in defaults
alter function app.slug(text) rename to slugged;
alter sequence app.free_sequence rename to counter;

-- step: a function that is replaced changes nothing
create or replace function app.slugged(text) returns text language sql immutable as $$ select upper($1) $$;

-- step: a function in another schema
create schema other;
alter function app.slugged(text) set schema other;
alter type app.temper set schema other;

-- step: a renamed schema shows everywhere
alter schema other rename to elsewhere;

-- step: a schema with a grant, and one more
grant usage on schema elsewhere to anon;
create schema further;
create table further.a (id integer primary key, b text default 'x');

-- step: two tables swap their names
create table further.b (id integer, c integer);
alter table further.a rename to c;
alter table further.b rename to a;
alter table further.c rename to b;

-- step: a table is made again under its name
drop table further.a;
create table further.a (id bigint generated always as identity, note text);

-- step: a table that is gone at the end, a temporary one, a block that is rolled back: nothing is left
create table further.passing (id integer);
drop table further.passing;
create temporary table session_only (id integer primary key, check (id > 0));
do $$ begin
  create table further.never (id integer);
  raise exception 'no';
exception when raise_exception then null;
end $$;

-- step: dropped policies, constraints, indexes
drop policy joined on app.pets;
alter table app.holders drop constraint like_check, drop constraint not_checked, drop constraint no_overlap;
drop index app.owners_brin;
alter table app.event_notes drop constraint event_notes_event_id_event_at_fkey;

-- step: as many policies and constraints as before, but others
drop policy claims on app.pets;
create policy instead on app.pets for delete using (true);
alter table app.holders drop constraint regex_check, add constraint other_check check (small <> 7);

-- step: renamed index, constraint and policy
alter index app.owners_hash rename to holders_hash;
alter table app.holders rename constraint case_check to case_checked;
alter policy everybody on app.holders rename to anybody;

-- step: an altered policy
alter policy members_only on app.holders to authenticated using (id > 0);

-- step: defaults, nullability, types, identities, generated columns
alter table app.holders alter small drop default, alter amount drop not null, alter flag set default true;
alter table app.holders alter number drop identity, alter loose type double precision, alter raw set storage external;
alter table app.holders alter lasting set not null, drop column total, add column added integer not null default 3;

-- step: statistics and comments change nothing
alter table app.holders alter small set statistics 500;
comment on table app.holders is 'said';
analyze app.holders;

-- step: foreign keys onto a table that was there
create table further.child (id integer primary key, holder bigint references app.holders (id), up integer references further.child);

-- step: a constraint that is validated, one made of an index
alter table app.pets validate constraint pets_owner_name_owner_code_fkey;
create unique index b_unique on further.b (b);
alter table further.b add constraint b_unique_now unique using index b_unique;

-- step: row security
alter table app.holders no force row level security;
alter table app.pets disable row level security;
alter table further.a enable row level security;

-- step: partitions are detached and attached
alter table app.events detach partition app.events_rest;
create table app.events_2025 partition of app.events for values from ('2025-01-01') to ('2026-01-01');
create table app.hashed_1 (id integer);
alter table app.hashed attach partition app.hashed_1 for values with (modulus 2, remainder 1);

-- step: a parent of partitions is renamed and gets a check, a column and an index
alter table app.events rename to happenings;
alter table app.happenings add constraint more_check check (id > 0), add column extra text default 'e';
create index happenings_region on app.happenings (region);

-- step: inheritance ends
alter table app.dogs no inherit app.animals;
alter table app.animals add column tail boolean default true;

-- step: tables go to another schema
alter table app.participants set schema further;
alter sequence app.counter set schema further;

-- step: views
create or replace view app.names with (security_invoker = true) as
  select full_name as name, amount::numeric(20, 4) as amount, mood, flag as flagged from app.holders;
alter view app.names rename column flagged to flag;
drop index app.sums_flag;
create view further.b_view as select * from further.b;
alter table further.b rename column b to bb;

-- step: an owner and grants change nothing
grant select on app.holders to anon;
alter table further.b owner to postgres;
revoke all on further.b from public;

-- step: a role that a policy names is renamed
create role reader;
create policy for_reader on further.b for select to reader using (true);

-- step: the role
alter role reader rename to lector;

-- step: the role goes
drop policy for_reader on further.b;
drop role lector;

-- step: settings of the role and the database change nothing
alter role postgres in database @database@ set search_path = app, public;
alter database @database@ set timezone = 'Asia/Tokyo';

-- step: what sessions see after the settings
create table unqualified (id integer, at timestamptz default '2024-01-01 00:00');

-- step: an extension, and a table of its type
create extension citext with schema public;
create table further.folded (word public.citext default 'x' check (word <> 'y'));

-- step: a table becomes part of an extension
alter extension citext add table further.a;

-- step: a table is part of an extension no more
alter extension citext drop table further.a;

-- step: an extension and what depends on it go
drop extension citext cascade;

-- step: a type, a function and a sequence go with what uses them
drop type app.couple cascade;
drop function elsewhere.slugged(text) cascade;
drop sequence further.counter cascade;
drop domain app.email cascade;

-- step: a table that is rewritten, emptied, indexed again changes nothing
truncate further.participants;
cluster further.b using a_pkey;
reindex table app.holders;


-- step: tables go
drop view app.names;
drop table app.pets, further.child;
drop table app.regions_eu_small;

-- step: a schema goes with everything in it
drop schema app cascade;
