"""Owners, privileges, comments, roles, settings and rows that are configuration are read and rebuilt."""

from collections.abc import Callable

import pytest

from sbapply.catalog.ddl import build
from sbapply.catalog.whole import WholeCatalog, differences, read_whole
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.rebuilding import assert_same, rebuild
from tests.conftest import new_database

BUT_INSERT = ["DELETE", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"]
ROLES = ("about_owner", "about_reader", "about_writer")

TABLES = """
create schema app;
create table app.t (id int generated always as identity primary key, a int check (a > 0), b text, c serial);
create table public.t (id bigint primary key, a int, b text);
create view app.v as select id, a from app.t;
create materialized view app.m as select id from app.t;
create type app.mood as enum ('sad', 'happy');
create domain app.positive as int constraint positive check (value > 0);
create type app.pair as (l int, r text);
create sequence app.s;
create index named on app.t (b);
alter table app.t enable row level security;
create policy mine on app.t using (a > 1);
create rule nothing as on delete to app.t do also notify gone;
create statistics app.both on a, id from app.t;
"""


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def server(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Server:
    """Return a server with roles of a project's own, which role postgres is a member of."""
    server = engine_of(request.param)
    database = LocalDatabase(server.conninfo())
    for role in ROLES:
        database.run(
            f"do $$ begin create role {role}; exception when duplicate_object then null; end $$; "
            f"grant {role} to postgres"
        )
    return server


def own(catalog: WholeCatalog, kind: str) -> list[tuple[str, ...]]:
    return [item.key for item in catalog.of(kind) if item.own]


@pytest.mark.parametrize(
    ("sql", "about"),
    [
        ("comment on table app.t is 'it''s \\ \"quoted\" %'", ("table", "app", "t")),
        ("comment on column app.t.a is 'a column'", ("column", "app", "t", "a")),
        ("comment on view app.v is 'a view'", ("view", "app", "v")),
        ("comment on column app.v.a is 'of a view'", ("column", "app", "v", "a")),
        ("comment on materialized view app.m is 'kept'", ("materialized view", "app", "m")),
        ("comment on schema app is 'a schema'", ("schema", "app")),
        ("comment on schema public is 'of this project'", ("schema", "public")),
        ("comment on schema public is null", ("schema", "public")),
        ("comment on type app.mood is 'a type'", ("enum", "app", "mood")),
        ("comment on domain app.positive is 'a domain'", ("domain", "app", "positive")),
        ("comment on type app.pair is 'a pair'", ("composite type", "app", "pair")),
        ("comment on sequence app.s is 'a sequence'", ("sequence", "app", "s")),
        ("comment on index app.named is 'an index'", ("index", "app", "named")),
        ("comment on index app.t_pkey is 'of a constraint'", ("index", "app", "t_pkey")),
        ("comment on constraint t_pkey on app.t is 'a key'", ("constraint", "app", "t", "t_pkey")),
        ("comment on policy mine on app.t is 'a policy'", ("policy", "app", "t", "mine")),
        ("comment on rule nothing on app.t is 'a rule'", ("rule", "app", "t", "nothing")),
        ("comment on statistics app.both is 'of two'", ("statistics", "app", "both")),
    ],
)
def test_a_comment_is_rebuilt(server: Server, sql: str, about: tuple[str, ...]) -> None:
    rebuilt = rebuild(server, TABLES + sql)
    assert_same(rebuilt)
    assert own(rebuilt.original, "comment") == [about]


def test_comments_on_constraints_of_domains_and_columns_of_types_are_rebuilt(server: Server) -> None:
    rebuilt = rebuild(
        server,
        TABLES
        + "comment on constraint positive on domain app.positive is 'more than none';"
        + "comment on column app.pair.l is 'left';",
    )
    assert_same(rebuilt)
    assert len(own(rebuilt.original, "comment")) == 2


def test_a_comment_that_the_server_makes_itself_is_none(server: Server) -> None:
    assert own(rebuild(server, "create extension citext").original, "comment") == []


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("grant select on app.t to about_reader", {("table", "app", "t", "about_reader"): ["SELECT"]}),
        ("grant all on app.t to about_reader", {("table", "app", "t", "about_reader"): ["ALL"]}),
        (
            "grant all on app.t to about_reader; revoke delete, truncate on app.t from about_reader",
            {("table", "app", "t", "about_reader"): ["INSERT", "REFERENCES", "SELECT", "TRIGGER", "UPDATE"]},
        ),
        ("revoke insert on app.t from postgres", {("table", "app", "t", "postgres"): BUT_INSERT}),
        ("grant select on app.t to public", {("table", "app", "t", "public"): ["SELECT"]}),
        ("grant select on app.v to about_reader", {("view", "app", "v", "about_reader"): ["SELECT"]}),
        ("grant select on app.m to about_reader", {("materialized view", "app", "m", "about_reader"): ["SELECT"]}),
        ("grant usage on sequence app.s to about_reader", {("sequence", "app", "s", "about_reader"): ["USAGE"]}),
        (
            "grant select on sequence app.t_id_seq to about_reader",
            {("sequence", "app", "t_id_seq", "about_reader"): ["SELECT"]},
        ),
        ("grant usage on schema app to anon", {("schema", "app", "anon"): ["USAGE"]}),
        ("revoke usage on type app.mood from public", {("enum", "app", "mood", "public"): []}),
        (
            "revoke usage on type app.mood from public; grant usage on type app.mood to anon",
            {("enum", "app", "mood", "anon"): ["ALL"], ("enum", "app", "mood", "public"): []},
        ),
        ("grant usage on domain app.positive to anon", {("domain", "app", "positive", "anon"): ["ALL"]}),
        (
            "grant select (a), update (a, b) on app.t to about_reader",
            {
                ("column", "app", "t", "a", "about_reader"): ["SELECT", "UPDATE"],
                ("column", "app", "t", "b", "about_reader"): ["UPDATE"],
            },
        ),
        ("grant all (a) on app.t to about_reader", {("column", "app", "t", "a", "about_reader"): ["ALL"]}),
        ("grant select (a) on app.v to about_reader", {("column", "app", "v", "a", "about_reader"): ["SELECT"]}),
    ],
)
def test_privileges_are_rebuilt(server: Server, sql: str, rows: dict[tuple[str, ...], list[str]]) -> None:
    rebuilt = rebuild(server, TABLES + sql)
    assert_same(rebuilt)
    # What is made in public has the default privileges there, and says so.
    found = {
        item.key: item.facts["privileges"]
        for item in rebuilt.original.of("privilege")
        if item.own and "public" not in item.key[1:2]
    }
    assert found == rows


def test_grant_options_are_rebuilt(server: Server) -> None:
    rebuilt = rebuild(
        server,
        TABLES
        + "grant select, insert on app.t to about_reader; grant update, insert on app.t to about_reader with grant "
        + "option; grant all on app.v to about_writer with grant option; grant select (a) on app.t to about_writer "
        + "with grant option; grant all on sequence app.s to about_writer; grant select on sequence app.s to "
        + "about_writer with grant option;",
    )
    assert_same(rebuilt)
    assert rebuilt.original.objects["privilege", ("table", "app", "t", "about_reader")].facts == {
        "privileges": ["INSERT", "SELECT", "UPDATE"],
        "grantable": ["INSERT", "UPDATE"],
        "maintain": "none" if server.version >= 17 else None,
    }


def test_the_default_written_out_is_as_if_nothing_had_been_granted(server: Server) -> None:
    plain = rebuild(server, TABLES)
    granted = rebuild(server, TABLES + "grant select on app.t to anon; revoke all on app.t from anon;")
    assert own(granted.original, "privilege") == own(plain.original, "privilege")
    assert granted.statements == plain.statements
    assert_same(granted)


@pytest.mark.parametrize(
    "sql",
    [
        "revoke all on public.t from anon",
        "revoke all on public.t from anon; grant select on public.t to anon",
        "revoke insert, update, delete on public.t from authenticated",
        "revoke all on public.t from postgres, anon, authenticated, service_role",
        "create sequence public.s; revoke all on sequence public.s from anon",
        "create table n (a int generated always as identity); revoke all on sequence n_a_seq from anon",
        "create table public.n (id serial); revoke update on sequence public.n_id_seq from authenticated",
    ],
)
def test_what_the_default_privileges_gave_and_somebody_took_is_taken_again(server: Server, sql: str) -> None:
    assert_same(rebuild(server, TABLES + sql))


@pytest.mark.parametrize(
    "sql",
    [
        "alter default privileges in schema app grant select on tables to about_reader",
        "alter default privileges in schema app grant usage on sequences to about_reader with grant option",
        "alter default privileges in schema app grant execute on functions to anon",
        "alter default privileges revoke execute on functions from public",
        "alter default privileges grant usage on schemas to about_reader",
        "alter default privileges revoke usage on types from public",
        "alter default privileges for role about_owner grant all on tables to anon",
        "alter default privileges in schema public revoke all on tables from anon, authenticated",
        "alter default privileges in schema public revoke insert on tables from anon",
    ],
)
def test_default_privileges_are_rebuilt_and_what_is_made_has_them(server: Server, sql: str) -> None:
    rebuilt = rebuild(
        server,
        f"create schema app; {sql}; create table app.late (id int generated always as identity); "
        "create table public.late (a int); create type app.late_type as (x int); create schema late;"
        "create sequence public.late_sequence;",
    )
    assert_same(rebuilt)


def test_owners_are_rebuilt(server: Server) -> None:
    rebuilt = rebuild(
        server,
        TABLES
        + """
        grant create on schema app to about_owner;
        alter table app.t owner to about_owner;
        alter view app.v owner to about_owner;
        alter materialized view app.m owner to about_owner;
        alter type app.mood owner to about_owner;
        alter domain app.positive owner to about_owner;
        alter type app.pair owner to about_owner;
        alter sequence app.s owner to about_owner;
        alter statistics app.both owner to about_owner;
        revoke create on schema app from about_owner;
        grant select on app.t to anon;
        grant all on app.v to postgres;
        create schema authorization about_writer;
        create table about_writer.x (a int);
        """,
    )
    assert_same(rebuilt)
    assert len(own(rebuilt.original, "owner")) == 9


def test_roles_settings_and_memberships_are_rebuilt_on_another_server(engine_of: Callable[[int], Server]) -> None:
    sql = """
    create role about_app login createdb noinherit connection limit 7 valid until '2030-01-01 00:00:00+00';
    create role about_group;
    grant about_group to about_app;
    grant about_app to authenticator;
    grant anon to about_group with admin option;
    alter role about_app set search_path to app, "Odd, name", public;
    alter role about_app set work_mem = '8MB';
    alter role about_app set app.setting = 'it''s \\ a %s value';
    alter role authenticator set pgrst.db_schemas = 'public, app';
    alter role anon set statement_timeout = '7s';
    """
    forward, back = engine_of(18), engine_of(15)
    first, second = new_database(forward), new_database(back)
    # Only who may set them at all can set settings of another's choice; the platform lets role postgres.
    here = LocalDatabase(forward.conninfo(user="supabase_admin", database=first))
    there = LocalDatabase(back.conninfo(user="supabase_admin", database=second))
    before = read_whole(here)
    try:
        here.run(sql)
        here.run("do $$ begin execute format('alter database %I set app.x = ''1''', current_database()); end $$")
        here.run(
            "do $$ begin execute format('alter role about_app in database %I set search_path = ''''',"
            " current_database()); end $$"
        )
        whole = read_whole(here)
        for statement in build(whole, apart_from=before):
            there.run(statement.sql)
        found = read_whole(there)
        kinds = {"role", "membership", "setting"}
        new = [item for item in whole if item.kind in kinds and before.objects.get(item.identity) != item]
        assert [(item.identity, item.facts) for item in new] == [
            (item.identity, found.objects[item.identity].facts) for item in new
        ]
        assert {item.identity for item in new if item.own} >= {
            ("role", ("about_app",)),
            ("membership", ("about_group", "about_app")),
            ("membership", ("about_app", "authenticator")),
            ("membership", ("anon", "about_group")),
            ("setting", ("about_app", "", "search_path")),
            ("setting", ("about_app", "", "app.setting")),
            ("setting", ("about_app", "database", "search_path")),
            ("setting", ("", "database", "app.x")),
            ("setting", ("authenticator", "", "pgrst.db_schemas")),
            ("setting", ("anon", "", "statement_timeout")),
        }
    finally:
        for database in (here, there):
            database.run(
                "alter role anon set statement_timeout = '3s'; alter role authenticator reset pgrst.db_schemas"
            )
            for role in ("about_app", "about_group"):
                database.run(f"do $$ begin drop owned by {role}; exception when undefined_object then null; end $$")
                database.run(f"drop role if exists {role}")


def test_buckets_are_rebuilt(server: Server) -> None:
    rebuilt = rebuild(
        server,
        """
        insert into storage.buckets (id, name) values ('plain', 'Plain');
        insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
        values ('it''s', 'odd', true, 5242880, array['image/png', 'a "quoted", \\ one']);
        """,
    )
    assert_same(rebuilt)
    assert own(rebuilt.original, "bucket") == [("it's",), ("plain",)]


def test_jobs_and_queues_are_rebuilt(engine_of: Callable[[int], Server]) -> None:
    rebuilt = rebuild(
        engine_of(18),
        """
        create extension pg_cron; create extension pgmq;
        select cron.schedule('nightly', '0 3 * * *', 'delete from app.t where b = ''x''');
        select cron.schedule('0 4 * * *', 'vacuum');
        select cron.alter_job(cron.schedule('off', '@daily', 'select 1'), active := false);
        select pgmq.create('orders'); select pgmq.create_unlogged('fleeting');
        """,
    )
    assert [each.identity for each in rebuilt.differences] == []
    assert own(rebuilt.original, "cron job") == [
        ("", "postgres", "0 4 * * * vacuum"),
        ("nightly", "postgres", ""),
        ("off", "postgres", ""),
    ]
    assert own(rebuilt.original, "queue") == [("fleeting",), ("orders",)]


def test_a_project_owns_what_it_says_of_the_platforms_things(server: Server) -> None:
    rebuilt = rebuild(
        server,
        """
        grant select on storage.objects to about_reader; grant update (name) on storage.objects to about_reader;
        grant usage on schema storage to about_reader;
        """,
    )
    assert_same(rebuilt)
    assert {key for key in own(rebuilt.original, "privilege") if key[1] != "public"} >= {
        ("schema", "storage", "about_reader"),
        ("table", "storage", "objects", "about_reader"),
        ("column", "storage", "objects", "name", "about_reader"),
    }


def test_a_fresh_project_says_nothing_of_its_own_but_of_schema_public(server: Server) -> None:
    fresh = read_whole(LocalDatabase(server.conninfo(database=new_database(server))))
    # Roles are of the whole cluster, and other tests make some.
    found = {(item.kind, *item.key) for item in fresh.own() if item.kind not in {"role", "membership"}}
    assert {each for each in found if "public" not in each} == set()
    assert {each[0] for each in found} == {"privilege", "default privilege"}


def test_15_and_18_say_the_same_of_the_same(engine_of: Callable[[int], Server]) -> None:
    sql = (
        TABLES
        + "grant all on app.t to anon; revoke delete on app.t from postgres; grant select on app.t to "
        + "authenticated with grant option; comment on table app.t is 'x'; "
        + "alter default privileges in schema app grant all on "
        + "tables to service_role; revoke insert on public.t from anon;"
    )
    found = []
    for version in (15, 18):
        server = engine_of(version)
        name = new_database(server)
        LocalDatabase(server.conninfo(database=name)).run(sql)
        found.append(read_whole(LocalDatabase(server.conninfo(database=name))).own())
    assert [
        each.identity for each in differences(*found) if each.identity[0] not in {"role", "membership", "setting"}
    ] == []


def test_a_build_on_what_nobody_read_ends_as_the_project_is(server: Server) -> None:
    rebuilt = rebuild(
        server,
        TABLES + "revoke all on public.t from anon; revoke usage on schema public from anon;"
        "alter default privileges in schema public revoke all on tables from anon;",
    )
    name = new_database(server)
    database = LocalDatabase(server.conninfo(database=name))
    for statement in build(rebuilt.original):
        if not statement.sql.startswith(("create role", 'grant "')):
            database.run(statement.sql)
    assert [each.identity for each in differences(rebuilt.original.own(), read_whole(database).own())] == []
