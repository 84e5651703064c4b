select (e.tableoid::pg_catalog.int8 << 32) + e.oid::pg_catalog.int8 as id, array[e.extname::text] as key,
       pg_catalog.json_build_object('schema', n.nspname, 'version', e.extversion) as facts,
       -- What every project has before its first migration; who owns them says nothing, supautils makes all of them.
       case when e.extname in ('plpgsql', 'pg_graphql', 'pg_stat_statements', 'pgcrypto', 'pgjwt', 'pgsodium',
                               'supabase_vault', 'uuid-ossp')
            then 'platform' else '' end as belongs
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
