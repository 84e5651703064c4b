do $sbapply$
declare
  asked jsonb := current_setting('sbapply.asked_probes')::jsonb;
  -- The tables of which it is known already that a write calls nothing of anybody's own (inserts.sql).
  call_nothing oid[] := current_setting('sbapply.call_nothing')::oid[];
  most_combinations constant integer := 1500;
  most_writes constant integer := 12;
  nothing_stays constant text := 'sbapply: nothing of this stays';
  and_then constant text := format(' returning (%L || left(clock_timestamp()::text, 0))::integer', nothing_stays);
  settings jsonb;
  ask record;
  answers jsonb[] := '{}';
  status text;
  found_fact jsonb;
  tried text;
  stop boolean := false;
  con record;
  col record;
  family oid[];
  expression text;
  culprit text;
  relation text;
  base_table oid;
  base_ctid tid;
  source text;
  here text;
  has_row boolean;
  can_update boolean;
  writes_update boolean;
  names text[];
  choices jsonb;
  options jsonb;
  works boolean;
  insert_names text[];
  insert_values jsonb;
  collations jsonb;
  total bigint;
  stride bigint;
  step bigint;
  rest bigint;
  at integer;
  chosen text[];
  violates boolean;
  writes integer;
  accepted boolean;
  wrote jsonb;
  got_state text;
  got_constraint text;
  got_message text;
begin
  -- The same few questions for every constraint: planned once, from the rows of one table, never by hashing a whole
  -- catalog. Planning them anew took three times as long as running them. Whoever holds a lock goes first: a longer
  -- wait than deadlock_timeout could cost somebody else their transaction.
  select jsonb_object_agg(s.name, current_setting(s.name)) into settings
    from unnest(array['plan_cache_mode', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'lock_timeout']) as s (name);
  perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
          set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
          set_config('lock_timeout', '50ms', true);
  for ask in
    select * from jsonb_to_recordset(asked) as a (number integer, schema_name text, table_name text, constraint_name text)
  loop
    status := 'not-probed';
    found_fact := null;
    tried := null;
    begin
      <<probe>>
      begin
        if stop then
          found_fact := jsonb_build_object('reason', 'the time for probes was over');
          exit probe;
        end if;

        select k.oid, k.conname, k.conrelid, k.conbin, k.conkey, k.contype, c.relkind, c.relispartition,
               coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as enforced
          into con
          from pg_namespace n
          join pg_class c on c.relnamespace = n.oid
          join pg_constraint k on k.conrelid = c.oid
          where n.nspname = ask.schema_name and c.relname = ask.table_name and k.conname = ask.constraint_name;
        found_fact := jsonb_build_object('reason', case
          when not found then 'the constraint is not there'
          when con.contype <> 'c' then 'the constraint of that name is not a CHECK'
          when not con.enforced then 'the constraint is NOT ENFORCED'
          when con.relkind not in ('r', 'p') then 'only ordinary and partitioned tables are probed'
          when row_security_active(con.conrelid) then 'row security applies to this role here'
          when coalesce(cardinality(con.conkey), 0) = 0 then 'the constraint names no column'
          when con.conkey && array[0::smallint] then 'the constraint is about the whole row'
          when exists (
            select from pg_attribute a
            where a.attrelid = con.conrelid and a.attnum = any (con.conkey) and (a.attgenerated <> '' or a.attnum < 0)
          ) then 'the constraint is about a generated or system column'
          when current_setting('transaction_read_only') = 'on' then 'this role may only read'
        end);
        if found_fact ->> 'reason' is not null then
          exit probe;
        end if;

        if con.conrelid = any (call_nothing) then
          family := array[con.conrelid];
        else
          with recursive below (oid) as (
            select con.conrelid
            union
            select i.inhrelid from pg_inherits i join below b on i.inhparent = b.oid where con.relkind = 'p'
          )
          select array_agg(b.oid) into family from below b;

          -- Everything that the server may evaluate before it comes to this constraint: the other checks, those of
          -- the columns' domains, generated columns and partition keys. Only built-in code that cannot advance
          -- anything is let through; a function of a user's own may be labelled immutable and yet call nextval. Checks
          -- are tried in the order of their names (src/backend/utils/cache/relcache.c, CheckConstraintFetch).
          with recursive types (oid) as (
            select a.atttypid from pg_attribute a
            where a.attrelid = any (family) and a.attnum > 0 and not a.attisdropped
            union
            select u.oid
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
          ), trees (tree) as (
            -- What was written is told as text or json.
            select format(':funcid %s', k.castfunc)
            from pg_cast k
            where k.castsource = any (array(select y.oid from types y))
              and k.casttarget = any (array['text'::regtype, 'json'::regtype]::oid[]) and k.castfunc <> 0
            union all
            select k.conbin::text
            from pg_constraint k
            where k.contype = 'c' and k.conrelid = any (family) and k.conname <= con.conname
            union all
            select k.conbin::text
            from pg_constraint k
            where k.contypid = any (array(select y.oid from types y)) and k.contype = 'c'
            union all
            select d.adbin::text
            from pg_attrdef d
            join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated <> ''
            where d.adrelid = any (family)
            union all
            select p.partexprs::text from pg_partitioned_table p where p.partrelid = any (family)
          )
          select string_agg(distinct called.name, ', ')
            into culprit
            from trees
            cross join lateral regexp_matches(trees.tree, ':(funcid|opfuncid|opno) ([0-9]+)', 'g') as m
            cross join lateral (
              select p.oid::regprocedure::text
              from pg_proc p
              join pg_language l on l.oid = p.prolang
              where p.oid = case m[1]
                  when 'opno' then (select o.oprcode::oid from pg_operator o where o.oid = m[2]::oid)
                  else m[2]::oid
                end
                and (p.provolatile = 'v'
                  or (p.pronamespace <> 'pg_catalog'::regnamespace and l.lanname not in ('internal', 'c')))
              offset 0 -- Looked up function by function, never read as a whole.
            ) as called (name);
          if culprit is not null then
            found_fact := jsonb_build_object('reason', format('a write would call %s', culprit));
            exit probe;
          end if;
          if exists (select from pg_class c where c.oid = any (family) and c.relkind not in ('r', 'p')) then
            found_fact := jsonb_build_object('reason', 'a partition is not an ordinary table');
            exit probe;
          end if;
        end if;

        relation := format('%s%I.%I', case con.relkind when 'r' then 'only ' end, ask.schema_name, ask.table_name);
        base_ctid := null;
        execute format('select x.tableoid, x.ctid from %s as x limit 1', relation) into base_table, base_ctid;
        has_row := base_ctid is not null;
        here := concat_ws(' and ', case con.relkind when 'p' then format('tableoid = %s', base_table) end, format('ctid = %L', base_ctid));
        source := case when has_row then
          format(' from %s where %s', relation, here) else '' end;

        -- An UPDATE below a partitioned table may become a DELETE and an INSERT.
        select string_agg(distinct t.tgname, ', ')
          into culprit
          from pg_trigger t
          where t.tgrelid = any (family) and not t.tgisinternal and t.tgenabled in ('O', 'A')
            and (t.tgtype & 66) <> 0 and (t.tgtype & case con.relkind when 'p' then 28 else 16 end) <> 0;
        can_update := has_row and culprit is null and not exists (
          select from pg_rewrite w
          where w.ev_class = any (family) and w.ev_type = '2' and w.ev_enabled not in ('D', 'R')
        );
        writes_update := can_update and not exists (
          select from pg_attribute a
          where a.attrelid = con.conrelid and a.attnum = any (con.conkey) and a.attidentity = 'a'
        );
        if not writes_update then
          select string_agg(distinct b.name, ', ')
            into culprit
            from (
              select 'trigger ' || t.tgname as name from pg_trigger t
              where t.tgrelid = any (family) and not t.tgisinternal and t.tgenabled in ('O', 'A')
                and (t.tgtype & 66) <> 0 and (t.tgtype & 4) <> 0
              union all
              select 'rule ' || w.rulename from pg_rewrite w
              where w.ev_class = any (family) and w.ev_type = '3' and w.ev_enabled not in ('D', 'R')
            ) as b;
          if culprit is not null then
            found_fact := jsonb_build_object('reason', format('something fires before the constraint: %s', culprit));
            exit probe;
          end if;
        end if;

        -- Candidates: per column of the constraint a list of expressions that are each cast to its type, and on
        -- an empty table one value for every other column that must have one.
        expression := pg_get_expr(con.conbin, con.conrelid);
        names := '{}';
        choices := '[]';
        insert_names := '{}';
        insert_values := '{}';
        collations := '{}';
        for col in
          select a.attname as name, a.attnum as number, format_type(a.atttypid, a.atttypmod) as type,
                 a.attnotnull or t.typnotnull as required, a.attnum = any (con.conkey) as varied,
                 t.typcategory as category, base.oid as base_type, hints.text as hints,
                 case when d.oid is not null and a.attidentity = '' and not exists (
                   select
                   from regexp_matches(d.adbin::text, ':(funcid|opfuncid|opno) ([0-9]+)', 'g') as m
                   left join pg_operator o on m[1] = 'opno' and o.oid = m[2]::oid
                   join pg_proc p on p.oid = coalesce(o.oprcode::oid, m[2]::oid)
                   where p.provolatile <> 'i' or p.pronamespace <> 'pg_catalog'::regnamespace
                 ) then pg_get_expr(d.adbin, d.adrelid) end as safe_default,
                 hints.alone,
                 case when cl.oid is not null then format(' collate %I.%I', cn.nspname, cl.collname) else '' end as collation
          from pg_attribute a
          join pg_type t on t.oid = a.atttypid
          left join pg_collation cl on cl.oid = a.attcollation and a.attcollation <> t.typcollation
          left join pg_namespace cn on cn.oid = cl.collnamespace
          cross join lateral (
            with recursive bases (oid, depth) as (
              select t.oid, 0
              union all
              select y.typbasetype, b.depth + 1 from bases b join pg_type y on y.oid = b.oid where y.typtype = 'd'
            )
            select b.oid from bases b order by b.depth desc limit 1
          ) as base
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          cross join lateral (
            select coalesce(string_agg(e.text, ' '), '') as text,
                   coalesce(string_agg(format('(%s) is not false', e.text), ' and ') filter (
                     -- What comes behind this constraint may call what is a user's own.
                     where k.conkey = array[a.attnum] and k.conname <= con.conname), 'true') as alone
            from pg_constraint k
            cross join lateral (
              select pg_get_expr(k.conbin, k.conrelid)
            ) as e (text)
            where k.contype = 'c'
              and (k.conrelid = con.conrelid and a.attnum = any (k.conkey) or k.contypid = t.oid and k.contypid <> 0)
          ) as hints
          where a.attrelid = con.conrelid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            and (a.attnum = any (con.conkey) or not writes_update)
          order by array_position(con.conkey, a.attnum), a.attnum
        loop
          insert_names := insert_names || col.name::text;
          collations := collations || jsonb_build_object(col.name, col.collation);
          if not col.varied and (has_row or not col.required) then
            insert_values := insert_values || jsonb_build_object(
              col.name, case when has_row then quote_ident(col.name) else format('null::%s', col.type) end);
            continue;
          end if;

          select jsonb_agg(format('%s::%s', v.sql, col.type) order by v.place)
            into options
            from (
              select o.sql, min(o.place) as place
              from (
                select quote_literal(b.text) as sql, 100 + b.place as place
                from (values
                  ('S', 'sbapply-probe', 1), ('S', '', 2), ('S', ' ', 3), ('S', '-1', 4), ('S', 'A', 5),
                  ('N', '-1', 1), ('N', '0', 2), ('N', '1', 3), ('N', '1000000000', 4), ('N', '-1000000000', 5),
                  ('N', '1000000000000000000', 6), ('N', 'NaN', 7),
                  ('D', '-infinity', 1), ('D', 'infinity', 2), ('D', '1000-01-01', 3), ('D', '3000-01-01', 4),
                  ('D', '00:00:00', 5), ('D', '23:59:59', 6),
                  ('B', 'false', 1), ('B', 'true', 2),
                  ('T', '-1 day', 1), ('T', '0', 2), ('T', '1000 years', 3),
                  ('A', '{}', 1), ('A', '{NULL}', 2), ('A', '{sbapply-probe}', 3), ('A', '{-1}', 4), ('A', '{{1},{2}}', 5),
                  ('U', '{}', 1), ('U', '[]', 2), ('U', '"sbapply-probe"', 3), ('U', '-1', 4), ('U', 'null', 5),
                  ('U', '00000000-0000-0000-0000-000000000000', 6), ('U', '', 7), ('U', '\x', 8),
                  ('R', 'empty', 1), ('R', '(,)', 2), ('I', '0.0.0.0/0', 1), ('I', '::1', 2), ('V', '0', 1), ('V', '', 2),
                  ('G', '(0,0)', 1), ('G', '(-1000000000,-1000000000)', 2), ('X', 'sbapply-probe', 1)
                ) as b (category, text, place)
                where b.category = (select t.typcategory from pg_type t where t.oid = col.base_type)
                   or b.category = 'S' and not exists (
                     select from pg_type t where t.oid = col.base_type and t.typcategory in ('N', 'D', 'B', 'T', 'A', 'U', 'R', 'I', 'V', 'G'))
                union all
                select quote_literal(l.enumlabel), 100 + l.enumsortorder from pg_enum l where l.enumtypid = col.base_type
                union all
                -- The words and numbers that the checks themselves name, and what lies just beside them.
                select quote_literal(replace(m[1], '''''', '''')), 200
                from regexp_matches(col.hints, '''((?:[^'']|'''')*)''', 'g') as m
                union all
                select x.sql, 300 + u.place
                from regexp_matches(col.hints, '[0-9]+(?:[.][0-9]+)?', 'g') as m
                cross join lateral (values
                  (m[1]::numeric + 1, 1), (m[1]::numeric, 2), (m[1]::numeric - 1, 3), (-m[1]::numeric, 4),
                  (-m[1]::numeric - 1, 5)
                ) as u (n, place)
                cross join lateral (
                  select case
                    when col.category = 'N' then quote_literal(u.n::text)
                    when u.n < 0 or u.n > 100000 or u.n <> trunc(u.n) then null
                    when col.category = 'S' then format('repeat(''x'', %s)', u.n)
                    when col.category = 'A' then format('array_fill(null::text, array[%s])', u.n)
                    when col.base_type = any (array['json'::regtype, 'jsonb'::regtype]::oid[])
                      then format('(select json_agg(0) from generate_series(1, %s))', u.n)
                  end
                ) as x (sql)
                union all
                select 'null', case when col.required then null else 400 end
                union all
                select format('(%s)', col.safe_default), case when col.varied then 500 else 1 end
              ) as o
              where o.sql is not null and o.place is not null
              group by o.sql
              order by 2, 1
              limit 60
            ) as v;

          if col.varied then
            names := names || col.name::text;
            choices := choices || jsonb_build_array(
              case when has_row then jsonb_build_array(quote_ident(col.name)) else '[]' end || options);
            continue;
          end if;
          works := false;
          for at in 0 .. jsonb_array_length(options) - 1 loop
            begin
              execute format('select %s from (select %s%s as %I) as x', col.alone, options ->> at, collations ->> col.name, col.name)
                into works;
            exception when others then
              works := false;
            end;
            if works then
              insert_values := insert_values || jsonb_build_object(col.name, options ->> at);
              exit;
            end if;
          end loop;
          if not works then
            found_fact := jsonb_build_object('reason', format('no value is known for the column %I', col.name));
            exit probe;
          end if;
        end loop;

        total := 1;
        for at in 0 .. jsonb_array_length(choices) - 1 loop
          total := least(total * jsonb_array_length(choices -> at), 1000000000000);
        end loop;
        -- A stride that is prime visits combinations from all over a space too large to go through.
        stride := case when total > most_combinations and total % 7919 <> 0 then 7919 else 1 end;
        writes := 0;
        found_fact := jsonb_build_object('reason', 'no value that the constraint forbids was found');
        for step in 0 .. least(total, most_combinations) - 1 loop
          rest := (step * stride) % total;
          chosen := '{}';
          for at in 0 .. jsonb_array_length(choices) - 1 loop
            chosen := chosen || (choices -> at ->> (rest % jsonb_array_length(choices -> at))::integer);
            rest := rest / jsonb_array_length(choices -> at);
          end loop;
          -- A row that was there before a NOT VALID constraint may violate it as it is.
          continue when has_row and not exists (
            select from unnest(chosen, names) as u (sql, name) where u.sql <> quote_ident(u.name)
          );
          begin
            execute format('select (%s) is false from (select %s%s) as x', expression,
                           (select string_agg(format('%s%s as %I', u.sql, collations ->> u.name, u.name), ', ')
                            from unnest(chosen, names) as u (sql, name)),
                           source)
              into violates;
          exception when others then
            violates := false;
          end;
          continue when violates is not true;

          select jsonb_object_agg(u.name, u.sql) into options from unnest(chosen, names) as u (sql, name);
          if writes_update then
            select format('update %s set %s where %s', relation,
                          string_agg(format('%I = %s', u.name, u.sql), ', ') filter (where u.sql <> quote_ident(u.name)), here)
              into tried
              from unnest(chosen, names) as u (sql, name);
          else
            select format('insert into %I.%I (%s) overriding system value select %s%s', ask.schema_name, ask.table_name,
                          string_agg(quote_ident(n.name), ', ' order by n.place),
                          string_agg((insert_values || options) ->> n.name, ', ' order by n.place), source)
              into tried
              from unnest(insert_names) with ordinality as n (name, place);
          end if;

          writes := writes + 1;
          got_state := null;
          begin
            -- RETURNING comes after the constraint and before every trigger that is fired after the row.
            execute tried || and_then;
            raise exception using errcode = 'SBV01', message = 'the row was gone before it could be written';
          exception when query_canceled or others then
            get stacked diagnostics got_state = returned_sqlstate, got_constraint = constraint_name, got_message = message_text;
          end;
          accepted := strpos(got_message, nothing_stays) > 0;
          if accepted or got_state = '23514' and got_constraint = con.conname then
            status := case when accepted then 'differs' else 'confirmed' end;
            execute format('select jsonb_build_object(%s)%s', (
                select string_agg(format(
                  '%L, case when length((%2$s)::text) > 80 then to_jsonb(left((%2$s)::text, 60) || ''…'') else to_jsonb(%2$s) end',
                  u.name, u.sql), ', ')
                from unnest(chosen, names) as u (sql, name)
                where not has_row or u.sql <> quote_ident(u.name)
              ), '') into wrote;
            found_fact := jsonb_build_object(
              'sqlstate', case when not accepted then got_state end, 'constraint', nullif(got_constraint, ''), 'wrote', wrote);
            exit probe;
          end if;
          found_fact := jsonb_build_object('sqlstate', got_state, 'constraint', nullif(got_constraint, ''), 'reason', got_message);
          if got_state = 'SBV01' then
            found_fact := jsonb_build_object('reason', got_message);
          end if;
          stop := got_state = '57014';
          exit probe when stop or writes >= most_writes or got_state not in ('23514', '23502');
        end loop;
      end probe;
    exception when query_canceled or others then
      status := 'not-probed';
      found_fact := jsonb_build_object('sqlstate', sqlstate, 'reason', sqlerrm);
      stop := sqlstate = '57014';
    end;
    answers := answers || jsonb_build_object('number', ask.number, 'status', status, 'found', found_fact, 'query', tried);
  end loop;
  perform set_config(s.key, s.value, true) from jsonb_each_text(settings) as s;
  perform set_config('sbapply.probes', to_jsonb(answers)::text, true);
end
$sbapply$;
