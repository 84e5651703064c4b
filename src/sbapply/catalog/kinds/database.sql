-- The one that is read. It has no name here: what is said of it is the same in a copy that has another.
select (d.tableoid::pg_catalog.int8 << 32) + d.oid::pg_catalog.int8 as id, array['this']::text[] as key,
       pg_catalog.json_build_object() as facts, 'platform' as belongs
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
