create schema app;
create extension citext with schema extensions;
create type app.mood as enum ('good', 'bad', 'ugly');
create domain app.grade as integer default 1 check (value > 0);
create type app.place as (street text, number integer);
create type app.spell as range (subtype = timestamptz);
create sequence app.numbers start 5 increment 2;
create table app.owners (
  id bigint generated always as identity primary key,
  name text not null,
  mail varchar(80) unique,
  born date default '2000-01-01',
  mood app.mood not null default 'good',
  note text collate "C"
);
create table app.pets (
  id uuid primary key default gen_random_uuid(),
  owner_id bigint not null references app.owners on delete cascade,
  name text not null default 'none',
  weight numeric(6, 2) check (weight > 0),
  twice numeric generated always as (weight * 2) stored,
  tags text[] not null default '{}',
  seen timestamptz not null default now(),
  place app.place,
  grade app.grade,
  number bigint default nextval('app.numbers'),
  constraint name_of_owner unique (owner_id, name),
  constraint names_apart exclude using btree (name with =) deferrable
);
alter table app.pets add constraint seen_late check (seen > '2000-01-01') not valid;
create index pets_by_weight on app.pets (weight desc nulls last) where weight > 1;
create unique index pets_by_seen on app.pets (seen, (lower(name)));
create index pets_by_tags on app.pets using gin (tags);
create statistics app.pets_stats (dependencies) on name, weight from app.pets;
alter table app.pets enable row level security;
create policy "read own" on app.pets for select to authenticated using (owner_id = 1);
create policy "add own" on app.pets for insert to authenticated with check (owner_id = 1);
create policy narrow on app.pets as restrictive for all to public using (true) with check (name <> '');
create view app.heavy with (security_invoker = true) as select id, name from app.pets where weight > 10;
create materialized view app.counts as select owner_id, count(*) as pets from app.pets group by owner_id;
create index counts_by_owner on app.counts (owner_id);
create function app.touch() returns trigger language plpgsql as $$ begin new.seen := now(); return new; end $$;
create function app.weigh(a numeric, b numeric default 2) returns numeric language sql immutable as 'select a * b';
create function app.secret() returns text language sql security definer set search_path = '' as $$ select 'x' $$;
create procedure app.tidy(a integer) language plpgsql as $$ begin perform a; end $$;
create aggregate app.total (integer) (sfunc = int4pl, stype = integer, initcond = '0');
create trigger touch before update on app.pets for each row execute function app.touch();
create trigger touch_late after insert on app.pets for each row when (new.weight > 1) execute function app.touch();
create rule quiet as on delete to app.owners where old.name = 'keep' do instead nothing;
create table app.visits (at date not null, pet uuid, cost integer default 0) partition by range (at);
create table app.visits_2024 partition of app.visits for values from ('2024-01-01') to ('2025-01-01');
create table app.visits_2025 partition of app.visits for values from ('2025-01-01') to ('2026-01-01');
create table app.animals (kind text);
create table app.birds (wings integer) inherits (app.animals);
create publication changes for table app.pets, app.owners with (publish = 'insert, update');
create collation app.german (provider = libc, locale = 'C');
create text search configuration app.plain (copy = pg_catalog.simple);
create text search dictionary app.words (template = pg_catalog.simple, stopwords = 'english');
create operator app.=== (leftarg = integer, rightarg = integer, function = int4eq);
create function app.to_number(app.mood) returns integer language sql immutable as $$ select 1 $$;
create cast (app.mood as integer) with function app.to_number(app.mood);
grant usage on schema app to anon, authenticated;
grant select, insert on app.pets to authenticated;
grant select (id, name) on app.owners to anon;
grant usage on sequence app.numbers to authenticated;
grant execute on function app.weigh(numeric, numeric) to anon;
revoke execute on function app.secret() from public;
grant usage on type app.mood to anon;
alter default privileges in schema app grant select on tables to authenticated;
comment on table app.pets is 'those that live here';
comment on column app.pets.weight is 'in kilograms';
comment on function app.touch() is 'keeps the time';
comment on schema app is 'the application';
comment on constraint name_of_owner on app.pets is 'one name an owner';
comment on policy narrow on app.pets is 'nothing without a name';
comment on trigger touch on app.pets is 'before every update';
comment on index app.pets_by_weight is 'for the scales';
comment on type app.mood is 'how it feels';
insert into storage.buckets (id, name, public, file_size_limit) values ('photos', 'photos', true, 1000);
create policy "see photos" on storage.objects for select to anon using (bucket_id = 'photos');
create trigger touched after insert on auth.users for each row execute function app.touch();
