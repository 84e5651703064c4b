"""Break every request of a push in every way: the report is true, and it ends as if nothing had happened."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import Record, Row, cases_of, matrix_on, rows, run_all
from tests.reliability.matrix import Matrix


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Matrix:
    return matrix_on(engine_of(18), tmp_path_factory)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", rows(sample_of=4), ids=lambda row: row.name)
def test_a_push_of_which_a_request_is_broken_ends_as_if_nothing_had_happened(
    row: Row, matrix: Matrix, record_property: Record
) -> None:
    run_all(matrix, cases_of(row, matrix), record_property)
