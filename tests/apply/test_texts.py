"""A file is sent as it stands, whatever is in it, and leaves nothing behind for the next one."""

import pytest

from sbapply.config import Limits
from sbapply.errors import MigrationFailed
from tests.apply.bench import Bench, migration, ready_of, versions
from tests.apply.gateway import cut_after

STRANGE = {
    "quotes": "it's \"quoted\" ''twice''",
    "our own delimiter": "$sbapply$; commit; $sbapply_history$",
    "a dollar quote": "$$ $1 $a$",
    "backslashes": r"C:\new\table \' \\ \x41 \\'",
    "a placeholder": "{version} {name} {head} {stored} {marker} {",
    "emoji": "naïve 🙂 👩‍👩‍👧 日本語 \u00a0 é",
    "line ends": "one\r\ntwo\nthree\r four",
    "a comment": "-- no comment /* none */",
    "a percent sign": "100 % %s %(a)s ?",
}
ENDINGS = ["", ";", ";;;\n", "\n", ";\n\n", " -- the end", "; -- the end", " /* the end */", ";\r\n-- the end\r"]


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_texts_and_names_arrive_byte_for_byte(bench: Bench, text: str) -> None:
    literal = "$any$" + text + "$any$"
    first = migration("1", f"create table app.t (a text);\ninsert into app.t values ({literal});", name=text)
    outcome = bench.push(first, migration("2"), faults=[cut_after])
    assert outcome.error is None
    assert bench.ask("select a from app.t") == [text]
    assert bench.ask("select name from supabase_migrations.schema_migrations where version = '1'") == [text]
    stored = bench.ask("select to_jsonb(statements) from supabase_migrations.schema_migrations where version = '1'")
    assert stored == [list(ready_of(first).statements)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_may_end_as_they_like(bench: Bench, ending: str) -> None:
    outcome = bench.push(migration("1", f"select 1{ending}"), migration("2"))
    assert (outcome.error, bench.runs(), bench.writes) == (None, ["1", "2"], 1)


@pytest.mark.parametrize("text", ["", "\n", "-- nothing\n", "-- nothing", "/* nothing */", ";", " ;; "])
def test_empty_files_get_their_rows(bench: Bench, text: str) -> None:
    outcome = bench.push(migration("1", text, counted=False), migration("2"))
    assert (outcome.error, bench.history(), bench.writes) == (None, ["1", "2"], 1)
    again = bench.push(migration("1", text, counted=False), migration("2"))
    assert (again.error, bench.writes) == (None, 1)


SETTINGS = {
    "an empty search_path": "select pg_catalog.set_config('search_path', '', false);",
    "a local empty search_path": "set local search_path = '';",
    "a role": "set role anon;",
    "a local role": "set local role anon;",
    "no role": "set role none;",
    "read only from now on": "set default_transaction_read_only = on;",
    "a session that reads only": "set session characteristics as transaction read only;",
    "a transaction that reads only": "set transaction read only;",
    "serializable from now on": "set default_transaction_isolation = serializable;",
    "another client encoding": "set client_encoding = 'LATIN1';",
    "old strings": "set standard_conforming_strings = off; select 'a\\b';",
    "a time limit": "set statement_timeout = 200; select 1;",
    "strict plpgsql": "set plpgsql.extra_errors = 'all'; set plpgsql.check_asserts = off;",
    "everything pg_dump sets": (
        "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
        "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on;"
        "SELECT pg_catalog.set_config('search_path', '', false); SET check_function_bodies = false;"
        "SET xmloption = content; SET client_min_messages = warning; SET row_security = off;"
    ),
}


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_that_a_file_leaves_behind_hurt_neither_its_row_nor_the_next_file(bench: Bench, text: str) -> None:
    if text == SETTINGS["another client encoding"]:
        # Its own row must still be compared as text of the database.
        text += " select 'é';"
    created = migration("2", "create table fresh (a text); drop table fresh; select pg_sleep(0.25);")
    outcome = bench.push(migration("1", text), created)
    assert (outcome.error, bench.runs(), bench.writes) == (None, ["1", "2"], 1)


LEFTOVERS = """
select pg_advisory_lock(7); select pg_advisory_lock_shared(8);
listen news;
declare held cursor with hold for select 1;
prepare plan as select 1;
create temp table heap (a int);
set timezone = 'Asia/Tokyo';
set my.own = 'x';
"""
FRESH = """
create table app.found as
select 'lock' as what from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
union all select 'channel' from pg_listening_channels()
union all select 'cursor' from pg_cursors where name = 'held'
union all select 'plan' from pg_prepared_statements
union all select 'table' from pg_class where relname = 'heap'
union all select 'zone' where current_setting('timezone') = 'Asia/Tokyo'
union all select 'own' where current_setting('my.own', true) = 'x';
"""


def test_the_next_file_of_the_same_request_finds_a_session_like_a_fresh_one(either_bench: Bench) -> None:
    outcome = either_bench.push(migration("1", LEFTOVERS), migration("2", FRESH), migration("3", LEFTOVERS))
    assert (outcome.error, either_bench.writes) == (None, 1)
    assert either_bench.ask("select what from app.found") == []


def test_locals_of_a_transaction_end_with_it(bench: Bench) -> None:
    outcome = bench.push(
        migration("1", "create temp table heap (a int) on commit drop; set local timezone = 'Asia/Tokyo'"),
        migration("2", FRESH),
    )
    assert (outcome.error, bench.ask("select what from app.found")) == (None, [])


@pytest.mark.parametrize(
    ("opening", "level"),
    [
        ("begin isolation level serializable;", "serializable"),
        ("start transaction isolation level repeatable read, read write;", "repeatable read"),
        ("begin; set transaction isolation level serializable;", "serializable"),
        ("begin;", "read committed"),
    ],
)
def test_a_file_runs_in_the_isolation_it_asks_for(bench: Bench, opening: str, level: str) -> None:
    body = f"{opening}\ncreate table app.t as select current_setting('transaction_isolation') as level;\ncommit;\n"
    first = migration("1", body, counted=False)
    after = migration("2", "create table app.u as select current_setting('transaction_isolation') as level;")
    assert bench.push(first, after).error is None
    assert bench.ask("select level from app.t union all select level from app.u") == [level, "read committed"]


def test_a_leading_set_transaction_is_heeded_without_a_begin(bench: Bench) -> None:
    body = "set transaction isolation level serializable;\ncreate table app.t as select 1 as a;"
    assert bench.push(migration("1", body, counted=False)).error is None
    assert bench.history() == ["1"]


def test_a_savepoint_within_a_file_is_its_own_affair(bench: Bench) -> None:
    body = "savepoint a; insert into app.runs values ('x'); rollback to a; release a;"
    assert bench.push(migration("1", body), migration("2")).error is None
    assert bench.runs() == ["1", "2"]


TAMPERING = {
    "deletes its row": "delete from supabase_migrations.schema_migrations where version = '2'",
    "deletes all rows": "delete from supabase_migrations.schema_migrations",
    "empties the table": "truncate supabase_migrations.schema_migrations",
    "drops the schema": "drop schema supabase_migrations cascade",
    "drops the table": "drop table supabase_migrations.schema_migrations",
    "drops a column": "alter table supabase_migrations.schema_migrations drop column statements",
    "renames the table": "alter table supabase_migrations.schema_migrations rename to other",
    "changes its text": "update supabase_migrations.schema_migrations set statements = '{x}' where version = '2'",
    "forgets its text": "update supabase_migrations.schema_migrations set statements = null where version = '2'",
    "takes another version": ("update supabase_migrations.schema_migrations set version = '7' where version = '2'"),
}


@pytest.mark.parametrize("text", TAMPERING.values(), ids=TAMPERING.keys())
def test_a_file_that_touches_its_own_row_is_undone(bench: Bench, text: str) -> None:
    outcome = bench.push(migration("1"), migration("2", text), migration("3"))
    error = outcome.error
    assert type(error) is MigrationFailed
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("2", "SBA04")
    assert "schema_migrations out of the file" in error.next_step
    assert versions(outcome.applied) == bench.history() == bench.runs() == ["1"]


def test_a_file_may_change_other_columns_of_its_row_and_the_table(bench: Bench) -> None:
    body = (
        "alter table supabase_migrations.schema_migrations add column created_by text;"
        "update supabase_migrations.schema_migrations set created_by = 'me'"
    )
    outcome = bench.push(migration("1", body), migration("2"))
    assert (outcome.error, bench.history()) == (None, ["1", "2"])


def test_a_file_that_brings_rows_of_its_own_only_costs_another_request(bench: Bench) -> None:
    body = "insert into supabase_migrations.schema_migrations (version) values ('0')"
    outcome = bench.push(migration("1", body), migration("2"), migration("3"))
    assert (outcome.error, bench.history(), bench.runs()) == (None, ["0", "1", "2", "3"], ["1", "2", "3"])
    assert bench.writes == 2


HISTORY_TABLE = "create schema supabase_migrations; create table supabase_migrations.schema_migrations "
TABLES = {
    "only the schema": "create schema supabase_migrations",
    "version alone": HISTORY_TABLE + "(version text not null primary key)",
    "without a name": HISTORY_TABLE + "(version text primary key, statements text[])",
    "other columns beside": HISTORY_TABLE
    + "(version text primary key, statements text[], name text, created_by text, idempotency_key text unique,"
    " rollback text[], made timestamptz default now())",
    "another order": HISTORY_TABLE + "(name text, statements text[], version varchar primary key)",
}


@pytest.mark.parametrize("script", TABLES.values(), ids=TABLES.keys())
def test_a_history_that_somebody_made_by_hand_is_completed_and_used(bench: Bench, script: str) -> None:
    bench.database.run(script)
    outcome = bench.push(migration("1"), migration("2"), faults=[cut_after])
    assert (outcome.error, bench.history(), bench.runs()) == (None, ["1", "2"], ["1", "2"])
    assert bench.push(migration("1"), migration("2"), migration("3")).error is None
    assert bench.writes == 2


def test_a_whole_table_is_not_made_again_and_fires_no_event_trigger(bench: Bench) -> None:
    bench.superuser.run(
        "create table app.ddl (tag text); grant all on app.ddl to public;"
        "create function app.note() returns event_trigger language plpgsql as "
        "$$ begin insert into app.ddl values (tg_tag); end $$;"
        "create event trigger test_note on ddl_command_end execute function app.note();"
    )
    try:
        bench.push(migration("1"))
        first = bench.ask("select tag from app.ddl")
        bench.push(migration("1"), migration("2", "create table app.t ()"))
        second = bench.ask("select tag from app.ddl")[len(first) :]
    finally:
        bench.superuser.run("drop event trigger test_note")
    assert first == ["CREATE SCHEMA", "CREATE TABLE"]
    assert second == ["CREATE TABLE"]
    assert "create schema" not in bench.gateways[1].sent()[0]


def test_time_limits_are_those_of_the_push_and_not_of_the_role(bench: Bench) -> None:
    bench.superuser.run(f"alter database {bench.name} set statement_timeout = 200")
    try:
        outcome = bench.push(migration("1", "select pg_sleep(0.4)"))
        limited = bench.push(
            migration("1", "select pg_sleep(0.4)"),
            migration("2", "select pg_sleep(5)"),
            limits=Limits(statement_timeout="50ms"),
        )
    finally:
        bench.superuser.run(f"alter database {bench.name} reset statement_timeout")
    assert outcome.error is None
    assert isinstance(limited.error, MigrationFailed)
    assert limited.error.sql_error is not None
    assert (limited.error.version, limited.error.sql_error.sqlstate) == ("2", "57014")
