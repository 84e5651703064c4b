"""Describe what a Supabase project holds before its first migration.

``platform.sql`` is run once, by the superuser supabase_admin in the database postgres. ``extensions/`` holds
what stands in, in plain SQL, for extensions of the platform that the embedded Postgres does not bring.
"""

import hashlib
from functools import cache
from pathlib import Path

# What role postgres may create on the platform though it is no superuser (supabase/postgres,
# ansible/files/postgresql_config/supautils.conf.j2, privileged_extensions), as far as contrib and pgvector go.
CREATABLE_EXTENSIONS = frozenset(
    {
        "autoinc",
        "bloom",
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dblink",
        "dict_int",
        "dict_xsyn",
        "earthdistance",
        "fuzzystrmatch",
        "hstore",
        "insert_username",
        "intarray",
        "isn",
        "ltree",
        "moddatetime",
        "pg_prewarm",
        "pg_stat_statements",
        "pg_trgm",
        "pg_walinspect",
        "pgcrypto",
        "pgrowlocks",
        "pgstattuple",
        "postgres_fdw",
        "refint",
        "seg",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp",
        "vector",
    }
)

_HERE = Path(__file__).parent


@cache
def platform_sql() -> str:
    """Return the SQL that turns a fresh cluster into a project."""
    return (_HERE / "platform.sql").read_text("utf-8")


@cache
def stand_ins() -> tuple[Path, ...]:
    """Return the files of the extensions written in SQL, control files and scripts."""
    return tuple(sorted((_HERE / "extensions").iterdir()))


@cache
def platform_digest() -> str:
    """Return a digest of everything this room puts into a project."""
    digest = hashlib.sha256(platform_sql().encode())
    for path in stand_ins():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(" ".join(sorted(CREATABLE_EXTENSIONS)).encode())
    return digest.hexdigest()
