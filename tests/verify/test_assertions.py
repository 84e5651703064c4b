"""Assertions tell what they returned, test row security as anybody, and can do nothing but ask."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from sbapply.database import Row
from sbapply.errors import ReadFailed, Refused, UsageError
from sbapply.migrations.assertions import (
    AssertionFile,
    AssertionSet,
    assertions_of_file,
    assertions_of_migration,
    read_assertion_folder,
)
from sbapply.migrations.files import Migration, Problem
from sbapply.verify.assertions import AssertionResult, run_assertions
from tests.verify.conftest import Place

SCHEMA = """
create table public.t (id integer primary key, owner text not null);
insert into public.t values (1, 'ann'), (2, 'ben');
create sequence public.s;
alter table public.t enable row level security;
create policy own on public.t for select to authenticated
  using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
grant select on public.t to anon, authenticated;
create function public.writes() returns boolean language plpgsql as $$
begin insert into public.t values (3, 'eve'); return true; end $$;
create function public.defines() returns boolean language plpgsql as $$
begin execute 'create table public.made ()'; return true; end $$;
create function public.commits() returns boolean language plpgsql as $$
begin execute 'commit'; return true; end $$;
create procedure public.works() language plpgsql as $$
begin insert into public.t values (3, 'eve'); commit; end $$;
create function public.opens() returns boolean language plpgsql as $$
begin
  perform set_config('transaction_read_only', 'off', false);
  insert into public.t values (3, 'eve');
  return true;
end $$;
create function public.stays() returns boolean language plpgsql as $$
begin
  perform set_config('statement_timeout', '0', false), pg_sleep(1000);
  return true;
end $$;
create function public.forgets() returns boolean language plpgsql as $$
begin execute 'reset all'; return true; end $$;
create function public.catches() returns boolean language plpgsql as $$
begin
  loop
    begin perform pg_sleep(1000); exception when query_canceled then null; end;
  end loop;
end $$;
"""

STATE = """
select (select json_agg(t order by id) from public.t) as rows,
       (select json_agg(array[last_value::text, is_called::text]) from public.s) as sequence,
       (select json_agg(array[oid::text, relname, relfilenode::text, relacl::text] order by oid)
          from pg_class where relnamespace = 'public'::regnamespace) as relations,
       (select json_agg(array[proname, prosrc] order by oid)
          from pg_proc where pronamespace = 'public'::regnamespace) as functions,
       (select json_agg(s order by setrole) from pg_db_role_setting as s
          where setdatabase = (select oid from pg_database where datname = current_database())) as settings,
       (select count(*) from pg_prepared_xacts) as prepared,
       (select count(*) from pg_largeobject_metadata) as objects
"""

# Two strings with a quote in the second as it is parsed here; the end of our query and three more where the setting
# makes the backslash an escape.
ENDS_ELSEWHERE = r"""set standard_conforming_strings = off;
select '\', ') as x; delete from public.t; select true, (select '' = '' --'
"""

# Each is refused by its parse tree: the text, the line and column that are named, and a word of the reason.
REFUSED: Mapping[str, tuple[str, tuple[int, int], str]] = {
    "insert": ("select true;\n insert into public.t values (3, 'eve')", (2, 2), "INSERT"),
    "update": ("update public.t set owner = 'eve'", (1, 1), "UPDATE"),
    "delete with returning": ("delete from public.t returning true", (1, 1), "DELETE"),
    "merge": ("merge into public.t using public.t as o on true when matched then delete", (1, 1), "MERGE"),
    "truncate": ("truncate public.t", (1, 1), "TRUNCATE"),
    "create table": ("create table public.made ()", (1, 1), "CREATE"),
    "create temporary table": ("create temp table made as select true", (1, 1), "CREATE TABLE AS"),
    "alter role": ("alter role postgres set statement_timeout = 0", (1, 1), "ALTER ROLE SET"),
    "drop": ("drop table public.t", (1, 1), "DROP"),
    "grant": ("grant all on public.t to anon", (1, 1), "GRANT"),
    "select into": ("select true as ok into public.made", (1, 1), "SELECT INTO"),
    "select into in a with": ("with w as (select true) select * into made from w", (1, 1), "SELECT INTO"),
    "data-modifying with": ("with gone as (delete from public.t returning true) table gone", (1, 1), "DELETE"),
    "data-modifying with, below": (
        "with i as (insert into t values (3) returning 1) select true",
        (1, 1),
        "INSERT",
    ),
    "do": ("do $$ begin insert into public.t values (3, 'eve'); end $$", (1, 1), "DO"),
    "call": ("call public.works()", (1, 1), "CALL"),
    "copy to a program": ("copy public.t to program 'cat'", (1, 1), "COPY"),
    "copy from stdin": ("select true;\ncopy public.t from stdin;\n3\teve\n\\.\n", (2, 1), "COPY"),
    "explain analyze": ("explain analyze delete from public.t", (1, 1), "EXPLAIN"),
    "prepare": ("prepare p as delete from public.t", (1, 1), "PREPARE"),
    "execute": ("execute p", (1, 1), "EXECUTE"),
    "declare": ("declare c cursor with hold for select true", (1, 1), "DECLARE CURSOR"),
    "listen": ("listen x", (1, 1), "LISTEN"),
    "notify": ("notify x", (1, 1), "NOTIFY"),
    "lock": ("lock table public.t", (1, 1), "LOCK"),
    "vacuum": ("vacuum public.t", (1, 1), "VACUUM"),
    "refresh": ("refresh materialized view m", (1, 1), "REFRESH"),
    "discard": ("discard all", (1, 1), "DISCARD"),
    "load": ("load 'x'", (1, 1), "LOAD"),
    "begin": ("begin; select true", (1, 1), "BEGIN"),
    "start transaction": ("start transaction read write", (1, 1), "START TRANSACTION"),
    "commit": ("select true;\ncommit;\ninsert into public.t values (3, 'eve')", (2, 1), "COMMIT"),
    "commit behind a comment": ("select true /* ; */;/* -- */ commit and chain", (1, 30), "COMMIT"),
    "commit behind a nested comment": ("/* /* ; */ */ select true /* '; */; commit", (1, 37), "COMMIT"),
    "commit behind an odd quote": ("select $a$;$a$ = E'\\';' ;commit", (1, 26), "COMMIT"),
    "end": ("select true; end", (1, 14), "COMMIT"),
    "rollback": ("rollback", (1, 1), "ROLLBACK"),
    "abort": ("abort", (1, 1), "ROLLBACK"),
    "savepoint": ("savepoint a", (1, 1), "SAVEPOINT"),
    "release": ("release a", (1, 1), "RELEASE"),
    "rollback to": ("rollback to a", (1, 1), "ROLLBACK TO"),
    "prepare transaction": ("prepare transaction 'x'", (1, 1), "PREPARE TRANSACTION"),
    "commit prepared": ("commit prepared 'x'", (1, 1), "COMMIT PREPARED"),
    "set transaction": ("set transaction read write", (1, 1), "SET TRANSACTION"),
    "session characteristics": (
        "set session characteristics as transaction read write",
        (1, 1),
        "SET SESSION CHARACTERISTICS",
    ),
    "set transaction_read_only": ("set local transaction_read_only = off", (1, 1), "transaction_read_only"),
    "reset transaction_read_only": ('reset "Transaction_Read_Only"', (1, 1), "Transaction_Read_Only"),
    "set default_transaction": (
        "set default_transaction_read_only to off",
        (1, 1),
        "default_transaction_read_only",
    ),
    "reset all": ("reset all", (1, 1), "RESET ALL"),
    "dblink": ("select dblink_exec('dbname=x', 'delete from public.t') = ''", (1, 1), "dblink_exec"),
    "http": ("select (extensions.http_post('https://example.com', '', '')).status = 200", (1, 1), "http_post"),
    "another session": ("select pg_terminate_backend(pid) from pg_stat_activity", (1, 1), "pg_terminate_backend"),
    "a slot": ("select pg_create_logical_replication_slot('a', 'b') is null", (1, 1), "replication_slot"),
    "too deep": ("select true" + " and (true" * 200 + ")" * 200, (1, 1), "too deeply"),
    "two in one parenthesis": ("select true) as x; delete from public.t; select (true", (1, 12), "syntax error"),
    "psql": ("\\! true", (1, 1), "psql"),
}

# Each is one question by its parse tree, and is stopped by the server: the text, and the SQLSTATE that is named.
STOPPED: Mapping[str, tuple[str, str]] = {
    "nextval": ("select nextval('public.s') > 0", "25006"),
    "setval": ("select setval('public.s', 7) = 7", "25006"),
    "a function that writes": ("select public.writes()", "25006"),
    "a function that defines": ("select public.defines()", "25006"),
    "a function that commits": ("select public.commits()", "0A000"),
    "a function that opens the transaction": ("select public.opens()", "25001"),
    "a locking clause": ("select true from public.t for update", "25006"),
    "set_config of read only": (
        "select set_config('transaction_read_only', 'off', false) = 'off'; select public.writes()",
        "25001",
    ),
    "set_config of read only alone": ("select set_config('transaction_read_only', 'off', true)", "25001"),
    "set_config of isolation": (
        "select set_config('transaction_isolation', 'serializable', true) is null",
        "25001",
    ),
    "a string that ends elsewhere": (ENDS_ELSEWHERE, ""),
    "another query in a function": ("select ts_stat('select public.writes()::text::tsvector') is null", "25006"),
    "another query that commits": ("select ts_stat('commit') is null", "42P11"),
    "a role it is not": ("set role supabase_admin; select public.writes()", "42501"),
}

# Each would run for ever.
ENDLESS: Mapping[str, str] = {
    "pg_sleep": "select pg_sleep(1000) is not null",
    "pg_sleep without a time limit": "select set_config('statement_timeout', '0', false); "
    "select pg_sleep(1000) is not null",
    "pg_sleep behind set": "set statement_timeout = 0; select pg_sleep(1000) is not null",
    "pg_sleep behind reset": "reset statement_timeout; select pg_sleep(1000) is not null",
    "a function without a time limit": "select public.stays()",
    "a row without end": "select true from generate_series(1, 1000000000000)",
    "a count without end": "select count(*) > 0 from generate_series(1, 1000000000000)",
    "a recursion without end": "with recursive r as (select 1 as n union all select 1 from r) select n = 1 from r",
    "many short sleeps": "select pg_sleep(0.2) is not null;" * 20,
    "settings forgotten": "select public.forgets(); select pg_sleep(1000) is not null",
}


@pytest.fixture
def place(project: Place) -> Place:
    """Return a project that holds what assertions could harm."""
    project.database.run(SCHEMA)
    return project


def read(text: str) -> AssertionSet:
    found = assertions_of_file(AssertionFile("supabase/verify/a.sql", text))
    assert isinstance(found, AssertionSet), found
    return found


def asked(place: Place, text: str, *, patience: float = 20.0) -> tuple[AssertionResult, ...]:
    return run_assertions(place.database, [read(text)], patience=patience)


def state(place: Place) -> Row:
    (row,) = place.superuser.run(STATE)
    return row


@contextmanager
def leaving_nothing(place: Place) -> Iterator[None]:
    before = state(place)
    yield
    assert state(place) == before


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_question_is_refused_with_its_place_before_anything_is_sent(name: str) -> None:
    text, at, word = REFUSED[name]
    found = assertions_of_file(AssertionFile("supabase/verify/a.sql", text))
    assert isinstance(found, Problem), found
    assert found.place is not None
    assert (found.place.line, found.place.column) == at
    assert word in found.reason
    assert found.next_step


@pytest.mark.parametrize("name", STOPPED)
def test_what_only_the_server_can_see_is_stopped_and_named(name: str, place: Place) -> None:
    text, sqlstate = STOPPED[name]
    with leaving_nothing(place):
        results = asked(place, text)
    wrong = [result for result in results if result.status == "differs"]
    if sqlstate:
        assert wrong
        assert wrong[0].sqlstate == sqlstate
        assert f"SQLSTATE {sqlstate}" in wrong[0].found
        assert wrong[0].place is not None
    else:
        assert [result.status for result in results] == ["differs"]


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_ended_and_named(name: str, place: Place) -> None:
    began = time.monotonic()
    with leaving_nothing(place):
        results = asked(place, f"select true;\n{ENDLESS[name]};\nselect false", patience=2.0)
    assert time.monotonic() - began < 6
    ended = next(result for result in results if result.status == "differs")
    assert ended.sqlstate == "57014"
    assert "1.5 s" in ended.found
    assert ended.place is not None
    assert ended.place.line == 2
    assert results[0].status == "confirmed"
    assert results[-1].status == "not-run"


def test_the_time_is_the_files_and_not_the_statements(place: Place) -> None:
    results = asked(place, ENDLESS["many short sleeps"], patience=2.0)
    statuses = [result.status for result in results]
    assert statuses[0] == "confirmed"
    assert statuses.count("differs") == 1
    assert statuses[-1] == "not-run"


def test_a_function_that_catches_the_end_of_its_time_is_ended_or_given_up(place: Place) -> None:
    began = time.monotonic()
    with leaving_nothing(place):
        if place.version >= 17:
            (result,) = asked(place, "select public.catches()", patience=4.0)
            assert (result.status, result.sqlstate, result.place) == ("differs", "25P04", None)
        else:
            with pytest.raises(ReadFailed, match=r"supabase/verify/a\.sql"):
                asked(place, "select public.catches()", patience=2.0)
    assert time.monotonic() - began < 8


def test_a_lock_that_somebody_else_holds_is_not_waited_for_long(place: Place) -> None:
    with leaving_nothing(place), psycopg.connect(place.superuser.conninfo) as other:
        other.execute("lock table public.t in access exclusive mode")
        began = time.monotonic()
        results = asked(place, "select count(*) = 2 from public.t; select true", patience=8.0)
        assert time.monotonic() - began < 6
        other.rollback()
    assert [(result.status, result.sqlstate) for result in results] == [("differs", "55P03"), ("confirmed", None)]
    assert "lock that somebody else holds" in results[0].found


def test_all_that_is_true_is_confirmed(place: Place) -> None:
    results = asked(
        place,
        "select true;\nselect true as a, true as a;\nvalues (true), (not false);\n"
        "with w as (select id > 0 as ok from public.t) select * from w;\ntable pg_temp.nothing;\n"
        "select x.* from (select true as x, true) as x -- the end",
    )
    assert [result.status for result in results] == ["confirmed"] * 4 + ["differs", "confirmed"]
    assert [result.found for result in results[:4]] == [
        "1 row, all true",
        "1 row, all true",
        "2 rows, all true",
        "2 rows, all true",
    ]
    assert results[4].sqlstate == "42P01"


WRONG: Mapping[str, tuple[str, str]] = {
    "false": ("select false", "row 1: ?column? is false"),
    "null": ("select null::boolean as ok", "row 1: ok is null"),
    "no row": ("select true where false", "returned no row"),
    "the second of two columns": ("select true as a, 1 = 2 as b", "row 1: b is false"),
    "one of the rows": (
        "values (true), (false), (true), (null)",
        "row 2: column1 is false; row 4: column1 is null",
    ),
    "a number": ("select 1 as n", "row 1: n is 1, which is not boolean"),
    "a text": ("select 't'::text as t", 'row 1: t is "t", which is not boolean'),
    "a text that says true": ("select 'true'::text as t", 'row 1: t is "true", which is not boolean'),
    "json": ("select 'true'::jsonb as j", "row 1: it has no column, or one that is not boolean"),
    "an array": ("select array[true] as a", "row 1: a is [true], which is not boolean"),
    "nothing of a function": ("select pg_notify('a', 'b')", 'row 1: pg_notify is "", which is not boolean'),
    "no column": ("select from public.t", "row 1: it has no column, or one that is not boolean; row 2"),
    "an error": ("select 1 / 0 = 1", "failed with SQLSTATE 22012: division by zero"),
    "a name that is not there": ("select nope", 'failed with SQLSTATE 42703: column "nope" does not exist'),
    "a hostile name": ('select false as "a\'\\"";--"', "row 1: a'\\\";-- is false"),
    "a hostile value": ("select E'x\\u202e\\n'')' as v", "row 1: v is "),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_true_is_named_with_what_was_returned(name: str, place: Place) -> None:
    text, found = WRONG[name]
    with leaving_nothing(place):
        results = asked(place, f"select true;\n  -- why\n  {text};\nselect true")
    assert [result.status for result in results] == ["confirmed", "differs", "confirmed"]
    assert results[1].found.startswith(found)
    assert str(results[1].place) == "supabase/verify/a.sql:3:3"
    assert results[1].text == text


def test_many_wrong_rows_and_long_values_are_told_in_short(place: Place) -> None:
    (result,) = asked(place, "select repeat('x', 100000) from generate_series(1, 100000)")
    assert result.status == "differs"
    assert len(result.found) < 1000
    assert "row 3" in result.found
    assert "row 4" not in result.found


def test_row_security_is_tested_as_anon_and_as_a_user(place: Place) -> None:
    results = asked(
        place,
        """
        select count(*) = 2 from public.t;
        set local role anon;
        select current_user = 'anon', count(*) = 0 from public.t;
        select set_config('role', 'authenticated', true);
        set local request.jwt.claims = '{"sub": "ann"}';
        select current_user = 'authenticated', count(*) = 1, min(owner) = 'ann' from public.t;
        select set_config('request.jwt.claims', '{"sub": "ben"}', true);
        select owner = 'ben' from public.t;
        select count(*) = 2 from public.t;
        reset role;
        select count(*) = 2 from public.t;
        show role;
        """,
    )
    statuses = [result.status for result in results]
    assert statuses == ["confirmed", "confirmed", "confirmed", "confirmed", "differs", "confirmed"]
    place.database.run("alter policy own on public.t using (true)")
    (opened,) = asked(place, "set role authenticated; select count(*) = 1 from public.t")
    assert opened.status == "differs"


def test_what_follows_a_role_that_cannot_be_set_is_not_asked_as_somebody_else(place: Place) -> None:
    results = asked(place, "select true;\nset role nobody_knows;\nselect count(*) = 2 from public.t")
    assert [(result.status, result.text.split()[0]) for result in results] == [
        ("confirmed", "select"),
        ("differs", "set"),
        ("not-run", "select"),
    ]
    assert results[1].sqlstate == "22023"


def test_nothing_of_a_file_reaches_the_next(place: Place) -> None:
    first = read("set role anon; set search_path = pg_catalog; select set_config('a.b', 'c', false); select true")
    second = read(
        "select current_user = 'postgres', current_setting('a.b', true) is null; select count(*) = 2 from t"
    )
    results = run_assertions(place.database, [first, second], patience=20.0)
    assert [result.status for result in results] == ["confirmed"] * 3


def test_settings_of_the_file_do_not_change_what_is_told(place: Place) -> None:
    place.database.run(
        "create schema evil;"
        "create function evil.row_to_json(record) returns json language plpgsql as 'begin return null; end';"
        "create function evil.no(text, text) returns boolean language sql as 'select true';"
        "create operator evil.~ (leftarg = text, rightarg = text, function = evil.no)"
    )
    results = asked(
        place,
        "set search_path = evil, public, pg_catalog; set client_encoding = 'LATIN1'; set bytea_output = 'escape';"
        "select public.forgets(); select false as \"é\"; select set_config('sbapply.results', '[]', false);"
        "set sbapply.asked = '[]'; select true",
    )
    assert [result.status for result in results] == ["confirmed", "differs", "confirmed"]
    assert results[1].found == "row 1: é is false"


def test_a_file_that_asserts_nothing_is_not_called_confirmed(place: Place) -> None:
    for text in ("", "-- later", "set role anon"):
        (result,) = asked(place, text)
        assert (result.status, result.found) == ("not-run", "it asserts nothing")


def test_a_set_too_large_for_a_request_is_refused_before_anything_is_sent(place: Place) -> None:
    calls = Untouched()
    with pytest.raises(Refused, match="one request"):
        run_assertions(calls, [read("select true"), read("select true;" * 200)], patience=1.0, byte_limit=6000)


class Untouched:
    """Be a database that nothing may be sent to."""

    def run(self, sql: str, *, timeout: float | None = None) -> list[Row]:
        raise AssertionError(sql)


def test_an_answer_that_is_not_ours_is_no_proof() -> None:
    class Other:
        def run(self, sql: str, *, timeout: float | None = None) -> list[Row]:
            return [{"assertions": '{"nonce": "x", "results": []}'}]

    with pytest.raises(ReadFailed):
        run_assertions(Other(), [read("select true")], patience=1.0)


def migration(text: str) -> Migration:
    return Migration("7", "a", "supabase/migrations/7_a.sql", text)


def test_lines_of_a_migration_are_asserted_with_its_version(place: Place) -> None:
    found = assertions_of_migration(
        migration(
            "-- sbapply: lock_timeout=2s\r\n"
            "create table é (); -- sbapply:assert exists (select from public.t); \r\n"
            "  --SBAPPLY:ASSERT: (select count(*) from public.t) = 2 -- two\r\n"
            "-- sbapply:assert select set_config('role', 'anon', true)\r\n"
            "-- sbapply : assert select count(*) = 1 from public.t;\r\n"
            "select '\n-- sbapply:assert false', $$\n-- sbapply:assert false\n$$ /*\n-- sbapply:assert false\n*/;\n"
            "-- sbapply:assertive\n-- sbapply:assert null"
        )
    )
    assert isinstance(found, AssertionSet)
    assert (found.version, len(found.statements)) == ("7", 5)
    results = run_assertions(place.database, [found], patience=20.0)
    assert [(result.status, str(result.place).partition(":")[2]) for result in results] == [
        ("confirmed", "2:38"),
        ("confirmed", "3:21"),
        ("differs", "5:21"),
        ("differs", "13:19"),
    ]
    assert results[2].found == "row 1: ?column? is false"
    assert {result.version for result in results} == {"7"}


@pytest.mark.parametrize(
    ("line", "column", "word"),
    [
        ("-- sbapply:assert", 18, "asserts nothing"),
        ("-- sbapply:assert delete from public.t", 19, "DELETE"),
        ("-- sbapply:assert commit", 19, "COMMIT"),
        ("-- sbapply:assert true; commit", 19, "neither"),
        ("-- sbapply:assert select true; commit", 19, "exactly one"),
        ("-- sbapply:assert true) or (false", 19, None),
        ("-- sbapply:assert true); delete from public.t; select (true", 19, "exactly one"),
        ("-- sbapply:assert the table is there", 19, "neither"),
    ],
)
def test_a_line_that_is_no_question_is_refused_with_its_place(line: str, column: int, word: str | None) -> None:
    found = assertions_of_migration(migration(f"select 1;\n{line}\n"))
    if word is None:
        assert isinstance(found, AssertionSet)
        return
    assert isinstance(found, Problem)
    assert word in found.reason
    assert found.place is not None
    assert (found.place.line, found.place.column) == (2, column)


def test_a_folder_is_read_by_name_with_its_marks_and_line_ends(tmp_path: Path, place: Place) -> None:
    (tmp_path / "b.sql").write_bytes(b"\xef\xbb\xbf-- b\r\nselect true\r\n  and true;\r\nselect false")
    (tmp_path / "a'\";--\u202e.sql").write_text("select null", encoding="utf-8")
    (tmp_path / "c.sql").write_bytes(b"select '\xff'")
    (tmp_path / "notes.md").write_text("later")
    (tmp_path / "d").mkdir()
    folder = read_assertion_folder(tmp_path, shown="supabase/verify")
    assert [source.file.rpartition("/")[2] for source in folder.files] == ["a'\";--\u202e.sql", "b.sql", "c.sql"]
    assert [each.file for each in folder.skipped] == ["supabase/verify/d", "supabase/verify/notes.md"]
    unreadable = assertions_of_file(folder.files[2])
    assert isinstance(unreadable, Problem)
    assert unreadable.code == "not-utf8"
    sets = [found for source in folder.files[:2] if isinstance(found := assertions_of_file(source), AssertionSet)]
    results = run_assertions(place.database, sets, patience=20.0)
    assert [(result.status, str(result.place).rpartition("/")[2]) for result in results] == [
        ("differs", "a'\";--\u202e.sql:1:1"),
        ("confirmed", "b.sql:2:1"),
        ("differs", "b.sql:4:1"),
    ]


def test_a_folder_that_is_not_there_asserts_nothing_and_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    assert read_assertion_folder(tmp_path / "verify", shown="v").files == ()
    (tmp_path / "verify").write_text("")
    with pytest.raises(UsageError):
        read_assertion_folder(tmp_path / "verify", shown="v")
