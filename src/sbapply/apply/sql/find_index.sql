  select entry.indexrelid, entry.indrelid, entry.indisvalid and entry.indisready and entry.indislive
  into target, on_table, usable
  from pg_catalog.pg_index as entry
  join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) entry.indexrelid
  join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
  where space.nspname operator(pg_catalog.=) {schema} and relation.relname operator(pg_catalog.=) {index};
