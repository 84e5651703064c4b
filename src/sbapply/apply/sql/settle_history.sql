      select coalesce(pg_catalog.jsonb_object_agg(entry ->> 'version', coalesce((
        select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
          pg_catalog.octet_length(stored.statement) || ':' || stored.statement, ',' order by stored.place
        ), ''), 'UTF8')), 'hex')
        from pg_catalog.jsonb_array_elements_text(
          case pg_catalog.jsonb_typeof(entry -> 'statements') when 'array' then entry -> 'statements' else '[]' end
        ) with ordinality as stored (statement, place)
      ), ''){named}), '{}')::pg_catalog.text
      from supabase_migrations.schema_migrations as migration,
        pg_catalog.to_jsonb(migration) as entry
      where migration.version in ({versions})
