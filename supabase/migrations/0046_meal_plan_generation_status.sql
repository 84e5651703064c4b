-- Two columns that coordinate the job that writes a plan in the background.
-- Safe to run again: every statement is guarded.
alter table public.meal_plans
  add column if not exists generation_status text not null default 'idle',
  add column if not exists generation_error text;

comment on column public.meal_plans.generation_status is 'idle, generating, complete or error';
comment on column public.meal_plans.generation_error is 'What went wrong; text only while generation_status is error';

-- There is no ADD CONSTRAINT IF NOT EXISTS. Catching duplicate_object would hide a constraint of that name
-- with another body, so the catalog is asked, for this table alone.
do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'public.meal_plans'::regclass
      and conname = 'meal_plans_generation_status_check'
  ) then
    alter table public.meal_plans
      add constraint meal_plans_generation_status_check
      check (generation_status in ('idle', 'generating', 'complete', 'error'));
  end if;
end
$$;
