(
    select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
      pg_catalog.octet_length(told.version) operator(pg_catalog.||) ':' operator(pg_catalog.||) told.version
        operator(pg_catalog.||) ',' operator(pg_catalog.||)
        pg_catalog.octet_length(told.name) operator(pg_catalog.||) ':' operator(pg_catalog.||) told.name
        operator(pg_catalog.||) ',' operator(pg_catalog.||)
        pg_catalog.octet_length(told.digest) operator(pg_catalog.||) ':' operator(pg_catalog.||) told.digest,
      ',' order by told.version collate pg_catalog."C"
    ), ''), 'UTF8')), 'hex')
    from (
      select
        migration.version,
        coalesce(migration.name, '') as name,
        coalesce(case when migration.statements is not null then pg_catalog.encode(pg_catalog.sha256(
          pg_catalog.convert_to(coalesce((
            select pg_catalog.string_agg(
              pg_catalog.octet_length(stored.statement) operator(pg_catalog.||) ':' operator(pg_catalog.||) stored.statement,
              ',' order by stored.place
            )
            from pg_catalog.unnest(migration.statements) with ordinality as stored (statement, place)
          ), ''), 'UTF8')), 'hex') end, '') as digest
      from supabase_migrations.schema_migrations as migration
    ) as told
  )
