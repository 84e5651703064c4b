begin read only;
set local search_path = '';
set local row_security = off;
set local intervalstyle = postgres;
set local datestyle = iso;
set local timezone = utc;
{selects};
rollback;
