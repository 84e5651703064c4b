"""Cut texts for the tests of units, and read off what came of them."""

from sbapply.migrations.directives import Directives
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import split_text
from sbapply.migrations.unit import Hints, Lone, Unit
from sbapply.migrations.units import units_of

APART = Directives(transaction=False)


def outcome(
    text: str, *, hints: Hints | None = None, done: int = 0, apart: bool = False
) -> tuple[Unit, ...] | Problem:
    migration = Migration("1", "x", "m/1_x.sql", text)
    directives = APART if apart else None
    return units_of(migration, split_text(text), directives=directives, done=done, hints=hints or Hints())


def cut(text: str, *, hints: Hints | None = None, done: int = 0, apart: bool = False) -> tuple[Unit, ...]:
    units = outcome(text, hints=hints, done=done, apart=apart)
    assert isinstance(units, tuple), units
    return units


def bodies(text: str, *, hints: Hints | None = None, done: int = 0, apart: bool = False) -> list[str]:
    """Return the texts of the units without outer blanks; ``!`` stands before one that runs alone."""
    return [
        ("!" if unit.lone else "") + text[unit.start : unit.end].strip()
        for unit in cut(text, hints=hints, done=done, apart=apart)
    ]


def lone(text: str, *, hints: Hints | None = None) -> Lone:
    """Return the only unit of a text, which runs alone."""
    (unit,) = cut(text, hints=hints)
    assert unit.lone is not None, unit
    return unit.lone


def refusal(text: str, *, hints: Hints | None = None, done: int = 0) -> tuple[str, str]:
    problem = outcome(text, hints=hints, done=done)
    assert isinstance(problem, Problem), problem
    assert problem.reason
    assert problem.next_step
    return problem.code, str(problem.place).removeprefix("m/1_x.sql:")
