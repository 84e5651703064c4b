"""What the platform refuses to role postgres and what it lets it do beyond its rights, statement by statement."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from sbapply.errors import OutcomeUnknown, SqlError
from sbapply.migrations.files import Migration
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

_TABLE = Path(__file__).with_name("platform_statements.toml")
_PAGE = Path(__file__).parents[2] / "docs" / "platform.md"
_HEAD = "| statement of role `postgres` | answer | here since | source |\n|---|---|--:|---|\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """Hold a statement and what the platform answers to it, and the source that says so."""

    sql: str
    answer: str
    source: str
    first: str = ""
    since: int = 15


STATEMENTS = tuple(Answered(**row) for row in tomllib.loads(_TABLE.read_text("utf-8"))["statement"])


@pytest.fixture(scope="module")
def project(engine_of: Callable[[int], Server]) -> Callable[[int], LocalDatabase]:
    """Return a function that gives a project of a major version; what is run there has to leave nothing."""
    made: dict[int, LocalDatabase] = {}

    def make(version: int) -> LocalDatabase:
        if version not in made:
            server = engine_of(version)
            made[version] = LocalDatabase(server.conninfo(database=new_database(server)))
        return made[version]

    return make


def answer_of(database: LocalDatabase, sql: str) -> str:
    """Return the SQLSTATE of the error of ``sql``, or 'allowed'."""
    try:
        database.run(sql)
    except SqlError as error:
        return error.sqlstate
    except OutcomeUnknown as error:
        return "" if error.sql_error is None else error.sql_error.sqlstate
    return "allowed"


@pytest.mark.parametrize("version", [18, 15])
@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.sql)
def test_the_answer_is_the_platforms(
    project: Callable[[int], LocalDatabase], version: int, statement: Answered
) -> None:
    if version < statement.since:
        pytest.skip(f"since {statement.since}")
    database = project(version)
    if statement.first:
        assert answer_of(database, f"begin; {statement.first}; rollback") == "allowed"
    found = answer_of(database, f"begin; {statement.first}; {statement.sql}; rollback")
    assert found == statement.answer


def test_enough_is_known_of_both() -> None:
    allowed = [statement for statement in STATEMENTS if statement.answer == "allowed"]
    assert len(allowed) >= 15
    assert len(STATEMENTS) - len(allowed) >= 30
    assert len({statement.sql for statement in STATEMENTS}) == len(STATEMENTS)


def test_the_page_has_the_same_table() -> None:
    page = _PAGE.read_text("utf-8")
    rows = "".join(
        f"| `{statement.sql}` | {statement.answer} | {statement.since} | {statement.source} |\n"
        for statement in STATEMENTS
    )
    assert _HEAD + rows in page


@pytest.mark.parametrize("version", [18, 15])
def test_no_dump_shows_how_the_rights_come_about(project: Callable[[int], LocalDatabase], version: int) -> None:
    database = project(version)
    ours = """
        select pg_describe_object(classid, objid, 0) as thing
        from pg_depend
        where deptype = 'e' and refobjid = (select oid from pg_extension where extname = 'plpgsql')"""
    assert (
        database.run(f"""
        with ours as ({ours})
        select 'function ' || oid::regprocedure as thing from pg_proc where proname ~ '^sbapply'
          and 'function ' || oid::regprocedure not in (select replace(thing, 'procedure ', 'function ') from ours)
        union all
        select 'event trigger ' || evtname from pg_event_trigger where evtname ~ 'sbapply'
          and 'event trigger ' || quote_ident(evtname) not in (select thing from ours)
          and 'event trigger ' || evtname not in (select thing from ours)""")
        == []
    )


@pytest.mark.parametrize("version", [18, 15])
def test_a_file_that_travels_in_pieces_has_the_same_rights(
    project: Callable[[int], LocalDatabase], version: int
) -> None:
    large = f"create table carried (note text); insert into carried values ('{'x' * 1_000_000}');"
    text = f"{large} create policy carried on storage.objects for select using (bucket_id = 'mine');"
    rehearsal = rehearse(project(version), [Migration("1", "large", "1_large.sql", text)])
    assert {claim.object for claim in rehearsal.claims_for(["1"])} >= {"public.carried", "storage.objects.carried"}


@pytest.mark.parametrize("version", [18, 15])
def test_sessions_at_once_make_policies_without_waiting(engine_of: Callable[[int], Server], version: int) -> None:
    conninfo = engine_of(version).conninfo()
    with psycopg.connect(conninfo) as first, psycopg.connect(conninfo) as second:
        first.execute("create policy mine on storage.objects using (true)")
        second.execute("set local lock_timeout = '2s'; create policy mine on storage.buckets using (true)")
        second.rollback()
        first.rollback()


@pytest.mark.parametrize("version", [18, 15])
def test_a_table_of_the_platform_may_be_named_by_the_search_path(
    project: Callable[[int], LocalDatabase], version: int
) -> None:
    database = project(version)
    sql = "begin; set local search_path = storage; create policy mine on objects using (true); rollback"
    assert answer_of(database, sql) == "allowed"


@pytest.mark.parametrize("version", [18, 15])
def test_what_is_postgres_s_can_be_commented_on_beside_what_is_not(
    project: Callable[[int], LocalDatabase], version: int
) -> None:
    # Schema public is pg_database_owner's, of whom no dependency is kept.
    own = "comment on schema public is 'x'; comment on schema own is 'x'; comment on function own.f() is 'x';"
    made = "create schema own; create function own.f() returns int language sql as 'select 1';"
    ending = "do $$ begin raise sqlstate 'UUUUU'; end $$"

    said = answer_of(project(version), f"{made} comment on extension plpgsql is 'ours'; {own} {ending}")

    assert said == "UUUUU"
