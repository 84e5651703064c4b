-- What role postgres may do on the platform beyond its rights, and no more than that. There the module supautils
-- makes it a superuser for the length of one statement (supabase/supautils, src/supautils.c); here event triggers
-- do what they can. Runs once, after platform.sql, as the superuser supabase_admin, on 15 to 18.
--
-- Before a statement of a kind that may need it, the session takes the role sbapply_elevated, which owns what
-- postgres and the platform's services own; after it, what the statement touched is held against the list of what
-- the platform allows, and the session is postgres again. Nothing is written for that, so sessions at once do not
-- wait for each other. Everything else that postgres tries is refused by Postgres itself, since postgres is a
-- member of none of those roles.
--
-- No role that a migration can take is a superuser: a superuser runs programs, and a rehearsal is run on files that
-- nobody has read yet.
--
-- All of it is a member of the extension plpgsql and in pg_catalog, so that no dump shows it.

create role sbapply_elevated;

-- Postgres may take that role but does not inherit from it. Together with the membership of sbapply_elevated in
-- postgres this is a circle, which GRANT refuses and which does no harm: memberships are walked once.
do $$
begin
  if pg_catalog.current_setting('server_version_num')::integer >= 160000 then
    execute 'grant sbapply_elevated to postgres with inherit false, set true';
    execute 'grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to sbapply_elevated '
      'with inherit true, set false';
    insert into pg_catalog.pg_auth_members (oid, roleid, member, grantor, admin_option, inherit_option, set_option)
    select pg_catalog.max(oid::pg_catalog.int8) + 1, 'postgres'::pg_catalog.regrole,
           'sbapply_elevated'::pg_catalog.regrole, 10, false, true, true
    from pg_catalog.pg_auth_members;
  else
    create role sbapply_step noinherit;
    grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to sbapply_elevated;
    grant sbapply_elevated to sbapply_step;
    grant sbapply_step to postgres;
    insert into pg_catalog.pg_auth_members (roleid, member, grantor, admin_option)
    values ('postgres'::pg_catalog.regrole, 'sbapply_elevated'::pg_catalog.regrole, 10, false);
  end if;
end
$$;

-- A comment on plpgsql, which old dumps hold, is allowed, dropping it is not.
update pg_catalog.pg_extension set extowner = 'sbapply_elevated'::pg_catalog.regrole where extname = 'plpgsql';

-- supautils.policy_grants and supautils.drop_trigger_grants, which name the same tables.
create function pg_catalog.sbapply_is_granted(relation oid) returns boolean
language plpgsql stable
as $$
begin
  return (
    select nspname || '.' || relname = any (array[
      'auth.audit_log_entries', 'auth.flow_state', 'auth.identities', 'auth.instances', 'auth.mfa_amr_claims',
      'auth.mfa_challenges', 'auth.mfa_factors', 'auth.oauth_clients', 'auth.one_time_tokens', 'auth.refresh_tokens',
      'auth.saml_providers', 'auth.saml_relay_states', 'auth.sessions', 'auth.sso_domains', 'auth.sso_providers',
      'auth.users', 'realtime.messages', 'realtime.subscription', 'storage.buckets', 'storage.buckets_analytics',
      'storage.objects', 'storage.prefixes', 'storage.s3_multipart_uploads', 'storage.s3_multipart_uploads_parts'])
    from pg_catalog.pg_class
    join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.oid = relation);
end
$$;

-- The relation that a policy, trigger, rule, constraint or column default is of, or the object's own id.
create function pg_catalog.sbapply_relation_of(class oid, object oid) returns oid
language sql stable
as $$
  select case class
    when 'pg_catalog.pg_policy'::pg_catalog.regclass
      then (select polrelid from pg_catalog.pg_policy where oid = object)
    when 'pg_catalog.pg_trigger'::pg_catalog.regclass
      then (select tgrelid from pg_catalog.pg_trigger where oid = object)
    when 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      then (select ev_class from pg_catalog.pg_rewrite where oid = object)
    when 'pg_catalog.pg_constraint'::pg_catalog.regclass
      then (select nullif(conrelid, 0) from pg_catalog.pg_constraint where oid = object)
    when 'pg_catalog.pg_class'::pg_catalog.regclass then object
  end
$$;

-- What belongs to the first superuser has no row in pg_shdepend, nor has schema public, which is pg_database_owner's.
create function pg_catalog.sbapply_owns(class oid, object oid) returns boolean
language sql stable
as $$
  select coalesce(
    pg_catalog.pg_has_role('postgres', coalesce(
      (select relowner from pg_catalog.pg_class where oid = pg_catalog.sbapply_relation_of(class, object)),
      (select nspowner from pg_catalog.pg_namespace
       where class = 'pg_catalog.pg_namespace'::pg_catalog.regclass and oid = object),
      (select refobjid from pg_catalog.pg_shdepend
       where classid = class and objid = object and deptype = 'o'
         and dbid in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())))
    ), 'usage'), false)
$$;

create function pg_catalog.sbapply_refuse(kind text, name text) returns void
language plpgsql
as $$
begin
  raise exception 'must be owner of % %', kind, name using errcode = 'insufficient_privilege';
end
$$;

-- Tells whether the text that the client sent mentions what such a statement could need: 'tables' of the platform,
-- 'comments' on policies or extensions, or what takes a 'superuser'. Each text is searched once; most hold nothing of
-- it, and their statements run as they are.
create function pg_catalog.sbapply_mentions(what text) returns boolean
language plpgsql
as $$
declare
  message constant text := pg_catalog.statement_timestamp()::text;
  setting constant text := 'sbapply.mentions_' || what;
  known text := pg_catalog.current_setting(setting, true);
  query text;
  found boolean := false;
begin
  -- The client has searched a long text once for all of its transactions (rewording.py); a RESET ALL keeps that.
  if pg_catalog.strpos(coalesce(pg_catalog.current_setting('sbapply.unmentioned', true), ''), what) > 0 then
    return false;
  end if;
  if known is null or not pg_catalog.starts_with(known, message) then
    query := pg_catalog.current_query();
    -- A file that travels in pieces is run from a table, so its own text is not there to be searched.
    if pg_catalog.strpos(query, 'sbapply_pieces') > 0 then
      found := true;
    elsif what = 'comments' then
      found := query ~* '\mcomment\s+on\s+(policy|extension)\M';
    elsif what = 'tables' then
      found := query ~* '\m(storage|realtime)\M|\mon\s+"?auth"?\s*\.|\mtable\s+(only\s+)?"?auth"?\s*\.|search_path';
    else
      found := query ~* '\m(all\s+tables|tables\s+in\s+schema|set\s+schema)\M';
    end if;
    known := message || case when found then ' yes' else ' no' end;
    perform pg_catalog.set_config(setting, known, true);
  end if;
  return pg_catalog.strpos(known, ' yes') > 0;
end
$$;

-- Within SECURITY DEFINER no role can be taken; what the statement does is then postgres's own affair.
create function pg_catalog.sbapply_rise() returns event_trigger
language plpgsql
as $$
begin
  if current_user <> 'postgres'
     or not pg_catalog.sbapply_mentions(case tg_tag when 'COMMENT' then 'comments' else 'tables' end)
     or (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    return;
  end if;
  begin
    perform pg_catalog.set_config('role', 'sbapply_elevated', true);
  exception when insufficient_privilege then
    null;
  end;
end
$$;

-- Only a superuser makes a publication of all tables or of all of a schema, and moves an extension with types. No
-- code of a project's runs within these statements but its event triggers, which are silent meanwhile. Those that
-- stand in line already cannot be silenced, so with one whose name comes after ours nothing is allowed.
create function pg_catalog.sbapply_promote() returns event_trigger
language plpgsql security definer
as $$
begin
  if pg_catalog.current_setting('role') = (case session_user when 'postgres' then 'none' else 'postgres' end)
     and pg_catalog.sbapply_mentions('superuser')
     and not exists (select from pg_catalog.pg_event_trigger where evtowner <> 10 and evtname > '~sbapply') then
    perform pg_catalog.sbapply_silence(true);
    update pg_catalog.pg_authid set rolsuper = true where rolname = 'postgres';
  end if;
end
$$;

create function pg_catalog.sbapply_demote() returns event_trigger
language plpgsql security definer
as $$
begin
  update pg_catalog.pg_authid set rolsuper = false where rolname = 'postgres' and rolsuper;
  if found then
    perform pg_catalog.sbapply_silence(false);
    perform pg_catalog.sbapply_refuse(object_type, object_identity)
    from pg_catalog.pg_event_trigger_ddl_commands()
    where object_type in ('publication', 'extension') and not pg_catalog.sbapply_owns(classid, objid);
  end if;
end
$$;

-- A trusted extension's script runs as a superuser, and a project's event triggers would run as one within it.
create function pg_catalog.sbapply_quiet() returns event_trigger
language plpgsql security definer
as $$
begin
  perform pg_catalog.sbapply_silence(tg_event = 'ddl_command_start');
end
$$;

create function pg_catalog.sbapply_silence(silent boolean) returns void
language plpgsql
as $$
declare
  silenced constant text := pg_catalog.current_setting('sbapply.silenced', true);
begin
  if silent then
    perform pg_catalog.set_config('sbapply.silenced', pg_catalog.string_agg(oid || ' ' || evtenabled::text, ','), true)
    from pg_catalog.pg_event_trigger where evtowner <> 10 and evtenabled <> 'D' having pg_catalog.count(*) > 0;
    update pg_catalog.pg_event_trigger set evtenabled = 'D' where evtowner <> 10 and evtenabled <> 'D';
  elsif silenced <> '' then
    update pg_catalog.pg_event_trigger set evtenabled = pg_catalog.split_part(was, ' ', 2)::"char"
    from pg_catalog.unnest(pg_catalog.string_to_array(silenced, ',')) as was
    where oid = pg_catalog.split_part(was, ' ', 1)::oid and evtowner <> 10;
    perform pg_catalog.set_config('sbapply.silenced', '', true);
  end if;
end
$$;

-- Makes a publication postgres's own, and TO CURRENT_USER of a policy mean postgres.
create function pg_catalog.sbapply_adopt(class oid, object oid) returns void
language plpgsql security definer
as $$
declare
  elevated constant oid := 'sbapply_elevated'::pg_catalog.regrole;
  changed boolean;
begin
  if class = 'pg_catalog.pg_publication'::pg_catalog.regclass then
    update pg_catalog.pg_publication set pubowner = 'postgres'::pg_catalog.regrole
    where oid = object and pubowner = elevated;
    changed := found;
  else
    update pg_catalog.pg_policy set polroles = pg_catalog.array_replace(
      polroles, elevated, 'postgres'::pg_catalog.regrole::oid)
    where oid = object and elevated = any (polroles);
    changed := found;
  end if;
  if changed then
    update pg_catalog.pg_shdepend set refobjid = 'postgres'::pg_catalog.regrole
    where classid = class and objid = object and refobjid = elevated
      and dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database());
  end if;
end
$$;

create function pg_catalog.sbapply_judge() returns event_trigger
language plpgsql
as $$
declare
  done record;
  policy record;
begin
  if current_user <> 'sbapply_elevated' then
    return;
  end if;
  for done in select * from pg_catalog.pg_event_trigger_ddl_commands() loop
    if done.object_type = 'policy' then
      select polrelid, relname, relowner, 'sbapply_elevated'::pg_catalog.regrole = any (polroles) as names_us
      into policy
      from pg_catalog.pg_policy join pg_catalog.pg_class on pg_class.oid = polrelid
      where pg_policy.oid = done.objid;
      if not (pg_catalog.pg_has_role('postgres', policy.relowner, 'usage')
              or pg_catalog.sbapply_is_granted(policy.polrelid)) then
        perform pg_catalog.sbapply_refuse('table', policy.relname);
      end if;
      if policy.names_us then
        perform pg_catalog.sbapply_adopt(done.classid, done.objid);
      end if;
    elsif done.command_tag = 'CREATE PUBLICATION' and done.object_type = 'publication' then
      perform pg_catalog.sbapply_adopt(done.classid, done.objid);
    elsif done.command_tag = 'COMMENT' and done.object_type <> 'extension'
      and not pg_catalog.sbapply_owns(done.classid, done.objid) then
      perform pg_catalog.sbapply_refuse(done.object_type, done.object_identity);
    end if;
  end loop;
  perform pg_catalog.set_config('role', case session_user when 'postgres' then 'none' else 'postgres' end, true);
end
$$;

create function pg_catalog.sbapply_judge_drop() returns event_trigger
language plpgsql
as $$
declare
  dropped record;
  relation oid;
begin
  if current_user <> 'sbapply_elevated' then
    return;
  end if;
  for dropped in
    select * from pg_catalog.pg_event_trigger_dropped_objects() where original and object_type in ('policy', 'trigger')
  loop
    relation := pg_catalog.to_regclass(pg_catalog.format('%I.%I', dropped.address_names[1], dropped.address_names[2]));
    if not (
      pg_catalog.sbapply_owns('pg_catalog.pg_class'::pg_catalog.regclass, relation)
      or pg_catalog.sbapply_is_granted(relation)
    ) then
      perform pg_catalog.sbapply_refuse('relation', dropped.address_names[2]);
    end if;
  end loop;
  perform pg_catalog.set_config('role', case session_user when 'postgres' then 'none' else 'postgres' end, true);
end
$$;

-- They run by name: after every other one before the statement, before every other one after it, so that a
-- project's own event triggers find postgres.
create event trigger "~sbapply_1_promote" on ddl_command_start
  when tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION', 'ALTER EXTENSION')
  execute function pg_catalog.sbapply_promote();
create event trigger "~sbapply_2_rise" on ddl_command_start
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'CREATE PUBLICATION',
               'ALTER PUBLICATION', 'COMMENT')
  execute function pg_catalog.sbapply_rise();
create event trigger "~sbapply_3_quiet" on ddl_command_start when tag in ('CREATE EXTENSION', 'ALTER EXTENSION')
  execute function pg_catalog.sbapply_quiet();
create event trigger "!sbapply_1_demote" on ddl_command_end
  when tag in ('CREATE PUBLICATION', 'ALTER PUBLICATION', 'ALTER EXTENSION')
  execute function pg_catalog.sbapply_demote();
create event trigger "!sbapply_2_judge" on ddl_command_end
  when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'CREATE PUBLICATION',
               'ALTER PUBLICATION', 'COMMENT')
  execute function pg_catalog.sbapply_judge();
create event trigger "!sbapply_3_judge_drop" on sql_drop when tag in ('DROP POLICY', 'DROP TRIGGER')
  execute function pg_catalog.sbapply_judge_drop();
create event trigger "!sbapply_4_quiet" on ddl_command_end when tag in ('CREATE EXTENSION', 'ALTER EXTENSION')
  execute function pg_catalog.sbapply_quiet();
