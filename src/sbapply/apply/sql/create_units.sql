create table supabase_migrations.sbapply_units (
  version text not null,
  unit integer not null,
  reach integer not null,
  digest text not null,
  attempt text,
  note jsonb,
  claimed_at timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  primary key (version, unit)
);
comment on table supabase_migrations.sbapply_units is
  'How far sbapply has come with migrations of several parts; empty while none is under way.';
