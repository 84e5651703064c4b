select (x.tableoid::pg_catalog.int8 << 32) + x.oid::pg_catalog.int8 as id, array[s.name::text, x.stxname::text] as key,
       pg_catalog.json_build_object(
         'definition', pg_catalog.pg_get_statisticsobjdef(x.oid), 'target', nullif(x.stxstattarget, -1)
       ) as facts,
       r.belongs
from pg_catalog.pg_statistic_ext x
join space s on s.oid = x.stxnamespace and s.kept
join relation r on r.oid = x.stxrelid
