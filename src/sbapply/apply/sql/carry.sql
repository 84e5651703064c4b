begin;
set local statement_timeout = 0;
set local lock_timeout = {history_lock_timeout};
do $sbapply$
begin
  perform from supabase_migrations.sbapply_units as part
  where part.version operator(pg_catalog.=) {version}
    and part.unit operator(pg_catalog.=) 0
    and part.attempt operator(pg_catalog.=) {attempt}
  for share;
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
