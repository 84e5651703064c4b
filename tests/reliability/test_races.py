"""Let eight pushes race on one project: every version once, in order, and every process ends with a true report."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.mixed import Mixed, mixed_folder
from tests.reliability.racing import Race, run_race

PROCESSES = 8
ROUNDS = 60 if os.environ.get("SBAPPLY_WHOLE") else 4
KINDS = ("plain", "blocks", "named", "enum", "unnamed", "rebuilt", "wrapped", "data")
LONE = ("named", "blocks", "unnamed")


def _race(name: str) -> Race:
    """Return a race by its name."""
    base, *files = mixed_folder(9, KINDS)
    plain = mixed_folder(9, ("plain", "wrapped", "data"))[1:]
    lone = mixed_folder(9, LONE)[1:]
    races: dict[str, Callable[[], Race]] = {
        "all with the same folder": lambda: Race(name, [(base, *files)] * PROCESSES),
        "one with files 1, one with 2": lambda: Race(name, _halves(plain), (base,), overtaking=True),
        "each with the folder of another day": lambda: Race(name, _growing((base, *files))),
        "each with a file of its own": lambda: Race(name, [(file,) for file in lone], (base,), overtaking=True),
    }
    return races[name]()


def _halves(files: Sequence[Mixed]) -> list[Sequence[Mixed]]:
    return [files[:1] if number % 2 else files[1:2] for number in range(PROCESSES)]


def _growing(files: Sequence[Mixed]) -> list[Sequence[Mixed]]:
    return [files[: number + 1] for number in range(PROCESSES)]


NAMES = (
    "all with the same folder",
    "one with files 1, one with 2",
    "each with the folder of another day",
    "each with a file of its own",
)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_eight_pushes_at_once_apply_every_version_once(
    number: int, tmp_path: Path, engine_of: Callable[[int], Server], record_property: Callable[[str, object], None]
) -> None:
    race = _race(NAMES[number % len(NAMES)])
    run_race(engine_of(18), tmp_path, race, seed=number)
    record_property("figure", ["rounds of races", 1])
    for end, count in race.ends.items():
        record_property("figure", [f"pushes that ended, {end}", count])
