do $sbapply$
begin
  -- Its name was free when it was claimed, so what has it now came from a request of that claim.
  if exists (
    select from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
    where space.nspname operator(pg_catalog.=) {schema} and relation.relname operator(pg_catalog.=) {index}
      and relation.relkind operator(pg_catalog.=) 'i'
  ) then
    execute pg_catalog.format('drop index %I.%I', {schema}, {index});
  end if;
end
$sbapply$;
