"""Every rule finds what trips it and nothing beside it, on 18 and 15."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sbapply.advise.finding import Finding
from sbapply.advise.questions import ask_rules
from sbapply.advise.rules import rule_texts
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import fresh_database


@dataclass(frozen=True)
class Case:
    """Hold what trips a rule, what does not, and what the rule says of the first."""

    bad: str
    good: str
    found: set[str]
    as_superuser: str = "select 1"


SECURED = "alter table {0} enable row level security;"

CASES: dict[str, Case] = {
    "unindexed_foreign_keys": Case(
        "create table a (x int, y int, primary key (x, y));"
        "create table bare (x int, y int, foreign key (x, y) references a);"
        "create table partly (x int, y int, foreign key (x, y) references a); create index on partly (x);"
        "create table included (x int, y int, foreign key (x, y) references a);"
        "create index on included (x) include (y);"
        "create table filtered (x int, y int, foreign key (x, y) references a);"
        "create index on filtered (x, y) where x > 0;"
        "create table parted (x int, y int, foreign key (x, y) references a) partition by list (x);"
        "create table parted_1 partition of parted for values in (1);",
        "create table covered (x int, y int, z int, foreign key (x, y) references a);"
        "create index on covered (y, x, z);"
        "create table split (x int, y int, foreign key (x, y) references a) partition by list (x);"
        "create table split_1 partition of split for values in (1); create index on split (x, y);",
        {"public.bare", "public.partly", "public.included", "public.filtered", "public.parted"},
    ),
    "auth_users_exposed": Case(
        "create view shown as select id, email from auth.users;"
        "create materialized view kept as select id from auth.users;",
        "create schema own; create view own.hidden as select id from auth.users;"
        "create view revoked as select id from auth.users;"
        "revoke all on revoked from anon, authenticated;"
        "create view as_caller with (security_invoker = on) as select id from auth.users;"
        "create table users (id int); create view other as select id from users;",
        {"public.shown", "public.kept"},
    ),
    "auth_rls_initplan": Case(
        "create table a (id uuid, role text, note text);"
        + SECURED.format("a")
        + "create policy calls on a using (id = auth.uid());"
        "create policy checks on a for insert with check (role = auth.role());"
        "create policy mixed on a using (id = (select auth.uid()) or role = auth.jwt() ->> 'role');"
        "create policy settings on a using (role = current_setting('request.jwt.claim.role', true));"
        "create policy inside on a using (id in (select id from a as b where b.id = auth.uid()));",
        "create table b (id uuid, role text, note text);"
        + SECURED.format("b")
        + "create policy once on b using (id = (select auth.uid()));"
        "create policy claim on b using (role = (select auth.jwt() ->> 'role'));"
        "create policy setting on b using (role = (select current_setting('request.jwt.claim.role', true)));"
        "create policy named on b using (note = 'auth.uid() is ''quoted''');"
        "create table off (id uuid); create policy asleep on off using (id = auth.uid());",
        {"public.a"},
    ),
    "no_primary_key": Case(
        "create table bare (id int unique); create table parted (id int) partition by list (id);"
        "create table parted_1 partition of parted for values in (1);",
        "create table keyed (id int primary key);"
        "create table whole (id int primary key) partition by list (id);"
        "create table whole_1 partition of whole for values in (1); create view v as select 1 as id;",
        {"public.bare", "public.parted"},
    ),
    "multiple_permissive_policies": Case(
        "create table a (id int);" + SECURED.format("a") + "create policy one on a for select using (true);"
        "create policy two on a for all to authenticated using (true);",
        "create table b (id int);" + SECURED.format("b") + "create policy one on b for select using (true);"
        "create policy two on b for insert with check (true);"
        "create policy three on b as restrictive for select using (true);"
        "create table c (id int);" + SECURED.format("c") + "create policy one on c for select to anon using (true);"
        "create policy two on c for select to authenticated using (true);",
        {"public.a"},
    ),
    "policy_exists_rls_disabled": Case(
        "create table a (id int); create policy p on a using (true);",
        "create table b (id int);"
        + SECURED.format("b")
        + "create policy p on b using (true); create table c (id int);",
        {"public.a"},
    ),
    "rls_enabled_no_policy": Case(
        "create table a (id int);" + SECURED.format("a"),
        "create table b (id int);"
        + SECURED.format("b")
        + "create policy p on b using (true); create table c (id int);",
        {"public.a"},
    ),
    "duplicate_index": Case(
        "create table a (x int, y text); create index one on a (x); create index two on a (x);"
        "create table k (x int primary key); alter table k add constraint again unique (x);"
        "create table p (x int) partition by list (x); create table p_1 partition of p for values in (1);"
        "create index p_one on p (x); create index p_two on p (x);",
        "create table b (x int, y text); create index on b (x); create index on b (x desc);"
        "create unique index on b (x); create index on b (x) where x > 0; create index on b (lower(y));"
        "create index on b (upper(y)); create index on b using hash (x); create index on b (x) include (y);"
        "create unique index on b (y); create unique index on b (y) nulls not distinct;",
        {"public.a", "public.k", "public.p"},
    ),
    "security_definer_view": Case(
        "create table a (id int); create view shown as select id from a;"
        "create view said with (security_invoker = off) as select id from a;",
        "create view as_caller with (security_invoker) as select id from a;"
        "create schema own; create view own.hidden as select id from a;"
        "create view revoked as select id from a; revoke all on revoked from anon, authenticated;",
        {"public.shown", "public.said"},
    ),
    "function_search_path_mutable": Case(
        "create function f(a int, b text) returns int language sql as 'select 1';"
        "create procedure p() language plpgsql as 'begin end';"
        "create function other_setting() returns int language sql set work_mem = '8MB' as 'select 1';",
        "create function g() returns int language sql set search_path = '' as 'select 1';"
        "create function bound() returns int language sql begin atomic select 1; end;"
        "create function step(int, int) returns int language sql set search_path = '' as 'select 1';"
        "create aggregate total(int) (sfunc = step, stype = int);"
        "create extension hstore schema public;",
        {"public.f", "public.p", "public.other_setting"},
    ),
    "rls_disabled_in_public": Case(
        "create table a (id int); create table by_column (id int);"
        "revoke all on by_column from anon, authenticated;"
        "grant select (id) on by_column to anon;",
        "create table b (id int);" + SECURED.format("b") + "create schema own; create table own.c (id int);"
        "grant all on own.c to anon; create table d (id int); revoke all on d from anon, authenticated;",
        {"public.a", "public.by_column"},
    ),
    "extension_in_public": Case(
        "create extension hstore schema public;",
        "create extension citext schema extensions;",
        {"public.hstore"},
    ),
    "rls_references_user_metadata": Case(
        "create table a (id int, role text);"
        + SECURED.format("a")
        + "create policy p on a using (role = auth.jwt() -> 'user_metadata' ->> 'role');"
        "create table c (role text); create policy p on c for insert"
        "  with check (role = (select auth.jwt()) #>> '{user_metadata,role}');"
        "create table d (role text); create policy p on d"
        "  using (role = current_setting('request.jwt.claims')::jsonb -> 'user_metadata' ->> 'role');"
        "create policy p on storage.objects using (name = auth.jwt() -> 'user_metadata' ->> 'role');",
        "create table b (id int, role text, user_metadata text);"
        + SECURED.format("b")
        + "create policy p on b using (role = auth.jwt() -> 'app_metadata' ->> 'role');"
        "create policy q on b using (user_metadata = auth.jwt() ->> 'sub' and role = 'user_metadata_reader');",
        {"public.a", "public.c", "public.d", "storage.objects"},
    ),
    "materialized_view_in_api": Case(
        "create table a (id int); create materialized view shown as select id from a;",
        "create materialized view revoked as select id from a; revoke all on revoked from anon, authenticated;"
        "create schema own; create materialized view own.hidden as select id from a;"
        "create view v as select id from a;",
        {"public.shown"},
    ),
    "foreign_table_in_api": Case(
        "create foreign table shown (id int) server elsewhere;",
        "create foreign table revoked (id int) server elsewhere; revoke all on revoked from anon, authenticated;"
        "create schema own; create foreign table own.hidden (id int) server elsewhere;",
        {"public.shown"},
        "create foreign data wrapper nothing; create server elsewhere foreign data wrapper nothing;"
        "grant usage on foreign server elsewhere to postgres",
    ),
}


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def server(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Server:
    return engine_of(request.param)


def findings(server: Server, *scripts: str, superuser: str = "select 1") -> list[Finding]:
    with fresh_database(server) as name:
        LocalDatabase(server.conninfo(user="supabase_admin", database=name)).run(superuser)
        database = LocalDatabase(server.conninfo(user="postgres", database=name))
        for script in scripts:
            database.run(script)
        return list(ask_rules(database, patience=20.0))


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(rule_texts())


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_trips_it_and_nothing_else(server: Server, rule: str) -> None:
    case = CASES[rule]
    found = findings(server, case.bad, case.good, superuser=case.as_superuser)
    assert {each.subject for each in found if each.name == rule} == case.found
    assert len({each.cache_key for each in found}) == len(found)
    assert {each.level for each in found} <= {"ERROR", "WARN", "INFO"}


def test_a_fresh_project_has_no_findings(server: Server) -> None:
    assert findings(server) == []


def test_each_policy_and_each_role_and_command_is_a_finding_of_its_own(server: Server) -> None:
    found = findings(server, CASES["auth_rls_initplan"].bad)
    assert [each.detail.split("`")[1] for each in found if each.name == "auth_rls_initplan"] == [
        "calls",
        "checks",
        "inside",
        "mixed",
        "settings",
    ]
    found = findings(server, CASES["multiple_permissive_policies"].bad)
    keys = [each.cache_key for each in found if each.name == "multiple_permissive_policies"]
    assert keys == ["multiple_permissive_policies_public_a_authenticated_SELECT"]


def test_schemas_that_the_api_is_told_to_show_are_looked_at(server: Server) -> None:
    shown = (
        "create schema own; create table own.a (id int);"
        "grant usage on schema own to anon; grant select on own.a to anon"
    )
    assert "rls_disabled_in_public" not in {each.name for each in findings(server, shown)}
    with fresh_database(server) as name:
        admin = LocalDatabase(server.conninfo(user="supabase_admin", database=name))
        admin.run(f"alter role authenticator in database {name} set pgrst.db_schemas = 'public, own'")
        database = LocalDatabase(server.conninfo(user="postgres", database=name))
        database.run(shown)
        found = ask_rules(database, patience=20.0)
    assert "rls_disabled_in_public_own_a" in {each.cache_key for each in found}


def test_the_question_is_read_only_and_can_be_asked_by_a_role_that_only_reads(server: Server) -> None:
    with fresh_database(server) as name:
        LocalDatabase(server.conninfo(user="postgres", database=name)).run("create table a (id int)")
        reader = LocalDatabase(server.conninfo(user="supabase_read_only_user", database=name))
        found = ask_rules(reader, patience=20.0)
    assert [each.name for each in found] == ["no_primary_key", "rls_disabled_in_public"]
    assert found[0].remediation.endswith("?lint=0004_no_primary_key")
