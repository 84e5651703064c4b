"""Rows of the history change in one transaction, once, on the history that was read, whatever comes between."""

from collections.abc import Sequence

import pytest

from sbapply.apply.rewriting import rewrite_history
from sbapply.config import Limits
from sbapply.database import Patience
from sbapply.errors import (
    HistoryMoved,
    Interrupted,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    Refused,
    SqlError,
    Unsettled,
)
from sbapply.history.rewrite import Change, Put, Relabel, Rewrite, Take
from sbapply.history.state import HistoryRow, read_state
from tests.apply.bench import CLOCK, HISTORY, PATIENCE, Bench
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_after,
    firewall,
    interrupted,
    raising,
    rival,
    turned_away,
)
from tests.apply.one_transaction import FAULTS

ROWS = """
insert into supabase_migrations.schema_migrations (version, name, statements) values
  ('1', 'one', array['create table a (id int)', 'select 1']),
  ('2', 'two', null),
  ('3', null, array['select ''é\\']),
  ('4', 'four', '{}');
"""
# Every statement that wrote rows of the history and was committed leaves a line for each row.
COUNTED = """
create table app.written (how text, version text);
create function app.note() returns trigger language plpgsql as $$
begin
  insert into app.written values (tg_op, coalesce(new.version, old.version));
  return null;
end $$;
create trigger note after insert or update or delete on supabase_migrations.schema_migrations
  for each row execute function app.note();
"""
CHANGES: tuple[Change, ...] = (
    Take("2"),
    Relabel("1", "3", "swapped"),
    Relabel("3", "1", None),
    Put("4", "four again", ("select 4", "select $$x$$ || E'\\n'")),
    Put("5", None, None),
)
EXPECTED = [
    {"version": "1", "name": None, "statements": ["select 'é\\"]},
    {"version": "3", "name": "swapped", "statements": ["create table a (id int)", "select 1"]},
    {"version": "4", "name": "four again", "statements": ["select 4", "select $$x$$ || E'\\n'"]},
    {"version": "5", "name": None, "statements": None},
]


def prepared(bench: Bench, *, counted: bool = True) -> Rewrite:
    bench.database.run(HISTORY + ROWS + (COUNTED if counted else ""))
    return Rewrite(read_state(bench.database, patience=5.0), CHANGES)


def send(
    bench: Bench,
    rewrite: Rewrite,
    *faults: Fault,
    settle: Sequence[Fault] = (),
    limits: Limits | None = None,
    patience: Patience = PATIENCE,
) -> Gateway:
    gateway = Gateway(bench.database, {"write": list(faults), "settle": list(settle)})
    try:
        rewrite_history(gateway, rewrite, notify=lambda _event: None, limits=limits, patience=patience, clock=CLOCK)
    finally:
        gateway.wait()
    return gateway


def rows(bench: Bench) -> list[dict[str, object]]:
    asked = "select version, name, statements from supabase_migrations.schema_migrations order by version"
    return [dict(row) for row in bench.database.run(asked)]


def written(bench: Bench) -> int:
    return int(str(bench.database.run("select count(*)::int as count from app.written")[0]["count"]))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_all_changes_are_made_once(either_bench: Bench, fault: Fault) -> None:
    send(either_bench, prepared(either_bench), fault)

    assert rows(either_bench) == EXPECTED
    # One deletion, two updates of each of two relabelled rows, one update and one insertion.
    assert written(either_bench) == 7


def test_what_was_foretold_is_what_is_read_afterwards(either_bench: Bench) -> None:
    rewrite = prepared(either_bench)
    send(either_bench, rewrite)

    assert read_state(either_bench.database, patience=5.0).rows == rewrite.after()


@pytest.mark.parametrize(
    "meanwhile",
    [
        "insert into supabase_migrations.schema_migrations values ('9')",
        "delete from supabase_migrations.schema_migrations where version = '4'",
        "update supabase_migrations.schema_migrations set name = 'x' where version = '4'",
        "update supabase_migrations.schema_migrations set statements = array['x'] where version = '2'",
        "update supabase_migrations.schema_migrations set statements = null where version = '4'",
    ],
)
def test_nothing_is_written_where_the_history_moved_since_it_was_read(bench: Bench, meanwhile: str) -> None:
    rewrite = prepared(bench, counted=False)
    bench.database.run(meanwhile)
    before = rows(bench)

    with pytest.raises(HistoryMoved):
        send(bench, rewrite)
    assert rows(bench) == before


def test_nothing_is_written_where_somebody_changes_the_history_under_way(bench: Bench) -> None:
    rewrite = prepared(bench, counted=False)

    with pytest.raises(HistoryMoved):
        send(bench, rewrite, rival("insert into supabase_migrations.schema_migrations values ('9')"))
    assert [row["version"] for row in rows(bench)] == ["1", "2", "3", "4", "9"]


def test_traces_of_parts_go_with_their_row_and_only_as_they_were_read(bench: Bench) -> None:
    bench.database.run(HISTORY + ROWS)
    bench.database.run(
        "create table supabase_migrations.sbapply_units (version text, unit int, reach int, digest text, "
        "attempt text, note jsonb, claimed_at timestamptz default now(), finished_at timestamptz); "
        "insert into supabase_migrations.sbapply_units values ('5', 1, 1, 'd', null, null, now(), now()), "
        "('6', 1, 1, 'd', null, null, now(), now())"
    )
    stale = Rewrite(read_state(bench.database, patience=5.0), CHANGES)
    bench.database.run("update supabase_migrations.sbapply_units set digest = 'e' where version = '5'")

    with pytest.raises(HistoryMoved):
        send(bench, stale)
    send(bench, Rewrite(read_state(bench.database, patience=5.0), CHANGES))
    left = bench.database.run("select version from supabase_migrations.sbapply_units")
    assert [row["version"] for row in left] == ["6"]


@pytest.mark.parametrize(
    "there",
    [
        "",
        "create schema supabase_migrations",
        """create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key)""",
    ],
)
def test_a_history_that_is_not_there_is_made(either_bench: Bench, there: str) -> None:
    if there:
        either_bench.database.run(there)
    state = read_state(either_bench.database, patience=5.0)
    send(either_bench, Rewrite(state, (Put("1", "one", ("select 1",)),)), cut_after)

    assert rows(either_bench) == [{"version": "1", "name": "one", "statements": ["select 1"]}]


def test_what_other_tools_keep_in_a_relabelled_row_stays(bench: Bench) -> None:
    bench.database.run(HISTORY + ROWS)
    bench.database.run(
        "alter table supabase_migrations.schema_migrations add created_by text, add idempotency_key text unique;"
        "update supabase_migrations.schema_migrations set created_by = 'ann', idempotency_key = version"
    )
    send(bench, Rewrite(read_state(bench.database, patience=5.0), (Relabel("1", "20", "one"),)))

    found = bench.database.run(
        "select version, created_by, idempotency_key from supabase_migrations.schema_migrations order by version"
    )
    assert found[1] == {"version": "20", "created_by": "ann", "idempotency_key": "1"}


def test_a_trigger_that_changes_what_is_written_undoes_all_of_it(bench: Bench) -> None:
    rewrite = prepared(bench, counted=False)
    bench.database.run(
        "create function app.other() returns trigger language plpgsql as "
        "$$ begin new.name := 'other'; return new; end $$;"
        "create trigger other before insert or update on supabase_migrations.schema_migrations "
        "for each row execute function app.other()"
    )
    before = rows(bench)

    with pytest.raises(NothingApplied, match="SBA04"):
        send(bench, rewrite)
    assert rows(bench) == before


@pytest.mark.parametrize(
    ("fault", "error"), [(turned_away, NotSent), (firewall, NothingApplied)], ids=["turned away", "a firewall"]
)
def test_what_stops_every_request_is_told_and_nothing_is_written(
    bench: Bench, fault: Fault, error: type[Exception]
) -> None:
    rewrite = prepared(bench)

    with pytest.raises(error):
        send(bench, rewrite, *[fault] * 20)
    assert written(bench) == 0


def test_an_error_of_postgres_is_told_and_nothing_is_written(bench: Bench) -> None:
    rewrite = prepared(bench)

    with pytest.raises(NothingApplied, match="division by zero"):
        send(bench, rewrite, raising(SqlError("22012", "division by zero")))
    assert written(bench) == 0


def test_what_nobody_can_tell_is_not_called_made_or_not_made(bench: Bench) -> None:
    rewrite = prepared(bench)
    never = [raising(OutcomeUnknown("No answer."))] * 500

    with pytest.raises(Unsettled):
        send(bench, rewrite, cut_after, settle=never, patience=Patience(read=0.5, settle=0.5))
    assert rows(bench) == EXPECTED


def test_an_interrupt_says_whether_it_was_made(bench: Bench) -> None:
    rewrite = prepared(bench)

    with pytest.raises(Interrupted, match=r"changed as shown|nothing was changed") as caught:
        send(bench, rewrite, interrupted)
    assert ("nothing" in str(caught.value)) == (written(bench) == 0)


def test_more_than_a_request_may_hold_is_refused_before_anything_is_sent(bench: Bench) -> None:
    bench.database.run(HISTORY)
    state = read_state(bench.database, patience=5.0)
    gateway = Gateway(bench.database)

    with pytest.raises(Refused):
        rewrite_history(gateway, Rewrite(state, (Put("1", "m", ("x" * 950_000,)),)), notify=lambda _event: None)
    assert gateway.seen == []


def test_a_version_that_is_not_there_can_be_neither_taken_nor_relabelled(bench: Bench) -> None:
    bench.database.run(HISTORY)
    state = read_state(bench.database, patience=5.0)

    for change in (Take("1"), Relabel("1", "2", None)):
        with pytest.raises(ValueError, match="not in the history"):
            Rewrite(state, (change,))


def test_rows_are_foretold_in_the_order_of_their_bytes(bench: Bench) -> None:
    bench.database.run(HISTORY)
    state = read_state(bench.database, patience=5.0)
    after = Rewrite(state, (Put("10", None, None), Put("9", "n", None))).after()

    assert after == (HistoryRow("10", None, None), HistoryRow("9", "n", None))
