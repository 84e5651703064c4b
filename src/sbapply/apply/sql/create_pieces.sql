create table supabase_migrations.sbapply_pieces (
  attempt text not null,
  batch integer not null,
  place integer not null,
  part integer not null,
  statement text not null,
  primary key (attempt, place, part)
);
comment on table supabase_migrations.sbapply_pieces is
  'Statements of a migration that is larger than one request; empty while none is under way.';
