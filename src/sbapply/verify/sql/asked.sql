select (a.value ->> 0)::integer, a.value ->> 1, a.value ->> 2, a.value ->> 3
  from pg_catalog.json_array_elements($1 -> '@kind@') as a (value)
