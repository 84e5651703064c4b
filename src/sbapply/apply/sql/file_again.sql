exists (
    select from {table} as entry
    where entry.path operator(pg_catalog.=) {path} and {hash} operator(pg_catalog.=) any (pg_catalog.string_to_array(entry.hash, ' '))
  )
