"""What README.md and docs/library.md show runs, each example as a program of its own, on the sandbox."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program, program

__all__ = ["program"]

ROOT = Path(__file__).parent.parent.parent
PAGES = ("README.md", "docs/library.md")
EXAMPLES = [
    pytest.param(page, number, id=f"{page} {number + 1}")
    for page in PAGES
    for number in range((ROOT / page).read_text(encoding="utf-8").count("```python\n"))
]


def example(page: str, number: int) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [found[1] for found in re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)][number]


def test_both_pages_hold_examples() -> None:
    assert {parameters.values[0] for parameters in EXAMPLES} == set(PAGES)


@pytest.mark.parametrize(("page", "number"), EXAMPLES)
def test_an_example_runs(program: Program, page: str, number: int) -> None:
    program.write(v20260101090000_meal_plans="create table public.meal_plans (id int primary key);")

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example(page, number)],
        env=program.environment,
        cwd=program.folder.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    said = re.findall(r"# prints (.*)", example(page, number))
    assert done.stdout.splitlines() == said
