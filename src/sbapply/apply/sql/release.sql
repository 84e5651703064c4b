-- A request of this claim can still come; whoever claims anew has to know that what it leaves is ours.
insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt)
select part.version, 0 operator(pg_catalog.-) part.unit, part.reach, part.digest, part.attempt
from supabase_migrations.sbapply_units as part
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit}
on conflict (version, unit) do nothing;
delete from supabase_migrations.sbapply_units as part
where part.version operator(pg_catalog.=) {version} and part.unit operator(pg_catalog.=) {unit};
commit;
