"""Name every kind of thing that a schema holds; each has a file of the same name that reads it.

A file is one SELECT without a semicolon, of these columns and no others:

- ``id`` bigint: what ``identified(classid, objid)`` of ``around.sql`` makes of the row's own catalog and oid, by
  which dependencies are found; null for what has no oid of its own (a column).
- ``key`` text[]: the names that identify it among its kind, outermost first (schema, table, name), without oids.
- ``facts`` json: an object of everything else that is to be the same, in a form that does not depend on the
  server's version (15 to 18), on oids, on the session or on the reader.
- ``belongs`` text: '' for the project's own, 'platform', or 'extension NAME'.

A kind may leave out facts that are usual. What stands in ``facts`` under ``hints`` is taken out of
them: it says how to build, and is not compared.

A kind of ``REMARKS`` says something about an object of another kind. Its ``id`` is that object's; its ``key`` is a
column's name or '', and then what tells it from others about the same object; its ``belongs`` is null where it is
whose the object is. The object's kind and key are put before the key; its hints name what is no relation as
``pg_identify_object`` does.

It can use the tables that ``around.sql`` defines. Only pg_catalog is asked, every name of it is qualified, and
nothing needs a privilege.
"""

from sbapply.catalog.kinds.registry import KINDS, REMARKS, Kind, kind_sql

__all__ = ["KINDS", "REMARKS", "Kind", "kind_sql"]
