"""Let a REINDEX CONCURRENTLY break off: what it leaves half-made is named."""

import pytest

from sbapply.apply.outcome import IndexLeft
from sbapply.database import Patience
from sbapply.errors import Interrupted, SqlError
from tests.apply.bench import Bench
from tests.apply.gateway import cut_after, interrupted, raising
from tests.apply.parts import SLOW, alone, done, with_table

LEFT = [IndexLeft("app.t_a_ccnew")]


def with_slow_index(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run(
        f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2); "
        "create index t_a on app.t (app.slow(a))"
    )


def named(bench: Bench) -> list[IndexLeft]:
    return [event for event in bench.events if isinstance(event, IndexLeft)]


@pytest.mark.parametrize("what", ["index concurrently app.t_a", "table concurrently app.t"])
def test_what_an_interrupted_reindex_leaves_is_named_then_and_by_the_push_that_repeats_it(
    either_bench: Bench, what: str
) -> None:
    with_slow_index(either_bench)
    outcome = either_bench.push(alone(f"reindex {what}"), alone=[interrupted])
    assert isinstance(outcome.error, Interrupted), outcome.error
    assert named(either_bench) == LEFT
    either_bench.events.clear()
    done(either_bench, either_bench.push(alone(f"reindex {what}")), runs=["1a", "1c"])
    assert named(either_bench) == LEFT


def test_nothing_is_named_where_nothing_is_left(bench: Bench) -> None:
    with_slow_index(bench)
    done(bench, bench.push(alone("reindex index concurrently app.t_a"), alone=[cut_after]), runs=["1a", "1c"])
    assert named(bench) == []


def test_what_somebody_is_still_at_work_on_is_not_named(bench: Bench) -> None:
    with_slow_index(bench)
    outcome = bench.push(alone("reindex index concurrently app.t_a"), alone=[interrupted])
    assert isinstance(outcome.error, Interrupted), outcome.error
    bench.events.clear()
    refused = raising(SqlError("42501", "permission denied"))
    with bench.holding("lock table app.t in share update exclusive mode"):
        bench.push(alone("reindex index concurrently app.t_a"), alone=[refused], patience=Patience(5.0, 1.0))
    assert named(bench) == []
