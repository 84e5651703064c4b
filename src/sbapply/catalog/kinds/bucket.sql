select null::pg_catalog.int8 as id, array[b.value ->> 'id']::text[] as key,
       (b.value - array['id', 'owner', 'owner_id', 'created_at', 'updated_at', 'deleted_at'])::pg_catalog.json as facts,
       '' as belongs
from pg_catalog.jsonb_array_elements(
  nullif(pg_catalog.current_setting('sbapply.buckets', true), '')::pg_catalog.jsonb) as b (value)
