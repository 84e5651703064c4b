"""Carry the statements of a migration that is larger than a request, piece by piece."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sbapply.apply.batch import piece_room, pieces_of
from sbapply.apply.step import CarryPieces, ClaimCarriage, Piece
from sbapply.config import Limits
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready

# Raise it when the same statements are cut otherwise under the same limits (``pieces_of``).
_CUT = 1


@dataclass
class Carriage:
    """Hold the pieces of one migration that are still to be carried under its claim ``of``.

    ``loaded`` are those of the request under way; ``carried`` of ``total`` characters are there.
    """

    attempt: str
    pieces: Iterator[tuple[Piece, ...]]
    of: UnitRow
    total: int
    batch: int = 0
    loaded: tuple[Piece, ...] = ()
    carried: int = 0

    @property
    def done(self) -> bool:
        """Return whether everything is there."""
        return not self.loaded

    def step(self, ready: Ready) -> CarryPieces:
        """Return the step that carries the pieces under way."""
        return CarryPieces(ready, self.attempt, self.batch, self.loaded)

    def load(self) -> None:
        """Take up the next pieces, once those under way are there."""
        self.carried += sum(len(piece.text) for piece in self.loaded)
        self.loaded = next(self.pieces, ())
        self.batch += 1


def claim_carriage(ready: Ready, limits: Limits, spoilt: Collection[str]) -> ClaimCarriage | None:
    """Return the step that claims a file for carrying, None where an earlier claim still holds.

    That is one of the same text, cut in the same way, and none of the attempts that are ``spoilt``.
    """
    carried, cut = ready.progress.carried, f"{_CUT}:{piece_room(limits)}"
    holds = carried is not None and carried.digest == ready.digest and carried.note.get("cut") == cut
    if holds and carried is not None and carried.attempt not in spoilt:
        return None
    return ClaimCarriage(ready, secrets.token_hex(8), cut)


def start_carriage(ready: Ready, limits: Limits) -> Carriage:
    """Return the carriage of a claimed file, from its first piece: what is there already is not put twice."""
    carried = ready.progress.carried
    if carried is None:
        raise AssertionError(f"{ready.version} is not claimed for carrying")
    total = sum(map(len, ready.statements))
    carriage = Carriage(carried.attempt, pieces_of(ready, limits), carried, total)
    carriage.load()
    return carriage
