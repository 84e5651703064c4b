  -- NOT NULL is tried with made values alone: a row's columns are looked at in their order, so that nothing but the
  -- columns before the one that is NULL need a value. Every column is named: no default is asked for one.
  declare
    ask record;
    tried text;
    got_state text;
    got_column text;
    got_message text;
    row_table oid;
    row_place tid;
    way integer;
    status text;
    found_fact jsonb;
  begin
    for ask in
      with columns as (
        select a.*,
               string_agg(a.shown, ', ') over every as listed,
               coalesce(string_agg(a.filled, ', ') over before || ', ', '') as before,
               coalesce(', ' || string_agg(case when a.typnotnull then a.filled when a.shown is not null then 'null' end, ', ')
                 over after, '') as after,
               coalesce(bool_and(a.shown is null or a.filled is not null) over before, true)
                 and coalesce(bool_and(a.shown is null or a.filled is not null or not a.typnotnull) over after, true) as can_make,
               string_agg(a.shown, ', ') over before as shown_before,
               string_agg(a.shown, ', ') over after as shown_after
        from (
          select u.oid, u.schema_name, u.table_name, u.relation, u.parted, (u.not_null -> a.attname)::integer as number,
                 a.attnum, a.attname, a.attnotnull, t.typnotnull, a.attgenerated,
                 case when a.attgenerated = '' then quote_ident(a.attname) end as shown,
                 case
                   when a.attgenerated <> '' then null
                   when a.attnotnull or t.typnotnull
                     then quote_literal((@made@)[1]) || '::' || format_type(a.atttypid, a.atttypmod)
                   else 'null'
                 end as filled
          from jsonb_to_recordset(tables) as u (oid oid, schema_name text, table_name text, relation text, parted boolean,
                                                reason text, not_null jsonb)
          join pg_attribute a on a.attrelid = u.oid and a.attnum > 0 and not a.attisdropped
          join pg_type t on t.oid = a.atttypid
          join pg_type base on base.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
          where u.reason is null and u.not_null <> '{}'
        ) as a
        window every as (partition by a.oid),
               before as (partition by a.oid order by a.attnum rows between unbounded preceding and 1 preceding),
               after as (partition by a.oid order by a.attnum rows between 1 following and unbounded following)
      )
      select c.oid, c.number, c.attname::text as name, c.relation, c.parted,
             format('insert into %I.%I (%s) overriding system value ', c.schema_name, c.table_name, c.listed) as opening,
             case when not c.parted and c.can_make then format('values (%snull%s)', c.before, c.after) end as made,
             format('select %s from %s', concat_ws(', ', c.shown_before, 'null', c.shown_after), c.relation) as copied,
             case
               when not c.attnotnull and c.typnotnull then 'the type forbids NULL, not the column'
               when not c.attnotnull then 'the column allows NULL'
               when c.attgenerated <> '' then 'the column is generated'
             end as reason
      from columns c
      where c.number is not null
      union all
      select u.oid, e.value::integer, e.key, u.relation, u.parted, null, null, null, coalesce(u.reason, 'the column is not there')
      from jsonb_to_recordset(tables) as u (oid oid, relation text, parted boolean, reason text, not_null jsonb)
      cross join lateral jsonb_each(u.not_null) as e
      where u.reason is not null or not exists (
        select from pg_attribute a
        where a.attrelid = u.oid and a.attname = e.key and a.attnum > 0 and not a.attisdropped
      )
    loop
      status := 'not-probed';
      found_fact := null;
      tried := null;
      got_state := null;
      if ask.reason is not null or stop or ask.oid = any (locked) then
        found_fact := jsonb_build_object('reason', coalesce(
          ask.reason, case when stop then 'the time for probes was over' else 'somebody else has locked the table' end));
      end if;
      for way in 1 .. 2 loop
        exit when found_fact is not null and got_state is null or status <> 'not-probed' or got_state in ('55P03', '57014', '42501');
        continue when way = 1 and ask.made is null;
        begin
          if way = 1 then
            tried := ask.opening || ask.made;
          else
            execute format('select x.tableoid, x.ctid from %s as x limit 1', ask.relation) into row_table, row_place;
            if row_place is null then
              raise exception using errcode = 'SBV01', message = 'the table has no row';
            end if;
            tried := format('%s%s where %sctid = %L', ask.opening, ask.copied,
                            case when ask.parted then format('tableoid = %s and ', row_table) end, row_place);
          end if;
          -- RETURNING comes after the constraint and before every trigger that is fired after the row.
          execute tried || and_then;
          raise exception using errcode = 'SBV01', message = 'the row was gone before it could be copied';
        exception when query_canceled or others then
          get stacked diagnostics got_state = returned_sqlstate, got_column = column_name, got_message = message_text;
        end;
        if got_state = '23502' and got_column = ask.name then
          status := 'confirmed';
          found_fact := jsonb_build_object('sqlstate', got_state, 'column', got_column, 'wrote', jsonb_build_object(ask.name, null));
        elsif strpos(got_message, nothing_stays) > 0 then
          status := 'differs';
          found_fact := jsonb_build_object('sqlstate', null, 'column', null, 'wrote', jsonb_build_object(ask.name, null));
        elsif got_state <> 'SBV01' or found_fact is null then
          found_fact := jsonb_strip_nulls(jsonb_build_object('sqlstate', nullif(got_state, 'SBV01'), 'reason', got_message));
        end if;
      end loop;
      if got_state = '55P03' then
        locked := locked || ask.oid;
      end if;
      stop := stop or coalesce(got_state = '57014', false);
      answers := answers || jsonb_build_object('number', ask.number, 'status', status, 'found', found_fact, 'query', tried);
    end loop;
  end;
