begin;
set local statement_timeout = 0;
set local lock_timeout = {history_lock_timeout};
-- Whoever takes the claim and its pieces away holds the history: a piece is there before that, and seen, or comes
-- behind it, and finds no claim.
lock table supabase_migrations.schema_migrations in row exclusive mode;
do $sbapply$
begin
  perform from supabase_migrations.sbapply_units as part
  where part.version operator(pg_catalog.=) {version}
    and part.unit operator(pg_catalog.=) 0
    and part.attempt operator(pg_catalog.=) {attempt};
  if not found then
    raise exception using errcode = 'SBA03', message = 'somebody else got on with version '
      operator(pg_catalog.||) {version};
  end if;
end
$sbapply$;
insert into supabase_migrations.sbapply_pieces (attempt, batch, place, part, statement)
select {attempt}, {batch}, piece.place, piece.part, piece.statement
from rows from (
  pg_catalog.unnest(array[{places}]::pg_catalog.int4[]),
  pg_catalog.unnest(array[{parts}]::pg_catalog.int4[]),
  pg_catalog.unnest(array[{statements}]::pg_catalog.text[])
) as piece (place, part, statement)
on conflict (attempt, place, part) do nothing;
commit;
