-- A job without a name is known by its number among those of the same schedule and command.
select null::pg_catalog.int8 as id,
       array[coalesce(j.value ->> 'jobname', ''), j.value ->> 'username',
             case when j.value ->> 'jobname' is null then pg_catalog.concat_ws(' ', j.value ->> 'schedule', j.value ->> 'command',
               nullif(pg_catalog.row_number() over (
                 partition by j.value ->> 'jobname', j.value ->> 'username', j.value ->> 'schedule', j.value ->> 'command'
                 order by (j.value ->> 'jobid')::pg_catalog.int8), 1)) else '' end]::text[] as key,
       pg_catalog.json_build_object(
         'schedule', j.value ->> 'schedule', 'command', j.value ->> 'command',
         'database', nullif(j.value ->> 'database', pg_catalog.current_database()),
         'active', coalesce((j.value ->> 'active')::pg_catalog.bool, true)) as facts,
       '' as belongs
from pg_catalog.jsonb_array_elements(
  nullif(pg_catalog.current_setting('sbapply.jobs', true), '')::pg_catalog.jsonb) as j (value)
