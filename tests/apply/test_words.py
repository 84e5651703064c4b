"""What a person says of a statement that nobody else can tell of is said of that claim, and of no later one."""

import threading
import time
from collections.abc import Sequence

from sbapply.apply.alone import Told
from sbapply.apply.outcome import Outcome
from sbapply.database import Patience, Row
from sbapply.errors import Unsettled
from sbapply.migrations.files import Migration
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import Gateway, cut_after, cut_before, deliver
from tests.apply.parts import called, counting


def twice_once(bench: Bench) -> Migration:
    """Return a migration of two statements of which only their own answers tell, and one that counts itself."""
    first, second = (called(bench, counting(part)) for part in ("1a", "1b"))
    return migration("1", f"{first};\n{second};\n{counting('1c')}", counted=False)


def word(outcome: Outcome) -> str:
    """Return the word by which an error names its claim."""
    assert isinstance(outcome.error, Unsettled), outcome.error
    named = outcome.error.next_step.partition("--done ")[2].split("`")[0]
    assert f"--again {named}`" in outcome.error.next_step
    return named


def killed(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise SystemExit


def slow(gateway: Gateway, sql: str) -> Sequence[Row]:
    time.sleep(1.5)
    return deliver(gateway, sql)


def held_up(gateway: Gateway, sql: str) -> Sequence[Row]:
    time.sleep(0.8)
    return deliver(gateway, sql)


def kill_a_push(bench: Bench, told: dict[str, Told]) -> None:
    """Kill a push between claiming the next statement and sending it."""
    try:
        bench.push(twice_once(bench), told=told, alone=[killed])
    except SystemExit:
        return
    raise AssertionError("it was not killed")


def test_the_same_words_again_say_nothing_of_the_next_statement(bench: Bench) -> None:
    first = word(bench.push(twice_once(bench), alone=[cut_after]))
    kill_a_push(bench, {first: Told.DONE})
    second = [word(bench.push(twice_once(bench), told={said: Told.DONE})) for said in (first, "1")]
    assert second[0] == second[1] != first
    assert bench.runs() == ["1a"]
    done = bench.push(twice_once(bench), told={second[0]: Told.AGAIN})
    assert done.error is None
    assert bench.runs() == ["1a", "1b", "1c"]


def test_a_version_is_enough_where_nothing_ran_alone_before(bench: Bench) -> None:
    bench.push(twice_once(bench), alone=[cut_after])
    done = bench.push(twice_once(bench), told={"1": Told.DONE})
    assert done.error is None
    assert bench.runs() == ["1a", "1b", "1c"]


def with_a_colleague(bench: Bench, told: Told) -> tuple[Outcome, Outcome]:
    """Push with a word while a colleague's push, which waits for its turn, claims the statement behind."""
    # Where the role has a limit of its own, a request ends with the statement that ran without it.
    bench.superuser.run(f"alter role postgres in database {bench.name} set statement_timeout = '2min'")
    theirs: list[Outcome] = []

    def push() -> None:
        theirs.append(bench.push(twice_once(bench), alone=[slow], patience=Patience(5.0, 10.0)))

    colleague = threading.Thread(target=push)
    try:
        colleague.start()
        time.sleep(1)
        held = [deliver, held_up, held_up] if told is Told.DONE else [deliver, deliver, deliver, held_up]
        ours = bench.push(twice_once(bench), told={"1": told}, faults=held, patience=Patience(5.0, 10.0))
        colleague.join()
    finally:
        bench.superuser.run(f"alter role postgres in database {bench.name} reset statement_timeout")
    return ours, theirs[0]


def test_done_says_nothing_of_what_a_colleague_claims_meanwhile(bench: Bench) -> None:
    bench.push(twice_once(bench), alone=[cut_after])
    ours, theirs = with_a_colleague(bench, Told.DONE)
    assert bench.runs() == ["1a", "1b", "1c"]
    assert (ours.error, theirs.error) == (None, None)


def test_again_does_not_take_a_colleagues_statement_away(bench: Bench) -> None:
    bench.push(twice_once(bench), alone=[cut_before])
    ours, theirs = with_a_colleague(bench, Told.AGAIN)
    assert bench.runs() == ["1a", "1b", "1c"]
    assert (ours.error, theirs.error) == (None, None)
    assert versions([*ours.applied, *ours.elsewhere]) == ["1"]
