"""Cuts: where each of a file's units begins, ends and reaches to, and what later ones know of earlier ones."""

import pytest

from sbapply.migrations.files import Problem
from sbapply.migrations.unit import Hints
from tests.migrations.cutting import bodies, cut, outcome, refusal


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("select 1;\n-- b\nbegin; select 2; commit;", ["select 1;", "select 2;"]),
        ("select '😀'; end; select 'é'", ["select '😀';", "select 'é'"]),
        ("commit; begin; select 1; commit; commit", ["select 1;"]),
        ("begin; commit; begin; select 1; commit", ["", "select 1;"]),
        ("begin; select 1; begin; select 2; commit; select 3", ["select 1; begin; select 2;", "select 3"]),
        ("begin; commit and chain; select 1; commit", ["", "select 1;"]),
        ("select 1; commit; -- why\nselect 2; -- end", ["select 1;", "-- why\nselect 2; -- end"]),
    ],
)
def test_every_commit_is_a_boundary(text: str, units: list[str]) -> None:
    assert bodies(text) == units


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("select 1; -- b\nbegin; select 2; commit; -- c\nselect 3; -- d\n", ["select 1;", "commit;", "-- d\n"]),
        ("vacuum; -- b\nselect 2;", ["vacuum;", "select 2;"]),
        ("select 1;\nvacuum ; -- b", ["select 1;", "-- b"]),
        ("select 1; commit ; -- b", ["-- b"]),
    ],
)
def test_each_unit_reaches_to_where_the_next_one_can_begin(text: str, reached: list[str]) -> None:
    units = cut(text)
    assert len(units) == len(reached)
    assert all(text[: unit.reach].endswith(end) for unit, end in zip(units, reached, strict=True))


@pytest.mark.parametrize(
    ("opening", "options"),
    [
        (
            "begin; set transaction isolation level serializable; set transaction deferrable;",
            "isolation level serializable, deferrable",
        ),
        ("begin; begin isolation level serializable;", "isolation level serializable"),
        ("begin; select 0; begin;", ""),
    ],
)
def test_everything_that_leads_a_transaction_gives_it_options(opening: str, options: str) -> None:
    assert [unit.begin_options for unit in cut(f"select 0; {opening} select 1; commit; select 2")] == [
        "",
        options,
        "",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("select 1;\n begin read only; select 2; commit; -- end", "2:2"),
        ("begin read only; select 1; commit and chain; select 2; commit;", "1:1"),
        ("vacuum;\nset transaction read only; select 1", "2:1"),
    ],
)
def test_a_last_transaction_that_is_read_only_cannot_hold_the_version_row(text: str, place: str) -> None:
    assert refusal(text) == ("read-only-transaction", place)


@pytest.mark.parametrize(
    "text",
    [
        "begin read only; select 1; commit; select 2",
        "begin read only; select 1; commit; vacuum",
        "begin read only; set transaction read write; select 1; commit",
    ],
)
def test_an_earlier_transaction_may_be_read_only_and_ours_is_not(text: str) -> None:
    assert cut(text)[0].begin_options == ""


def test_commit_and_chain_needs_a_begin_as_in_postgres() -> None:
    assert refusal("select 1;\ncommit and chain;\nselect 2; commit") == ("transaction-control", "2:1")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("begin; select 1; commit;\nstart transaction; select 2; -- commit", "2:1"),
        ("begin; select 1;\ncommit and chain; select 2;", "2:1"),
        ("select '😀'; begin; savepoint a; release a", "1:13"),
    ],
)
def test_a_transaction_that_is_never_committed_is_refused_where_it_begins(text: str, place: str) -> None:
    assert refusal(text) == ("open-transaction", place)
    problem = outcome(text)
    assert isinstance(problem, Problem)
    assert "COMMIT" in problem.reason + problem.next_step
    assert "psql" in problem.reason


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("select 1; set a.b = 1;\n-- why\nselect 2;", ["select 1;", "set a.b = 1;", "-- why\nselect 2;"]),
        ("begin; select 1; select 2; commit; select 3; select 4", ["select 1; select 2;", "select 3;", "select 4"]),
        ("select 1; commit; select 2; -- end", ["select 1;", "select 2;"]),
        ("alter type e add value 'x'; select 'x'", ["alter type e add value 'x';", "select 'x'"]),
    ],
)
def test_without_a_transaction_every_statement_is_a_unit_but_blocks_stay(text: str, units: list[str]) -> None:
    assert bodies(text, apart=True) == units


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("set a.b = 1; set A.B = 2; vacuum; select 1", ("set A.B = 2",)),
        ("begin; set role r; commit; select 1", ("set role r",)),
        ("set session authorization r; commit; select 1", ("set session authorization r",)),
        ("set role r; reset role; commit; select 1", ()),
        ("set role r; set session authorization s; commit; select 1", ("set session authorization s",)),
        ("set a.b = 1; set a.c = 2; set a.b to default; commit; select 1", ("set a.c = 2",)),
        ("set a.b = 1; set a.c = 2; set a.b = 3; commit; select 1", ("set a.c = 2", "set a.b = 3")),
        ("set a.b = 1; set role r; load 'x'; reset all; commit; select 1", ("set role r", "load 'x'")),
        (
            "select set_config('a.b', '', false), set_config('a.c', '', false); reset a.b; commit; select 1",
            ("select set_config('a.b', '', false), set_config('a.c', '', false)", "reset a.b"),
        ),
        ("set time zone 'UTC'; commit; select 1", ("set time zone 'UTC'",)),
        ("load 'x'; commit; select 1", ("load 'x'",)),
        ("select set_config('a.b', '', 'off'); commit; select 1", ("select set_config('a.b', '', 'off')",)),
        (
            "SELECT /* é */ pg_catalog.set_config('a.b', 'it''s', false); commit; select 1",
            ("SELECT /* é */ pg_catalog.set_config('a.b', 'it''s', false)",),
        ),
        (
            "set session characteristics as transaction isolation level serializable; commit; select 1",
            ("set session characteristics as transaction isolation level serializable",),
        ),
        ("set local a.b = 1; commit; select 1", ()),
        ("set transaction deferrable; commit; select 1", ()),
        ("set constraints all deferred; commit; select 1", ()),
        ("select set_config('a.b', '', true); commit; select 1", ()),
        ("select set_config('a.b', x, true) from t; commit; select 1", ()),
        ("select set_config('a.b', x, false) from t; reset all; commit; select 1", ()),
        (
            "select 1, set_config('A.b', 'it''s', false), set_config('a.c', '', true); commit; select 1",
            ("select pg_catalog.set_config('a.b', 'it''s', false)",),
        ),
        ("select 'set_config'; commit; select 1", ()),
        ("set a.b = 1; discard all; select 1", ()),
        ("savepoint s; set a.b = 1; rollback to s; set a.c = 1; commit; select 1", ("set a.c = 1",)),
    ],
)
def test_a_unit_knows_what_earlier_ones_set_in_the_session(text: str, settings: tuple[str, ...]) -> None:
    units = cut(text)
    assert units[0].settings == ()
    assert units[-1].settings == settings


def test_settings_of_the_unit_itself_stay_in_its_text() -> None:
    text = "set a.b = 1; alter type e add value 'x'; set a.c = 2; select 'x'; commit; select 1"
    assert [unit.settings for unit in cut(text)] == [(), ("set a.b = 1",), ("set a.b = 1", "set a.c = 2")]


@pytest.mark.parametrize(
    ("made", "named", "what"),
    [
        ("create temp table tmp (a int)", "insert into tmp values (1)", "tmp"),
        ('create temporary table "My Tmp" as select 1', 'select * from "My Tmp"', "My Tmp"),
        ("create local temp table if not exists TMP (a int)", "create view v as select 1 from tmp", "tmp"),
        ("create table pg_temp.tmp (a int)", "do $$ begin perform from tmp; end $$", "tmp"),
        ("select 1 as a into temp tmp", "drop table tmp", "tmp"),
        ("create or replace temp view tmp as select 1", "select from tmp", "tmp"),
        ("create /* why */ temp sequence tmp", "select nextval('tmp')", "tmp"),
        ("create function pg_temp.tmp() returns int language sql as 'select 1'", "select pg_temp.tmp()", "tmp"),
        ("prepare tmp as select 1", "execute tmp", "tmp"),
        ("declare tmp cursor with hold for select 1", "fetch all from TMP", "tmp"),
    ],
)
def test_what_dies_with_the_session_cannot_be_named_behind_a_lone_statement(
    made: str, named: str, what: str
) -> None:
    text = f"{made};\nvacuum;\nselect 1;\n  {named};"
    assert refusal(text) == ("session-state", "4:3")
    problem = outcome(text)
    assert isinstance(problem, Problem)
    assert what in problem.reason


def test_a_lone_statement_that_names_a_temporary_table_is_refused_itself() -> None:
    text = "create temp table tmp (a int);\ncreate index concurrently on tmp (a);"
    assert refusal(text) == ("session-state", "2:1")


@pytest.mark.parametrize(
    "text",
    [
        "create temp table tmp (a int); insert into tmp values (1); vacuum; select 1",
        "create temp table tmp (a int); drop table if exists tmp; vacuum; select * from tmp",
        "create temp table tmp (a int) on commit drop; vacuum; select * from tmp",
        "create temp table tmp as select 1; discard temp; vacuum; select * from tmp",
        "vacuum; create temp table tmp (a int); select * from tmp",
        "create temp table tmp (a int); vacuum; -- tmp\nselect 1",
        "prepare tmp as select 1; deallocate tmp; vacuum; select 'tmp'",
        "prepare tmp as select 1; deallocate all; vacuum; select 'tmp'",
        "declare tmp cursor with hold for select 1; close tmp; vacuum; select 'tmp'",
        "declare tmp cursor with hold for select 1; close all; vacuum; select 'tmp'",
        "declare tmp cursor for select 1; vacuum; select 'tmp'",
        "create temp table tmp (a int); discard all; select 'tmp'",
        "create table tmp (a int); vacuum; select * from tmp",
        "create table template (temp int); vacuum; select temp from template",
    ],
)
def test_what_is_gone_or_lasts_may_be_named_behind_a_lone_statement(text: str) -> None:
    assert isinstance(outcome(text), tuple)


def test_a_unit_that_spans_what_is_done_begins_there() -> None:
    text = "set a.b = 1; alter type e add value 'x'; select 1; select 2"
    (unit,) = cut(text, done=text.index(" select 1"))
    assert (text[unit.start :], unit.first, unit.last) == (" select 1; select 2", 2, 4)
    assert unit.settings == ("set a.b = 1",)


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ("select 1;", ""),
        ("select 1;", "\n"),
        ("select 1;", "\n-- end"),
        ("select 1; vacuum;", "\n"),
        ("do $$ begin commit; end $$;", "\n-- end\n"),
        ("begin; select 1; commit;", "\n"),
    ],
)
def test_nothing_but_the_row_is_left_where_everything_is_done(done: str, left: str) -> None:
    (unit,) = cut(done + left, done=len(done))
    assert (unit.lone, unit.first == unit.last, unit.reach) == (None, True, len(done + left))
    assert (done + left)[unit.start : unit.end] in ("", left)


def test_going_on_within_a_comment_takes_the_whole_comment() -> None:
    text = "select 1; -- old, and new\nselect 2"
    (unit,) = cut(text, done=text.index(", and"))
    assert text[unit.start :] == " -- old, and new\nselect 2"


@pytest.mark.parametrize(
    ("text", "done", "place"),
    [
        ("select 1; select 2 + 2", "select 1; select 2", "1:11"),
        ("begin; select 1; commit; select 2", "begin; select 1;", "1:1"),
        ("select 1;\nbegin; select 1; commit;", "select 1;\nbegin; select", "2:1"),
    ],
)
def test_going_on_within_a_statement_or_a_transaction_is_refused(text: str, done: str, place: str) -> None:
    assert refusal(text, done=len(done)) == ("half-applied", place)


ADDS = "alter type e add value 'x';"
CREATES = "create type e as enum ('a');"
IN_DO = "do $$ begin alter type e add value 'x'; end $$;"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (f"{ADDS} select 'x'::e; select 2", [ADDS, "select 'x'::e; select 2"]),
        (f"select 0; {ADDS} select 1; select $$ 'x' $$", [f"select 0; {ADDS}", "select 1; select $$ 'x' $$"]),
        (f"{ADDS} select '{{a, x}}'::e[]", [ADDS, "select '{a, x}'::e[]"]),
        (f"{ADDS} select 'y', 'xx', x -- 'x\n", [f"{ADDS} select 'y', 'xx', x -- 'x"]),
        (f"{CREATES} {ADDS} select 'x'::e", [f"{CREATES} {ADDS} select 'x'::e"]),
        (f"{CREATES} commit; {ADDS} select 'x'::e", [CREATES, ADDS, "select 'x'::e"]),
        (f"{CREATES} vacuum; {ADDS} select 'x'::e", [CREATES, "!vacuum", ADDS, "select 'x'::e"]),
        (f"begin; {CREATES} commit; {ADDS} select 'x'::e", [CREATES, ADDS, "select 'x'::e"]),
        (
            "create type a.e as enum (); alter type b.e add value 'x'; select 'x'::b.e",
            ["create type a.e as enum (); alter type b.e add value 'x';", "select 'x'::b.e"],
        ),
        (
            f"{ADDS} alter type e add value 'y'; select 1; select 'x', 'y'",
            [f"{ADDS} alter type e add value 'y';", "select 1; select 'x', 'y'"],
        ),
        (f"{ADDS} commit; select 'x'; select 2", [ADDS, "select 'x'; select 2"]),
        (f"{IN_DO} select 'x'", [IN_DO, "select 'x'"]),
        (f"begin; {IN_DO} select 'x'; commit", [f"{IN_DO} select 'x';"]),
    ],
)
def test_a_new_enum_value_that_is_used_later_ends_its_unit(text: str, units: list[str]) -> None:
    assert bodies(text) == units


def test_once_the_server_has_said_so_every_new_enum_value_ends_its_unit() -> None:
    text = f"{CREATES} {ADDS} {IN_DO} select 1; begin; {ADDS} select 2; commit;"
    units = [f"{CREATES} {ADDS}", IN_DO, "select 1;", f"{ADDS} select 2;"]
    assert bodies(text, hints=Hints(commit_enums=True)) == units
