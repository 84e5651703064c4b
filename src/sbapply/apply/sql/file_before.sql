coalesce((
    select entry.hash from {table} as entry where entry.path operator(pg_catalog.=) {path}
  ), '') operator(pg_catalog.<>) {before}
