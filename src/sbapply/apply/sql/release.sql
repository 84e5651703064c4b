-- A request of this claim can still come; whoever claims anew has to know what it would leave.
insert into supabase_migrations.sbapply_units as known (version, unit, reach, digest, attempt, note)
select part.version, 0 operator(pg_catalog.-) part.unit, part.reach, part.digest, part.attempt,
  pg_catalog.jsonb_build_object('given_up', case
    when part.note operator(pg_catalog.->>) 'effect' operator(pg_catalog.=) 'build'
      and part.note operator(pg_catalog.->>) 'skip' operator(pg_catalog.=) 'false'
    then pg_catalog.jsonb_build_array(
      part.note operator(pg_catalog.-) array['effect', 'skip', 'found', 'settings', 'own', 'plain'])
    else '[]' end)
from supabase_migrations.sbapply_units as part
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
-- The last attempt is the row's, by which a claim that is delivered once more behind its release is known.
on conflict (version, unit) do update
set reach = excluded.reach, digest = excluded.digest, attempt = excluded.attempt,
  note = case when known.note operator(pg_catalog.@>) excluded.note then known.note
    else pg_catalog.jsonb_build_object('given_up',
      coalesce(known.note operator(pg_catalog.->) 'given_up', '[]')
      operator(pg_catalog.||) (excluded.note operator(pg_catalog.->) 'given_up')) end;
delete from supabase_migrations.sbapply_units as part
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit};
commit;
