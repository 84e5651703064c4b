-- Where sequences stand. Those in pg_catalog are of a rehearsal's own; numbers of cron jobs are nobody's concern.
begin read only;
select s.schemaname::text as schema, s.sequencename::text as name, s.last_value::text as value
from pg_catalog.pg_sequences s
where s.last_value is not null and s.schemaname not in ('cron', 'pg_catalog')
order by s.schemaname, s.sequencename;
rollback;
