do $sbapply$
declare
  shown constant pg_catalog.text := '^CREATE (UNIQUE )?INDEX .*? ON (ONLY )?.*? USING ';
  target pg_catalog.oid;
  usable pg_catalog.bool;
  same pg_catalog.bool;
  parent_name pg_catalog.text;
  parent_schema pg_catalog.text;
begin
  select entry.indexrelid, entry.indisvalid and entry.indisready
  into target, usable
  from pg_catalog.pg_index as entry
  join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) entry.indexrelid
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  where space.nspname operator(pg_catalog.=) {schema} and relation.relname operator(pg_catalog.=) {index};
  if target is null or not usable then
    raise exception using errcode = 'SBA07', message = 'the index is not there, or not valid';
  end if;
{compare}
  if same is false then
    raise exception using errcode = 'SBA07', message = 'an index of that name has another definition';
  end if;
end
$sbapply$;
