do $sbapply$
declare
  target pg_catalog.oid;
  on_table pg_catalog.oid;
  usable pg_catalog.bool;
  definition pg_catalog.text;
  needed pg_catalog.bool;
begin
{find}
  if on_table operator(pg_catalog.=) {table} then
{hold}
    if ({whole} or not usable) and not needed and on_table operator(pg_catalog.=) {table}
      and (definition operator(pg_catalog.=) {wanted} or {wanted} is null and not usable) then
      execute pg_catalog.format('drop index %s', target::pg_catalog.regclass);
    end if;
  end if;
end
$sbapply$;
