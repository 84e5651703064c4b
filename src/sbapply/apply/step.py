"""Name what one transaction of a request does, and by what it is known to be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from sbapply.history.progress import CARRIED, UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.unit import Unit


@dataclass(frozen=True, slots=True)
class RunUnit:
    """Run the text of a unit, with its row: the version's if it is the last one, else the unit's own.

    ``attempt`` is that of the claim under which the file's statements were carried in pieces, "" where the text
    travels in the request.
    """

    ready: Ready
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class ClaimUnit:
    """Claim a statement that will run alone."""

    ready: Ready
    attempt: str


@dataclass(frozen=True, slots=True)
class FinishUnit:
    """Check the effect of a statement that ran alone, and write its row; ``attempt`` as in ``RunUnit``."""

    ready: Ready
    claim: UnitRow
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseUnit:
    """Undo what is left of a claim: drop the index that it has made, give another its name back.

    ``keep`` touches no index, and only gives the claim up: whoever claims anew finds what it has left.
    """

    ready: Ready
    claim: UnitRow
    keep: bool = False


@dataclass(frozen=True, slots=True)
class ClaimCarriage:
    """Claim a file whose statements will travel in pieces, and forget pieces of another text.

    ``cut`` names how they are cut: pieces of another cut do not go with these.
    """

    ready: Ready
    attempt: str
    cut: str


@dataclass(frozen=True, slots=True)
class CarryPieces:
    """Put pieces of a file's statements into the side table; ``batch`` counts these requests from 1."""

    ready: Ready
    attempt: str
    batch: int
    pieces: "tuple[Piece, ...]"


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a part of one stored statement: ``place`` is the statement's, from 1; ``part`` counts within it."""

    place: int
    part: int
    text: str


Step = RunUnit | ClaimUnit | FinishUnit | ReleaseUnit | ClaimCarriage | CarryPieces


class Standing(Enum):
    """Name how a step stands.

    It is not done, done, done as a part of a version that is whole, or barred by somebody else's text.
    """

    ABSENT = auto()
    DONE = auto()
    WHOLE = auto()
    BARRED = auto()


@dataclass(frozen=True, slots=True)
class Findings:
    """Hold what was read of the versions of a request: digests of their stored texts, rows of units, batches."""

    versions: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[tuple[str, int], UnitRow] = field(default_factory=dict)
    batches: frozenset[tuple[str, int]] = frozenset()


def is_last(step: RunUnit | FinishUnit) -> bool:
    """Return whether the step writes the row of the version."""
    return len(step.ready.units) == 1


def unit_of(step: Step) -> Unit:
    """Return the unit that a step is about, the first that is left of its migration."""
    return step.ready.units[0]


def standing_of(step: Step, found: Findings) -> Standing:
    """Return how a step stands by what was read."""
    ready = step.ready
    stored = found.versions.get(ready.version)
    if stored is not None:
        if stored != ready.digest:
            return Standing.BARRED
        last = isinstance(step, RunUnit | FinishUnit) and is_last(step)
        return Standing.DONE if last else Standing.WHOLE
    number = CARRIED if isinstance(step, ClaimCarriage) else ready.number
    row = found.units.get((ready.version, number))
    match step:
        case RunUnit() | FinishUnit():
            return _standing_of_unit(step, row)
        case ClaimUnit() | ClaimCarriage():
            if row is None:
                return Standing.ABSENT
            if row.attempt == step.attempt:
                return Standing.DONE
            return Standing.ABSENT if isinstance(step, ClaimCarriage) else Standing.BARRED
        case ReleaseUnit():
            return Standing.ABSENT if row is not None and row.attempt == step.claim.attempt else Standing.DONE
        case CarryPieces():
            return Standing.DONE if (step.attempt, step.batch) in found.batches else Standing.ABSENT
        case _:
            assert_never(step)


def _standing_of_unit(step: RunUnit | FinishUnit, row: UnitRow | None) -> Standing:
    if row is None or is_last(step):
        return Standing.ABSENT
    if not row.finished:
        return Standing.ABSENT if isinstance(step, FinishUnit) else Standing.BARRED
    return Standing.DONE if row.digest == step.ready.digest_at(unit_of(step)) else Standing.BARRED
