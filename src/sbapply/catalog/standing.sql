select pg_catalog.json_object_agg(s.kind, pg_catalog.json_build_object('count', s.count, 'written', coalesce(s.written, '[]')))
from (
  select 'table', pg_catalog.count(*),
         pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::pg_catalog.int8, c.oid::pg_catalog.int8))
           filter (where pg_catalog.age(c.xmin) <= (select since.age from since))
  from pg_catalog.pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'constraint', pg_catalog.count(*),
         pg_catalog.json_agg(pg_catalog.json_build_array(k.oid::pg_catalog.int8, k.conrelid::pg_catalog.int8))
           filter (where pg_catalog.age(k.xmin) <= (select since.age from since))
  from pg_catalog.pg_constraint k
  union all
  select 'index', pg_catalog.count(*),
         pg_catalog.json_agg(pg_catalog.json_build_array(i.indexrelid::pg_catalog.int8, i.indrelid::pg_catalog.int8))
           filter (where pg_catalog.age(i.xmin) <= (select since.age from since))
  from pg_catalog.pg_index i
  union all
  select 'policy', pg_catalog.count(*),
         pg_catalog.json_agg(pg_catalog.json_build_array(p.oid::pg_catalog.int8, p.polrelid::pg_catalog.int8))
           filter (where pg_catalog.age(p.xmin) <= (select since.age from since))
  from pg_catalog.pg_policy p
) as s (kind, count, written)
