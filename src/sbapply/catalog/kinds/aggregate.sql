-- How a final function treats the state is said only where there is one.
select r.id, array[r.schema, r.name, r.types]::text[] as key,
       case when r.belongs like 'extension %' then '{}'::pg_catalog.json else pg_catalog.json_build_object(
         'arguments', pg_catalog.pg_get_function_arguments(r.oid),
         'kind', a.aggkind,
         'parallel', p.proparallel,
         'state_function', a.aggtransfn::pg_catalog.regproc,
         'state_type', pg_catalog.format_type(a.aggtranstype, null),
         'state_size', a.aggtransspace,
         'initial', a.agginitval,
         'final_function', nullif(a.aggfinalfn, 0)::pg_catalog.regproc,
         'final_extra', a.aggfinalextra,
         'final_modify', case when a.aggfinalfn <> 0 then a.aggfinalmodify end,
         'combine_function', nullif(a.aggcombinefn, 0)::pg_catalog.regproc,
         'serial_function', nullif(a.aggserialfn, 0)::pg_catalog.regproc,
         'deserial_function', nullif(a.aggdeserialfn, 0)::pg_catalog.regproc,
         'moving_state_function', nullif(a.aggmtransfn, 0)::pg_catalog.regproc,
         'moving_inverse_function', nullif(a.aggminvtransfn, 0)::pg_catalog.regproc,
         'moving_state_type', pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
         'moving_state_size', a.aggmtransspace,
         'moving_initial', a.aggminitval,
         'moving_final_function', nullif(a.aggmfinalfn, 0)::pg_catalog.regproc,
         'moving_final_extra', a.aggmfinalextra,
         'moving_final_modify', case when a.aggmfinalfn <> 0 then a.aggmfinalmodify end,
         'sort_operator', (
           select pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', o.oprname)
           from pg_catalog.pg_operator o
           join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
           where o.oid = a.aggsortop
         )
       ) end as facts,
       r.belongs
from routine r
join pg_catalog.pg_proc p on p.oid = r.oid
join pg_catalog.pg_aggregate a on a.aggfnoid = r.oid
where r.kind = 'a'
