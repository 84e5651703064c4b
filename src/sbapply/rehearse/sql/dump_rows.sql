begin read only;
set local search_path = '';
set local row_security = off;
set local intervalstyle = postgres;
set local datestyle = iso;
set local timezone = utc;
select {values} as row from only {table} as t order by t.ctid;
rollback;
