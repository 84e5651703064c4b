"""Rebuild many small schemas of one database at once, and tell for each how its copy differs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbapply.catalog.ddl import Statement, build
from sbapply.catalog.whole import WholeCatalog, differences, read_whole
from sbapply.errors import SqlError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.rebuilding import dump
from tests.conftest import new_database


@dataclass(frozen=True)
class Together:
    """Hold what was made, one schema a case, and what was rebuilt of it in a database beside it."""

    schemas: Mapping[str, str]
    original: WholeCatalog
    copy: WholeCatalog
    statements: Sequence[Statement]
    refused: Sequence[tuple[Statement, str]]
    dump: Sequence[str]
    dump_of_copy: Sequence[str]

    def assert_same(self, case: str) -> None:
        """Hold that our catalog and pg_dump find the schema of ``case`` the same in both."""
        schema = self.schemas[case]
        assert [(error, each.sql) for each, error in self.refused if _schema_of(each.identity[1]) == schema] == []
        assert [
            (each.identity, each.facts(), each.before, each.after)
            for each in differences(self.original.own(), self.copy.own())
            if _schema_of(each.identity[1]) == schema
        ] == []
        dumped = _sections(self.dump, schema)
        assert len(dumped) > 1
        assert _sections(self.dump_of_copy, schema) == dumped


def rebuild_together(
    server: Server, cases: Mapping[str, str], *, there: str = "select", on: Server | None = None
) -> Together:
    """Run each of ``cases`` with a schema of its own first in the search_path; rebuild all in a database of ``on``.

    ``there`` is run in both before, by the superuser.
    """
    elsewhere = on or server
    first, second = new_database(server), new_database(elsewhere)
    for place, name in ((server, first), (elsewhere, second)):
        LocalDatabase(place.conninfo(user="supabase_admin", database=name)).run(there)
    database = LocalDatabase(server.conninfo(database=first))
    copy = LocalDatabase(elsewhere.conninfo(database=second))
    schemas = {case: f"case_{number:03}" for number, case in enumerate(cases)}
    for case, sql in cases.items():
        try:
            database.run(
                f"create schema {schemas[case]}; set search_path = {schemas[case]}, public, extensions; {sql}"
            )
        except SqlError as error:
            raise AssertionError(f"{error.message}\n{sql}") from error
    original = read_whole(database)
    statements = build(original, apart_from=read_whole(copy))
    refused = []
    for statement in statements:
        try:
            copy.run(statement.sql)
        except SqlError as error:
            refused.append((statement, error.message))
    dumps = (dump(server, first), dump(elsewhere, second))
    return Together(schemas, original, read_whole(copy), statements, refused, *dumps)


def _schema_of(key: Sequence[str]) -> str:
    return next((name for name in key if name.startswith("case_")), "")


def _sections(dumped: Sequence[str], schema: str) -> list[str]:
    """Return what a dump says of the objects of ``schema``, whose headings name it."""
    kept: list[str] = []
    inside = False
    for line in dumped:
        if heading := re.match(r"-- Name: (.*); Type: .*; Schema: (\S+);", line):
            inside = heading[2] == schema or (heading[2] == "-" and schema in heading[1])
        if inside:
            kept.append(line)
    return kept
