"""Build a schema, rebuild it elsewhere from what the catalog says, and hold both against each other."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sbapply.catalog.ddl import build
from sbapply.catalog.whole import Difference, WholeCatalog, differences, read_whole
from sbapply.errors import SqlError
from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import fresh_database

_NOISE = re.compile(r"\\(un)?restrict|-- Dumped (from|by)|-- PostgreSQL database dump|--$|SET default_table")


@dataclass(frozen=True)
class Rebuilt:
    """Hold what was made by a migration, and what was rebuilt of it in a database beside it."""

    original: WholeCatalog
    copy: WholeCatalog
    differences: Sequence[Difference]
    dump: Sequence[str]
    dump_of_copy: Sequence[str]
    statements: Sequence[str]


def rebuild(
    server: Server,
    sql: str,
    *,
    on: Server | None = None,
    maker: str = "postgres",
    builder: str = "postgres",
    given: str = "",
) -> Rebuilt:
    """Run ``sql`` as ``maker`` in a fresh database of ``server``; rebuild what it made in one of ``on``.

    The statements are run as ``builder``; ``given`` is there in both from the start.
    """
    elsewhere = on or server
    with fresh_database(server) as first, fresh_database(elsewhere) as second:
        return _rebuild(server, elsewhere, first, second, sql, maker, builder, given)


def _rebuild(
    server: Server, elsewhere: Server, first: str, second: str, sql: str, maker: str, builder: str, given: str
) -> Rebuilt:
    if given:
        LocalDatabase(server.conninfo(user=maker, database=first)).run(given)
        LocalDatabase(elsewhere.conninfo(user=maker, database=second)).run(given)
    LocalDatabase(server.conninfo(user=maker, database=first)).run(sql)
    copy = LocalDatabase(elsewhere.conninfo(user=builder, database=second))
    original = read_whole(LocalDatabase(server.conninfo(database=first)))
    statements = [each.sql for each in build(original, apart_from=read_whole(copy))]
    for statement in statements:
        try:
            copy.run(statement)
        except SqlError as error:
            raise AssertionError(f"{error.sqlstate} {error.message}\n{statement}") from error
    rebuilt = read_whole(copy)
    return Rebuilt(
        original,
        rebuilt,
        differences(original.own(), rebuilt.own()),
        dump(server, first),
        dump(elsewhere, second),
        statements,
    )


def side_by_side(cases: Iterable[str]) -> str:
    """Return the SQL of all ``cases``, each with a schema of its own in the place of the schema ``app``."""
    return "\n".join(re.sub(r"(?<!set )\bapp\b(?=[.,;])", f"app{number}", sql) for number, sql in enumerate(cases))


def assert_same(rebuilt: Rebuilt) -> None:
    """Hold that our catalog and pg_dump find both the same."""
    assert [(each.identity, each.facts(), each.before, each.after) for each in rebuilt.differences] == []
    assert rebuilt.dump_of_copy == rebuilt.dump


def dump(server: Server, database: str, *arguments: str) -> list[str]:
    """Return what pg_dump says of the schema, without what differs from one dump to the next."""
    environment = {**os.environ, "PGHOST": str(server.socket_directory), "PGPORT": str(server.port)}
    done = subprocess.run(
        [find_binaries().directory / "pg_dump", "-U", "supabase_admin", "--schema-only", *arguments, database],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Objects that do not depend on each other stand in the order of their oids.
    entries = done.stdout.split("\n--\n-- Name: ")
    lines = "\n".join([entries[0], *(f"-- Name: {each}" for each in sorted(entries[1:]))]).splitlines()
    return [line for line in lines if line and not _NOISE.match(line)]
