select {kind}, o.id, o.key, o.facts, o.belongs
from (
{rows}
) as o (id, key, facts, belongs)
