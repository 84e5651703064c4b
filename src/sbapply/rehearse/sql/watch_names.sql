-- Keep what every object that is no table and no part of one was called, and what was dropped. Run by the superuser
-- before the first migration; a drop tells its names itself, a renaming only the new one, so makings are kept too.
-- In pg_catalog and in the extension plpgsql, as rights.sql is, so that no migration and no catalog of ours sees it.
do $sbapply$
begin
  if pg_catalog.to_regclass('pg_catalog.sbapply_names') is not null then
    return;
  end if;
  set local allow_system_table_mods = on;
  create table pg_catalog.sbapply_names (
    place bigint generated always as identity,
    xid bigint not null,
    gone boolean not null,
    class oid not null,
    object oid not null,
    type text not null,
    names text[] not null,
    arguments text[] not null
  );

  create function pg_catalog.sbapply_keep_names() returns event_trigger
  language plpgsql security definer set search_path = ''
  as $$
  begin
    insert into pg_catalog.sbapply_names (xid, gone, class, object, type, names, arguments)
    select pg_catalog.pg_current_xact_id()::text::bigint, false, c.classid, c.objid, c.object_type,
           case when t.oid is null then coalesce(a.object_names, '{}') else array[n.nspname, t.typname]::text[] end,
           coalesce(a.object_args, '{}')
    from pg_catalog.pg_event_trigger_ddl_commands() as c
    cross join lateral pg_catalog.pg_identify_object_as_address(c.classid, c.objid, c.objsubid) as a
    left join pg_catalog.pg_type as t on c.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = c.objid
    left join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
    where not c.in_extension and c.objsubid = 0 and c.schema_name is distinct from 'pg_temp';
  end
  $$;

  create function pg_catalog.sbapply_keep_dropped() returns event_trigger
  language plpgsql security definer set search_path = ''
  as $$
  begin
    -- What goes with an extension was its own, and what a constraint does by triggers is named after their numbers.
    insert into pg_catalog.sbapply_names (xid, gone, class, object, type, names, arguments)
    select pg_catalog.pg_current_xact_id()::text::bigint, true, d.classid, d.objid, d.object_type,
           case when d.object_type = 'type' then array[d.schema_name, d.object_name]
                else coalesce(d.address_names, '{}') end,
           coalesce(d.address_args, '{}')
    from pg_catalog.pg_event_trigger_dropped_objects() as d
    where not d.is_temporary and d.objsubid = 0
      and d.object_type not in ('table', 'index', 'table constraint', 'default value', 'policy', 'toast table')
      and (d.object_type <> 'type' or d.original or d.normal)
      and (d.object_type <> 'rule' or d.address_names[3] is distinct from '_RETURN')
      and (d.object_type <> 'trigger' or d.address_names[3] !~ '_ConstraintTrigger_([ac]_)?[0-9]+$')
      and (d.original or not exists (
        select from pg_catalog.pg_event_trigger_dropped_objects() as e where e.object_type = 'extension'
      ));
  end
  $$;

  create event trigger "!sbapply_4_names" on ddl_command_end when tag in (
    'CREATE AGGREGATE', 'CREATE COLLATION', 'CREATE CONVERSION', 'CREATE DOMAIN', 'CREATE FOREIGN DATA WRAPPER',
    'CREATE FUNCTION', 'CREATE LANGUAGE', 'CREATE MATERIALIZED VIEW', 'CREATE OPERATOR', 'CREATE OPERATOR CLASS',
    'CREATE OPERATOR FAMILY', 'CREATE PROCEDURE', 'CREATE PUBLICATION', 'CREATE RULE', 'CREATE SCHEMA',
    'CREATE SEQUENCE', 'CREATE SERVER', 'CREATE STATISTICS', 'CREATE TEXT SEARCH CONFIGURATION',
    'CREATE TEXT SEARCH DICTIONARY', 'CREATE TRIGGER', 'CREATE TYPE', 'CREATE VIEW',
    'ALTER AGGREGATE', 'ALTER COLLATION', 'ALTER CONVERSION', 'ALTER DOMAIN', 'ALTER FOREIGN DATA WRAPPER',
    'ALTER FUNCTION', 'ALTER LANGUAGE', 'ALTER MATERIALIZED VIEW', 'ALTER OPERATOR', 'ALTER OPERATOR CLASS',
    'ALTER OPERATOR FAMILY', 'ALTER PROCEDURE', 'ALTER PUBLICATION', 'ALTER ROUTINE', 'ALTER RULE', 'ALTER SCHEMA',
    'ALTER SEQUENCE', 'ALTER SERVER', 'ALTER STATISTICS', 'ALTER TEXT SEARCH CONFIGURATION',
    'ALTER TEXT SEARCH DICTIONARY', 'ALTER TRIGGER', 'ALTER TYPE', 'ALTER VIEW')
    execute function pg_catalog.sbapply_keep_names();
  create event trigger "!sbapply_4_dropped" on sql_drop execute function pg_catalog.sbapply_keep_dropped();
  alter event trigger "!sbapply_4_names" enable always;
  alter event trigger "!sbapply_4_dropped" enable always;
  alter extension plpgsql add table pg_catalog.sbapply_names;
  alter extension plpgsql add function pg_catalog.sbapply_keep_names();
  alter extension plpgsql add function pg_catalog.sbapply_keep_dropped();
  alter extension plpgsql add event trigger "!sbapply_4_names";
  alter extension plpgsql add event trigger "!sbapply_4_dropped";
end
$sbapply$;
