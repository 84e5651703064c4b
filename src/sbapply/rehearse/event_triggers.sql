-- CREATE EVENT TRIGGER for role postgres. Postgres asks for a superuser before anything of ours could run, so the
-- client sends such a statement as a call of this procedure (rewording.py). Runs once, after rights.sql.
--
-- It makes what the statement says and nothing else, from parts that it has taken apart itself: text that is more
-- than one CREATE EVENT TRIGGER is refused. The function has to be postgres's own, as on the platform. What a project's
-- event triggers must never do is run as a superuser; rights.sql silences them where a superuser is at work.

create procedure pg_catalog.sbapply(definition text)
language plpgsql security definer
as $$
declare
  name_pattern constant text := '("(?:[^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)';
  list_pattern constant text := $pattern$\(\s*'[^'\\]*'(?:\s*,\s*'[^'\\]*')*\s*\)$pattern$;
  parts constant text[] := pg_catalog.regexp_match(
    definition,
    '^\s*' || name_pattern || '\s+on\s+' || name_pattern
    || '((?:\s+(?:when|and)\s+tag\s+in\s*' || list_pattern || ')*)'
    || '\s+execute\s+(?:function|procedure)\s+(?:' || name_pattern || '\s*\.\s*)?' || name_pattern || '\s*\(\s*\)\s*$',
    'i');
  trigger_name text;
  routine oid;
  owner oid;
  tags text := '';
begin
  if parts is null then
    raise exception 'permission denied to create event trigger'
      using errcode = 'insufficient_privilege', hint = 'This statement is not simulated by sbapply.';
  end if;
  if pg_catalog.lower(parts[2]) = 'login' then
    raise exception 'event triggers on login are not simulated by sbapply' using errcode = 'feature_not_supported';
  end if;
  if not pg_catalog.pg_has_role(session_user, 'postgres', 'member') then
    raise exception 'permission denied to create event trigger "%"', parts[1]
      using errcode = 'insufficient_privilege', hint = 'Must be superuser to create an event trigger.';
  end if;
  routine := pg_catalog.to_regprocedure(coalesce(parts[4] || '.', '') || parts[5] || '()');
  if routine is null then
    raise exception 'function %() does not exist', coalesce(parts[4] || '.', '') || parts[5]
      using errcode = 'undefined_function';
  end if;
  select proowner into owner from pg_catalog.pg_proc where oid = routine;
  if (select rolsuper from pg_catalog.pg_roles where oid = owner) then
    raise exception 'Non-superuser owned event trigger must execute a non-superuser owned function'
      using errcode = 'internal_error';
  end if;
  if parts[3] <> '' then
    select ' when tag in (' || pg_catalog.string_agg(pg_catalog.quote_literal(tag[1]), ', ') || ')' into tags
    from pg_catalog.regexp_matches(parts[3], $pattern$'([^']*)'$pattern$, 'g') as tag;
  end if;
  trigger_name := (pg_catalog.parse_ident(parts[1]))[1];
  execute pg_catalog.format(
    'create event trigger %I on %I%s execute function %s', trigger_name, (pg_catalog.parse_ident(parts[2]))[1], tags,
    routine::pg_catalog.regprocedure);
  update pg_catalog.pg_event_trigger set evtowner = 'postgres'::pg_catalog.regrole where evtname = trigger_name;
  -- What belongs to the first superuser has no row there.
  insert into pg_catalog.pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype)
  select pg_database.oid, 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, pg_event_trigger.oid, 0,
         'pg_catalog.pg_authid'::pg_catalog.regclass, 'postgres'::pg_catalog.regrole, 'o'
  from pg_catalog.pg_database, pg_catalog.pg_event_trigger
  where datname = pg_catalog.current_database() and evtname = trigger_name;
end
$$;

do $$
declare
  member text;
begin
  for member in select oid::pg_catalog.regprocedure::text from pg_catalog.pg_proc where proname ~ '^sbapply' loop
    execute 'alter extension plpgsql add routine ' || member;
  end loop;
  for member in select evtname from pg_catalog.pg_event_trigger where evtname ~ '^[~!]sbapply_' loop
    execute pg_catalog.format('alter extension plpgsql add event trigger %I', member);
  end loop;
end
$$;
