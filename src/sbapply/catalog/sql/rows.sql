-- Compiling so large a question takes longer than answering it, and its parts fit into some memory.
set local jit = off;
set local work_mem = '32MB';
-- Rows that are configuration, of tables that may not be there, or not be readable: a question that named one would
-- fail as a whole. Each becomes a setting of this transaction, '' where there is nothing to be read.
do $sbapply$
declare
  place record;
  found text;
begin
  for place in
    select v.setting, v.space, v.name
    from (values ('sbapply.buckets', 'storage', 'buckets'), ('sbapply.jobs', 'cron', 'job'),
                 ('sbapply.queues', 'pgmq', 'meta')) as v (setting, space, name)
  loop
    found := '';
    if exists (
      select from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = place.space and c.relname = place.name and c.relkind in ('r', 'p')
        and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
    ) then
      execute pg_catalog.format(
        'select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r)), ''[]'')::text from %I.%I r',
        place.space, place.name) into found;
    end if;
    perform pg_catalog.set_config(place.setting, found, true);
  end loop;
end
$sbapply$;
