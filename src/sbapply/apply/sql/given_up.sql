    select entry operator(pg_catalog.->>) 'schema' as space, entry operator(pg_catalog.->>) 'index' as name,
      (entry operator(pg_catalog.->>) 'table')::pg_catalog.oid as owner,
      entry operator(pg_catalog.->>) 'definition' as definition
    from supabase_migrations.sbapply_units as part,
      pg_catalog.jsonb_array_elements(part.note operator(pg_catalog.->) 'given_up') as entry
    where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.<) 0
