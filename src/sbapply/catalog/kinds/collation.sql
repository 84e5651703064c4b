-- The version of the library that sorts is the server's, not the schema's.
select p.id, array[p.schema, c.collname]::text[] as key,
       pg_catalog.json_build_object(
         'provider', c.collprovider,
         'deterministic', c.collisdeterministic,
         'locale', coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale'),
         'collate', c.collcollate,
         'character_type', c.collctype,
         'rules', j.row ->> 'collicurules'
       ) as facts,
       p.belongs
from pg_catalog.pg_collation c
join placed p on p.id = (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
cross join lateral pg_catalog.to_jsonb(c) as j (row)
