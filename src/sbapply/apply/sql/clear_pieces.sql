delete from supabase_migrations.sbapply_pieces as piece
where piece.attempt operator(pg_catalog.=) any (array(
  select part.attempt
  from supabase_migrations.sbapply_units as part
  where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) 0
));
