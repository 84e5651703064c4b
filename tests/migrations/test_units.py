"""Units: what is sent as one transaction, what runs alone, and what is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbapply.migrations.directives import Directives
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, split_migration, split_text
from sbapply.migrations.unit import Effect, Hints, Lone, Unit
from sbapply.migrations.units import suspects, units_of


def judged(
    text: str, *, done: int = 0, hints: Hints | None = None, directives: Directives | None = None
) -> tuple[Unit, ...] | Problem:
    migration = Migration("1", "x", "m/1_x.sql", text)
    split = split_migration(migration)
    assert isinstance(split, SplitText), split
    return units_of(migration, split, done=done, hints=hints, directives=directives)


def units(
    text: str, *, done: int = 0, hints: Hints | None = None, directives: Directives | None = None
) -> tuple[Unit, ...]:
    found = judged(text, done=done, hints=hints, directives=directives)
    assert isinstance(found, tuple), found
    return found


def bodies(text: str, *, hints: Hints | None = None, directives: Directives | None = None) -> list[str]:
    return [text[each.start : each.end] for each in units(text, hints=hints, directives=directives)]


def body_and_options(text: str) -> tuple[str, str]:
    (unit,) = units(text)
    return text[unit.start : unit.end], unit.begin_options


def lone(text: str) -> Lone:
    (unit,) = units(text)
    assert unit.lone is not None
    return unit.lone


def refusal(text: str) -> tuple[str, str]:
    problem = judged(text)
    assert isinstance(problem, Problem), problem
    assert problem.reason
    assert problem.next_step
    return problem.code, str(problem.place).removeprefix("m/1_x.sql:")


@pytest.mark.parametrize("text", ["", "-- a\n", "select 1", "select 1;\nselect 2; -- end", "prepare p as select 1"])
def test_a_file_without_transaction_control_is_sent_as_it_is(text: str) -> None:
    assert body_and_options(text) == (text, "")


@pytest.mark.parametrize("opening", ["begin", "BEGIN WORK", "begin transaction", "start transaction"])
@pytest.mark.parametrize("closing", ["commit", "COMMIT WORK", "end", "commit and no chain"])
def test_begin_and_commit_around_the_whole_file_become_ours(opening: str, closing: str) -> None:
    assert body_and_options(f"-- why\n{opening};\nselect 1;\n{closing};\n-- end") == ("\nselect 1;\n", "")


@pytest.mark.parametrize(
    ("opening", "options"),
    [
        ("begin isolation level serializable;", "isolation level serializable"),
        ("start transaction isolation level read uncommitted, read write;", "isolation level read uncommitted"),
        (
            "begin isolation level repeatable read, not deferrable;",
            "isolation level repeatable read, not deferrable",
        ),
        ("BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "isolation level serializable"),
        (
            "begin isolation level read committed; set transaction isolation level serializable;",
            "isolation level serializable",
        ),
    ],
)
def test_the_options_of_the_files_own_transaction_are_kept(opening: str, options: str) -> None:
    assert body_and_options(f"{opening} select 1; commit;")[1] == options


def test_a_leading_set_transaction_gives_our_begin_its_options() -> None:
    text = "-- why\nset transaction isolation level repeatable read;\nselect 1;"
    assert body_and_options(text) == ("\nselect 1;", "isolation level repeatable read")


@pytest.mark.parametrize(
    "text",
    [
        "select 1; set transaction isolation level serializable;",
        "set session characteristics as transaction isolation level serializable; select 1",
        "set local lock_timeout = '1s'; select 1",
    ],
)
def test_other_settings_give_no_options(text: str) -> None:
    assert body_and_options(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("begin read only; select 1; commit;", "1:1"),
        ("-- why\nset transaction read only;\nselect 1;", "2:1"),
        ("begin;\nset transaction isolation level serializable, read only; commit;", "2:1"),
    ],
)
def test_a_read_only_transaction_cannot_hold_its_version_row(text: str, place: str) -> None:
    assert refusal(text) == ("read-only-transaction", place)


def test_savepoints_are_fine() -> None:
    text = "savepoint a; select 1; rollback to savepoint a; rollback transaction to a; release a;"
    assert body_and_options(text) == (text, "")
    assert body_and_options(f"begin; {text} commit;")[0] == f" {text} "


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("begin; select 1; commit; select 2;", [" select 1; ", " select 2;"]),
        ("select 1;\nbegin; select 2; commit;", ["select 1;", " select 2; "]),
        ("select 1;\ncommit;", ["select 1;\n"]),
        ("begin; select 1;\n  commit; begin; select 2; commit; -- end", [" select 1;\n  ", " select 2; "]),
        ("begin; select 1; commit and chain; select 2; end;", [" select 1; ", " select 2; "]),
        ("begin; commit;", [" "]),
        ("commit", [""]),
        ("commit; select 1", [" select 1"]),
        ("select 1; commit; commit; select 2", ["select 1; ", " select 2"]),
        ("begin; select 1; begin; select 2; commit;", [" select 1; begin; select 2; "]),
        ("-- a\nselect 1; vacuum; -- b\nselect 2;", ["-- a\nselect 1;", "vacuum", " -- b\nselect 2;"]),
        ("vacuum; vacuum;", ["vacuum", "vacuum"]),
    ],
)
def test_a_file_is_cut_where_it_commits_and_around_what_runs_alone(text: str, parts: list[str]) -> None:
    assert bodies(text) == parts
    assert units(text)[-1].reach == len(text)


def test_each_block_keeps_its_own_options() -> None:
    text = "begin isolation level serializable; select 1; commit and chain; select 2; commit; select 3;"
    options = [each.begin_options for each in units(text)]
    assert options == ["isolation level serializable", "isolation level serializable", ""]


@pytest.mark.parametrize(
    ("text", "place"),
    [("begin;\nselect 1;", "1:1"), ("begin;", "1:1"), ("select '😀';\n start transaction;", "2:2")],
)
def test_a_transaction_that_is_never_committed_is_refused_where_it_begins(text: str, place: str) -> None:
    assert refusal(text) == ("open-transaction", place)


@pytest.mark.parametrize(
    "statement",
    [
        "rollback",
        "abort",
        "rollback and chain",
        "prepare transaction 'x'",
        "commit prepared 'x'",
        "rollback prepared 'x'",
    ],
)
def test_what_undoes_or_detaches_the_version_row_is_refused(statement: str) -> None:
    assert refusal(f"select 1;\n  {statement};") == ("transaction-control", "2:3")
    assert refusal(f"begin;\n{statement};\ncommit;") == ("transaction-control", "2:1")


LONE = [
    "create index concurrently on t (a)",
    "create unique index concurrently if not exists i on only t (a)",
    "drop index concurrently i",
    "reindex table concurrently t",
    "reindex (concurrently) index i",
    "reindex (verbose, concurrently true) table t",
    "reindex schema s",
    "reindex database",
    "reindex system",
    "vacuum",
    "vacuum full t",
    "vacuum (analyze) t",
    "vacuum analyze t",
    "cluster",
    "cluster verbose",
    "discard all",
    "alter table t detach partition p concurrently",
    "create database d",
    "drop database d",
    "alter database d set tablespace x",
    "create tablespace x location '/x'",
    "drop tablespace x",
    "alter system set work_mem = '1GB'",
    "alter system reset all",
    "create subscription s connection '' publication p",
    "create subscription s connection '' publication p with (create_slot = true)",
    "drop subscription s",
    "alter subscription s refresh publication",
    "alter subscription s set publication p",
    "alter subscription s add publication p",
    "alter subscription s drop publication p with (refresh = on)",
    "alter subscription s set (failover = true)",
]

NOT_LONE = [
    "do $$ begin perform '; commit;'; end $$",
    "do $$ begin /* ; commit; */ null; end $$",
    "call p()",
    "create index on t (a)",
    "drop index i",
    "reindex table t",
    "reindex index i",
    "reindex (verbose) table t",
    "analyze",
    "analyze verbose t",
    "cluster t",
    "cluster t using i",
    "discard temp",
    "discard plans",
    "alter table t detach partition p",
    "alter table t detach partition p finalize",
    "alter table t add vacuum int",
    "alter database d set work_mem = '1GB'",
    "alter database d connection limit 3",
    "create subscription s connection '' publication p with (create_slot = false)",
    "create subscription s connection '' publication p with (connect = off)",
    "alter subscription s set publication p with (refresh = false)",
    "alter subscription s disable",
    "alter subscription s set (slot_name = none)",
    "alter type e add value 'x'",
    "refresh materialized view concurrently v",
    "checkpoint",
    "set role r",
    "copy t to stdout",
    "copy t from '/x'",
    "create table vacuum_log (a int)",
]


@pytest.mark.parametrize("statement", LONE)
def test_what_cannot_run_in_a_transaction_runs_alone(statement: str) -> None:
    text = f"select '😀'; {statement};\nselect 2"
    before, alone, after = units(text)
    assert (before.lone, after.lone) == (None, None)
    assert (alone.lone is not None, text[alone.start : alone.end]) == (True, statement)
    assert refusal(f"begin;\n-- why\n{statement};\ncommit;") == ("no-transaction", "3:1")


@pytest.mark.parametrize("statement", NOT_LONE)
def test_what_only_looks_like_it_is_sent(statement: str) -> None:
    assert body_and_options(statement) == (statement, "")


def test_an_index_is_told_by_its_name_and_its_likeness() -> None:
    text = 'create unique index concurrently if not exists "I" on only app."T" (lower(a) desc, b) where a > \'é\''
    assert lone(text) == Lone(
        "CREATE INDEX CONCURRENTLY",
        Effect.BUILD,
        "app",
        "T",
        "I",
        True,
        len("create unique index concurrently"),
        "CREATE UNIQUE INDEX ON ONLY pg_temp.\"T\" USING btree (lower(a) DESC, b) WHERE a > 'é'",
    )


def test_the_place_of_a_missing_name_is_told_in_characters() -> None:
    text = "create /* 😀 concurrently */ index concurrently on t (a)"
    found = lone(text)
    assert (found.index, text[: found.name_at]) == (None, "create /* 😀 concurrently */ index concurrently")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("drop index concurrently i", (Effect.DROP, None, "i", False)),
        ('drop index concurrently if exists app."I"', (Effect.DROP, "app", "I", True)),
        ("vacuum t", (Effect.REPEAT, None, None, False)),
        ("reindex index concurrently i", (Effect.REPEAT, None, None, False)),
        ("create database d", (Effect.ONCE, None, None, False)),
        ("do $$ begin insert into t values (1); commit; end $$", (Effect.ONCE, None, None, False)),
        ("do $$ begin if true then rollback; end if; end $$", (Effect.ONCE, None, None, False)),
    ],
)
def test_it_is_told_how_each_can_be_settled(
    statement: str, expected: tuple[Effect, str | None, str | None, bool]
) -> None:
    found = lone(statement)
    assert (found.effect, found.schema, found.index, found.conditional) == expected


def test_copy_from_stdin_without_data_is_refused_where_it_stands() -> None:
    assert refusal("select 1;\n  copy t (a) from stdin;") == ("copy-from-stdin", "2:3")
    assert refusal("begin; copy t from stdin; commit;") == ("copy-from-stdin", "1:8")


USED = "alter type e add value 'x'; create table t (e e default 'x');"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (USED, 2),
        (f"select 1; {USED} select 2;", 2),
        ("alter type e add value 'x'; do $$ begin insert into t values ('x'); end $$", 2),
        ("alter type e add value 'x'; alter type e add value 'y';", 1),
        (f"create type e as enum ('a'); {USED}", 1),
        (f"create type other as enum ('a'); {USED}", 2),
        (f"begin; {USED} commit;", 1),
        ("alter type e rename value 'x' to 'y'; select 'y'::e;", 1),
    ],
)
def test_an_enum_value_that_is_used_later_is_committed_first(text: str, parts: int) -> None:
    assert len(units(text)) == parts


def test_every_enum_value_is_committed_once_the_server_has_asked_for_it() -> None:
    text = "alter type e add value 'x'; select f(); alter type e add value 'y';"
    assert len(units(text, hints=Hints(commit_enums=True))) == 2


def test_what_the_server_refused_in_a_transaction_runs_alone() -> None:
    text = "select 1; call p(); select 2;"
    assert bodies(text, hints=Hints(lone=frozenset({1}))) == ["select 1;", "call p()", " select 2;"]


def test_without_a_transaction_each_statement_is_a_unit() -> None:
    text = "select 1; vacuum; begin; select 2; select 3; commit; select 4;"
    assert bodies(text, directives=Directives(transaction=False)) == [
        *("select 1;", "vacuum", " select 2; select 3; ", " select 4;")
    ]


def test_settings_of_earlier_units_are_known_to_the_later_ones() -> None:
    text = (
        "set search_path = a; set local x.y = 1; select set_config('x.z', 'q', false);"
        "select set_config('x.z', f(), true);"
        "commit; set transaction isolation level serializable; set datestyle = iso; vacuum; reset role;"
    )
    first, second, alone, last = units(text)
    settings = ("set search_path = a", "select set_config('x.z', 'q', false)")
    assert (first.settings, second.settings) == ((), settings)
    assert alone.settings == last.settings == (*settings, "set datestyle = iso")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("create temp table x (a int);\nvacuum;\nselect * from x;", "3:1"),
        ("create temporary table if not exists x (a int); vacuum; insert into t select a from x;", "1:57"),
        ("prepare p as select 1; vacuum; execute p;", "1:32"),
    ],
)
def test_what_a_session_made_cannot_be_used_behind_a_statement_that_runs_alone(text: str, place: str) -> None:
    assert refusal(text) == ("session-state", place)


def test_what_a_session_made_can_be_used_in_later_transactions() -> None:
    assert len(units("create temp table x (a int); commit; select * from x;")) == 2


@pytest.mark.parametrize(
    ("text", "sqlstate", "message", "expected"),
    [
        ("select 1; call p();", "2D000", "invalid transaction termination", {1}),
        ("do $$ begin null; end $$; call p();", "2D000", "invalid transaction termination", {1}),
        ("do $$ begin execute 'commit'; end $$;", "2D000", "invalid transaction termination", {0}),
        ("select 1; checkpoint;", "25001", "CHECKPOINT cannot run inside a transaction block", {1}),
        (
            "select 1; alter  table t x;".replace("x", "add a int"),
            "25001",
            "ALTER TABLE cannot be executed from a function",
            {1},
        ),
        ("select 1;", "25001", "CREATE DATABASE cannot run inside a transaction block", set()),
    ],
)
def test_a_refusal_in_a_transaction_is_traced_to_its_statement(
    text: str, sqlstate: str, message: str, expected: set[int]
) -> None:
    assert suspects(split_text(text), units(text)[0], sqlstate, message) == expected


PIECES = st.lists(
    st.sampled_from(
        [
            *("select 1;", "begin;", "commit;", "vacuum;", "-- a\n", "select '😀';", "commit and chain;", "\n"),
            *(
                "alter type e add value 'x';",
                "select 'x';",
                "set search_path = a;",
                "savepoint s;",
                "begin; commit;",
            ),
            *("create index concurrently on t (a);", "/* é */", "do $$ begin commit; end $$;"),
        ]
    ),
    max_size=14,
).map("".join)


@given(PIECES)
def test_units_hold_every_statement_once_and_can_be_gone_on_from_anywhere(text: str) -> None:
    found = judged(text)
    if isinstance(found, Problem):
        assert found.code in ("open-transaction", "no-transaction", "transaction-control")
        return
    split = split_text(text)
    held = [index for each in found for index in range(each.first, each.last)]
    boundaries = set(range(len(split.statements))) - set(held)
    assert held == sorted(set(held))
    assert all(split.source(split.statements[index]).startswith(("begin", "commit")) for index in boundaries)
    reaches = [each.reach for each in found]
    assert reaches == sorted(set(reaches))
    assert reaches[-1] == len(text)
    for at, each in enumerate(found[:-1], start=1):
        assert units(text, done=each.reach) == found[at:]
    starts = [each.start for each in found]
    assert all(start >= reach for start, reach in zip(starts[1:], reaches, strict=False))


def test_what_ran_alone_is_not_left_once_the_text_behind_it_is_gone() -> None:
    statement = "do $$ begin insert into t values (1); commit; end $$;"
    done = units(f"{statement}\nselect 1 / 0;\n")[0].reach
    (left,) = units(f"{statement}\n", done=done)
    assert (left.lone, left.first, left.last) == (None, 1, 1)
