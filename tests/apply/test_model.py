"""Let two runners, edits and a bad gateway do as they like: nothing is run twice, and every report is true."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sbapply.apply.outcome import Outcome
from sbapply.apply.runner import apply_ready
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import OutcomeUnknown, SqlError, Unsettled
from sbapply.history.plan import Plan, make_plan
from sbapply.history.ready import Ready, prepare
from sbapply.history.state import RemoteState, read_state, read_stored_texts
from sbapply.migrations.files import Folder, Migration
from tests.apply.bench import CLOCK, Bench
from tests.apply.gateway import Fault, Gateway, deliver, deliver_deaf
from tests.reliability.whole import WHOLE

EXAMPLES, STEPS = (120, 14) if WHOLE else (15, 9)
VERSIONS = ("1", "2", "3")
KINDS = ("plain", "parts", "index", "pieces", "block")
# The two runners cut what travels in pieces differently.
LIMITS = (Limits(request_bytes=20_000), Limits(request_bytes=26_000))
_PADDING = "".join(f"select {number} as padding;\n" for number in range(600))


def text_of(version: str, kind: str, variant: int) -> str:
    """Return a file's text; each of its parts leaves one row that names it."""

    def part(name: str) -> str:
        return f"insert into app.runs (version) values ('{version}/{name}');\n"

    match kind:
        case "parts":
            return f"{part('a')}commit;\nbegin;\n{part(f'b{variant}')}commit;\n{part(f'c{variant}')}"
        case "index":
            columns = "a, b" if variant % 2 else "a"
            index = f"create index concurrently t_{version} on app.t ({columns});\n"
            return f"{part('a')}{index}{part(f'c{variant}')}"
        case "pieces":
            return f"{part('a')}{_PADDING}commit;\nbegin;\n{part(f'b{variant}')}commit;\n"
        case "block":
            block = f"do $$ begin {part(f'b{variant}')} commit; perform 1; end $$;\n"
            return f"{part('a')}{block}{part(f'c{variant}')}"
        case _:
            return part(f"a{variant}")


def parts_of(statements: Sequence[str]) -> set[str]:
    """Return the rows that a stored text has to have left."""
    return set(re.findall(r"values \('([^']*)'\)", "".join(statements)))


@dataclass
class World:
    """Hold the project, what is still under way, and every text that was ever pushed."""

    bench: Bench
    held: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, sql: str) -> None:
        with self.lock:
            self.held.append(sql)


def faults_of(world: World) -> Mapping[str, Fault]:
    """Return what the gateway can do to a request that changes something."""

    def lose(_gateway: Gateway, _sql: str) -> Sequence[Row]:
        raise OutcomeUnknown("The connection broke.")

    def lose_the_answer(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        raise OutcomeUnknown("The API answered 502.")

    def delay(_gateway: Gateway, sql: str) -> Sequence[Row]:
        world.hold(sql)
        raise OutcomeUnknown("No answer.")

    def double(gateway: Gateway, sql: str) -> Sequence[Row]:
        world.hold(sql)
        return deliver(gateway, sql)

    def double_at_once(gateway: Gateway, sql: str) -> Sequence[Row]:
        gateway.later(0, sql)
        return deliver(gateway, sql)

    def lie(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        raise SqlError("22012", "division by zero")

    def die(_gateway: Gateway, sql: str) -> Sequence[Row]:
        world.hold(sql)
        raise KeyboardInterrupt

    return {
        "deliver": deliver,
        "lose": lose,
        "lose the answer": lose_the_answer,
        "delay": delay,
        "double": double,
        "double at once": double_at_once,
        "lie": lie,
        "die": die,
    }


FAULTS = st.lists(
    # What can still arrive later is what breaks most; where nothing is broken nothing is learnt.
    st.sampled_from(["die", "delay", *faults_of(World(None))]),  # type: ignore[arg-type]
    max_size=4,
)


class Machine(RuleBasedStateMachine):
    """Drive the shipped runner; ``bench`` is set by the test."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.bench)
        self.kinds: dict[str, str] = {}
        self.variants: list[dict[str, int]] = [{}, {}]
        self.settled_absent: list[tuple[str, str]] = []

    @initialize(kinds=st.tuples(*[st.sampled_from(KINDS)] * 3))
    def begin(self, kinds: tuple[str, str, str]) -> None:
        self.bench.clear()
        self.bench.superuser.run(
            "set role postgres; create table app.t (a int, b int); insert into app.t values (1, 1)"
        )
        self.kinds = dict(zip(VERSIONS, kinds, strict=True))
        self.variants = [dict.fromkeys(VERSIONS, 0), dict.fromkeys(VERSIONS, 0)]

    @rule(who=st.integers(0, 1), version=st.sampled_from(VERSIONS))
    def edit(self, who: int, version: str) -> None:
        self.variants[who][version] += 1

    @rule(who=st.integers(0, 1), writes=FAULTS, alone=FAULTS)
    def push(self, who: int, writes: list[str], alone: list[str]) -> None:
        self._check(who, self._push(who, writes, alone), by_itself=True)

    @rule(writes=st.tuples(FAULTS, FAULTS), alone=st.tuples(FAULTS, FAULTS))
    def push_both_at_once(self, writes: tuple[list[str], list[str]], alone: tuple[list[str], list[str]]) -> None:
        ends: dict[int, Outcome | None] = {}

        def work(who: int) -> None:
            ends[who] = self._push(who, writes[who], alone[who])

        threads = [threading.Thread(target=work, args=(who,)) for who in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(ends) == {0, 1}
        for who, outcome in ends.items():
            self._check(who, outcome)

    @rule(at=st.integers(0, 5))
    def a_held_request_arrives(self, at: int) -> None:
        if self.world.held:
            deliver_deaf(Gateway(self.bench.database), self.world.held.pop(at % len(self.world.held)))

    @rule()
    def everything_held_arrives_in_the_wrong_order(self) -> None:
        while self.world.held:
            deliver_deaf(Gateway(self.bench.database), self.world.held.pop())

    @invariant()
    def nothing_is_twice_and_no_row_is_without_its_effect(self) -> None:
        runs = list(map(str, self.bench.runs()))
        assert len(runs) == len(set(runs)), runs
        for version, statements in self._history().items():
            left = {run for run in runs if run.startswith(f"{version}/")}
            assert left == parts_of(statements), (version, statements, runs)
            if self.kinds[version] == "index":
                wanted = "(a, b)" if any("(a, b)" in each for each in statements) else "(a)"
                built = [str(index) for index in self.bench.indexes() if f" t_{version} " in str(index)]
                assert len(built) == 1
                assert built[0].endswith(wanted), (built, statements)

    @invariant()
    def what_was_told_as_not_applied_stays_so(self) -> None:
        stored = {version: "".join(statements) for version, statements in self._history().items()}
        for version, text in self.settled_absent:
            assert stored.get(version) != text, version

    def teardown(self) -> None:
        if not self.kinds:
            return
        for sql in reversed(self.world.held):
            deliver_deaf(Gateway(self.bench.database), sql)
        self._check(0, self._push(0, [], []), by_itself=True)
        self.nothing_is_twice_and_no_row_is_without_its_effect()
        self.what_was_told_as_not_applied_stays_so()

    def _history(self) -> dict[str, list[str]]:
        if not self.bench.history():
            return {}
        rows = self.bench.database.run("select version, statements from supabase_migrations.schema_migrations")
        return {str(row["version"]): [str(each) for each in row["statements"] or ()] for row in rows}  # type: ignore[union-attr]

    def _files(self, who: int) -> tuple[Migration, ...]:
        return tuple(
            Migration(each, "m", f"m/{each}_m.sql", text_of(each, self.kinds[each], self.variants[who][each]))
            for each in VERSIONS
        )

    def _push(self, who: int, writes: Sequence[str], alone: Sequence[str]) -> Outcome | None:
        """Push as the program does; None where it would refuse to."""
        known = faults_of(self.world)
        gateway = Gateway(
            self.bench.database,
            {"write": [known[name] for name in writes], "alone": [known[name] for name in alone]},
        )
        folder = Folder("m", self._files(who), ())

        def plan(state: RemoteState) -> Plan:
            return make_plan(
                folder,
                state,
                read_stored=lambda versions: read_stored_texts(gateway.database, versions, patience=5.0),
            )

        state = read_state(gateway.database, patience=5.0)
        planned = plan(state)
        if planned.refusals:
            return None
        try:
            return apply_ready(
                gateway,
                planned.ready,
                state,
                replan=plan,
                notify=lambda _event: None,
                limits=LIMITS[who],
                patience=Patience(read=5.0, settle=4.0),
                clock=CLOCK,
            )
        finally:
            gateway.wait()

    def _check(self, who: int, outcome: Outcome | None, *, by_itself: bool = False) -> None:
        """Hold a report against the history; ``by_itself`` says that no other runner was at work meanwhile."""
        # A text that is pushed again may well be applied, whatever was said of it before.
        self.settled_absent.clear()
        if outcome is None:
            return
        history = self._history()
        ready = {each.version: self._ready(each) for each in self._files(who)}
        for receipt in (*outcome.applied, *outcome.elsewhere):
            assert tuple(history[receipt.version]) == ready[receipt.version].statements, (receipt, outcome.error)
        assert outcome.error is not None or not outcome.pending
        if not isinstance(outcome.error, Unsettled):
            mine = [(each.version, "".join(each.statements)) for each in outcome.pending]
            if by_itself:
                assert not [each for each in mine if "".join(history.get(each[0], [])) == each[1]], outcome.error
            self.settled_absent = [each for each in mine if each[0] not in history]

    @staticmethod
    def _ready(migration: Migration) -> Ready:
        ready = prepare(migration)
        assert isinstance(ready, Ready)
        return ready


@pytest.fixture
def machine(bench: Bench) -> Iterator[type[Machine]]:
    Machine.bench = bench
    yield Machine
    del Machine.bench


@pytest.mark.timeout(1800)
def test_two_runners_edits_and_a_bad_gateway_break_nothing(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not WHOLE,
            suppress_health_check=list(HealthCheck),
        ),
    )
