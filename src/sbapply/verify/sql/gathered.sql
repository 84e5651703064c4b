(
select pg_catalog.json_agg(pg_catalog.row_to_json(q.*)) from (
@query@
) as q)
