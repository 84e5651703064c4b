      select coalesce(pg_catalog.jsonb_object_agg(entry.path, entry.hash), '{}')::pg_catalog.text
      from {table} as entry
      where entry.path = {path}
