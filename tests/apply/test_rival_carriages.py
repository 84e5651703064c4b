"""Let two runs carry one large file to a project, each in pieces of its own."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest

from sbapply.apply.outcome import Outcome
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import NothingApplied
from tests.apply.bench import Bench, migration, versions
from tests.apply.carriages import large_in_parts
from tests.apply.gateway import Fault, Gateway, deliver, rival
from tests.apply.parts import SMALL, counting, large, with_table

OTHERWISE = Limits(request_bytes=31_000)


def slowly(gateway: Gateway, sql: str) -> Sequence[Row]:
    time.sleep(0.1)
    return deliver(gateway, sql)


def killed(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise SystemExit


def pieces(bench: Bench) -> list[object]:
    return list(bench.ask("select count(*)::int from supabase_migrations.sbapply_pieces"))


def at_once(bench: Bench, *limits: Limits, fault: Fault = slowly) -> list[Outcome]:
    """Push the same large file several times at once, with these limits."""
    outcomes: list[Outcome] = []

    def push(limit: Limits) -> None:
        outcomes.append(bench.push(large(1500), faults=[fault] * 1000, limits=limit))

    threads = [threading.Thread(target=push, args=(limit,)) for limit in limits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_runs_that_cut_a_file_differently_both_come_to_an_end_and_apply_it_once(either_bench: Bench) -> None:
    started = time.monotonic()
    one, other = at_once(either_bench, SMALL, OTHERWISE)
    assert (one.error, other.error) == (None, None)
    assert sorted(versions((*one.applied, *other.applied))) == ["1"]
    assert versions((*one.elsewhere, *other.elsewhere)) == ["1"]
    assert (either_bench.history(), either_bench.runs(), either_bench.units()) == (["1"], ["1"], [])
    assert pieces(either_bench) == [0]
    assert time.monotonic() - started < 20


def test_pieces_that_were_carried_before_renew_no_patience(bench: Bench) -> None:
    """Somebody takes the claim behind the third piece each time, and never brings a piece of their own."""
    with_table(bench)
    theirs = 'attempt = md5(random()::text), note = \'{"cut": "theirs"}\''
    taken = f"update supabase_migrations.sbapply_units set {theirs} where unit = 0"
    patience = Patience(read=2.0, settle=1.0)
    round_ = [deliver, deliver, deliver, rival(taken)]
    outcome = bench.push(large_in_parts(), limits=SMALL, faults=round_ * 100, patience=patience)
    assert isinstance(outcome.error, NothingApplied), outcome.error
    assert (bench.history(), bench.runs()) == ([], [])


def test_what_a_killed_run_had_carried_is_taken_over(bench: Bench) -> None:
    with suppress(SystemExit):
        bench.push(large(), limits=SMALL, faults=[deliver, deliver, killed])
    outcome = bench.push(large(), limits=OTHERWISE)
    assert (outcome.error, bench.history(), bench.runs(), pieces(bench)) == (None, ["1"], ["1"], [0])


LATE = "insert into supabase_migrations.sbapply_pieces"
SERIALIZABLE = "begin isolation level serializable;\n"


@pytest.mark.parametrize("opening", ["", SERIALIZABLE], ids=["read committed", "serializable"])
@pytest.mark.parametrize("limits", [OTHERWISE, Limits()], ids=["claimed anew", "run as a whole"])
def test_a_late_piece_leaves_nothing_behind_another_runs_claim(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, limits: Limits, opening: str
) -> None:
    values = "".join(f"insert into app.t values ({row}, {row});\n" for row in range(400))
    text = f"{opening}{counting('1')}{values}{'commit;' if opening else ''}\n"
    with_table(bench)

    def comes_late(gateway: Gateway, sql: str) -> Sequence[Row]:
        gateway.later(0, sql.replace(LATE, f"select pg_sleep(1.5);\n{LATE}"))
        time.sleep(0.3)
        raise SystemExit

    with monkeypatch.context() as patch, suppress(SystemExit):
        patch.setattr(Gateway, "wait", lambda _self: None)
        bench.push(migration("1", text, counted=False), faults=[deliver, comes_late], limits=SMALL, deadline=5.0)
    monkeypatch.setattr("sbapply.apply.carriage._LOOKS", 1)
    outcome = bench.push(migration("1", text, counted=False), limits=limits)
    for gateway in bench.gateways:
        gateway.wait()
    assert (outcome.error, bench.history(), bench.runs(), pieces(bench)) == (None, ["1"], ["1"], [0])
