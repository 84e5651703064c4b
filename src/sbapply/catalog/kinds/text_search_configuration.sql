-- Only the parser itself can name its kinds of tokens.
select p.id, array[p.schema, c.cfgname]::text[] as key,
       pg_catalog.json_build_object(
         'parser', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.prsname),
         'mappings', (
           select pg_catalog.json_object_agg(k.alias, k.dictionaries order by k.alias)
           from (
             select k.alias, pg_catalog.json_agg(
                      pg_catalog.quote_ident(dn.nspname) || '.' || pg_catalog.quote_ident(d.dictname)
                      order by m.mapseqno) as dictionaries
             from pg_catalog.pg_ts_config_map m
             join pg_catalog.ts_token_type(r.oid) as k on k.tokid = m.maptokentype
             join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
             join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
             where m.mapcfg = c.oid
             group by k.alias
           ) as k
         )
       ) as facts,
       p.belongs
from pg_catalog.pg_ts_config c
join placed p on p.id = (c.tableoid::pg_catalog.int8 << 32) + c.oid::pg_catalog.int8
join pg_catalog.pg_ts_parser r on r.oid = c.cfgparser
join pg_catalog.pg_namespace n on n.oid = r.prsnamespace
