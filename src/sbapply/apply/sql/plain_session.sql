do $sbapply$
declare
  standing record;
begin
  -- While a statement runs alone, its file's settings stand on the role, and sessions of other files begin with them.
  if pg_catalog.to_regclass('supabase_migrations.sbapply_units') is not null then
    for standing in
      select entry.key as name, pg_catalog.min(entry.value) as value
      from supabase_migrations.sbapply_units as part,
        pg_catalog.jsonb_each_text(part.note operator(pg_catalog.->) 'plain') as entry
      where part.finished_at is null and part.unit operator(pg_catalog.>) 0
      group by entry.key
    loop
      perform pg_catalog.set_config(standing.name, standing.value, false);
    end loop;
  end if;
end
$sbapply$;
