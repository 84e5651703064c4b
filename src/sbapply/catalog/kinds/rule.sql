select (w.tableoid::pg_catalog.int8 << 32) + w.oid::pg_catalog.int8 as id,
       array[r.schema::text, r.name::text, w.rulename::text] as key,
       pg_catalog.json_build_object(
         'definition', pg_catalog.pg_get_ruledef(w.oid),
         'enabled', case w.ev_enabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' else 'always' end
       ) as facts,
       r.belongs
from relation r
join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
