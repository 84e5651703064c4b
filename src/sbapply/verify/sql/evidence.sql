begin read only;
set local search_path = '';
@query@;
rollback;
