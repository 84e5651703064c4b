case when pg_catalog.length(({value})::pg_catalog.text) > {longest} then pg_catalog.left(({value})::pg_catalog.text, {longest}) || '…' else ({value})::pg_catalog.text end
