"""Rows of the history change in one transaction, once, on the history that was read, whatever comes between."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sbapply.apply.rewriting import rewrite_history
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import (
    HistoryMoved,
    Interrupted,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    Refused,
    SqlError,
    Unreachable,
    Unsettled,
)
from sbapply.history.rewrite import Change, Put, Relabel, Rewrite, Take
from sbapply.history.state import HistoryRow, read_state
from tests.apply.bench import CLOCK, HISTORY, PATIENCE, Bench
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_after,
    cut_before,
    deliver_deaf,
    firewall,
    interrupted,
    late,
    raising,
    rate_limited,
    rate_limited_after,
    refused_by_an_answer,
    rival,
    turned_away,
    twice,
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
# As in tests of traces alone: version 5 has come on by one part and has no row.
PARTS = """
create table supabase_migrations.sbapply_units (version text, unit int, reach int, digest text,
  attempt text, note jsonb, claimed_at timestamptz default now(), finished_at timestamptz);
insert into supabase_migrations.sbapply_units values ('5', 1, 1, 'd', null, null, now(), now());
"""
ANOTHER_RUN = "/* sbapply run=another request=1; */ begin; lock table {table} in share row exclusive mode;"
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


def send_changes(bench: Bench, *changes: Change, faults: Sequence[Fault] = (), **options: object) -> Gateway:
    """Make changes in the history as it is now; see ``send``."""
    rewrite = Rewrite(read_state(bench.database, patience=5.0), changes)
    return send(bench, rewrite, *faults, **options)  # type: ignore[arg-type]


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

    with pytest.raises(NothingApplied, match="SBA04") as caught:
        send(bench, rewrite)
    assert "trigger" in caught.value.next_step
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


@pytest.mark.parametrize(
    "fault", [cut_before, cut_after, twice, late(0.1)], ids=["cut before", "cut after", "twice", "late"]
)
def test_traces_that_have_no_row_are_taken_once(bench: Bench, fault: Fault) -> None:
    bench.database.run(HISTORY + PARTS)
    gateway = send_changes(bench, Take("5"), faults=[fault])

    assert bench.units() == []
    assert len(gateway.sent()) == (2 if fault is cut_before else 1)


def test_traces_that_may_not_be_taken_are_not_called_taken(bench: Bench) -> None:
    bench.database.run(HISTORY + PARTS)
    bench.superuser.run(
        "alter table supabase_migrations.sbapply_units owner to supabase_admin;"
        "grant select on supabase_migrations.sbapply_units to postgres"
    )

    with pytest.raises(NothingApplied, match="permission denied") as caught:
        send_changes(bench, Take("5"))
    assert "grant" in caught.value.next_step
    assert len(bench.units()) == 1


def test_traces_that_somebody_got_on_with_are_not_called_taken(bench: Bench) -> None:
    bench.database.run(HISTORY + PARTS)

    with pytest.raises(HistoryMoved):
        send_changes(bench, Take("5"), faults=[rival("update supabase_migrations.sbapply_units set digest = 'e'")])
    assert len(bench.units()) == 1


def test_traces_beside_a_row_that_is_as_wanted_go_although_the_first_request_was_lost(bench: Bench) -> None:
    bench.database.run(
        HISTORY + PARTS + "insert into supabase_migrations.schema_migrations values ('5', '{a}', 'm')"
    )
    send_changes(bench, Put("5", "m", ("a",)), faults=[cut_before])

    assert bench.units() == []


def test_a_text_that_is_empty_is_another_than_none(bench: Bench) -> None:
    bench.database.run(HISTORY + ROWS)
    send_changes(bench, Put("4", "four", None), Put("2", "two", ()), faults=[cut_before])

    assert [row["statements"] for row in rows(bench)][1::2] == [[], None]


def test_what_is_as_wanted_already_and_may_not_be_written_is_not_called_written(bench: Bench) -> None:
    bench.database.run(HISTORY + ROWS)
    bench.superuser.run(
        "alter table supabase_migrations.schema_migrations owner to supabase_admin;"
        "grant select on supabase_migrations.schema_migrations to postgres"
    )

    with pytest.raises(NothingApplied, match="permission denied"):
        send_changes(bench, Put("4", "four", ()))


@pytest.mark.parametrize(
    "answer",
    [OutcomeUnknown("The connection broke: reset by peer."), SqlError("22012", "division by zero")],
    ids=["no answer", "an error that can follow a commit"],
)
def test_what_somebody_changed_before_it_could_be_read_is_unknown(bench: Bench, answer: Exception) -> None:
    rewrite = prepared(bench, counted=False)

    def changed_behind_it(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        gateway.database.run("update supabase_migrations.schema_migrations set name = 'theirs' where version = '4'")
        raise answer

    with pytest.raises(Unsettled, match="Somebody else") as caught:
        send(bench, rewrite, changed_behind_it)
    assert "sbapply status" in caught.value.next_step


QUICK = Patience(read=0.5, settle=1.0)
GONE: Fault = raising(Unreachable("No route to host."))


def test_a_refusal_that_stood_for_the_answer_is_settled_before_the_last_word(bench: Bench) -> None:
    rewrite = prepared(bench)
    send(bench, rewrite, rate_limited_after, *[GONE] * 500, patience=QUICK)

    assert (rows(bench), written(bench)) == (EXPECTED, 7)


def test_without_a_connection_to_ask_a_request_that_was_answered_is_unknown(bench: Bench) -> None:
    rewrite = prepared(bench)

    with pytest.raises(Unsettled) as caught:
        send(bench, rewrite, rate_limited_after, *[GONE] * 500, settle=[GONE] * 500, patience=QUICK)
    assert "sbapply push" not in caught.value.next_step
    assert rows(bench) == EXPECTED


def test_an_earlier_request_that_is_still_at_work_is_waited_for(bench: Bench) -> None:
    rewrite = prepared(bench)

    def at_work_behind_a_refusal(gateway: Gateway, sql: str) -> Sequence[Row]:
        before, commit, after = sql.rpartition("\ncommit;\n")
        gateway.later(0, f"{before}\nselect pg_sleep(0.8);{commit}{after}")
        return rate_limited(gateway, sql)

    send(bench, rewrite, at_work_behind_a_refusal, raising(SqlError("22012", "division by zero")))
    assert (rows(bench), written(bench)) == (EXPECTED, 7)


def test_without_a_connection_from_the_first_nothing_was_sent_and_nothing_is_asked(bench: Bench) -> None:
    rewrite = prepared(bench)
    gateway = Gateway(bench.database, {"write": [GONE] * 500})

    with pytest.raises(Unreachable):
        rewrite_history(gateway, rewrite, notify=lambda _event: None, patience=QUICK, clock=CLOCK)
    assert gateway.sent("settle") == []


def test_a_refusal_is_the_last_word_once_it_is_settled(bench: Bench) -> None:
    rewrite = prepared(bench)
    gateway = Gateway(bench.database, {"write": [refused_by_an_answer] * 9})

    with pytest.raises(NotSent, match="does not know the path"):
        rewrite_history(gateway, rewrite, notify=lambda _event: None, patience=PATIENCE, clock=CLOCK)
    assert (len(gateway.sent()), len(gateway.sent("settle")) > 0) == (1, True)


def test_a_clock_that_stood_still_since_the_state_was_read_is_read_anew(bench: Bench) -> None:
    rewrite = prepared(bench)
    slept = replace(rewrite.state, server_time=rewrite.state.server_time - 300)
    gateway = send(bench, Rewrite(slept, CHANGES))

    assert rows(bench) == EXPECTED
    assert len(gateway.sent()) == 2


def test_a_session_that_holds_the_history_longer_than_a_statement_may_take_is_waited_for(bench: Bench) -> None:
    rewrite = prepared(bench)
    gateway = Gateway(bench.database)
    gateway.later(0, "begin; lock table supabase_migrations.schema_migrations; select pg_sleep(0.6); commit;")
    send(bench, rewrite, limits=Limits(statement_timeout="200ms"))
    gateway.wait()

    assert rows(bench) == EXPECTED


def test_another_run_at_work_on_the_history_is_waited_for_however_long_it_takes(bench: Bench) -> None:
    rewrite = prepared(bench)
    gateway = Gateway(bench.database)
    busy = ANOTHER_RUN.format(table="supabase_migrations.schema_migrations")
    gateway.later(0, f"{busy} select pg_sleep(2.5); commit;")
    send(bench, rewrite, limits=Limits(history_lock_timeout="100ms"), patience=QUICK)
    gateway.wait()

    assert (rows(bench), written(bench)) == (EXPECTED, 7)


@pytest.mark.parametrize(
    ("column", "cure"),
    [("created_by text not null", "default"), ("number int default 1 check (number > 1)", "constraint")],
)
def test_a_history_that_does_not_take_the_row_is_told_with_its_cure(bench: Bench, column: str, cure: str) -> None:
    bench.database.run(f"{HISTORY}alter table supabase_migrations.schema_migrations add {column}")

    with pytest.raises(NothingApplied, match=r"supabase_migrations\.schema_migrations") as caught:
        send_changes(bench, Put("1", "one", ("select 1",)))
    assert cure in caught.value.next_step


def test_an_interrupt_tells_whether_it_was_made_to_whoever_asks(bench: Bench) -> None:
    def interrupted_behind_it(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        send(bench, prepared(bench), interrupted_behind_it)
    assert caught.value.made
