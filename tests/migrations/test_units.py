"""Units: what is sent as one transaction, and what is refused with its place."""

import pytest

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, split_migration
from sbapply.migrations.units import Unit, unit_of


def judged(text: str) -> Unit | Problem:
    migration = Migration("1", "x", "m/1_x.sql", text)
    split = split_migration(migration)
    assert isinstance(split, SplitText), split
    return unit_of(migration, split)


def body_and_options(text: str) -> tuple[str, str]:
    unit = judged(text)
    assert isinstance(unit, Unit), unit
    return text[unit.start : unit.end], unit.begin_options


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
    assert body_and_options(text) == (text, "isolation level repeatable read")


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
    ("text", "place"),
    [
        ("begin; select 1; commit; select 2;", "1:1"),
        ("select 1;\nbegin; select 2; commit;", "2:1"),
        ("select 1;\ncommit;", "2:1"),
        ("begin;\nselect 1;", "1:1"),
        ("begin; select 1;\n  commit; begin; select 2; commit;", "2:3"),
        ("begin; select 1; commit and chain;", "1:1"),
        ("begin;", "1:1"),
        ("commit", "1:1"),
        ("select '😀'; end;", "1:13"),
    ],
)
def test_transactions_that_are_not_the_whole_file_are_refused_where_they_begin(text: str, place: str) -> None:
    assert refusal(text) == ("transaction-boundary", place)


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
    "do $$ begin commit; end $$",
]


@pytest.mark.parametrize("statement", LONE)
def test_what_cannot_run_in_a_transaction_is_refused_where_it_stands(statement: str) -> None:
    assert refusal(f"select '😀'; {statement};") == ("no-transaction", "1:13")
    assert refusal(f"begin;\n-- why\n{statement};\ncommit;") == ("no-transaction", "3:1")


@pytest.mark.parametrize("statement", NOT_LONE)
def test_what_only_looks_like_it_is_sent(statement: str) -> None:
    assert body_and_options(statement) == (statement, "")


def test_copy_from_stdin_without_data_is_refused_where_it_stands() -> None:
    assert refusal("select 1;\n  copy t (a) from stdin;") == ("copy-from-stdin", "2:3")
    assert refusal("begin; copy t from stdin; commit;") == ("copy-from-stdin", "1:8")
