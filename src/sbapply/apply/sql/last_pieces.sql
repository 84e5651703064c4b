,
  (
    select coalesce(pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_array(piece.attempt, piece.batch)), '[]')
    from supabase_migrations.sbapply_pieces as piece
    where piece.attempt operator(pg_catalog.=) any (array[{attempts}]::pg_catalog.text[])
  ) as batches
