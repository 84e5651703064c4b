select pg_catalog.json_build_object(
  'nonce', '{nonce}',
  'answers', pg_catalog.current_setting('sbapply.answers')::pg_catalog.json,
  'sizes', coalesce((
    select pg_catalog.json_agg(pg_catalog.json_build_object('number', asked.number, 'rows', size.rows, 'bytes', size.bytes))
    from pg_catalog.jsonb_to_recordset({tables}) as asked (number pg_catalog.int4, name pg_catalog.text)
    cross join lateral (
      select pg_catalog.sum(nullif(c.reltuples, -1))::pg_catalog.int8 as rows,
             pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid))::pg_catalog.int8 as bytes,
             pg_catalog.count(*) as found
      from pg_catalog.pg_class c
      where c.oid = pg_catalog.to_regclass(asked.name) and c.relkind <> 'p'
         or c.oid in (select t.relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass(asked.name)) t where t.isleaf)
    ) as size
    where size.found > 0
  ), '[]')
) as preflight;
