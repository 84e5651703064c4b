    same := null;
    begin
      select relation.relname, space.nspname
      into parent_name, parent_schema
      from pg_catalog.pg_index as entry
      join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) entry.indrelid
      join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) relation.relnamespace
      where entry.indexrelid operator(pg_catalog.=) target;
      if parent_name operator(pg_catalog.=) {table} then
        execute pg_catalog.format('create temporary table %I (like %I.%I)', parent_name, parent_schema, parent_name);
        execute {likeness};
        select pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(entry.indexrelid), shown, '')
          operator(pg_catalog.=) pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(target), shown, '')
          and entry.indisunique operator(pg_catalog.=) (
            select found_index.indisunique from pg_catalog.pg_index as found_index
            where found_index.indexrelid operator(pg_catalog.=) target)
        into same
        from pg_catalog.pg_index as entry
        join pg_catalog.pg_class as alike on alike.oid operator(pg_catalog.=) entry.indrelid
        where alike.relname operator(pg_catalog.=) parent_name
          and alike.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()
        limit 1;
      else
        same := false;
      end if;
      raise exception using errcode = 'SBA99';
    exception
      when sqlstate 'SBA99' then
        null;
      when others then
        -- Where no likeness can be made (an expression over the whole row, say), nobody can tell.
        same := null;
    end;
