"""Take single clauses out of the program, to see that somebody notices."""

import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from sbapply.apply import clauses
from tests.apply.bench import Bench

Sabotage: TypeAlias = Callable[[pytest.MonkeyPatch], None]
Scenario: TypeAlias = Callable[[Bench], None]
_PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


def assert_missed(clause: tuple[Scenario, Sabotage], bench: Bench, patch: pytest.MonkeyPatch) -> None:
    """Fail unless a scenario fails once its clause is taken out."""
    scenario, sabotage = clause
    sabotage(patch)
    with pytest.raises(AssertionError):
        scenario(bench)


def named_on_the_page(file: str) -> list[tuple[str, str]]:
    """Return the tests of a file that the page of the protocol names for its clauses, with the clause of each."""
    page = _PAGE.read_text("utf-8")
    return re.findall(rf"`tests/apply/{re.escape(Path(file).name)}::(\w+)\[([^`]*)\]`", page)


def in_sql(file: str, *changes: tuple[str, str]) -> Sabotage:
    """Replace texts in a template of the requests; each must be there."""

    def commit(patch: pytest.MonkeyPatch) -> None:
        original = clauses.load
        changed = original(file)
        for old, new in changes:
            assert old in changed, f"{file} does not hold {old!r}"
            changed = changed.replace(old, new)
        patch.setattr(clauses, "load", lambda name: changed if name == file else original(name))

    return commit


def in_code(owner: object, name: str, *changes: tuple[str, str]) -> Sabotage:
    """Replace texts in the source of a function, of a module or a class; each must be there."""

    def commit(patch: pytest.MonkeyPatch) -> None:
        function = getattr(owner, name)
        changed = textwrap.dedent(inspect.getsource(function))
        for old, new in changes:
            assert old in changed, f"{name} does not hold {old!r}"
            changed = changed.replace(old, new)
        made: dict[str, object] = {}
        exec(compile(changed, f"<sabotaged {name}>", "exec"), vars(sys.modules[function.__module__]), made)
        patch.setattr(owner, name, made[name])
        for module in [each for key, each in sys.modules.items() if key.startswith(("sbapply.", "tests.apply."))]:
            if vars(module).get(name) is function:
                patch.setattr(module, name, made[name])

    return commit


def instead(owner: object, name: str, value: object) -> Sabotage:
    """Put another value in the place of a constant or a function."""

    def commit(patch: pytest.MonkeyPatch) -> None:
        assert getattr(owner, name) != value
        patch.setattr(owner, name, value)

    return commit


def reordered(file: str, separator: str, order: tuple[int, ...]) -> Sabotage:
    """Put the blocks of a template that stand behind ``separator`` into another order."""

    def commit(patch: pytest.MonkeyPatch) -> None:
        original = clauses.load
        head, *blocks = original(file).split(separator)
        assert len(blocks) == len(order)
        last, ending = blocks[-1].split("$sbapply$;\n", 1)
        blocks[-1] = last + "$sbapply$;\n"
        changed = separator.join([head, *(blocks[index] for index in order)]) + ending
        patch.setattr(clauses, "load", lambda name: changed if name == file else original(name))

    return commit


def all_of(*sabotages: Sabotage) -> Sabotage:
    """Commit several at once, where one clause stands in for another."""

    def commit(patch: pytest.MonkeyPatch) -> None:
        for sabotage in sabotages:
            sabotage(patch)

    return commit
