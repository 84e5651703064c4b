"""Let a push end without its migration applied while its request is still on its way: it never will be applied."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import Case, Record, matrix_on, run_all
from tests.reliability.faults import late, sql_error, sql_error_and_late, sql_error_while_it_goes_on
from tests.reliability.gateway import Exchange, Kind, Matches, Planned, Play
from tests.reliability.kinds import FOLDERS, Folder
from tests.reliability.matrix import Matrix
from tests.reliability.whole import WHOLE

# Behind every deadline, and behind the end of the push.
_BEHIND_THE_END = 5.0
SAMPLE_OF = 7
SHARES = 12 if WHOLE else 2


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Matrix:
    return matrix_on(engine_of(18), tmp_path_factory)


@dataclass(frozen=True, slots=True)
class Blow:
    """Name what is done to one request, or to that and all behind it, and the exit code of the push then."""

    name: str
    play: Play
    kinds: frozenset[Kind]
    status: int
    lasting: bool = False


BLOWS = (
    # Fences of its own close on a request that writes; a statement that runs alone has none, and may only go on.
    Blow("an SQL error, and delivered late", sql_error_and_late(_BEHIND_THE_END), frozenset({Kind.WRITE}), 1),
    Blow("an SQL error, never delivered", sql_error, frozenset({Kind.WRITE, Kind.ALONE}), 1),
    Blow(
        "an SQL error while it goes on past the deadline",
        sql_error_while_it_goes_on,
        frozenset({Kind.WRITE, Kind.ALONE}),
        0,
    ),
    Blow("cut each time, and delivered late", late(_BEHIND_THE_END), frozenset({Kind.WRITE}), 1, lasting=True),
)


def _every_row() -> Iterator[tuple[Folder, Blow]]:
    for folder in FOLDERS:
        for blow in BLOWS:
            yield folder, blow


def _rows() -> Sequence[tuple[Folder, Blow]]:
    every = list(_every_row())
    return every if WHOLE else every[::SAMPLE_OF]


def _from(number: int, kind: Kind) -> Matches:
    def matches(exchange: Exchange) -> bool:
        return exchange.number >= number and exchange.kind is kind

    return matches


def _cases(folder: Folder, blow: Blow, kinds: Sequence[Kind]) -> Sequence[Case]:
    """Return a case for each request of a push that the blow is for; one that lasts begins at the last of them."""
    places = [place for place, kind in enumerate(kinds, start=1) if kind in blow.kinds]
    if blow.lasting or not WHOLE:
        places = places[-1:]
    return [
        Case(
            folder,
            (Planned(_from(place, kinds[place - 1]), blow.play, f"{blow.name} at {place}", blow.lasting),),
            blow.status,
        )
        for place in places
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rows", [_rows()[at::SHARES] for at in range(SHARES)], ids=lambda rows: rows[0][1].name)
def test_what_is_called_not_applied_never_will_be(
    rows: Sequence[tuple[Folder, Blow]], matrix: Matrix, record_property: Record
) -> None:
    cases = [case for row in rows for case in _cases(*row, matrix.undisturbed(row[0]).requests)]
    run_all(matrix, cases, record_property)
