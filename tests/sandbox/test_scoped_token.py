"""A token with database_read alone is enough for verbs that read, and never for one that writes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sbapply.api.client import ApiClient, ProjectDatabase
from sbapply.api.reading import ReadingDatabase
from sbapply.auth.token import Token
from sbapply.catalog.whole import WholeCatalog
from sbapply.database import Database, Patience
from sbapply.errors import Forbidden, ProjectAsleep
from sbapply.history.state import read_state
from sbapply.migrations.files import Migration, read_folder
from sbapply.rehearse.rehearsal import Rehearsal, rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.squashing import Squashed
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.settings import Sandbox
from sbapply.sandbox.transport import SandboxTransport
from sbapply.verbs.fetch import fetch
from sbapply.verbs.status import status
from sbapply.verbs.target import Target
from sbapply.verbs.verify import verify
from tests.conftest import new_database

MIGRATION = """
create table public.books (
  id int primary key,
  title text not null default 'none',
  pages int check (pages > 0)
);
create index books_title on public.books (title);
alter table public.books enable row level security;
create policy readers on public.books for select to anon using (true);
create view public.titles as select title from public.books;
create function public.twice(n int) returns int language sql immutable as 'select n * 2';
"""
HISTORY = """
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
"""


class Scoped:
    """Be a project whose token has only some permissions, with one migration applied."""

    def __init__(self, server: Server, folder: Path, permissions: frozenset[str], **settings: Any) -> None:
        name = new_database(server)
        self.server = server
        self.database = LocalDatabase(server.conninfo(user="postgres", database=name))
        self.database.run(MIGRATION)
        self.database.run(HISTORY)
        self.database.run(
            "insert into supabase_migrations.schema_migrations values "
            f"('1', array[$sbapply${MIGRATION}$sbapply$], 'books')"
        )
        self.settings = Sandbox(token_permissions=permissions, **settings)
        handler = SandboxHandler(self.settings, lambda role: server.conninfo(user=role, database=name))
        self.client = ApiClient(
            Token(self.settings.token, "a test"),
            api_url="http://localhost",
            transport=SandboxTransport(handler),
        )
        migrations = folder / "supabase" / "migrations"
        migrations.mkdir(parents=True)
        (migrations / "1_books.sql").write_text(MIGRATION)
        self.folder = read_folder(migrations, shown="supabase/migrations")

    @property
    def ref(self) -> str:
        return self.settings.ref

    def target(self, scratch: Server) -> Target:
        database = ReadingDatabase(self.client, self.ref)
        return Target(self.ref, None, self.folder, database, database, Scratch(scratch), Patience(read=30.0))


@dataclass(frozen=True)
class Scratch:
    """Rehearse in a fresh database of a server that other tests use too."""

    server: Server

    def replay(self, migrations: Sequence[Migration], pending: Collection[str] = ()) -> Rehearsal:
        name = new_database(self.server)
        database = LocalDatabase(self.server.conninfo(user="postgres", database=name))
        return rehearse(database, migrations, pending=pending)

    def clone(self, database: Database, pending: Sequence[Migration]) -> Rehearsal:
        raise AssertionError("every applied version has a file here")

    def replayed(self, migrations: Sequence[Migration]) -> WholeCatalog:
        raise AssertionError("nothing is compared here")

    def differences(self, catalog: WholeCatalog, migration: Migration) -> tuple[str, ...]:
        raise AssertionError("nothing is pulled here")

    def squashed(self, migrations: Sequence[Migration], into: Migration, *, with_data: bool) -> Squashed:
        raise AssertionError("nothing is squashed here")


READ = frozenset({"database_read"})


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def scoped(request: pytest.FixtureRequest, engine_of: Callable[[int], Server], tmp_path: Path) -> Scoped:
    return Scoped(engine_of(request.param), tmp_path, READ)


def test_the_endpoint_that_writes_refuses_it_in_the_platforms_words(scoped: Scoped) -> None:
    with pytest.raises(Forbidden, match="does not have the necessary privileges") as caught:
        ProjectDatabase(scoped.client, scoped.ref).run("select 1")
    assert "database_read and database_write" in caught.value.next_step


def test_the_history_is_read_as_the_role_that_cannot_write(scoped: Scoped) -> None:
    database = ReadingDatabase(scoped.client, scoped.ref)
    state = read_state(database, patience=20.0)
    assert (state.versions, state.role) == (("1",), "supabase_read_only_user")
    assert state.columns == ("version", "statements", "name")
    assert database.requests == 2


def test_status_needs_no_more(scoped: Scoped, engine_of: Callable[[int], Server]) -> None:
    report = status(scoped.target(engine_of(18)), check=True)
    assert [(entry.version, entry.state.value) for entry in report.entries] == [("1", "applied")]


def test_fetch_needs_no_more(scoped: Scoped, engine_of: Callable[[int], Server], tmp_path: Path) -> None:
    report = fetch(scoped.target(engine_of(18)), tmp_path, every=True)
    assert [(each.version, each.state.value) for each in report.fetched] == [("1", "same")]


def test_verify_needs_no_more_and_finds_nothing_that_differs(
    scoped: Scoped, engine_of: Callable[[int], Server]
) -> None:
    report = verify(scoped.target(engine_of(18)))
    said = {result.status for result in report.verdict.results}
    assert not said & {"differs", "missing"}, [
        (result.object, result.status, result.found) for result in report.verdict.results
    ]
    confirmed = [result.object for result in report.verdict.results if result.status == "confirmed"]
    assert len(confirmed) >= 8
    probes = [result for result in report.verdict.results if result.kind == "probe"]
    assert [probe.status for probe in probes] == ["not-probed"] * len(probes)


def test_verify_still_sees_what_differs(scoped: Scoped, engine_of: Callable[[int], Server]) -> None:
    scoped.database.run("alter table public.books disable row level security; drop index public.books_title")
    report = verify(scoped.target(engine_of(18)))
    assert report.verdict.outcome == "differs"
    assert report.exit_status == 3


def test_nothing_can_be_written_with_it(scoped: Scoped) -> None:
    with pytest.raises(Forbidden):
        ProjectDatabase(scoped.client, scoped.ref).run("create table no (id int)")
    assert scoped.database.run("select to_regclass('no') is null as gone") == [{"gone": True}]


def test_a_token_without_rights_on_projects_may_not_list_them(scoped: Scoped) -> None:
    with pytest.raises(Forbidden) as caught:
        scoped.client.projects(timeout=5.0)
    assert "projects_read" in caught.value.next_step


def test_a_token_with_other_rights_alone_cannot_read_the_database(
    engine_of: Callable[[int], Server], tmp_path: Path
) -> None:
    scoped = Scoped(engine_of(18), tmp_path, frozenset({"projects_read", "advisors_read"}))
    assert [project.ref for project in scoped.client.projects(timeout=5.0)] == [scoped.ref]
    assert scoped.client.lints(scoped.ref, "performance", timeout=20.0) == ()
    with pytest.raises(Forbidden) as caught:
        ReadingDatabase(scoped.client, scoped.ref).run("select 1")
    assert "database_read" in caught.value.next_step


def test_a_paused_project_says_so_to_whoever_may_look(engine_of: Callable[[int], Server], tmp_path: Path) -> None:
    scoped = Scoped(engine_of(18), tmp_path, READ | {"project_admin_read"}, status="INACTIVE")
    with pytest.raises(ProjectAsleep, match="paused"):
        read_state(ReadingDatabase(scoped.client, scoped.ref), patience=20.0)
