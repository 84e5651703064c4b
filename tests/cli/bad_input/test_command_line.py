"""What is typed or set wrong is told in one sentence with a way on, as text and as a document."""

import pytest

from tests.cli.bad_input.row import Row, check, runs
from tests.cli.bad_input.tables_typed import SETTINGS, TYPED
from tests.cli.bad_input.world import World


@pytest.mark.parametrize(("row", "output"), runs(TYPED))
def test_what_is_typed_wrong_has_its_word(row: Row, output: str, world: World) -> None:
    check(row, output, world)


@pytest.mark.parametrize(("row", "output"), runs(SETTINGS))
def test_what_is_set_wrong_has_its_word(row: Row, output: str, world: World) -> None:
    check(row, output, world)


@pytest.mark.parametrize("verb", [("push",), ("--debug", "push")])
def test_an_output_that_is_none_has_its_word_as_text(world: World, verb: tuple[str, ...]) -> None:
    ended = world.run((*verb, "--output", "yaml"), "text")
    assert (ended.status, ended.stdout) == (2, "")
    assert "sbapply: " in ended.stderr
    assert "yaml" in ended.stderr
    assert "Next: " in ended.stderr
