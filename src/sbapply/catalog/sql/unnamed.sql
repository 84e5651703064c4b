-- What pg_dump tells with something else: an identity's sequence with its column, the index of a constraint with that,
-- the constraint of a domain with the domain.
select r.id, case r.kind when 'S' then 'sequence' else 'index' end, r.belongs, array[r.schema, r.name]::text[]
from relation r
where r.kind in ('S', 'i', 'I')
union all
select (k.tableoid::pg_catalog.int8 << 32) + k.oid::pg_catalog.int8, 'domain constraint', t.belongs,
       array[t.schema, t.name, k.conname]::text[]
from pg_catalog.pg_constraint k
join typed t on t.oid = k.contypid
