"""docs/errors.md holds every code of the error tree, with its exit status, and every reason of a refusal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sbapply import errors
from tests.cli.bad_input.tables_answers import ANSWERS
from tests.cli.bad_input.tables_folder import FILES, MACHINE, SAID_BY_POSTGRES
from tests.cli.bad_input.tables_typed import SETTINGS, TYPED
from tests.cli.bad_input.test_prompts import PROMPTS

ROOT = Path(__file__).parents[3]
ROWS = (*TYPED, *SETTINGS, *ANSWERS, *FILES, *SAID_BY_POSTGRES, *MACHINE, *PROMPTS.values())
# Bases that are never raised themselves.
ABSTRACT = {"error"}


def cells_of(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, line by line."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if "what it means" not in line
    ]


def kinds(base: type[errors.SbapplyError]) -> Iterator[type[errors.SbapplyError]]:
    """Yield every class below ``base``."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def refusal_codes() -> set[str]:
    """Return the first argument of every ``Problem`` that the source makes."""
    calls = (
        node
        for path in (ROOT / "src" / "sbapply").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
    )
    return {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}


def test_the_page_has_every_code_with_its_exit_status_in_order() -> None:
    said = [(cells[0].strip("`"), int(cells[1])) for cells in cells_of("Codes")]
    tree = {(kind.code, kind.exit_status) for kind in kinds(errors.SbapplyError)}
    assert said == sorted((code, status) for code, status in tree if code not in ABSTRACT)


def test_the_page_has_every_reason_of_a_refusal_in_order() -> None:
    assert [cells[0].strip("`") for cells in cells_of("Why a file is refused")] == sorted(refusal_codes())


def test_every_line_of_the_page_has_a_meaning_and_a_next_step() -> None:
    for cells in (*cells_of("Codes"), *cells_of("Why a file is refused")):
        assert all(re.search(r"[.`]$", cell) for cell in cells[-2:]), cells


def test_every_code_of_the_page_has_one_exit_status_in_the_tables() -> None:
    said = {cells[0].strip("`"): int(cells[1]) for cells in cells_of("Codes")}
    for row in ROWS:
        assert row.code is None or said[row.code] == row.status, row.name


def test_there_are_more_than_forty_rows_and_no_two_of_a_name() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names)) > 40
