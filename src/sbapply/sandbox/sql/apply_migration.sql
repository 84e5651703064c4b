begin;
-- apply sql from post body
{query}
;
insert into supabase_migrations.schema_migrations
  (version, name, statements, created_by, idempotency_key, rollback)
values ({version}, {name}, array[{text}], {created_by}, {idempotency_key}, {rollback})
on conflict (idempotency_key) do update set name = excluded.name;
commit;
