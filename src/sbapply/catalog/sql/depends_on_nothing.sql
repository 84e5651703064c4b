select null::pg_catalog.int8 as dependent, null::pg_catalog.int8 as needed, false as later where false
