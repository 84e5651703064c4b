"""A copy of a project's schema is complete where it has all that statements can give."""

from collections.abc import Callable

import pytest

from sbapply.catalog.whole import read_whole
from sbapply.rehearse.clone import rebuild
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import fresh_database


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def server(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Server:
    return engine_of(request.param)


def test_an_extension_in_an_older_version_makes_no_copy_incomplete(server: Server) -> None:
    with fresh_database(server) as original, fresh_database(server) as copy:
        project = LocalDatabase(server.conninfo(database=original))
        project.run(
            "create extension citext with schema public version '1.4'; create table public.t (a public.citext)"
        )

        left = rebuild(read_whole(project), LocalDatabase(server.conninfo(database=copy)))

        assert left == ()


def test_what_cannot_be_built_is_named_with_what_postgres_said(server: Server) -> None:
    with fresh_database(server) as original, fresh_database(server) as copy:
        project = LocalDatabase(server.conninfo(database=original))
        project.run("create table public.t (a int)")
        there = LocalDatabase(server.conninfo(database=copy))
        there.run("create type public.t as (other int)")

        left = rebuild(read_whole(project), there)

        assert str(left[0]).startswith("column public.t.a: ") or "already exists" in str(left[-1])


def test_an_extension_that_only_older_projects_have_is_made(engine_of: Callable[[int], Server]) -> None:
    # On 18, where it has a stand-in.
    server = engine_of(18)
    with fresh_database(server) as original, fresh_database(server) as copy:
        project = LocalDatabase(server.conninfo(database=original))
        project.run("create extension pgjwt schema extensions")
        project.run("create view public.v as select extensions.url_encode('a') as coded")

        assert rebuild(read_whole(project), LocalDatabase(server.conninfo(database=copy))) == ()
