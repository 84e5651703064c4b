select json_build_object('key', json_build_object({shown}), 'values', json_build_object('rows', count(*)::text)) as sample
from (select {keys} from "sbapply rows" as {alias} where {predicate}) as keyed
where {not_null}
group by {numbers}
having count(*) > 1
