begin;
set local lock_timeout = {lock_timeout};
{statements}
commit;
