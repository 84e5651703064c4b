insert into supabase_migrations.schema_migrations (version, name, statements)
select {version}, {name}, coalesce(pg_catalog.array_agg(whole.statement order by whole.place), '{}')
from (
  select piece.place, pg_catalog.string_agg(piece.statement, '' order by piece.part) as statement
  from supabase_migrations.sbapply_pieces as piece
  where piece.attempt operator(pg_catalog.=) {attempt}
  group by piece.place
) as whole
on conflict (version) do nothing;
