"""Break the questions that a push asks after something was broken: settling, looking, planning anew, cancelling."""

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import Case, Record, matrix_on, run_all
from tests.reliability.faults import FAULTS, Fault, at_work, cut_after, cut_before
from tests.reliability.gateway import Exchange, Kind, Planned, Play, nth, of_kind, pass_on
from tests.reliability.judging import Report
from tests.reliability.kinds import FOLDERS, Folder
from tests.reliability.matrix import Matrix
from tests.reliability.whole import WHOLE
from tests.reliability.world import World

SAMPLE_OF = 20
# A share of the cases runs side by side in one test.
SHARES = 40 if WHOLE else 4
# For so long an interrupted statement would go on if nobody cancelled it.
_LONG = 2.0


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Matrix:
    return matrix_on(engine_of(18), tmp_path_factory)


@dataclass(frozen=True, slots=True)
class Question:
    """Hold a question, and what makes a push ask it: a fault at the last request of a kind.

    ``push`` is how the program is run where that takes more; ``status`` is its exit code then.
    """

    asked: Kind
    of: Kind
    cause: Play
    folders: Sequence[Folder]
    status: int = 0
    push: Callable[[World], Report] | None = None
    impatient_push: Callable[[World], Report] | None = None

    @property
    def name(self) -> str:
        return f"{self.asked} after {self.of}"


def _interrupted(exchange: Exchange) -> None:
    """Be at work for a while; a client that is interrupted does not listen to the answer."""
    with at_work(exchange, _LONG) as delivery:
        exchange.gateway.reached.set()
        delivery.thread.join(_LONG)
    exchange.answer(delivery.result())


def _push_and_interrupt(*, impatient: bool) -> Callable[[World], Report]:
    def push(world: World) -> Report:
        process = world.start(impatient=impatient)
        assert world.gateway.reached.wait(timeout=20)
        process.send_signal(signal.SIGINT)
        return world.place.await_report(process)

    return push


def _push_against_a_lock(*, impatient: bool) -> Callable[[World], Report]:
    """Push while somebody holds a lock that the migration needs, until the push has asked who that is."""

    def push(world: World) -> Report:
        world.configure(lock_timeout="200ms")
        with world.gateway.backstage.holding("access exclusive"):
            process = world.start(impatient=impatient)
            seen = world.gateway.seen
            world.gateway.expect(lambda: any(each.kind is Kind.HOLDERS for each in seen), "the question who holds")
        return world.place.await_report(process)

    return push


def _of(*names: str) -> Sequence[Folder]:
    return [folder for folder in FOLDERS if folder.name in names]


_LONE = _of("concurrently", "concurrently, no name", "dropped and rebuilt")
QUESTIONS = (
    Question(Kind.SETTLE, Kind.WRITE, cut_after, FOLDERS),
    Question(Kind.SETTLE, Kind.WRITE, cut_before, _of("plain", "dropped and rebuilt")),
    Question(Kind.READ, Kind.WRITE, cut_before, _of("several units", "batch of 20", "concurrently")),
    Question(Kind.LOOK, Kind.ALONE, cut_after, _LONE),
    Question(Kind.LOOK, Kind.ALONE, cut_before, _LONE),
    Question(
        Kind.HOLDERS,
        Kind.WRITE,
        pass_on,
        _of("wrapped"),
        push=_push_against_a_lock(impatient=False),
        impatient_push=_push_against_a_lock(impatient=True),
    ),
    *(
        Question(
            Kind.CANCEL,
            of,
            _interrupted,
            folders,
            130,
            _push_and_interrupt(impatient=False),
            _push_and_interrupt(impatient=True),
        )
        for of, folders in ((Kind.WRITE, _of("wrapped", "batch of 20")), (Kind.ALONE, _LONE))
    ),
)


def _every_case() -> Iterator[tuple[Question, Folder, Fault]]:
    for question in QUESTIONS:
        for folder in question.folders:
            for fault in FAULTS:
                yield question, folder, fault


def _rows() -> Sequence[tuple[Question, Folder, Fault]]:
    every = list(_every_case())
    return every if WHOLE else [each for at, each in enumerate(every) if at % SAMPLE_OF == SAMPLE_OF // 2]


def _case(question: Question, folder: Folder, fault: Fault, kinds: Sequence[Kind]) -> Case:
    last = max(at for at, kind in enumerate(kinds, start=1) if kind is question.of)
    # A first plan that cannot be made anew ends the push; what was sent is settled by then.
    ends = question.asked is Kind.READ and (fault.stalls or fault.name.startswith("SQL error"))
    return Case(
        folder,
        (
            Planned(nth(last), question.cause, f"{question.cause.__name__} at {last}, {question.of}"),
            Planned(of_kind(question.asked), fault.play, f"{fault.name} at {question.asked}"),
        ),
        1 if ends else question.status,
        fault.interrupts or question.asked is Kind.CANCEL,
        fault.stalls,
        question.impatient_push if fault.stalls else question.push,
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rows", [_rows()[at::SHARES] for at in range(SHARES)], ids=lambda rows: rows[0][0].name)
def test_a_question_that_is_broken_too_is_asked_again(
    rows: Sequence[tuple[Question, Folder, Fault]], matrix: Matrix, record_property: Record
) -> None:
    run_all(matrix, [_case(*row, matrix.undisturbed(row[1]).requests) for row in rows], record_property)
