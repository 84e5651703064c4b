"""A claim whose traces go with a change of the history is undone first, and waited for while it is at work."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from sbapply.apply.rewriting import rewrite_history
from sbapply.database import Patience, Row
from sbapply.errors import HistoryConflict, HistoryMoved, Interrupted, NothingApplied, SqlError
from sbapply.history.rewrite import Change, Forget, Put, Relabel, Rewrite, Take
from sbapply.history.state import read_state
from tests.apply.bench import CLOCK, PATIENCE, Bench, migration, row_sql
from tests.apply.gateway import Fault, Gateway, cut_after, cut_before, deliver, deliver_deaf, raising, twice
from tests.apply.parts import INDEX, SLOW, alone, counting, with_table
from tests.apply.test_leftovers import OWN, killed_with_a_claim, with_settings

DROP = alone("drop index concurrently app.t_a")
APPLIED, REVERTED = Put("1", "m", ("x",)), Take("1")
EITHER = pytest.mark.parametrize("change", [APPLIED, REVERTED], ids=["applied", "reverted"])


@pytest.fixture(autouse=True)
def limited(bench: Bench) -> Iterator[None]:
    """Give a role with a time limit of its own, and take that away again."""
    with_table(bench)
    role = f"alter role postgres in database {bench.name}"
    bench.superuser.run(f"{role} reset all; {role} set statement_timeout = '2min'")
    yield
    bench.superuser.run(f"{role} reset all")


def rewrite(
    bench: Bench,
    *changes: Change,
    faults: Sequence[Fault] = (),
    look: Sequence[Fault] = (),
    patience: Patience = PATIENCE,
) -> None:
    gateway = Gateway(bench.database, {"write": list(faults), "look": list(look)})
    wanted = Rewrite(read_state(bench.database, patience=5.0), changes)
    try:
        rewrite_history(gateway, wanted, notify=bench.events.append, patience=patience, clock=CLOCK)
    finally:
        gateway.wait()


@pytest.mark.parametrize("fault", [deliver, cut_before, cut_after, twice], ids=["none", "before", "after", "twice"])
@EITHER
def test_settings_of_a_claim_are_put_back(bench: Bench, change: Change, fault: Fault) -> None:
    killed_with_a_claim(bench, with_settings())
    assert bench.ask(OWN) != ["statement_timeout=2min"]
    rewrite(bench, change, faults=[fault])

    assert (bench.ask(OWN), bench.units()) == (["statement_timeout=2min"], [])


def test_settings_of_two_claims_go_back_to_what_stood_before_both(bench: Bench) -> None:
    for each in ("1", "2"):
        text = f"-- sbapply: lock_timeout={each}s\ncreate index concurrently on app.t (a);\n"
        killed_with_a_claim(bench, migration(each, text, counted=False))
    rewrite(bench, APPLIED)
    assert "lock_timeout=2s" in str(bench.ask(OWN))
    rewrite(bench, Take("2"))

    assert bench.ask(OWN) == ["statement_timeout=2min"]


def test_two_claims_that_go_at_once_leave_the_role_as_it_was(bench: Bench) -> None:
    for each in ("1", "2"):
        text = f"-- sbapply: lock_timeout={each}s\ncreate index concurrently on app.t (a);\n"
        killed_with_a_claim(bench, migration(each, text, counted=False))
    rewrite(bench, APPLIED, Take("2"))

    assert (bench.ask(OWN), bench.units()) == (["statement_timeout=2min"], [])


@EITHER
def test_an_index_that_a_claim_has_renamed_has_its_name_back(bench: Bench, change: Change) -> None:
    bench.database.run("create index t_a on app.t (a)")
    killed_with_a_claim(bench, DROP)
    rewrite(bench, change)

    assert (bench.indexes(), bench.units()) == ([INDEX], [])


def test_an_index_that_was_dropped_needs_no_word_any_more(bench: Bench) -> None:
    bench.database.run("create index t_a on app.t (a)")
    bench.database.run(killed_with_a_claim(bench, DROP))
    rewrite(bench, APPLIED)

    assert (bench.indexes(), bench.units()) == ([], [])


def test_an_index_whose_name_is_taken_is_named_with_the_other_and_nothing_changes(bench: Bench) -> None:
    bench.database.run("create index t_a on app.t (a)")
    killed_with_a_claim(bench, DROP)
    bench.database.run("create index t_a on app.t (b)")
    before = bench.indexes()

    with pytest.raises(NothingApplied, match=r"app\.sbapply_drop_\w+, which was not dropped.*app\.t_a") as caught:
        rewrite(bench, REVERTED)
    assert "rename" in caught.value.next_step
    assert (len(bench.units()), bench.indexes()) == (2, before)


def test_an_index_that_was_left_half_made_goes(bench: Bench) -> None:
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
    sent = killed_with_a_claim(bench, alone("create unique index concurrently t_a on app.t (a)"))
    deliver_deaf(Gateway(bench.database), sent)
    assert "invalid" in str(bench.indexes())
    rewrite(bench, REVERTED)

    assert bench.indexes() == []


@EITHER
def test_a_whole_index_stays_whatever_is_said_of_its_version(bench: Bench, change: Change) -> None:
    bench.database.run(killed_with_a_claim(bench, alone("create index concurrently t_a on app.t (a)")))
    rewrite(bench, change)

    assert (bench.indexes(), bench.units()) == ([INDEX], [])


def test_somebody_elses_invalid_index_of_the_name_stays(bench: Bench) -> None:
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
    killed_with_a_claim(bench, alone("create unique index concurrently t_a on app.t (a)"))
    deliver_deaf(Gateway(bench.database), "create unique index concurrently t_a on app.t (a, b)")
    rewrite(bench, REVERTED)

    assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a, b) (invalid)"]


def test_a_row_that_gets_another_version_leaves_no_traces_behind(bench: Bench) -> None:
    killed_with_a_claim(bench, with_settings())
    bench.database.run(row_sql(with_settings()))
    rewrite(bench, Relabel("1", "3", "m"))

    assert (bench.history(), bench.units(), bench.ask(OWN)) == (["3"], [], ["statement_timeout=2min"])


def test_traces_alone_are_forgotten_and_the_row_stays(bench: Bench) -> None:
    killed_with_a_claim(bench, with_settings())
    bench.database.run(row_sql(with_settings()))
    before = bench.database.run("select * from supabase_migrations.schema_migrations")
    rewrite(bench, Forget("1"))

    assert bench.database.run("select * from supabase_migrations.schema_migrations") == before
    assert (bench.units(), bench.ask(OWN)) == ([], ["statement_timeout=2min"])


def test_a_statement_at_work_is_waited_for_before_its_claim_goes(bench: Bench) -> None:
    sent = killed_with_a_claim(bench, alone(f"do $$ begin commit; perform pg_sleep(1.2); {counting('1b')} end $$"))
    gateway = Gateway(bench.database)
    gateway.later(0, sent)
    time.sleep(0.3)
    rewrite(bench, REVERTED)

    assert bench.runs() == ["1a", "1b"]
    gateway.wait()


def test_a_statement_that_sets_out_when_nobody_looks_any_more_is_not_forgotten(bench: Bench) -> None:
    sent = killed_with_a_claim(bench, alone(f"do $$ begin commit; perform pg_sleep(1.5); {counting('1b')} end $$"))

    def sets_out(gateway: Gateway, sql: str) -> Sequence[Row]:
        gateway.later(0, sent)
        time.sleep(0.3)
        return deliver(gateway, sql)

    with pytest.raises(NothingApplied, match="a statement of version 1 that a push has sent is still at work"):
        rewrite(bench, REVERTED, faults=[sets_out], patience=Patience(read=5.0, settle=0.3))
    assert len(bench.units()) == 2

    rewrite(bench, REVERTED)
    assert bench.units() == []


def test_where_nobody_can_tell_whether_it_is_at_work_nothing_is_changed(bench: Bench) -> None:
    killed_with_a_claim(bench, with_settings())
    never: list[Fault] = [raising(SqlError("53300", "too many connections"))] * 500

    with pytest.raises(NothingApplied, match="too many connections"):
        rewrite(bench, REVERTED, look=never, patience=Patience(read=0.5, settle=0.3))
    assert len(bench.units()) == 2


def test_ctrl_c_while_it_is_waited_for_changes_nothing(bench: Bench) -> None:
    killed_with_a_claim(bench, with_settings())

    with pytest.raises(Interrupted) as caught:
        rewrite(bench, REVERTED, look=[raising(KeyboardInterrupt())])
    assert not caught.value.made
    assert len(bench.units()) == 2


def test_a_push_whose_version_is_recorded_while_it_builds_leaves_the_role_as_it_was(bench: Bench) -> None:
    def recorded_meanwhile(gateway: Gateway, sql: str) -> Sequence[Row]:
        rewrite(bench, APPLIED)
        return deliver(gateway, sql)

    outcome = bench.push(with_settings(), alone=[recorded_meanwhile])
    assert isinstance(outcome.error, HistoryConflict), outcome.error
    assert (bench.units(), bench.ask(OWN)) == ([], ["statement_timeout=2min"])


def test_a_push_that_is_building_gets_to_its_end_and_the_history_is_then_another(bench: Bench) -> None:
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2)")
    file = alone("create index concurrently t_a on app.t (app.slow(a))")
    pushing = threading.Thread(target=bench.push, args=(file,))
    pushing.start()
    time.sleep(0.8)
    # The clock of this bench makes the grace short, so the push may not yet have written its row.
    with suppress(HistoryMoved):
        rewrite(bench, APPLIED)
    pushing.join()

    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (app.slow(a))"]
    assert (bench.history(), bench.units(), bench.ask(OWN)) == (["1"], [], ["statement_timeout=2min"])
