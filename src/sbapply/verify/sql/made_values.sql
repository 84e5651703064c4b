case t.typcategory
  when 'N' then array['-1', '2147483601', '0', '32767', '1000']
  when 'S' then array['sbapply-probe', 'sbapply', 'x', '', '1']
  when 'D' then case when base.typname in ('time', 'timetz') then array['00:00', '23:59'] else array['1900-01-01', '2999-12-31'] end
  when 'B' then array['true', 'false']
  when 'T' then array['0', '1 day']
  when 'A' then array['{}']
  when 'E' then array(select l.enumlabel::text from pg_enum l where l.enumtypid = base.oid order by l.enumsortorder limit 5)
  when 'R' then case base.typtype when 'm' then array['{}'] else array['empty'] end
  when 'I' then array['0.0.0.0/32', '255.255.255.255/32']
  when 'V' then array['0', '1']
  else case base.typname
    when 'uuid' then array['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff',
                           '5ba99178-7a0b-4e0f-9d3c-2f1d6c3f5b1e']
    when 'json' then array['{}', '[]']
    when 'jsonb' then array['{}', '[]']
    when 'bytea' then array['\x', '\x00']
    when 'macaddr' then array['00:00:00:00:00:00']
    when 'tsvector' then array['', 'x']
    when 'xml' then array['<x/>']
    when 'point' then array['(0,0)']
    when 'box' then array['(0,0),(0,0)']
    when 'hstore' then array['']
  end
end
