"""Let a statement that runs alone arrive while a push looks at what has become of it."""

import time
from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import Case, Record, matrix_on, run_all
from tests.reliability.gateway import Exchange, Kind, Planned, nth, of_kind
from tests.reliability.kinds import FOLDERS
from tests.reliability.matrix import Matrix

_FIRST_BLOCK_ENDS = "$sbapply$;\n"


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Matrix:
    return matrix_on(engine_of(18), tmp_path_factory)


class _MeetsTheLook:
    """Keep a statement, and let it begin when the look has seen that nobody is at work.

    What a transaction reads of who is at work it reads once (``pg_stat_clear_snapshot`` forgets it): a look that
    reads on in the same transaction finds an index that nobody seems to build.
    """

    def __init__(self) -> None:
        self.kept: Exchange | None = None

    def keep(self, exchange: Exchange) -> None:
        self.kept = exchange
        exchange.client.reset()

    def look(self, exchange: Exchange) -> None:
        assert self.kept is not None
        first, end, rest = exchange.sql.partition(_FIRST_BLOCK_ENDS)
        assert rest, "the look is another one now"
        looking = exchange.deliver_later(0, f"{first}{end}select pg_catalog.pg_sleep(1);\n{rest}")
        time.sleep(0.3)
        backstage = exchange.gateway.backstage
        with backstage.holding():
            self.kept.deliver_later(0)
            marker = self.kept.sql[len("/* ") : self.kept.sql.index(" */")]
            backstage.await_at_work(marker, on_lock=True)
            answer = looking.result()
        exchange.answer(answer)


@pytest.mark.parametrize("name", ["concurrently", "concurrently, no name", "dropped and rebuilt"])
def test_an_index_that_is_built_while_it_is_looked_at_is_not_taken_down(
    name: str, matrix: Matrix, record_property: Record
) -> None:
    folder = next(folder for folder in FOLDERS if folder.name == name)
    meets = _MeetsTheLook()
    last = [each for each, kind in enumerate(matrix.undisturbed(folder).requests, 1) if kind is Kind.ALONE][-1]
    plan = (
        Planned(nth(last), meets.keep, "kept"),
        Planned(of_kind(Kind.LOOK), meets.look, "the statement arrives"),
    )
    run_all(matrix, [Case(folder, plan, 0)], record_property)
