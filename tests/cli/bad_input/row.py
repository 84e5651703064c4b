"""Say what a row of the tables is, and hold a process against it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.bad_input.world import Ended, World

Setup = Callable[[World], Any]


def as_it_is(_world: World) -> None:
    """Change nothing."""


@dataclass(frozen=True)
class Row:
    """Name one bad input: how the world is, what is typed, and what has to come of it.

    ``code`` is None where nothing is wrong; ``says`` and ``then`` stand in the sentence and in the next step.
    ``once`` is for a variant of another row: its document alone is looked at, for processes cost time.
    """

    name: str
    command: tuple[str, ...]
    status: int
    code: str | None
    says: str = ""
    then: str = ""
    world: Setup = as_it_is
    once: bool = False


def runs(rows: Iterable[Row]) -> list[Any]:
    """Return each row with each output, as parameters of a test."""
    return [
        pytest.param(row, output, id=f"{row.name} as {output}")
        for row in rows
        for output in (("json",) if row.once else ("text", "json"))
    ]


def check_text(row: Row, ended: Ended) -> None:
    """Hold a process that printed text against its row."""
    assert ended.status == row.status, ended
    assert "Traceback" not in ended.stdout
    assert "--debug" in row.command or "Traceback" not in ended.stderr
    sentences = [line for line in ended.stderr.splitlines() if line.startswith("sbapply: ")]
    steps = [line for line in ended.stderr.splitlines() if line.startswith("Next: ")]
    if row.code is None:
        assert (sentences, steps) == ([], []), ended.stderr
        return
    assert (len(sentences), len(steps)) == (1, 1), ended.stderr
    assert row.says in ended.stderr, ended.stderr
    assert row.then in steps[0], steps


def check_json(row: Row, ended: Ended) -> None:
    """Hold a process that printed its document against its row."""
    assert ended.status == row.status, ended
    assert "Traceback" not in ended.stdout
    assert "--debug" in row.command or "Traceback" not in ended.stderr
    error = ended.document["error"]
    if row.code is None:
        assert error is None
        return
    assert error["code"] == row.code, error
    assert row.says in error["message"], error
    assert error["next"], error
    assert row.then in error["next"], error


def check(row: Row, output: str, world: World) -> None:
    """Run a row's command in its world, and hold what came of it against the row; nothing may hold the token."""
    row.world(world)
    ended = world.run(row.command, output)
    (check_json if output == "json" else check_text)(row, ended)
    assert world.leaks(ended.stdout, ended.stderr) == []
