  -- All that is shown of the index but its name and its table's, and shown alike whatever the session has set. What
  -- stands before it is known to the letter; a pattern would have to guess where a name or a literal ends.
  begin
    perform pg_catalog.set_config(showing.name, showing.value, true)
    from (values
      ('search_path', ''), ('quote_all_identifiers', 'off'), ('datestyle', 'ISO'), ('intervalstyle', 'postgres'),
      ('timezone', 'UTC'), ('extra_float_digits', '1'), ('bytea_output', 'hex')
    ) as showing (name, value);
    select pg_catalog.concat(
      case when entry.indisunique then 'unique' end,
      pg_catalog.substr(
        pg_catalog.pg_get_indexdef(entry.indexrelid),
        pg_catalog.length(pg_catalog.format(
          'CREATE %sINDEX %I ON %I.%I', case when entry.indisunique then 'UNIQUE ' end, relation.relname,
          case when owner.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema() then 'pg_temp'
            else space.nspname::pg_catalog.text end,
          owner.relname
        )) operator(pg_catalog.+) 1
      )
    )
    into definition
    from pg_catalog.pg_index as entry
    join pg_catalog.pg_class as relation on relation.oid operator(pg_catalog.=) entry.indexrelid
    join pg_catalog.pg_class as owner on owner.oid operator(pg_catalog.=) entry.indrelid
    join pg_catalog.pg_namespace as space on space.oid operator(pg_catalog.=) owner.relnamespace
    where entry.indexrelid operator(pg_catalog.=) target;
    raise exception using errcode = 'SBA98';
  exception
    when sqlstate 'SBA98' then
      null;
  end;
