do $sbapply$
declare
  asked jsonb := current_setting('sbapply.asked_rows')::jsonb;
  -- Counting reads the whole table: about 0.1 s a million narrow rows that are in memory, far more from disk.
  most_rows constant real := 2000000;
  answers jsonb := '[]';
  subject record;
  query text;
  counted jsonb;
begin
  <<tables>>
  for subject in
    select a.schema_name, a.table_name, c.reltuples,
           jsonb_agg(jsonb_build_object('number', a.number, 'part', format(
             'json_build_object(''rows'', count(*), ''nulls'', count(*) filter (where %1$I is null), ''at_default'', %2$s)',
             a.column_name,
             case
               when r.attgenerated <> '' or r.attidentity <> '' then 'null'
               when d.oid is null then format('count(*) filter (where %I is null)', a.column_name)
               when moving.found then 'null'
               when bare.as_text
                 then format('count(*) filter (where %I::text is not distinct from (%s)::%s::text)', a.column_name,
                             pg_get_expr(d.adbin, d.adrelid), format_type(r.atttypid, r.atttypmod))
               else format('count(*) filter (where %I is not distinct from (%s)::%s)', a.column_name,
                           pg_get_expr(d.adbin, d.adrelid), format_type(r.atttypid, r.atttypmod))
             end
           )) order by a.number) as parts
    from jsonb_to_recordset(asked) as a (number integer, schema_name text, table_name text, column_name text)
    join pg_namespace n on n.nspname = a.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = a.table_name and c.relkind in ('r', 'p')
    join pg_attribute r on r.attrelid = c.oid and r.attname = a.column_name and r.attnum > 0 and not r.attisdropped
    left join pg_attrdef d on d.adrelid = r.attrelid and d.adnum = r.attnum
    -- Types without an equality operator of their own (json, xml, point, …) are compared as text.
    cross join lateral (
      select t.typname in ('json', 'xml', '_json', '_xml') or t.typcategory = 'G' as as_text
      from pg_type t where t.oid = r.atttypid
    ) as bare
    -- A default that is not immutable has no value that old rows could still be compared with; and a function of a
    -- user's own, in it or in a domain's checks, may be labelled immutable and yet call nextval.
    cross join lateral (
      select d.adbin::text ~ '[{](SQLVALUEFUNCTION|NEXTVALUEEXPR) ' or exists (
        select
        from (
          with recursive types (oid) as (
            select r.atttypid
            union
            select u.oid
            from types y
            join pg_type t on t.oid = y.oid
            cross join lateral (values (t.typbasetype), (t.typelem)) as u (oid)
            where u.oid <> 0
          )
          select k.conbin::text from pg_constraint k where k.contypid = any (array(select y.oid from types y))
          union all
          select d.adbin::text
        ) as e (tree)
        cross join lateral regexp_matches(e.tree, ':(funcid|opfuncid|opno) ([0-9]+)', 'g') as m
        left join pg_operator o on m[1] = 'opno' and o.oid = m[2]::oid
        join pg_proc p on p.oid = coalesce(o.oprcode::oid, m[2]::oid)
        join pg_language l on l.oid = p.prolang
        where p.provolatile <> 'i' or p.pronamespace <> 'pg_catalog'::regnamespace and l.lanname not in ('internal', 'c')
      ) as found
    ) as moving
    group by a.schema_name, a.table_name, c.reltuples
    order by a.schema_name, a.table_name
  loop
    begin
      if subject.reltuples > most_rows then
        raise exception using errcode = 'SBV03',
          message = format('about %s rows: too many to count in passing', subject.reltuples::bigint);
      end if;
      select format('select to_json(array[%s]) as counts from %I.%I', string_agg(p.part ->> 'part', ', ' order by p.place),
                    subject.schema_name, subject.table_name)
        into query
        from jsonb_array_elements(subject.parts) with ordinality as p (part, place);
      execute query into counted;
      select answers || jsonb_agg(jsonb_build_object(
               'number', p.part -> 'number',
               'rows', counted -> (p.place::integer - 1),
               'query', format('select %s as counts from %I.%I', p.part ->> 'part', subject.schema_name, subject.table_name)))
        into answers
        from jsonb_array_elements(subject.parts) with ordinality as p (part, place);
    exception when query_canceled or others then
      select answers || jsonb_agg(jsonb_build_object(
               'number', p.part -> 'number',
               'rows', jsonb_build_object('reason', sqlerrm, 'sqlstate', sqlstate)))
        into answers
        from jsonb_array_elements(subject.parts) as p (part);
      exit tables when sqlstate = '57014';
    end;
  end loop;
  perform set_config('sbapply.rows', answers::text, true);
end
$sbapply$;
