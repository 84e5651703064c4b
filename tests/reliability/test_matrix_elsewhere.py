"""Break requests with the platform's own SQL server behind the gateway, and with PostgreSQL 15 as the project."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from tests.reliability import postgres_meta
from tests.reliability.cases import Record, Row, cases_of, matrix_on, rows, run_all
from tests.reliability.matrix import Matrix

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

PLACES = ("postgres-meta", "PostgreSQL 15", "postgres-meta on PostgreSQL 15")


@pytest.fixture(scope="module", params=PLACES)
def matrix(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]
) -> Iterator[Matrix]:
    place = str(request.param)
    with ExitStack() as stack:
        matrix = matrix_on(engine_of(15 if "15" in place else 18), tmp_path_factory)
        if "postgres-meta" in place:
            matrix.yard.behind = stack.enter_context(postgres_meta.running(_node_modules())).behind
        yield matrix


def _node_modules() -> Path:
    folder = os.environ.get("SBAPPLY_NODE_MODULES", "")
    if not Path(folder, "@supabase/postgres-meta/dist/server/server.js").is_file():
        pytest.fail("Set SBAPPLY_NODE_MODULES to a node_modules folder that holds @supabase/postgres-meta (0.99).")
    return Path(folder)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", rows(sample_of=12), ids=lambda row: row.name)
def test_a_push_of_which_a_request_is_broken_ends_as_if_nothing_had_happened(
    row: Row, matrix: Matrix, record_property: Record
) -> None:
    run_all(matrix, cases_of(row, matrix), record_property)
