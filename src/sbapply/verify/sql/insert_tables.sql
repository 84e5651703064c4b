  -- What a row meets on its way in. Only built-in code that cannot advance anything is let through; a function of a
  -- user's own may be labelled immutable and yet call nextval. NOT NULL comes before the checks and the indexes, but
  -- after domains, generated columns and partition keys (src/backend/executor/nodeModifyTable.c, ExecInsert).
  with recursive below (top, oid) as (
    select c.oid, c.oid
    from jsonb_to_recordset(current_setting('sbapply.asked_inserts')::jsonb) as a (schema_name text, table_name text)
    join pg_namespace n on n.nspname = a.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = a.table_name
    union
    select b.top, i.inhrelid
    from below b
    join pg_class c on c.oid = b.oid and c.relkind = 'p'
    join pg_inherits i on i.inhparent = b.oid
  ), attributes as materialized (
    select b.top, a.attrelid, a.attnum, a.atttypid, a.attgenerated
    from below b
    join pg_attribute a on a.attrelid = b.oid and a.attnum > 0 and not a.attisdropped
  ), types (root, oid) as (
    select a.atttypid, a.atttypid from attributes a
    union
    select y.root, u.oid
    from types y
    join pg_type t on t.oid = y.oid
    cross join lateral (
      values (t.typbasetype), (t.typelem)
      union all
      select p.atttypid from pg_attribute p where p.attrelid = t.typrelid and p.attnum > 0 and not p.attisdropped
      union all
      select r.rngsubtype from pg_range r where t.typtype in ('r', 'm') and t.oid in (r.rngtypid, r.rngmultitypid)
    ) as u (oid)
    where u.oid <> 0
  ), trees (top, early, tree) as (
    select a.top, true, k.conbin::text
    from types y
    join pg_constraint k on k.contypid = y.oid and k.contype = 'c'
    join attributes a on a.atttypid = y.root
    union all
    select a.top, true, d.adbin::text
    from attributes a
    join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attgenerated <> ''
    union all
    select b.top, true, p.partexprs::text from below b join pg_partitioned_table p on p.partrelid = b.oid
    union all
    select b.top, false, k.conbin::text from below b join pg_constraint k on k.conrelid = b.oid and k.contype = 'c'
    union all
    select b.top, false, concat_ws(' ', i.indexprs::text, i.indpred::text)
    from below b
    join pg_index i on i.indrelid = b.oid
    where i.indexprs is not null or i.indpred is not null
    union all
    -- What a probe of a check has written is told as text or json.
    select a.top, false, format(':funcid %s', k.castfunc)
    from types y
    join pg_cast k on k.castsource = y.oid and k.casttarget = any (array['text'::regtype, 'json'::regtype]::oid[])
      and k.castfunc <> 0
    join attributes a on a.atttypid = y.root
  ), called (top, early, function) as (
    select t.top, t.early,
           case m[1] when 'opno' then (select o.oprcode::oid from pg_operator o where o.oid = m[2]::oid) else m[2]::oid end
    from trees t
    cross join lateral regexp_matches(t.tree, ':(funcid|opfuncid|opno) ([0-9]+)', 'g') as m
    union
    select b.top, false, o.oprcode::oid
    from below b
    join pg_constraint k on k.conrelid = b.oid and k.contype in ('f', 'x')
    cross join lateral unnest(coalesce(k.conexclop, k.conpfeqop)) as u (oid)
    join pg_operator o on o.oid = u.oid
    union
    select b.top, false, p.amproc::oid
    from below b
    join pg_index i on i.indrelid = b.oid
    cross join lateral unnest(i.indclass::oid[]) as u (oid)
    join pg_opclass c on c.oid = u.oid and c.opcnamespace <> 'pg_catalog'::regnamespace
    join pg_amproc p on p.amprocfamily = c.opcfamily
  ), culprits (top, early, name) as (
    select c.top, c.early, p.name
    from called c
    cross join lateral (
      select p.oid::regprocedure::text
      from pg_proc p
      join pg_language l on l.oid = p.prolang
      where p.oid = c.function
        and (p.provolatile = 'v' or (p.pronamespace <> 'pg_catalog'::regnamespace and l.lanname not in ('internal', 'c')))
      offset 0 -- Looked up function by function, never read as a whole.
    ) as p (name)
  ), firing (top, early, name) as (
    select b.top, (t.tgtype & 66) <> 0, 'trigger ' || t.tgname
    from below b
    join pg_trigger t on t.tgrelid = b.oid and not t.tgisinternal and t.tgenabled in ('O', 'A') and (t.tgtype & 4) <> 0
    union all
    select b.top, true, 'rule ' || w.rulename
    from below b
    join pg_rewrite w on w.ev_class = b.oid and w.ev_type = '3' and w.ev_enabled not in ('D', 'R')
  )
  select coalesce(jsonb_agg(to_jsonb(told)), '[]') into tables
    from (
      select a.schema_name, a.table_name, a.not_null, a.keys, c.oid, c.relkind as kind, c.relkind = 'p' as parted,
             format('%s%I.%I', case when c.relkind = 'r' then 'only ' end, a.schema_name, a.table_name) as relation,
             case
               when c.oid is null then 'the table is not there'
               when c.relkind not in ('r', 'p') then 'only ordinary and partitioned tables are probed'
               when row_security_active(c.oid) then 'row security applies to this role here'
               when current_setting('transaction_read_only') = 'on' then 'this role may only read'
               when current_setting('session_replication_role') = 'replica' then 'session_replication_role is replica'
               when exists (
                 select from below b join pg_class f on f.oid = b.oid where b.top = c.oid and f.relkind not in ('r', 'p')
               ) then 'a partition is not an ordinary table'
               else coalesce(
                 (select 'a write would call ' || string_agg(distinct u.name, ', ') from culprits u where u.top = c.oid and u.early),
                 (select 'something fires before the constraint: ' || string_agg(distinct f.name, ', ')
                  from firing f where f.top = c.oid and f.early)
               )
             end as reason,
             (select 'a write would call ' || string_agg(distinct u.name, ', ')
              from culprits u where u.top = c.oid and not u.early) as late_reason,
             (select 'something fires beside the constraint: ' || string_agg(distinct f.name, ', ')
              from firing f where f.top = c.oid and not f.early) as beside
      from jsonb_to_recordset(current_setting('sbapply.asked_inserts')::jsonb)
        as a (schema_name text, table_name text, not_null jsonb, keys jsonb)
      left join pg_namespace n on n.nspname = a.schema_name
      left join pg_class c on c.relnamespace = n.oid and c.relname = a.table_name
    ) as told;
