prepare sbapply_facts (pg_catalog.json) as
select pg_catalog.json_build_array(@facts@)::text as facts;
