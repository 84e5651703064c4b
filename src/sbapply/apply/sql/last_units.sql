,
  (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'version', part.version, 'unit', part.unit, 'reach', part.reach, 'digest', part.digest,
      'attempt', part.attempt, 'note', part.note, 'finished', part.finished_at is not null
    )), '[]')
    from supabase_migrations.sbapply_units as part
    where part.version operator(pg_catalog.=) any (array[{versions}]::pg_catalog.text[])
  ) as units
