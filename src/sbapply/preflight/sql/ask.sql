do $sbapply$
declare
  most_counted constant integer := 1000000;
  blocks_at_once constant bigint := 256;
  longest constant integer := 60;
  question jsonb := jsonb_strip_nulls(current_setting('sbapply.question')::jsonb);
  over timestamptz := current_setting('sbapply.over')::timestamptz;
  own_path text := current_setting('sbapply.path');
  path text;
  reason text;
  state text;
  shown_name text;
  part record;
  step jsonb;
  relation regclass;
  kind "char";
  texts jsonb := '{}';
  names text[];
  outputs text[];
  row_names text[];
  item record;
  con record;
  key_text text;
  base text;
  ctes text;
  sample_text text;
  has_parent boolean := false;
  query text;
  condition text;
  parts text[];
  keys text[];
  parent_keys text[];
  bound jsonb;
  prefix integer;
  total bigint := 0;
  at_least boolean := false;
  samples jsonb := '[]';
  leaf regclass;
  block bigint;
  chunk text;
  at integer;
  settled boolean := false;
begin
  begin
    <<asking>>
    begin
      path := coalesce(question ->> 'path', own_path);
      perform set_config('search_path', '', true);
      if clock_timestamp() >= over then
        reason := 'the time for questions was over';
        exit asking;
      end if;

      -- Writes fail in this transaction; what acts outside of it would not.
      select string_agg(distinct p.oid::regprocedure::text, ', ')
        into reason
        from jsonb_array_elements(question -> 'functions') as f (name)
        join pg_proc p on p.proname = f.name ->> -1
        join pg_language l on l.oid = p.prolang
        join pg_namespace n on n.oid = p.pronamespace
        where p.provolatile = 'v' and l.lanname in ('internal', 'c')
          and (f.name ->> -2 is null or n.nspname = f.name ->> -2)
          and p.proname !~ ('^(random(_normal)?|clock_timestamp|timeofday|statement_timestamp|gen_random_uuid|uuidv[47]|'
            'uuid_generate_v.*|gen_random_bytes|gen_salt|nextval|currval|lastval|setval)$');
      if reason is not null then
        reason := format('it calls %s, which may act outside of the database', reason);
        exit asking;
      end if;

      -- Each table as the statements before would leave it: a layer of a subquery for each step.
      for part in select s.key, s.value from jsonb_each(question -> 'sources') as s order by s.key loop
        perform set_config('search_path', coalesce(part.value ->> 'path', own_path), true);
        relation := case when part.value ->> 'schema' is null then to_regclass(quote_ident(part.value ->> 'name'))
          else to_regclass(format('%I.%I', part.value ->> 'schema', part.value ->> 'name')) end;
        perform set_config('search_path', '', true);
        if part.value ? 'default_partition' then
          select p.partrelid, p.partdefid into con from pg_partitioned_table p where p.partrelid = relation;
          texts := texts || jsonb_build_object('partitioned', relation::oid);
          relation := nullif(con.partdefid, 0);
        end if;
        if relation is null and ((part.value ->> 'perhaps')::boolean or part.value ? 'default_partition') then
          settled := true;
          exit asking;
        end if;
        if relation is null then
          reason := format('there is no %s', concat_ws('.', part.value ->> 'schema', part.value ->> 'name'));
          exit asking;
        end if;
        select n.nspname || '.' || c.relname, c.relkind into shown_name, kind
          from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
        texts := texts || jsonb_build_object(part.key || ' oid', relation::oid, part.key || ' name', shown_name);
        -- Nobody checks what a foreign table holds.
        settled := kind = 'f' and part.key = 'rows';
        exit asking when settled;
        if kind not in ('r', 'p', 'm') then
          reason := format('%s is no table', shown_name);
          exit asking;
        end if;
        select array_agg(a.attname::text order by a.attnum) into names
          from pg_attribute a where a.attrelid = relation and a.attnum > 0 and not a.attisdropped;
        select string_agg(format('%1$L, case when length((%1$I)::text) > %2$s then left((%1$I)::text, %2$s) || ''…'' else (%1$I)::text end',
                                 a.attname, longest), ', ')
          into key_text
          from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
          where i.indrelid = relation and i.indisprimary;
        base := format('select *, tableoid as "sbapply table", ctid as "sbapply row", json_build_object(%s) as "sbapply key" from ',
                       coalesce(key_text, '''ctid'', ctid::text'));
        texts := texts || jsonb_build_object(part.key || ' base', base);
        base := format('%s%s%s', base, case when kind = 'r' and (part.value ->> 'only')::boolean then 'only ' end, relation);
        query := '';
        for step in
          select s.value from jsonb_array_elements(part.value -> 'steps') with ordinality as s (value, place) order by s.place
        loop
          condition := '';
          outputs := array(select quote_ident(n.name) from unnest(names) with ordinality as n (name, place) order by n.place);
          at := array_position(names, coalesce(step ->> 'column', step ->> 'from'));
          case step ->> 'do'
            when 'rename' then
              continue when at is null;
              outputs[at] := format('%I as %I', step ->> 'from', step ->> 'to');
              names[at] := step ->> 'to';
            when 'drop' then
              continue when at is null;
              outputs := outputs[:at - 1] || outputs[at + 1:];
              names := names[:at - 1] || names[at + 1:];
            when 'add' then
              continue when at is not null;
              outputs := outputs || format('%s as %I', step ->> 'sql', step ->> 'column');
              names := names || (step ->> 'column');
            when 'set' then
              for item in select c.key, c.value from jsonb_each_text(step -> 'columns') as c loop
                at := array_position(names, item.key);
                continue when at is null;
                outputs[at] := case when step ->> 'where' is null then format('%s as %I', item.value, item.key)
                  else format('case when %s then %s else %I end as %I', step ->> 'where', item.value, item.key, item.key) end;
              end loop;
            when 'keep' then
              condition := format(' where %s', step ->> 'where');
          end case;
          query := format('select %s, "sbapply table", "sbapply row", "sbapply key" from %s as %I%s', array_to_string(outputs, ', '),
            case query when '' then format('"sbapply base of %s"', part.key) else format('(%s)', query) end,
            coalesce(step ->> 'alias', part.value ->> 'alias'), condition);
        end loop;
        texts := texts || jsonb_build_object(part.key, format('"sbapply %s" as not materialized (%s)', part.key,
          case query when '' then format('select * from "sbapply base of %s"', part.key) else query end));
        ctes := concat_ws(', ', ctes, format('"sbapply base of %s" as not materialized (%s), %s', part.key, base, texts ->> part.key));
        has_parent := has_parent or part.key = 'parent';
        row_names := case part.key when 'rows' then names else row_names end;
      end loop;
      relation := (texts ->> 'rows oid')::oid;
      shown_name := texts ->> 'rows name';

      -- What IF NOT EXISTS finds is left as it is.
      settled := question ? 'unless_column' and exists (
          select from pg_attribute a
          where a.attrelid = relation and a.attname = question ->> 'unless_column' and not a.attisdropped)
        or question ? 'unless_index' and exists (
          select from pg_class c join pg_class t on t.oid = relation and t.relnamespace = c.relnamespace
          where c.relname = question ->> 'unless_index');
      exit asking when settled;

      -- A domain is asked in every column that is of it, or of a domain over it.
      if question ? 'domain' then
        perform set_config('search_path', path, true);
        relation := to_regtype(question ->> 'domain')::oid;
        perform set_config('search_path', '', true);
        select string_agg(format(
                 'select (%I)::%s as value, json_build_object(''table'', %L, ''column'', %L, ''ctid'', ctid::text) as "sbapply key" from only %s',
                 a.attname, format_type(a.atttypid, a.atttypmod), r.name, a.attname, a.attrelid::regclass), ' union all ')
          into base
          from (
            with recursive domains (oid) as (
              select relation::oid
              union
              select t.oid from pg_type t join domains d on t.typbasetype = d.oid where t.typtype = 'd'
            )
            select d.oid from domains d where d.oid is not null
          ) as d
          join pg_attribute a on a.atttypid = d.oid and a.attnum > 0 and not a.attisdropped
          cross join lateral (
            select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.oid = a.attrelid and c.relkind in ('r', 'm')
          ) as r;
        select n.nspname || '.' || t.typname into shown_name from pg_type t join pg_namespace n on n.oid = t.typnamespace
          where t.oid = relation;
        settled := base is null;
        exit asking when settled;
        ctes := format('"sbapply rows" as not materialized (%s)', base);
        row_names := array['value'];
        if question ? 'domain_constraint' then
          select question || jsonb_build_object('where', format('(%s) is false', pg_get_expr(k.conbin, 0))) into question
            from pg_constraint k where k.contypid = relation and k.conname = question ->> 'domain_constraint';
        end if;
      end if;

      -- A constraint that stands is asked by what the catalog says of it.
      if question ? 'constraint' then
        select k.* into con from pg_constraint k where k.conrelid = relation and k.conname = question ->> 'constraint';
        if not found then
          reason := format('%s has no constraint %s', shown_name, question ->> 'constraint');
          exit asking;
        end if;
        settled := con.convalidated;
        exit asking when settled;
        keys := array(
          select a.attname::text from unnest(con.conkey) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.number order by k.place);
        question := question || jsonb_build_object('shown', keys);
        case con.contype
          when 'c' then
            perform set_config('search_path', path, true);
            question := question || jsonb_build_object('where', format('(%s) is false', pg_get_expr(con.conbin, con.conrelid)));
            perform set_config('search_path', '', true);
          when 'n' then
            question := question || jsonb_build_object('where', format('%I is null', keys[1]));
          when 'f' then
            question := question || jsonb_build_object('columns', keys, 'full', con.confmatchtype = 'f', 'parent_columns', array(
              select a.attname::text from unnest(con.confkey) with ordinality as k (number, place)
              join pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.number order by k.place));
            has_parent := true;
            ctes := format('%s, "sbapply parent" as not materialized (select * from %s%s)', ctes, case
              when exists (select from pg_class c where c.oid = con.confrelid and c.relkind = 'r') then 'only ' end,
              con.confrelid::regclass);
          else
            reason := format('a constraint of this kind (%s) is not asked', con.contype);
            exit asking;
        end case;
      end if;

      if question ? 'bound' and not question ? 'partition_keys' then
        question := question || jsonb_build_object('shown', array(
          select a.attname::text from pg_partitioned_table p
          join pg_attribute a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs::smallint[])
          where p.partrelid = coalesce((texts ->> 'partitioned')::oid, (texts ->> 'parent oid')::oid)));
      end if;
      select string_agg(format('%1$L, case when length((%1$I)::text) > %2$s then left((%1$I)::text, %2$s) || ''…'' else (%1$I)::text end',
                               s.name, longest), ', ' order by s.place)
        into sample_text
        from (select * from jsonb_array_elements_text(question -> 'shown') with ordinality as x (name, place) limit 8) as s
        where s.name = any (row_names);
      sample_text := format('json_build_object(''key'', "sbapply key", ''values'', json_build_object(%s))', sample_text);
      query := format('select %s as sample from "sbapply rows" as %I', sample_text, coalesce(question #>> '{sources,rows,alias}', 'value'));

      if question ? 'index' then
        select format('%s where %s', query, string_agg(format('%I is null', a.attname), ' or ')) into query
          from pg_index i
          join pg_class c on c.oid = i.indexrelid
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
          where i.indrelid = relation and c.relname = question ->> 'index';
      elsif question ? 'where' then
        query := format('%s where %s', query, question ->> 'where');
      elsif question ? 'query' then
        query := question ->> 'query';

      elsif question ? 'columns' then
        keys := array(select jsonb_array_elements_text(question -> 'columns'));
        parent_keys := array(select jsonb_array_elements_text(question -> 'parent_columns'));
        if question ->> 'parent_columns' is null then
          parent_keys := array(
            select a.attname::text
            from pg_index i
            cross join unnest(i.indkey::smallint[]) with ordinality as k (number, place)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
            where i.indrelid = (texts ->> 'parent oid')::oid and i.indisprimary
            order by k.place);
          if cardinality(parent_keys) <> cardinality(keys) and has_parent then
            reason := format('%s has no primary key of %s columns', texts ->> 'parent name', cardinality(keys));
            exit asking;
          end if;
        end if;
        select string_agg(format('%I.%I is not null', question #>> '{sources,rows,alias}', c.name), ' and ')
               || case when has_parent then format(' and not exists (select from "sbapply parent" where %s)', string_agg(
                    format('"sbapply parent".%I = %I.%I', c.parent_name, question #>> '{sources,rows,alias}', c.name), ' and '))
                  else '' end
          into condition
          from unnest(keys, parent_keys) as c (name, parent_name);
        base := query;
        query := format('%s where %s', base, condition);
        if (question ->> 'full')::boolean and cardinality(keys) > 1 then
          query := format('(%s) union all (%s where num_nulls(%s) between 1 and %s)', query, base, (
            select string_agg(quote_ident(k.name), ', ') from unnest(keys) as k (name)), cardinality(keys) - 1);
        end if;

      elsif question ? 'bound' then
        bound := question -> 'bound';
        keys := array(select jsonb_array_elements_text(question -> 'partition_keys'));
        relation := coalesce((texts ->> 'partitioned')::oid, (texts ->> 'parent oid')::oid);
        if question ->> 'partition_keys' is null then
          keys := array(
            select coalesce(quote_ident(a.attname), format('(%s)', pg_get_expr(p.partexprs, p.partrelid)))
            from pg_partitioned_table p
            cross join unnest(p.partattrs::smallint[]) with ordinality as k (number, place)
            left join pg_attribute a on a.attrelid = p.partrelid and a.attnum = k.number and k.number > 0
            where p.partrelid = relation
            order by k.place);
        end if;
        if cardinality(keys) = 0 or bound ->> 'strategy' = 'hash' and relation is null then
          reason := 'the key of the partitioned table is not known';
          exit asking;
        end if;
        case bound ->> 'strategy'
          when 'default' then
            select string_agg(format('(%s)', pg_get_partition_constraintdef(i.inhrelid)), ' or ') into condition
              from pg_inherits i where i.inhparent = relation;
            settled := condition is null and relation is not null;
            exit asking when settled;
            if condition is null then
              reason := 'the other partitions are made in the same push';
              exit asking;
            end if;
            condition := format('not (%s)', condition);
          when 'list' then
            select string_agg(v.sql, ', ') into condition from jsonb_array_elements_text(bound -> 'values') as v (sql);
            condition := concat_ws(' or ',
              case when (bound ->> 'null')::boolean then format('%s is null', keys[1]) end,
              case when condition is not null then format('%s in (%s)', keys[1], condition) end);
          when 'range' then
            select array_agg(format('%s is not null', k.sql)) into parts from unnest(keys) as k (sql);
            -- Behind a MINVALUE or MAXVALUE no further key counts.
            for item in select s.side, bound -> s.side as ends from unnest(array['from', 'to']) as s (side) loop
              select min(e.place)::integer into prefix
                from jsonb_array_elements_text(item.ends) with ordinality as e (sql, place) where e.sql in ('minvalue', 'maxvalue');
              at := coalesce(prefix, cardinality(keys) + 1) - 1;
              if at = 0 then
                if item.ends ->> 0 = (case item.side when 'from' then 'maxvalue' else 'minvalue' end) then
                  parts := parts || 'false'::text;
                end if;
                continue;
              end if;
              parts := parts || format('(%s) %s (%s)', array_to_string(keys[:at], ', '),
                case when item.side = 'from' then case when item.ends ->> at = 'maxvalue' then '>' else '>=' end
                  else case when item.ends ->> at = 'maxvalue' then '<=' else '<' end end,
                (select string_agg(e.sql, ', ' order by e.place)
                 from jsonb_array_elements_text(item.ends) with ordinality as e (sql, place) where e.place <= at));
            end loop;
            condition := array_to_string(parts, ' and ');
          else
            condition := format('satisfies_hash_partition(%s, %s, %s, %s)', relation::oid, bound ->> 'modulus', bound ->> 'remainder',
                                array_to_string(keys, ', '));
        end case;
        query := format('%s where (%s) is %s', query, condition,
                        case when texts ? 'partitioned' then 'true' else 'not true' end);

      else
        -- A cast is tried a run of blocks at a time, and row by row only where one of them fails.
        for leaf in
          with recursive family (oid) as (
            select relation::oid
            union
            select i.inhrelid from pg_inherits i join family f on i.inhparent = f.oid
            where not (question #>> '{sources,rows,only}')::boolean
          )
          select f.oid from family f join pg_class c on c.oid = f.oid and c.relkind = 'r'
        loop
          ctes := format('with "sbapply base of rows" as not materialized (%sonly %s), %s', texts ->> 'rows base', leaf, texts ->> 'rows');
          for block in select * from generate_series(0, pg_relation_size(leaf) / current_setting('block_size')::integer, blocks_at_once) loop
            chunk := format('"sbapply row" >= ''(%s,0)'' and "sbapply row" < ''(%s,0)''', block, block + blocks_at_once);
            begin
              perform set_config('search_path', path, true);
              execute format('%s select count(*) filter (where %s) + 0 * count(%s) from "sbapply rows" as %I where %s', ctes,
                             question ->> 'too_long', question ->> 'expression', question #>> '{sources,rows,alias}', chunk) into at;
              perform set_config('search_path', '', true);
              continue when at = 0;
            exception when others then
              if sqlstate !~ '^(22|23|P0001)' then
                raise;
              end if;
            end;
            for item in
              execute format('%s select "sbapply row" as place, %s as sample from "sbapply rows" as %I where %s', ctes, sample_text,
                             question #>> '{sources,rows,alias}', chunk)
            loop
              begin
                perform set_config('search_path', path, true);
                execute format('%s select count(*) filter (where %s) + 0 * count(%s) from "sbapply rows" as %I where "sbapply row" = $1', ctes,
                               question ->> 'too_long', question ->> 'expression', question #>> '{sources,rows,alias}')
                  into at using item.place;
                perform set_config('search_path', '', true);
                continue when at = 0;
                reason := question ->> 'too_long_reason';
              exception when others then
                if sqlstate !~ '^(22|23|P0001)' then
                  raise;
                end if;
                reason := sqlerrm;
              end;
              total := total + 1;
              if total <= 3 then
                samples := samples || jsonb_build_object('key', item.sample -> 'key', 'values', item.sample -> 'values',
                                                         'says', left(reason, 200));
              end if;
              reason := null;
              at_least := total >= most_counted;
              exit asking when at_least;
            end loop;
          end loop;
        end loop;
        settled := true;
        exit asking;
      end if;

      perform set_config('search_path', path, true);
      execute format('with %s select coalesce(json_agg(f.sample), ''[]'') from (%s limit 3) as f', ctes, query) into samples;
      total := jsonb_array_length(samples);
      at_least := total = 3;
      if at_least then
        execute format('with %s select count(*) from (%s limit %s) as f', ctes, query, most_counted + 1) into total;
        at_least := total > most_counted;
        total := least(total, most_counted);
      end if;
    end asking;
  exception when query_canceled or assert_failure or others then
    state := sqlstate;
    -- What was found before the time was over was found all the same.
    reason := case when state <> '57014' then sqlerrm
      when total = 0 then 'no answer within the time limit' end;
    at_least := total > 0;
  end;
  perform set_config('search_path', own_path, true),
          set_config('sbapply.answers', (current_setting('sbapply.answers')::jsonb || jsonb_build_object(
            'number', question -> 'number', 'table', shown_name, 'reason', reason, 'sqlstate', state,
            'count', total, 'at_least', at_least, 'sample', samples))::text, true);
end
$sbapply$;
