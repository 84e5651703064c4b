;
select {nonce}::pg_catalog.text as sbapply;
rollback;
