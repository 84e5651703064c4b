"""What a migration holds that the project's PostgreSQL is too old for, held against real servers."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import psycopg
import pytest

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.newer import Newer, names_defined, newer_than
from sbapply.rehearse.server import Server
from tests.migrations.newer_statements import OLD, PREPARATION, SAMPLES, Sample

_numbers = itertools.count()


def migration(sql: str) -> Migration:
    return Migration("1", "a", "m/1_a.sql", sql)


def newer(sql: str, server_version: int = 150008, *defined: str) -> list[tuple[str, int]]:
    return [(each.what, each.since) for each in newer_than(migration(sql), server_version, frozenset(defined))]


def place_of(sql: str) -> tuple[int, int, str]:
    (found,) = newer_than(migration(sql), 150008)
    return found.place.line, found.place.column, found.what


@dataclass(frozen=True)
class Bare:
    """Run SQL in a database without the platform, and not in its way: both refuse what PostgreSQL does not."""

    conninfo: str

    def run(self, sql: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(sql.encode())


Databases = Callable[[int], Bare]


@pytest.fixture(scope="module")
def new_bare(engine_of: Callable[[int], Server]) -> Iterator[Databases]:
    """Return a function that makes a prepared database on a server; they go at the end, and their roles."""
    made: list[tuple[Bare, str]] = []

    def make(version: int) -> Bare:
        server = engine_of(version)
        maker = Bare(server.conninfo(user="supabase_admin", database="template1"))
        name = f"newer_{os.getpid()}_{next(_numbers)}"
        maker.run(f"create database {name} template template0")
        made.append((maker, name))
        database = Bare(server.conninfo(user="supabase_admin", database=name))
        database.run(PREPARATION)
        return database

    yield make
    for maker, name in made:
        maker.run(f"drop database {name}")
    for maker in {maker for maker, _ in made}:
        maker.run("drop database if exists made")
        maker.run("drop role newer_one, newer_two")


@pytest.fixture(scope="module")
def prepared(new_bare: Databases) -> Databases:
    return cache(new_bare)


def run(database: Bare, sample: Sample) -> None:
    database.run(sample.sql if sample.alone else f"begin;\n{sample.sql};\nrollback")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.sql[:60])
def test_what_is_newer_is_named_up_to_the_version_that_brought_it(sample: Sample) -> None:
    for major in range(15, 18):
        found = newer(sample.sql, major * 10000 + 3)
        assert ((sample.what, sample.since) in found) == (major < sample.since)
        assert all(major < since <= sample.since for _, since in found)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.sql[:60])
def test_what_is_newer_is_refused_by_15_and_runs_on_18(sample: Sample, prepared: Databases) -> None:
    with pytest.raises(psycopg.Error):
        run(prepared(15), sample)
    if not sample.unbuilt:
        run(prepared(18), sample)


def test_what_15_runs_has_nothing_newer(new_bare: Databases) -> None:
    database = new_bare(15)
    for statement in OLD:
        database.run(statement)
        assert newer(statement) == []


def test_a_server_as_new_as_the_grammar_lacks_nothing() -> None:
    assert newer("select uuidv7()", 180000) == []
    assert newer("select uuidv7()", 190001) == []


def test_a_file_that_cannot_be_read_or_parsed_has_nothing_newer() -> None:
    assert newer("select uuidv7(; merge returning") == []
    unreadable = Migration("1", "a", "m/1_a.sql", "", Problem("not-utf8", "it is not UTF-8", ""))
    assert newer_than(unreadable, 150008) == ()


def test_each_thing_is_told_once_at_its_line_and_column() -> None:
    sql = "select 1;\n\n-- Ä\nselect 'ä',\n  uuidv7(),\n  any_value(1);\n"
    found = newer_than(migration(sql), 150008)
    assert [(each.place.line, each.place.column, each.what) for each in found] == [
        (5, 3, "uuidv7()"),
        (6, 3, "any_value()"),
    ]


def test_a_part_that_has_no_place_of_its_own_is_told_by_what_stands_in_it() -> None:
    assert place_of("alter table t\n  alter a set expression as (\n1)") == (
        3,
        1,
        "ALTER COLUMN … SET EXPRESSION",
    )
    assert place_of("select 1;\nalter table t\n  set access method default")[:2] == (2, 1)


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "\n  select 'ä';\n  select ☃.uuidv7, uuidv7() from ☃"),
        ("plpgsql", "\nbegin -- ä\n  return (select ☃), uuidv7(); end"),
        ("plpgsql", "\ndeclare ä text :=\n  '☃ä ' || 2 + uuidv7(); begin end"),
        ("plpgsql", "\nbegin case 1 when 2 then null; else\n  select a into ☃ä, b from uuidv7(); end case; end"),
    ],
)
def test_what_is_newer_in_a_body_is_told_at_its_place_in_the_file(language: str, body: str) -> None:
    sql = f"select 'Ä';\ncreate function f() returns uuid language {language} as $${body}$$;"
    found = newer_than(migration(sql), 150008)
    assert [(each.place.line, each.what) for each in found] == [(4, "uuidv7()")]
    line, column = found[0].place.line, found[0].place.column
    assert sql.splitlines()[line - 1][column - 1 :].startswith("uuidv7()")


def test_what_is_newer_in_a_body_with_doubled_quotes_is_told_at_its_statement() -> None:
    assert place_of("\ncreate function f() returns text language sql as '\n select ''a'' || uuidv7()'") == (
        2,
        1,
        "uuidv7()",
    )


def test_a_function_of_the_project_is_none_of_postgresql() -> None:
    assert newer("select uuidv7()", 150008, "uuidv7") == []
    assert newer("select pg_catalog.uuidv7()", 150008, "uuidv7") == [("uuidv7()", 18)]
    assert newer("select extensions.uuidv7()") == []


def test_the_names_that_migrations_define_are_those_of_functions_and_relations() -> None:
    sql = (
        'create or replace function public."Sort"() returns int language sql as $$select 1$$;'
        "CREATE FUNCTION UuidV7() returns int language sql as $$select 1$$;"
        "create table if not exists app.pg_aios (a int); create materialized view m as select 1;"
    )
    assert names_defined([migration(sql)]) == {"Sort", "uuidv7", "pg_aios", "m"}


def test_a_body_that_asks_for_the_version_may_call_what_only_some_have_but_is_parsed_everywhere() -> None:
    guarded = "do $$ begin if current_setting('server_version_num')::int > 170000 then perform {}; end if; end $$"
    assert newer(guarded.format("uuidv7()")) == []
    assert newer(guarded.format("json_scalar(1)")) == [("JSON_SCALAR()", 17)]


def test_what_is_newer_is_said_in_a_sentence_with_both_versions() -> None:
    (found,) = newer_than(migration("grant maintain on t to r"), 150008)
    assert found.sentence(150008) == "the privilege MAINTAIN needs PostgreSQL 17; the project is 15.8"
    assert isinstance(found, Newer)
    assert found.to_json() == {
        "file": "m/1_a.sql",
        "line": 1,
        "column": found.place.column,
        "what": "the privilege MAINTAIN",
        "since": 17,
    }
