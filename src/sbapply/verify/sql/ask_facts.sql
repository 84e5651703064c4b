-- Plans are made anew whenever a schema is: then, too, no whole catalog is read for a few names.
set enable_seqscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off;
set plan_cache_mode = force_generic_plan;
execute sbapply_facts (@asked@);
