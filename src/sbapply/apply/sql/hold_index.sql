  -- Looked at once more under a lock that keeps everybody from building or dropping an index of that table: what is
  -- true then is true when it is dropped.
{find}
  if exists (
    select from pg_catalog.pg_stat_progress_create_index as building
    where building.index_relid operator(pg_catalog.=) target
  ) then
    raise exception using errcode = '55P03', message = pg_catalog.format(
      'index %s is being built', target::pg_catalog.regclass);
  end if;
  if exists (
    select from pg_catalog.pg_class as owner
    where owner.oid operator(pg_catalog.=) on_table
      and owner.relkind operator(pg_catalog.=) any (array['r', 'p']::pg_catalog."char"[])
  ) then
    execute pg_catalog.format('lock table %s in share update exclusive mode', on_table::pg_catalog.regclass);
{find}
  end if;
{define}
  -- What a constraint hangs on is not ours to take away, whoever has built it.
  needed := exists (
    select from pg_catalog.pg_constraint as bound
    where bound.conindid operator(pg_catalog.=) target);
