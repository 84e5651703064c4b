select {kind}, o.id, o.key, null::pg_catalog.json, o.belongs
from (
{rows}
) as o (id, key, facts, belongs)
