-- Meal plans, one row a plan, owned by the user who asked for it.
create table public.meal_plans (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  title text not null,
  plan jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index meal_plans_user_id_created_at_idx on public.meal_plans (user_id, created_at desc);

alter table public.meal_plans enable row level security;

create policy "Owners read their meal plans" on public.meal_plans
  for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "Owners add their meal plans" on public.meal_plans
  for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "Owners change their meal plans" on public.meal_plans
  for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "Owners delete their meal plans" on public.meal_plans
  for delete to authenticated
  using ((select auth.uid()) = user_id);

-- A few rows, so that later migrations meet data that is already there.
insert into public.meal_plans (user_id, title, plan) values
  ('00000000-0000-4000-8000-000000000001', 'Week 1: quick suppers', '{"days": 7, "meals": ["supper"]}'),
  ('00000000-0000-4000-8000-000000000001', 'Week 2: more greens', '{"days": 7, "meals": ["lunch", "supper"]}'),
  ('00000000-0000-4000-8000-000000000002', 'Crème brûlée weekend', '{"days": 2, "meals": ["dessert"]}');
