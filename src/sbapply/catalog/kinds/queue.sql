select null::pg_catalog.int8 as id, array[q.value ->> 'queue_name']::text[] as key,
       pg_catalog.json_build_object(
         'partitioned', q.value -> 'is_partitioned', 'unlogged', q.value -> 'is_unlogged') as facts,
       '' as belongs
from pg_catalog.jsonb_array_elements(
  nullif(pg_catalog.current_setting('sbapply.queues', true), '')::pg_catalog.jsonb) as q (value)
