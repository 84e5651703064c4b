do $sbapply$
begin
  if pg_catalog.to_regclass(pg_catalog.format('%I.%I', {schema}, {renamed})) is not null
    and pg_catalog.to_regclass(pg_catalog.format('%I.%I', {schema}, {index})) is null then
    execute pg_catalog.format('alter index %I.%I rename to %I', {schema}, {renamed}, {index});
  end if;
end
$sbapply$;
