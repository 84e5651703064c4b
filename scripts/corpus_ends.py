"""Read the end state of a database with pg_dump, and say how two ends differ.

Left out is only the history (`supabase_migrations`). Masked is only what two runs of psql itself leave different:
the tables' columns in which the two hold other values (times, random ids), and psql's random \\restrict keys.
"""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.server import Server

HISTORY = "supabase_migrations"
_COPY = re.compile(r"COPY (\S.*?) \((.*)\) FROM stdin;")
_SCRAM = re.compile(r"SCRAM-SHA-256\$[^']+")

_MEMBERS = """
select relation.oid::regclass, string_agg(quote_ident(attname), ',' order by attnum)
from pg_depend as dependency
  join pg_class as relation on dependency.objid = relation.oid
  join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped and attgenerated = ''
where dependency.classid = 'pg_class'::regclass and dependency.refclassid = 'pg_extension'::regclass
  and dependency.deptype = 'e' and relation.relkind in ('r', 'p')
group by relation.oid
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the rows of one table as text, in pg_dump's columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class End:
    """Hold all that a push left behind: roles and their settings, definitions, rows, sequences."""

    roles: str
    schema: str
    tables: Mapping[str, Table]
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """Name the columns that are not compared, because two runs of psql differ in them."""

    columns: frozenset[tuple[str, str]]


def environment_of(server: Server, database: str, user: str) -> dict[str, str]:
    """Return the environment in which Postgres' own programs reach ``server``."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PGHOST": str(server.socket_directory),
        "PGPORT": str(server.port),
        "PGUSER": user,
        "PGDATABASE": database,
        "PGCLIENTENCODING": "UTF8",
        "PSQLRC": "/dev/null",
    }


def program(name: str) -> Path:
    """Return one of the programs that come with the Postgres in use."""
    return find_binaries().directory / name


def read_end(server: Server, database: str = "postgres") -> End:
    """Dump everything but the history."""
    schema = _dump(server, database, "pg_dump", "--schema-only", f"--exclude-schema={HISTORY}")
    data = _dump(server, database, "pg_dump", "--data-only", f"--exclude-schema={HISTORY}")
    roles = _dump(server, database, "pg_dumpall", "--globals-only")
    tables, rest = _split_data(data)
    for name, columns in _tables_of_extensions(server, database).items():
        rows = _dump(server, database, "psql", "-X", "-q", "-c", f"copy {name} ({', '.join(columns)}) to stdout")
        tables[name] = Table(columns, tuple(tuple(row.split("\t")) for row in rows.splitlines()))
    return End(_SCRAM.sub("SCRAM", roles), schema, tables, rest)


def _tables_of_extensions(server: Server, database: str) -> Mapping[str, tuple[str, ...]]:
    """Return the tables that belong to an extension, with their columns: pg_dump leaves them out (cron, queues)."""
    lines = _dump(server, database, "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-c", _MEMBERS).splitlines()
    return {name: tuple(columns.split(",")) for name, columns in (line.split("\t") for line in lines)}


def learn_mask(one: End, other: End) -> Mask:
    """Return the columns in which two runs of psql differ."""
    masked = set()
    for name in one.tables.keys() & other.tables.keys():
        mine, theirs = one.tables[name], other.tables[name]
        for index, column in enumerate(mine.columns):
            if Counter(row[index] for row in mine.rows) != Counter(row[index] for row in theirs.rows):
                masked.add((name, column))
    return Mask(frozenset(masked))


def differences(expected: End, found: End, mask: Mask | None = None) -> Sequence[str]:
    """Return the lines in which ``found`` is not ``expected``, nothing where they are equal."""
    hidden = mask.columns if mask else frozenset()
    lines = [
        *_diff("roles", expected.roles.splitlines(), found.roles.splitlines()),
        *_diff("schema", expected.schema.splitlines(), found.schema.splitlines()),
        *_diff("sequences", expected.rest, found.rest),
    ]
    for name in sorted(expected.tables.keys() | found.tables.keys()):
        lines += _diff(
            f"rows of {name}", _visible(name, expected.tables, hidden), _visible(name, found.tables, hidden)
        )
    return lines


def _dump(server: Server, database: str, name: str, *arguments: str) -> str:
    done = subprocess.run(
        [program(name), *arguments],
        env=environment_of(server, database, "supabase_admin"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr}")
    kept = (line for line in done.stdout.split("\n") if not line.startswith(("\\restrict ", "\\unrestrict ")))
    return "\n".join(kept)


def _split_data(dump: str) -> tuple[dict[str, Table], tuple[str, ...]]:
    """Split a data dump into tables and the other statements, without comments."""
    tables: dict[str, Table] = {}
    rest: list[str] = []
    lines = iter(dump.split("\n"))
    for line in lines:
        matched = _COPY.fullmatch(line)
        if matched:
            rows = tuple(tuple(row.split("\t")) for row in _rows(lines))
            tables[matched[1]] = Table(tuple(matched[2].split(", ")), rows)
        elif line and not line.startswith(("--", "SET ", "SELECT pg_catalog.set_config(")):
            rest.append(line)
    return tables, tuple(rest)


def _rows(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "\\.":
            return
        yield line


def _visible(name: str, tables: Mapping[str, Table], hidden: frozenset[tuple[str, str]]) -> Sequence[str]:
    if name not in tables:
        return ()
    table = tables[name]
    kept = [index for index, column in enumerate(table.columns) if (name, column) not in hidden]
    return sorted("\t".join(row[index] for index in kept) for row in table.rows)


def _diff(what: str, expected: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    for line in unified_diff(expected, found, f"{what} (psql)", f"{what} (sbapply)", lineterm="", n=2):
        yield line[:300]
