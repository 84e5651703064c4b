"""Break every request of a push in every way: the report is true, and it ends as if nothing had happened."""

from collections.abc import Callable, Sequence

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import Case, Record, matrix_on, run_all
from tests.reliability.faults import FAULTS, Fault
from tests.reliability.gateway import Kind, Planned, nth
from tests.reliability.kinds import FOLDERS, Folder
from tests.reliability.matrix import Matrix
from tests.reliability.whole import WHOLE

SAMPLE_OF = 4


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Matrix:
    return matrix_on(engine_of(18), tmp_path_factory)


def _rows() -> Sequence[tuple[Folder, Fault, int | None]]:
    """Return folders with faults, and which request is broken, counted round and round; None for all of them."""
    every = [(at, folder, to, fault) for at, folder in enumerate(FOLDERS) for to, fault in enumerate(FAULTS)]
    if WHOLE:
        return [(folder, fault, None) for _, folder, _, fault in every]
    return [(folder, fault, at + 3 * to) for at, folder, to, fault in every if (at + to) % SAMPLE_OF == 0]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("folder", "fault", "only"), _rows(), ids=lambda value: getattr(value, "name", None))
def test_a_push_of_which_a_request_is_broken_ends_as_if_nothing_had_happened(
    folder: Folder, fault: Fault, only: int | None, matrix: Matrix, record_property: Record
) -> None:
    kinds = matrix.undisturbed(folder).requests
    places = range(len(kinds)) if only is None else [only % len(kinds)]
    cases = [
        Case(
            folder,
            (Planned(nth(place + 1), fault.play, f"{fault.name} at {place + 1}, {kinds[place]}"),),
            status_of(fault, kinds[place], first=place == 0),
            fault.interrupts,
            fault.stalls,
        )
        for place in places
    ]
    run_all(matrix, cases, record_property)


def status_of(fault: Fault, kind: Kind, *, first: bool) -> int:
    """Return the exit code of a push of which one request is broken, everything else being well.

    Only a first question that is answered with an error, or not at all, ends it: nothing is begun then. Whatever
    is broken later it settles and makes good by itself.
    """
    ended = first and kind is Kind.READ and (fault.stalls or fault.name.startswith("SQL error"))
    return 1 if ended else 0
