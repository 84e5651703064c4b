prepare sbapply_standing (pg_catalog.xid) as
with since as materialized (select pg_catalog.age($1) as age)
select ({standing}) as standing;
