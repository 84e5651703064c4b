"""Run cases of the matrix side by side, and say what they come to."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.faults import FAULTS, Fault
from tests.reliability.gateway import Kind, Planned, nth
from tests.reliability.judging import Report
from tests.reliability.kinds import FOLDERS, Folder
from tests.reliability.matrix import Ended, Matrix
from tests.reliability.whole import WHOLE
from tests.reliability.world import World, Yard

# A pushing process mostly waits, so more of them than cores run well side by side.
AT_ONCE = 4
Record = Callable[[str, object], None]


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is pushed, what is done to its requests, and the exit code that the push has to have then.

    ``interrupts`` says that a part may be begun once in vain; ``push`` is how the program is run if not as usual.
    """

    folder: Folder
    plan: tuple[Planned, ...]
    status: int
    interrupts: bool = False
    impatient: bool = False
    push: Callable[[World], Report] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a folder and a fault, and which request of the push is broken, counted round and round; None: each."""

    folder: Folder
    fault: Fault
    only: int | None

    @property
    def name(self) -> str:
        return f"{self.folder.name}: {self.fault.name}"


def rows(*, sample_of: int) -> Sequence[Row]:
    """Return every folder with every fault; where not the whole is run, one of ``sample_of`` of them."""
    every = [(at, folder, to, fault) for at, folder in enumerate(FOLDERS) for to, fault in enumerate(FAULTS)]
    if WHOLE:
        return [Row(folder, fault, None) for _, folder, _, fault in every]
    return [Row(folder, fault, at + 3 * to) for at, folder, to, fault in every if (at + to) % sample_of == 0]


def cases_of(row: Row, matrix: Matrix) -> Sequence[Case]:
    """Return the cases of a row: one for each request of the push, or for one of them."""
    folder, fault = row.folder, row.fault
    kinds = matrix.undisturbed(folder).requests
    places = range(len(kinds)) if row.only is None else [row.only % len(kinds)]
    return [
        Case(
            folder,
            (Planned(nth(place + 1), fault.play, f"{fault.name} at {place + 1}, {kinds[place]}"),),
            _status_of(fault, kinds[place], first=place == 0),
            fault.interrupts,
            fault.stalls,
        )
        for place in places
    ]


def _status_of(fault: Fault, kind: Kind, *, first: bool) -> int:
    """Return the exit code of a push of which one request is broken, everything else being well.

    Only a first question that is answered with an error, or not at all, ends it: nothing is begun then. Whatever
    is broken later it settles and makes good by itself.
    """
    ended = first and kind is Kind.READ and (fault.stalls or fault.name.startswith("SQL error"))
    return 1 if ended else 0


def matrix_on(server: Server, folders: pytest.TempPathFactory) -> Matrix:
    """Return a matrix whose worlds are made on a server."""
    return Matrix(Yard(server, folders.mktemp("worlds")))


def run_all(matrix: Matrix, cases: Sequence[Case], record_property: Record) -> None:
    """Run cases, some at once; fail if one does, with all that did. Notes how many there were."""

    def run(case: Case) -> Ended:
        return matrix.run(
            case.folder,
            case.plan,
            status=case.status,
            interrupts=case.interrupts,
            impatient=case.impatient,
            push=case.push,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        going = [pool.submit(run, case) for case in cases]
    failures = [str(error) for each in going if (error := each.exception()) is not None]
    assert not failures, f"{len(failures)} of {len(cases)}:\n" + "\n\n".join(failures)
    ends = [each.result() for each in going]
    record_property("figure", ["cases of the fault matrix", len(ends)])
    record_property("figure", ["of them done by the first push", sum(end.status == 0 for end in ends)])
    record_property("figure", ["further pushes that they took", sum(end.more for end in ends)])
