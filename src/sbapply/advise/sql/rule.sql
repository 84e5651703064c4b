select pg_catalog.to_jsonb(r) || pg_catalog.jsonb_build_object('name', {name}) as finding
from (
{rule}
) r
