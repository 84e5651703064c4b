"""An answer that is not the proof's own is no proof, and no fault of the program."""

from collections.abc import Sequence

import pytest

from sbapply.database import Json, Row
from sbapply.errors import ReadFailed
from sbapply.verify.proof import prove


class Answering:
    """Be a database that gives one answer to everything."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        del sql, timeout
        return self.rows


@pytest.mark.parametrize(
    "verification", [{}, {"nonce": "another"}, [], None, "no json", {"nonce": None, "facts": 1}], ids=repr
)
def test_an_answer_of_another_shape_is_a_failed_read(verification: Json) -> None:
    with pytest.raises(ReadFailed):
        prove(Answering([{"verification": verification}]), (), versions=["1"], patience=1.0)
