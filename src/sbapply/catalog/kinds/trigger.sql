-- A partition's copy of a trigger is listed only where its state is another one than that of the trigger whose copy
-- it is in the end. On a table of the platform those are the platform's that call a function of its own schema.
select (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8 as id,
       array[r.schema, r.name, t.tgname]::text[] as key,
       pg_catalog.json_build_object(
         'definition', case when t.tgparentid = 0 then pg_catalog.pg_get_triggerdef(t.oid, false) end,
         'enabled', t.tgenabled,
         'extensions', x.extensions
       ) as facts,
       case
         when m.extension is not null then 'extension ' || m.extension
         when r.belongs <> '' and f.belongs <> '' and f.schema = r.schema then r.belongs
         else ''
       end as belongs
from pg_catalog.pg_trigger t
join relation r on r.oid = t.tgrelid
left join (
  with recursive origin (copy, oid) as (
    select c.oid, c.tgparentid from pg_catalog.pg_trigger c where c.tgparentid <> 0 and not c.tgisinternal
    union all
    select o.copy, c.tgparentid
    from origin o
    join pg_catalog.pg_trigger c on c.oid = o.oid and c.tgparentid <> 0
  )
  select o.copy, c.tgenabled
  from origin o
  join pg_catalog.pg_trigger c on c.oid = o.oid and c.tgparentid = 0
) as u on u.copy = t.oid
left join routine f on f.oid = t.tgfoid
left join member m on m.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
left join tied x on x.id = (t.tableoid::pg_catalog.int8 << 32) + t.oid::pg_catalog.int8
where not t.tgisinternal and (t.tgparentid = 0 or t.tgenabled <> u.tgenabled)
