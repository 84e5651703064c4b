"""Event triggers of role postgres, which on a Postgres of our own take a detour."""

from collections.abc import Callable, Iterator

import pytest

from sbapply.errors import SqlError
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import new_database

_SEEN = """
    create table public.log (tag text, who text);
    create function public.seen() returns event_trigger language plpgsql
      as $$ begin insert into public.log values (tg_tag, current_user); end $$;
"""
_ATTACK = """
    create table public.risen (tag text);
    create function public.rise() returns event_trigger language plpgsql
      as $$ begin
        insert into public.risen select tg_tag from pg_roles where rolname = current_user and rolsuper;
      end $$;
    create event trigger " " on ddl_command_end execute function public.rise();
    create event trigger a on ddl_command_start execute function public.rise();
    create event trigger b on sql_drop execute function public.rise();
"""


@pytest.fixture(params=[18, 15])
def project(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Iterator[LocalDatabase]:
    server = engine_of(request.param)
    name = new_database(server)
    yield LocalDatabase(server.conninfo(database=name))
    owner = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    owner.run(f"drop database {name} with (force)")


def test_it_fires_for_its_tags_and_finds_postgres(project: LocalDatabase) -> None:
    project.run(f"""{_SEEN}
        create event trigger watch on ddl_command_end when tag in ('CREATE POLICY', 'CREATE PUBLICATION')
          execute function public.seen();
        create event trigger first on ddl_command_start when tag in ('CREATE POLICY')
          execute procedure public.seen();
        create policy p on public.log using (true);
        create policy p on storage.objects using (true);
        create table public.other ();
    """)
    assert project.run("select tag, who from public.log") == [{"tag": "CREATE POLICY", "who": "postgres"}] * 4
    assert project.run("select evtname, evtowner::regrole::text as owner, evttags from pg_event_trigger "
                       "where evtowner = 'postgres'::regrole order by 1") == [
        {"evtname": "first", "owner": "postgres", "evttags": ["CREATE POLICY"]},
        {"evtname": "watch", "owner": "postgres", "evttags": ["CREATE POLICY", "CREATE PUBLICATION"]},
    ]  # fmt: skip


def test_it_is_silent_while_an_extension_is_made_and_not_after(project: LocalDatabase) -> None:
    project.run(f"""{_SEEN}
        create event trigger watch on ddl_command_end execute function public.seen();
        create extension citext;
        create publication everything for all tables;
        create table public.other ();
    """)
    assert project.run("select tag from public.log") == [{"tag": "CREATE TABLE"}]
    assert project.run("select evtenabled::text from pg_event_trigger where evtname = 'watch'") == [
        {"evtenabled": "O"}
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "create extension citext",
        "create publication everything for all tables",
        "create policy p on storage.objects using (true)",
        "comment on policy q on storage.objects is 'x'",
        "alter extension citext set schema extensions",
    ],
)
def test_no_event_trigger_of_a_project_runs_as_a_superuser(project: LocalDatabase, statement: str) -> None:
    project.run("create policy q on storage.objects using (true)")
    if "alter" in statement:
        project.run("create extension citext")
    project.run(_ATTACK)
    project.run(statement)
    assert project.run("select tag from public.risen") == []
    assert project.run("select rolname from pg_roles where rolsuper") == [{"rolname": "supabase_admin"}]


def test_nothing_is_allowed_while_an_event_trigger_stands_in_line_behind_ours(project: LocalDatabase) -> None:
    project.run(_ATTACK + 'alter event trigger a rename to "~~"')
    with pytest.raises(SqlError, match="must be superuser"):
        project.run("create publication everything for all tables")


@pytest.mark.parametrize(
    "definition",
    [
        "e on sql_drop execute function public.seen(); alter role postgres superuser",
        "e on sql_drop when tag in ('a') || 'b' execute function public.seen()",
        "e on login execute function public.seen()",
        "e on sql_drop execute function public.seen('a')",
        "",
    ],
)
def test_the_detour_makes_an_event_trigger_and_nothing_else(project: LocalDatabase, definition: str) -> None:
    project.run(_SEEN)
    with pytest.raises(SqlError):
        project.run(f"call pg_catalog.sbapply($x${definition}$x$)")


def test_no_role_that_postgres_can_take_is_a_superuser(project: LocalDatabase) -> None:
    rows = project.run("select rolname from pg_roles where rolsuper and pg_has_role('postgres', oid, 'member')")
    assert rows == []


def test_an_error_within_a_statement_leaves_the_session_postgres(project: LocalDatabase) -> None:
    rows = project.run("""
        begin;
        do $$ begin create policy p on auth.schema_migrations using (true);
          exception when insufficient_privilege then null; end $$;
        create policy p on storage.objects using (true);
        savepoint here;
        drop policy p on storage.objects;
        rollback to here;
        select current_user::text as who, current_setting('role') as role;
        commit;
    """)
    assert rows == [{"who": "postgres", "role": "none"}]


def test_current_user_of_a_policy_is_postgres(project: LocalDatabase) -> None:
    project.run("create table public.own (); create policy p on public.own to current_user using (true)")
    assert project.run("select polroles::regrole[]::text as roles from pg_policy") == [{"roles": "{postgres}"}]
    project.run("drop policy p on public.own")
