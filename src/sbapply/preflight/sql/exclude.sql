select json_build_object('key', a.key, 'values', json_build_object('and', b.key::text)) as sample
from (select {keys}, "sbapply key" as key, "sbapply table" as of, "sbapply row" as at from "sbapply rows" as {alias} where {predicate}) as a
join (select {keys}, "sbapply key" as key, "sbapply table" as of, "sbapply row" as at from "sbapply rows" as {alias} where {predicate}) as b
  on (a.of, a.at) < (b.of, b.at) and {conflict}
