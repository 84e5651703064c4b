"""Triggers and event triggers are read and rebuilt."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from tests.catalog.rebuilding import assert_same, rebuild, side_by_side

GIVEN = """
    create schema app;
    create table app.t (a int, "B b" text);
    create table app.other (a int primary key);
    create view app.v as select a from app.t;
    create table app.parted (a int) partition by list (a);
    create table app.part partition of app.parted for values in (1) partition by list (a);
    create table app.leaf partition of app.part default;
    create function app.f() returns trigger language plpgsql as 'begin return new; end';
"""

TRIGGERS = {
    "a trigger before a row": "create trigger g before insert on app.t for each row execute function app.f();",
    "a trigger after a statement": "create trigger g after truncate on app.t execute function app.f();",
    "several events": """
        create trigger g after insert or update or delete on app.t for each row execute function app.f();""",
    "columns whose update it waits for": """
        create trigger g before update of "B b", a on app.t for each row execute function app.f();""",
    "a condition": """
        create trigger g before update on app.t for each row
        when (old.a is distinct from new.a and new."B b" like '%x%') execute function app.f();""",
    "a condition over whole rows": """
        create trigger g after update on app.t for each row when (old.* is distinct from new.*)
        execute function app.f();""",
    "arguments": r"""
        create trigger g before insert on app.t for each row execute function app.f('a', 'it''s', 'b\c', 7);""",
    "a function of the platform's": """
        create trigger g before update on app.t for each row execute function suppress_redundant_updates_trigger();
        create trigger h before insert on app.t for each row
        execute function tsvector_update_trigger('B b', 'pg_catalog.english', 'B b');""",
    "transition tables": """
        create trigger g after update on app.t referencing old table as "Old rows" new table as new_rows
        for each statement execute function app.f();""",
    "a constraint trigger": """
        create constraint trigger g after insert on app.t for each row execute function app.f();""",
    "a constraint trigger that is deferred": """
        create constraint trigger g after insert or update on app.t deferrable initially deferred
        for each row when (new.a > 1) execute function app.f();""",
    "a constraint trigger that is deferrable": """
        create constraint trigger g after delete on app.t deferrable for each row execute function app.f();""",
    "a constraint trigger from another table": """
        create constraint trigger g after delete on app.t from app.other for each row execute function app.f();""",
    "a trigger that is disabled": """
        create trigger g before insert on app.t for each row execute function app.f();
        alter table app.t disable trigger g;""",
    "a trigger for replicas": """
        create trigger g before insert on app.t for each row execute function app.f();
        alter table app.t enable replica trigger g;""",
    "a trigger for always": """
        create trigger g before insert on app.t for each row execute function app.f();
        alter table app.t enable always trigger g;""",
    "a trigger in place of a view's rows": """
        create trigger g instead of insert or update or delete on app.v for each row execute function app.f();""",
    "a trigger of a partitioned table": """
        create trigger g after insert on app.parted for each row execute function app.f();""",
    "a trigger of a partition": "create trigger g after insert on app.leaf for each row execute function app.f();",
    "a trigger of a partitioned table, disabled": """
        create trigger g after insert on app.parted for each row execute function app.f();
        alter table app.parted disable trigger g;""",
    "a trigger that is disabled on a partition": """
        create trigger g after insert on app.parted for each row execute function app.f();
        alter table app.part disable trigger g;""",
    "a trigger that is disabled everywhere but on a leaf": """
        create trigger g after insert on app.parted for each row execute function app.f();
        alter table app.parted disable trigger g;
        alter table app.leaf enable trigger g;""",
    "a trigger with a state on each of its tables": """
        create trigger g after insert on app.parted for each row execute function app.f();
        alter table app.parted enable always trigger g;
        alter table app.part enable replica trigger g;
        alter table app.leaf disable trigger g;""",
    "names with quotes, dots, capitals and newlines": """
        create function app."F.1 ""x"" y"() returns trigger language plpgsql as 'begin return new; end';
        create trigger "T.1 ""x"" \n y" before insert on app.t for each row execute function app."F.1 ""x"" y"();
        alter table app.t disable trigger "T.1 ""x"" \n y";""",
    "a trigger that goes with an extension": """
        create trigger g before insert on app.t for each row execute function app.f();
        alter trigger g on app.t depends on extension pgcrypto;""",
    "a trigger whose condition calls a function made with it": """
        create function app.z(a int) returns bool language sql immutable return a > 1;
        create trigger a before insert on app.t for each row when (app.z(new.a)) execute function app.f();""",
}

ON_THE_PLATFORM = {
    "on auth.users": """
        create trigger on_auth_user_created after insert on auth.users for each row execute function app.f();""",
    "on storage.objects": """
        create trigger mine before delete on storage.objects for each row execute function app.f();""",
}

EVENT_TRIGGERS = {
    "an event trigger": "create event trigger e on ddl_command_end execute function app.e();",
    "tags": """
        create event trigger e on ddl_command_start when tag in ('create table', 'ALTER TABLE', 'DROP VIEW')
        execute function app.e();""",
    "a drop": "create event trigger e on sql_drop execute function app.e();",
    "a rewrite": "create event trigger e on table_rewrite execute function app.e();",
    "an event trigger that is disabled": """
        create event trigger e on sql_drop execute function app.e(); alter event trigger e disable;""",
    "an event trigger for replicas": """
        create event trigger e on sql_drop execute function app.e(); alter event trigger e enable replica;""",
    "an event trigger for always": """
        create event trigger e on sql_drop execute function app.e(); alter event trigger e enable always;""",
    "an event trigger with a name with quotes and a comment": """
        create event trigger "E.1 ""x"" y" on sql_drop execute function app.e();
        comment on event trigger "E.1 ""x"" y" is 'It''s';""",
}
EVENT_FUNCTION = "create schema app; create function app.e() returns event_trigger language plpgsql as 'begin end';"


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", TRIGGERS.values(), ids=TRIGGERS.keys())
def test_a_trigger_is_rebuilt(sql: str, version: int, engine_of: Callable[[int], Server]) -> None:
    made = rebuild(engine_of(version), sql, given=GIVEN)
    assert_same(made)
    assert any("trigger" in statement.lower() for statement in made.statements)


def test_triggers_of_15_are_the_same_on_18(engine_of: Callable[[int], Server]) -> None:
    made = rebuild(engine_of(15), side_by_side(GIVEN + sql for sql in TRIGGERS.values()), on=engine_of(18))
    assert [(each.identity, each.facts(), each.before, each.after) for each in made.differences] == []
    assert len(list(made.copy.own().of("trigger"))) >= len(TRIGGERS)


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", ON_THE_PLATFORM.values(), ids=ON_THE_PLATFORM.keys())
def test_a_trigger_on_a_table_of_the_platform_is_the_projects_own(
    sql: str, version: int, engine_of: Callable[[int], Server]
) -> None:
    made = rebuild(engine_of(version), sql, given=GIVEN)
    assert_same(made)
    assert [item.own for item in made.original.of("trigger")] == [True]


def test_a_trigger_that_calls_an_extensions_function_on_the_platform_is_the_projects_own(
    engine_of: Callable[[int], Server],
) -> None:
    sql = """
        create trigger touched before update on auth.users for each row
        execute function extensions.moddatetime(updated_at);"""
    made = rebuild(engine_of(18), sql, given="create extension moddatetime with schema extensions;")
    assert_same(made)
    assert [item.own for item in made.original.of("trigger")] == [True]


def test_a_trigger_that_the_platform_made_is_not_the_projects_own(engine_of: Callable[[int], Server]) -> None:
    sql = """
        set role supabase_storage_admin;
        create function storage.touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touched before update on storage.objects for each row execute function storage.touch();
        alter table storage.objects disable trigger touched;
    """
    made = rebuild(engine_of(18), sql, maker="supabase_admin")
    assert [item.belongs for item in made.original.of("trigger")] == ["platform"]
    assert made.original.objects["function", ("storage", "touch", "")].belongs == "platform"
    assert made.statements == []


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", EVENT_TRIGGERS.values(), ids=EVENT_TRIGGERS.keys())
def test_an_event_trigger_is_rebuilt(sql: str, version: int, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(version), sql, given=EVENT_FUNCTION))


def test_an_event_trigger_of_the_platform_is_not_the_projects_own(engine_of: Callable[[int], Server]) -> None:
    made = rebuild(engine_of(18), "create schema app;")
    triggers = {item.key[0]: item.belongs for item in made.original.of("event trigger")}
    assert triggers["pgrst_ddl_watch"] == triggers["pgrst_drop_watch"] == "platform"
    assert "" not in triggers.values()
