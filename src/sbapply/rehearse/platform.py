"""Describe what a Supabase project holds before its first migration.

``platform.sql`` is run once, by the superuser supabase_admin in the database postgres. ``extensions/`` holds
what stands in, in plain SQL, for extensions of the platform that the embedded Postgres does not bring.
"""

import hashlib
from functools import cache
from pathlib import Path

SUPERUSER = "supabase_admin"
"""The role that owns a cluster, as on the platform."""

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
        "pg_buffercache",
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
        "sslinfo",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp",
        "vector",
    }
)

# The extensions that stand in in plain SQL; whatever a project makes of these is simulated.
SIMULATED_EXTENSIONS = frozenset(
    {
        "address_standardizer",
        "address_standardizer_data_us",
        "http",
        "hypopg",
        "index_advisor",
        "pg_cron",
        "pg_graphql",
        "pg_hashids",
        "pg_jsonschema",
        "pg_net",
        "pg_partman",
        "pg_repack",
        "pg_stat_monitor",
        "pg_tle",
        "pgaudit",
        "pgcrypto",
        "pgjwt",
        "pgmq",
        "pgrouting",
        "pgsodium",
        "pgtap",
        "plpgsql_check",
        "postgis",
        "postgis_raster",
        "postgis_sfcgal",
        "postgis_tiger_geocoder",
        "postgis_topology",
        "supabase_vault",
        "timescaledb",
        "uuid-ossp",
        "wrappers",
    }
)

# Those for which a pinned version is taken for the one that is there. The platform has versions of pgvector that
# the wheel's scripts do not lead to.
ANY_VERSION = SIMULATED_EXTENSIONS | {"vector"}

_HERE = Path(__file__).parent
_SCRIPTS = ("platform.sql", "webhooks.sql", "rights.sql", "event_triggers.sql")


@cache
def platform_sql() -> str:
    """Return the SQL that turns a fresh cluster into a project."""
    return "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)


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
