"""Reading the history: one request, whatever shape the table is in, and the same digests on both sides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from sbapply.database import Row
from sbapply.errors import ConfigurationError, ReadFailed
from sbapply.history.digest import digest_of_texts
from sbapply.history.state import HistoryRow, RemoteState, read_state, read_stored_texts
from sbapply.quoting import quote_literal
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

TABLE = "supabase_migrations.schema_migrations"
CREATE = (
    "create schema supabase_migrations;"
    f"create table {TABLE} (version text primary key, statements text[], name text);"
)

SET_FOR_ROLE = (
    "do $$ begin execute pg_catalog.format("
    "'alter role postgres in database %I set {}', pg_catalog.current_database()); end $$"
)


@dataclass
class Counted:
    """Count the requests of a database."""

    database: LocalDatabase
    sent: list[str] = field(default_factory=list)

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        self.sent.append(sql)
        return self.database.run(sql, timeout=timeout)


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def database(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Counted:
    server = engine_of(request.param)
    return Counted(LocalDatabase(server.conninfo(user="postgres", database=new_database(server))))


def read(database: Counted) -> RemoteState:
    database.sent.clear()
    state = read_state(database, patience=20.0)
    assert len(database.sent) == 1
    return state


def test_a_project_before_its_first_migration_has_no_history(database: Counted) -> None:
    state = read(database)
    assert (state.rows, state.versions, state.columns) == ((), (), ())
    assert (state.has_schema, state.has_table) == (False, False)
    assert state.role == "postgres"
    assert state.server_version >= 150_000
    assert state.server_time > 1_700_000_000


def test_a_schema_without_a_table_and_an_empty_table_are_told_apart(database: Counted) -> None:
    database.run("create schema supabase_migrations")
    state = read(database)
    assert (state.has_schema, state.has_table) == (True, False)
    database.run(f"create table {TABLE} (version text primary key, statements text[], name text)")
    state = read(database)
    assert (state.rows, state.has_table, state.missing_columns) == ((), True, ())


def test_columns_may_be_missing(database: Counted) -> None:
    database.run(f"create schema supabase_migrations; create table {TABLE} (version text primary key)")
    database.run(f"insert into {TABLE} values ('1')")
    state = read(database)
    assert state.rows == (HistoryRow("1", None, None),)
    assert state.missing_columns == ("statements", "name")


def test_columns_may_be_more_and_dropped_ones_do_not_count(database: Counted) -> None:
    database.run(
        f"{CREATE} alter table {TABLE} add created_by text, add idempotency_key text unique,"
        " add rollback text[], add x int;"
        f"alter table {TABLE} drop column x;"
        f"insert into {TABLE} (version, name, statements, created_by) values ('1', 'a', '{{select 1}}', 'me')"
    )
    state = read(database)
    assert state.columns == ("version", "statements", "name", "created_by", "idempotency_key", "rollback")
    assert state.rows == (HistoryRow("1", "a", digest_of_texts(["select 1"])),)


def test_rows_may_have_no_name_no_statements_and_none_at_all(database: Counted) -> None:
    database.run(
        f"{CREATE} insert into {TABLE} (version, name, statements) values"
        " ('1', null, null), ('2', '', '{}'), ('3', 'a', array[null]::text[])"
    )
    none, empty, null = read(database).rows
    assert none == HistoryRow("1", None, None)
    assert empty == HistoryRow("2", "", digest_of_texts([]))
    assert null.version == "3"


def test_versions_come_ordered_as_text_whatever_the_collation(database: Counted) -> None:
    versions = ["1", "10", "2", "20260420", "20260420140000", "001", "9"]
    database.run(f"{CREATE} insert into {TABLE} (version) values " + ", ".join(f"('{each}')" for each in versions))
    assert list(read(database).versions) == sorted(versions)


TEXTS = [
    [],
    ["select 1"],
    ["select 1", "-- the end"],
    ["-- é 日本 😀\nselect '😀'", "select E'\\\\'", "select 'it''s'"],
    ["a\r\nb\tc", ""],
    ["{", "}", '"', "\\", ",", "null", "NULL", " "],
    ["x" * 300_000],
    ["ab", "c"],
    ["a", "bc"],
    ["1:a,1:b"],
]


def test_digests_are_the_same_on_both_sides(database: Counted) -> None:
    rows = ", ".join(
        f"('{at}', array[{', '.join(map(quote_literal, texts))}]::text[])" for at, texts in enumerate(TEXTS)
    )
    database.run(f"{CREATE} insert into {TABLE} (version, statements) values {rows}")
    found = {row.version: row.digest for row in read(database).rows}
    assert found == {str(at): digest_of_texts(texts) for at, texts in enumerate(TEXTS)}


def test_stored_texts_are_read_back_as_they_were_stored_in_one_request(database: Counted) -> None:
    rows = ", ".join(
        f"('{at}', array[{', '.join(map(quote_literal, texts))}]::text[])" for at, texts in enumerate(TEXTS)
    )
    database.run(f"{CREATE} insert into {TABLE} (version, statements) values {rows}, ('none', null)")
    database.sent.clear()
    found = read_stored_texts(database, ["1", "3", "5", "none", "it's absent"], patience=20.0)
    assert len(database.sent) == 1
    assert found == {"1": tuple(TEXTS[1]), "3": tuple(TEXTS[3]), "5": tuple(TEXTS[5]), "none": ()}


def test_a_search_path_and_a_shadowing_table_do_not_matter(database: Counted) -> None:
    database.run(
        f"{CREATE} insert into {TABLE} (version, statements) values ('1', '{{select 1}}');"
        "create schema shadow; create table shadow.pg_attribute (attname text);"
        "create function shadow.sha256(bytea) returns bytea language sql as $$ select 'x'::bytea $$;"
    )
    database.run(SET_FOR_ROLE.format("search_path = shadow, pg_catalog"))
    assert read(database).rows == (HistoryRow("1", None, digest_of_texts(["select 1"])),)


def test_reading_leaves_nothing_and_takes_a_read_only_transaction(database: Counted) -> None:
    read(database)
    assert "begin isolation level repeatable read read only" in database.sent[0]
    assert database.run("select to_regnamespace('supabase_migrations') is null as absent") == [{"absent": True}]


def test_sessions_that_read_strings_otherwise_are_refused(database: Counted) -> None:
    database.run(SET_FOR_ROLE.format("standard_conforming_strings = off"))
    with pytest.raises(ConfigurationError, match="standard_conforming_strings"):
        read(database)


@dataclass
class Fixed:
    """Answer always the same."""

    rows: list[Row]

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        return self.rows


@pytest.mark.parametrize(
    "rows", [[], [{"a": 1}], [{"history": []}, {"history": []}], [{"history": [1]}], [{"history": []}]]
)
def test_an_answer_of_another_shape_is_a_failed_read(rows: list[Row]) -> None:
    with pytest.raises(ReadFailed):
        read_state(Fixed(rows), patience=1.0)
