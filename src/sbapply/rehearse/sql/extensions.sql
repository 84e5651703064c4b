select e.extname as name from pg_catalog.pg_extension e order by e.extname
