"""What a network or an API does wrong is told in one sentence with a way on, as text and as a document."""

import pytest

from tests.cli.bad_input.row import Row, check, runs
from tests.cli.bad_input.tables_answers import ANSWERS
from tests.cli.bad_input.world import World


@pytest.mark.parametrize(("row", "output"), runs(ANSWERS))
def test_what_is_answered_wrong_has_its_word(row: Row, output: str, world: World) -> None:
    check(row, output, world)
