"""Run cases of the matrix side by side, and say what they come to."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.gateway import Planned
from tests.reliability.judging import Report
from tests.reliability.kinds import Folder
from tests.reliability.matrix import Ended, Matrix
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
