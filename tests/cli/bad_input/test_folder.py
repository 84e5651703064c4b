"""What is wrong with the files or the SQL in them is told in one sentence with a way on, as text and document."""

import pytest

from tests.cli.bad_input.row import Row, check, runs
from tests.cli.bad_input.tables_folder import FILES, SAID_BY_POSTGRES
from tests.cli.bad_input.world import World


@pytest.mark.parametrize(("row", "output"), runs(FILES))
def test_what_is_wrong_with_the_folder_has_its_word(row: Row, output: str, world: World) -> None:
    check(row, output, world)


@pytest.mark.parametrize(("row", "output"), runs(SAID_BY_POSTGRES))
def test_what_postgres_says_is_told_with_a_way_on(row: Row, output: str, world: World) -> None:
    check(row, output, world)
