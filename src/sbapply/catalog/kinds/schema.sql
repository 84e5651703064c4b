select s.id, array[s.name::text] as key, pg_catalog.json_build_object() as facts,
       -- It is there before the first migration; what is granted on it is a thing of its own.
       case when s.name = 'public' then 'platform' else s.belongs end as belongs
from space s
where s.kept
