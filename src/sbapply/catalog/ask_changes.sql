-- Plans are made anew whenever a schema is: then, too, a join starts from the few rows that it is about.
set enable_seqscan = on;
set enable_hashjoin = off;
set enable_mergejoin = off;
set plan_cache_mode = force_generic_plan;
execute sbapply_changes ('{since}', array[{tables}]::pg_catalog.oid[]);
