/* sbapply: look at what another run carries; nothing is written */
select
  exists (
    select from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) 0
      and part.attempt operator(pg_catalog.=) {attempt}
  ) as claimed,
  (
    select pg_catalog.count(*)::pg_catalog.int4
    from supabase_migrations.sbapply_pieces as piece
    where piece.attempt operator(pg_catalog.=) {attempt}
  ) as pieces;
