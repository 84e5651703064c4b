exists (
    select from {table} as entry
    where entry.path operator(pg_catalog.=) {path} and entry.hash operator(pg_catalog.=) {hash}
  )
