do $sbapply$
declare
  target pg_catalog.oid;
  on_table pg_catalog.oid;
  usable pg_catalog.bool;
  definition pg_catalog.text;
  needed pg_catalog.bool;
  built pg_catalog.oid;
  earlier record;
begin
{find}
  if target is null or not usable then
    raise exception using errcode = 'SBA07', message = 'the index is not there, or not valid';
  end if;
{define}
  if on_table operator(pg_catalog.<>) {table} or definition operator(pg_catalog.<>) {wanted} then
    raise exception using errcode = 'SBA07', message = 'an index of that name has another definition';
  end if;
  -- What a request of a claim that was given up has built meanwhile, under another name, would be there twice.
  built := target;
  for earlier in
{given_up}
  loop
{found_earlier}
    continue when target is null or on_table operator(pg_catalog.<>) earlier.owner
      or target operator(pg_catalog.=) built;
{held_earlier}
    if not needed and on_table operator(pg_catalog.=) earlier.owner and (
      definition operator(pg_catalog.=) earlier.definition or earlier.definition is null and not usable
    ) then
      execute pg_catalog.format('drop index %s', target::pg_catalog.regclass);
    end if;
  end loop;
end
$sbapply$;
