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

        there = LocalDatabase(server.conninfo(database=copy))
        left = rebuild(read_whole(project), there)

        assert left == ()
        assert there.run("select extversion from pg_extension where extname = 'citext'") == [{"extversion": "1.4"}]


def test_one_in_a_version_that_is_not_to_be_had_is_made_in_another(server: Server) -> None:
    with fresh_database(server) as original, fresh_database(server) as copy:
        LocalDatabase(server.conninfo(database=original)).run("create extension citext with schema public")
        owner = LocalDatabase(server.conninfo(user="supabase_admin", database=original))
        owner.run("update pg_extension set extversion = '0.1' where extname = 'citext'")
        project = LocalDatabase(server.conninfo(database=original))

        assert rebuild(read_whole(project), LocalDatabase(server.conninfo(database=copy))) == ()


def test_what_cannot_be_built_is_named_with_what_postgres_said(server: Server) -> None:
    with fresh_database(server) as original, fresh_database(server) as copy:
        project = LocalDatabase(server.conninfo(database=original))
        project.run("create table public.t (a int)")
        there = LocalDatabase(server.conninfo(database=copy))
        there.run("create type public.t as (other int)")

        left = rebuild(read_whole(project), there)

        assert str(left[0]).startswith("column public.t.a: ") or "already exists" in str(left[-1])


def test_what_only_some_projects_have_is_made(engine_of: Callable[[int], Server]) -> None:
    # On 18, where it has a stand-in.
    server = engine_of(18)
    with fresh_database(server) as original, fresh_database(server) as copy:
        project = LocalDatabase(server.conninfo(database=original))
        project.run("create extension pgjwt schema extensions")
        project.run("create view public.v as select extensions.url_encode('a') as coded")
        project.run("create publication supabase_realtime_messages_publication")
        there = LocalDatabase(server.conninfo(database=copy))

        assert rebuild(read_whole(project), there) == ()
        assert there.run("select count(*)::int as n from pg_publication where pubname like '%messages%'") == [
            {"n": 1}
        ]
