  -- UNIQUE, PRIMARY KEY and EXCLUDE are tried with a copy of a row, a foreign key with a value that no parent has. What
  -- would answer before gets other values: the unique indexes that are older (all of them before a foreign key and
  -- before what is deferrable), and foreign keys, so that no parent is locked where NULL will do.
  declare
    most_tries constant integer := 8;
    con record;
    col record;
    rival record;
    status text;
    found_fact jsonb;
    tried text;
    expected text;
    known text[];
    key_names text[];
    others text[];
    varied text[];
    changed text[];
    held text[];
    listed text[];
    chosen text[];
    wrote jsonb;
    beside text[];
    condition text;
    leaf oid;
    leaf_index oid;
    row_table oid;
    row_place tid;
    here text;
    picked text;
    value text;
    parent text;
    has_parent boolean;
    late boolean;
    try integer;
    got_state text;
    got_constraint text;
    got_message text;
  begin
    for con in
      select t.*, p.number, p.name, p.sqlstate as expected, k.oid as number_of, k.conname, k.contype, k.conkey, k.confkey,
             k.confrelid, k.confmatchtype, k.condeferrable, k.condeferred, k.conexclop, k.conindid,
             coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as enforced,
             coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) as period,
             coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls_equal,
             -- Where no other index is asked before, any row will do as it is.
             case when k.contype in ('p', 'u') and not k.condeferrable and t.reason is null and not t.parted and not exists (
               select from pg_index r
               where r.indrelid = t.oid and (r.indisunique or r.indisexclusion) and r.indexrelid < k.conindid
             ) then (
               select format('insert into %I.%I (%s) overriding system value select %3$s from %s where %s limit 1',
                             t.schema_name, t.table_name,
                             string_agg(quote_ident(a.attname), ', ' order by a.attnum) filter (where a.attgenerated = ''),
                             t.relation, coalesce(
                               string_agg(format('%I is not null', a.attname), ' and ') filter (
                                 where a.attnum = any (k.conkey) and not a.attnotnull),
                               'true'))
               from pg_attribute a
               where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
             ) end as plain
      from jsonb_to_recordset(tables) as t (oid oid, schema_name text, table_name text, relation text, parted boolean,
                                            reason text, late_reason text, beside text, keys jsonb)
      cross join lateral jsonb_to_recordset(t.keys) as p (number integer, name text, sqlstate text)
      left join pg_constraint k on k.conrelid = t.oid and k.conname = p.name
      left join pg_index i on i.indexrelid = k.conindid and k.contype <> 'f'
    loop
      status := 'not-probed';
      found_fact := null;
      tried := null;
      <<probe>>
      begin
        late := con.contype = 'f' or con.condeferrable;
        found_fact := jsonb_build_object('reason', case
          when con.number_of is null and con.oid is not null then 'the constraint is not there'
          when con.expected <> case con.contype when 'f' then '23503' when 'x' then '23P01' when 'c' then '23514' else '23505' end
            then 'the constraint of that name is of another kind'
          when not con.enforced then 'the constraint is NOT ENFORCED'
          when con.period then 'the constraint is about a period'
          when con.contype = 'f' and exists (
            select from pg_attribute a where a.attrelid = con.oid and a.attnum = any (con.conkey) and a.attgenerated <> ''
          ) then 'the constraint is about a generated column'
          when con.reason is not null then con.reason
          when con.late_reason is not null then con.late_reason
          when late then con.beside
        end);
        if found_fact ->> 'reason' is null and (stop or con.oid = any (locked)) then
          found_fact := jsonb_build_object('reason', case
            when stop then 'the time for probes was over' else 'somebody else has locked the table' end);
        end if;
        if found_fact ->> 'reason' is not null then
          exit probe;
        end if;

        if con.plain is not null then
          tried := con.plain;
          begin
            execute tried || and_then;
            raise exception using errcode = 'SBV01', message = 'the table has no row';
          exception when query_canceled or others then
            get stacked diagnostics got_state = returned_sqlstate, got_constraint = constraint_name, got_message = message_text;
          end;
          if got_state = con.expected and got_constraint = con.name then
            status := 'confirmed';
            found_fact := jsonb_build_object('sqlstate', got_state, 'constraint', got_constraint, 'wrote', 'a copy of a row');
            exit probe;
          end if;
          tried := null;
        end if;

        -- Below a partitioned table the partition's own constraint answers.
        with recursive below (oid) as (
          select con.number_of union select k.oid from below b join pg_constraint k on k.conparentid = b.oid
        )
        select array_agg(k.conname::text) into known from below b join pg_constraint k on k.oid = b.oid;
        key_names := array(
          select a.attname::text from unnest(con.conkey) with ordinality as u (number, place)
          join pg_attribute a on a.attrelid = con.oid and a.attnum = u.number
          order by u.place);
        others := array(
          select distinct a.attname::text
          from pg_constraint k
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
          where k.conrelid = con.oid and k.contype = 'f' and k.oid <> con.number_of);

        -- A row that a copy of itself conflicts with.
        condition := 'true';
        if con.contype in ('p', 'u') and not con.nulls_equal then
          select coalesce(string_agg(format('%I is not null', a.attname), ' and '), 'true')
            into condition
            from pg_attribute a
            where a.attrelid = con.oid and a.attnum = any (con.conkey) and not a.attnotnull;
        elsif con.contype = 'x' then
          select concat_ws(' and ', string_agg(format('%1$s operator(%2$I.%3$s) %1$s', e.sql, n.nspname, o.oprname), ' and '),
                           (select pg_get_expr(i.indpred, i.indrelid) from pg_index i where i.indexrelid = con.conindid))
            into condition
            from unnest(con.conexclop) with ordinality as u (operator, place)
            join pg_operator o on o.oid = u.operator
            join pg_namespace n on n.oid = o.oprnamespace
            cross join lateral (select '(' || pg_get_indexdef(con.conindid, u.place::integer, true) || ')') as e (sql);
        end if;
        row_place := null;
        execute case con.contype
          when 'x' then format('select x.sbapply_table, x.sbapply_row from (select *, tableoid as sbapply_table, ctid as sbapply_row'
                               ' from %s limit 1000) as x where %s limit 1', con.relation, condition)
          else format('select tableoid, ctid from %s where %s limit 1', con.relation, condition)
        end into row_table, row_place;
        if row_place is null and (con.contype <> 'f' or con.parted) then
          execute format('select tableoid from %s limit 1', con.relation) into row_table;
          found_fact := jsonb_build_object('reason', case
            when row_table is null then 'the table has no row' else 'no row was found that a copy of itself conflicts with' end);
          -- Two made rows will do where nothing is fired after the first.
          exit probe when con.parted or con.contype = 'x' or row_table is not null or con.beside is not null;
        end if;
        here := concat_ws(' and ', case when con.parted then format('tableoid = %s', row_table) end, format('ctid = %L', row_place));
        leaf := coalesce(row_table, con.oid);

        varied := '{}';
        if con.contype = 'f' then
          varied := array(select u.name from unnest(key_names) as u (name) where u.name <> all (others));
          if cardinality(varied) = 0 then
            varied := key_names;
          end if;
          leaf_index := null;
        else
          with recursive below (oid) as (
            select con.number_of union select k.oid from below b join pg_constraint k on k.conparentid = b.oid
          )
          select k.conindid into leaf_index from below b join pg_constraint k on k.oid = b.oid where k.conrelid = leaf;
        end if;

        -- What the key reads stays as it is: its columns, those of its expressions and predicate, and those that a
        -- generated one of them is made of.
        held := array(
          with recursive of_key (number) as (
            select a.attnum
            from pg_index k
            join pg_attribute a on a.attrelid = leaf and a.attnum > 0
            where k.indexrelid = leaf_index
              and (a.attnum = any (k.indkey) or concat_ws(' ', k.indexprs, k.indpred) ~ format(':varattno (0|%s) ', a.attnum))
            union
            select a.attnum
            from of_key o
            join pg_attribute g on g.attrelid = leaf and g.attnum = o.number and g.attgenerated <> ''
            join pg_attrdef d on d.adrelid = leaf and d.adnum = g.attnum
            join pg_attribute a on a.attrelid = leaf and a.attnum > 0 and d.adbin::text ~ format(':varattno %s ', a.attnum)
          )
          select a.attname::text from of_key o join pg_attribute a on a.attrelid = leaf and a.attnum = o.number
        );
        others := array(select o.name from unnest(others) as o (name) where o.name <> all (held));
        -- Of made rows nobody knows what a generated column comes to: NULL is equal to nothing.
        exit probe when con.contype <> 'f' and row_place is null and exists (
          select from pg_attribute a where a.attrelid = leaf and a.attname = any (held) and a.attgenerated <> ''
        );

        -- Indexes are asked in the order of their numbers (src/backend/utils/cache/relcache.c, RelationGetIndexList).
        changed := '{}';
        for rival in
          select c.relname, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls_equal,
                 array(
                   select a.attname::text
                   from pg_attribute a
                   where a.attrelid = leaf and a.attgenerated = ''
                     and (a.attnum = any ((i.indkey::int2[])[0 : i.indnkeyatts - 1])
                       or i.indexprs is not null and i.indexprs::text ~ format(':varattno %s ', a.attnum))
                 ) as names
          from pg_index i
          join pg_class c on c.oid = i.indexrelid
          where row_place is not null and i.indrelid = leaf and (i.indisunique or i.indisexclusion) and i.indisready
            and i.indexrelid is distinct from leaf_index and (late or i.indexrelid < leaf_index)
          order by i.indexrelid
        loop
          continue when rival.names && varied or rival.names && changed;
          select a.attname::text
            into picked
            from pg_attribute a
            where a.attrelid = leaf and a.attname = any (rival.names)
              and a.attname <> all (case con.contype when 'f' then key_names else held end)
            order by a.attnotnull or rival.nulls_equal, a.attname = any (others), a.attnum
            limit 1;
          if picked is null then
            found_fact := jsonb_build_object('reason', format('the index %I answers first', rival.relname));
            exit probe;
          end if;
          changed := changed || picked;
        end loop;

        if con.contype = 'f' or row_place is not null then
          found_fact := jsonb_build_object('reason', 'no value was found with which the constraint is the one to answer');
        end if;
        for try in 0 .. most_tries - 1 loop
          listed := '{}';
          chosen := '{}';
          wrote := '{}';
          beside := '{}';
          value := null;
          for col in
            select a.attname::text as name, a.attnotnull or t.typnotnull as required, format_type(a.atttypid, a.atttypmod) as type,
                   t.typcategory as category, @made@ as made
            from pg_attribute a
            join pg_type t on t.oid = a.atttypid
            join pg_type base on base.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
            where a.attrelid = con.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by a.attnum
          loop
            listed := listed || quote_ident(col.name);
            picked := null;
            if col.name = any (varied) then
              picked := col.made[1 + try % cardinality(col.made)];
              wrote := wrote || jsonb_build_object(col.name, case
                when col.category = 'N' then to_jsonb(picked::numeric) else to_jsonb(picked) end);
            elsif col.name = any (changed) and (col.required or try % 2 = 1) then
              picked := col.made[1 + (try + 1) % cardinality(col.made)];
              beside := beside || picked;
            elsif row_place is null and (col.required or col.name = any (key_names)) then
              picked := col.made[1 + case
                when con.contype <> 'f' then try when con.confrelid = con.oid then try + 1 else 0 end % cardinality(col.made)];
              beside := beside || picked;
            end if;
            if picked is not null then
              picked := format('%L::%s', picked, col.type);
            elsif row_place is not null and (col.name <> all (changed || others) or col.required and col.name <> all (changed)
                or col.name = any (key_names) or try % 2 = 1 and col.name <> all (changed)) then
              picked := quote_ident(col.name);
              if con.contype = 'f' and col.name = any (key_names) and col.made is not null then
                picked := format('coalesce(%s, %L::%s)', picked, col.made[1], col.type);
              end if;
            elsif col.required or col.name = any (varied) or row_place is null and col.name = any (key_names) then
              value := col.name;
            else
              picked := format('null::%s', col.type);
            end if;
            chosen := chosen || picked;
          end loop;
          if value is not null then
            found_fact := jsonb_build_object('reason', format('no value is known for the column %I', value));
            exit probe;
          end if;
          -- A row may be its own parent.
          continue when con.confrelid = con.oid and exists (
            select from jsonb_each_text(wrote) as w (name, text) where w.text = any (beside)
          );
          tried := format('insert into %I.%I (%s) overriding system value select %s%s', con.schema_name, con.table_name, array_to_string(listed, ', '),
                          array_to_string(chosen, ', '), case
                            when row_place is not null then format(' from %s where %s', con.relation, here)
                            when con.contype <> 'f' then ' from generate_series(1, 2)'
                          end);

          begin
            if con.condeferred then
              set constraints all immediate;
            end if;
            if late or row_place is null then
              execute tried;
            else
              -- RETURNING comes after the constraint and before every trigger that is fired after the row.
              execute tried || and_then;
            end if;
            raise exception using errcode = 'SBV01', message = nothing_stays;
          exception when query_canceled or others then
            get stacked diagnostics got_state = returned_sqlstate, got_constraint = constraint_name, got_message = message_text;
          end;
          if con.contype <> 'f' then
            wrote := to_jsonb(case when row_place is null then 'a made row twice' else 'a copy of a row' end);
          end if;
          if got_state = con.expected and got_constraint = any (known) then
            status := 'confirmed';
            found_fact := jsonb_build_object('sqlstate', got_state, 'constraint', got_constraint, 'wrote', wrote);
            exit probe;
          end if;
          if strpos(got_message, nothing_stays) > 0 then
            -- It was accepted. What the snapshot shows may have changed: the row may be gone, or the value have a parent.
            if con.contype = 'f' then
              -- A NULL within the key is nothing that a parent has to have.
              select format('select exists (select from %s where %s) or %s', con.confrelid::regclass, string_agg(
                       format('%I = %s', r.attname, c.sql), ' and '), string_agg(c.sql || ' is null', ' or '))
                into parent
                from unnest(con.conkey, con.confkey) as u (own, theirs)
                join pg_attribute a on a.attrelid = con.oid and a.attnum = u.own
                join pg_attribute r on r.attrelid = con.confrelid and r.attnum = u.theirs
                cross join lateral (select format('(select %s%s)', w.sql, case when row_place is not null then
                    format(' from %s where %s', con.relation, here) end)
                  from unnest(chosen, listed) as w (sql, name)
                  where w.name = quote_ident(a.attname)) as c (sql);
              execute parent into has_parent;
              continue when has_parent;
            elsif row_place is not null then
              begin
                execute format('select from %s where %s for key share nowait', con.relation, here);
                raise exception using errcode = 'SBV01', message = nothing_stays;
              exception when query_canceled or others then
                if sqlstate <> 'SBV01' then
                  found_fact := jsonb_build_object('sqlstate', sqlstate, 'reason', 'the row changed while it was copied');
                  exit probe;
                end if;
              end;
            end if;
            status := 'differs';
            found_fact := jsonb_build_object('sqlstate', null, 'constraint', null, 'wrote', wrote);
            exit probe;
          end if;
          if con.contype = 'f' or row_place is not null or got_state in ('55P03', '57014', '42501') then
            found_fact := jsonb_build_object('sqlstate', got_state, 'constraint', nullif(got_constraint, ''), 'reason', got_message);
          end if;
          if got_state = '55P03' then
            locked := locked || con.oid;
          end if;
          stop := got_state = '57014';
          exit probe when got_state in ('55P03', '57014', '42501');
        end loop;
      exception when query_canceled or others then
        status := 'not-probed';
        found_fact := jsonb_build_object('sqlstate', sqlstate, 'reason', sqlerrm);
        stop := sqlstate = '57014';
        if sqlstate = '55P03' then
          locked := locked || con.oid;
        end if;
      end probe;
      answers := answers || jsonb_build_object('number', con.number, 'status', status, 'found', found_fact, 'query', tried);
    end loop;
  end;
