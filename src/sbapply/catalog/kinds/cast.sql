select (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8 as id,
       array[pg_catalog.format_type(c.castsource, null), pg_catalog.format_type(c.casttarget, null)] as key,
       pg_catalog.json_build_object(
         'method', c.castmethod,
         'context', c.castcontext,
         'function', nullif(c.castfunc, 0)::pg_catalog.regprocedure
       ) as facts,
       coalesce('extension ' || m.extension, '') as belongs
from pg_catalog.pg_cast c
left join member m on m.id = (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
where c.oid >= 16384
  -- A range type brings the one to its multirange.
  and not exists (
    select from pg_catalog.pg_depend d where d.classid = c.tableoid and d.objid = c.oid and d.deptype = 'i'
  )
