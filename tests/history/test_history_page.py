"""docs/history.md tells every state, once, with what it means and what cures it."""

import re
from pathlib import Path

from sbapply.history.plan import State

PAGE = Path(__file__).parents[2] / "docs" / "history.md"


def test_every_state_has_its_row() -> None:
    rows = [
        line.strip("|").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]
    told = [row[0].strip(" `") for row in rows]
    assert sorted(told) == sorted(state.value for state in State)
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)


def test_every_command_on_it_is_one() -> None:
    from sbapply.cli import app

    named = set(re.findall(r"`sbapply ([a-z]+)", PAGE.read_text(encoding="utf-8")))
    assert named <= set(app._VERBS)
