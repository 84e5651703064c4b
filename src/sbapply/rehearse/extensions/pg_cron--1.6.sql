-- The functions and tables of pg_cron that migrations use: jobs are kept and never run.

create schema cron;
create sequence cron.jobid_seq;

create table cron.job (
  jobid bigint not null primary key default pg_catalog.nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default 5432,
  database text not null default pg_catalog.current_database(),
  username text not null,
  active boolean not null default true,
  jobname text,
  unique (jobname, username)
);

create table cron.job_run_details (
  jobid bigint,
  runid bigint not null primary key,
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

-- session_user, since within SECURITY DEFINER current_user is the owner.
create function cron.schedule(job_name text, schedule text, command text) returns bigint
language sql volatile security definer set search_path = ''
as $$
  insert into cron.job as job (jobname, schedule, command, username)
  values (job_name, schedule, command, session_user)
  on conflict (jobname, username) do update set schedule = excluded.schedule, command = excluded.command
  returning jobid
$$;

create function cron.schedule(schedule text, command text) returns bigint
language sql volatile security definer set search_path = ''
as $$
  insert into cron.job (schedule, command, username) values (schedule, command, session_user) returning jobid
$$;

create function cron.unschedule(job_id bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from cron.job where jobid = job_id;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_id using errcode = 'internal_error';
  end if;
  return true;
end
$$;

create function cron.unschedule(job_name text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from cron.job where jobname = job_name and username = session_user;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_name using errcode = 'internal_error';
  end if;
  return true;
end
$$;

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void
language sql volatile security definer set search_path = ''
as $$
  update cron.job as job set
    schedule = coalesce(alter_job.schedule, job.schedule), command = coalesce(alter_job.command, job.command),
    database = coalesce(alter_job.database, job.database), username = coalesce(alter_job.username, job.username),
    active = coalesce(alter_job.active, job.active)
  where job.jobid = job_id
$$;

grant usage on schema cron to postgres with grant option;
grant select on cron.job to postgres with grant option;
grant all on cron.job_run_details to postgres with grant option;
revoke trigger on cron.job_run_details from postgres;
