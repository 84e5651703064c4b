"""A refusal that stood in for the true answer stays in doubt, whatever the requests behind it meet."""

import time
from collections.abc import Sequence

import pytest

from sbapply.database import Row
from sbapply.errors import Interrupted, RateLimited
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import Fault, Gateway, cut_before, firewall, interrupted, refused_by_an_answer


def at_work_behind_a_refusal(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Answer 429 though it was passed on and is being run."""
    gateway.later(0, sql)
    time.sleep(0.3)
    refusal = RateLimited("Too many requests.", retry_after=0.05)
    refusal.answered = True
    raise refusal


@pytest.mark.parametrize("then", [firewall, refused_by_an_answer, cut_before, at_work_behind_a_refusal])
def test_what_is_at_work_is_waited_for_whatever_comes_behind_it(bench: Bench, then: Fault) -> None:
    bench.with_history()
    outcome = bench.push(migration("1", "select pg_sleep(2)"), faults=[at_work_behind_a_refusal, then])
    assert outcome.error is None
    assert versions([*outcome.applied, *outcome.elsewhere]) == bench.history() == bench.runs() == ["1"]


def test_ctrl_c_cancels_it_and_tells_what_it_did(bench: Bench) -> None:
    bench.with_history()
    faults = [at_work_behind_a_refusal, interrupted]
    outcome = bench.push(migration("1", "select pg_sleep(2)"), faults=faults)
    assert isinstance(outcome.error, Interrupted)
    assert versions(outcome.applied) == bench.history() == bench.runs()
    assert bench.runs() == []
