"""Keep the books of one push: what is applied, what is left, and how far the next migration has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sbapply.apply.batch import finished_row, released
from sbapply.apply.outcome import Applied, Notify, Part, PartApplied, Receipt
from sbapply.apply.step import (
    CarryPieces,
    ClaimCarriage,
    ClaimUnit,
    Findings,
    FinishUnit,
    ReleaseUnit,
    RunUnit,
    Standing,
    Step,
    is_last,
)
from sbapply.history.progress import CARRIED, UnitRow
from sbapply.history.ready import Ready
from sbapply.history.state import HistoryRow, RemoteState


@dataclass
class Ledger:
    """Hold the state that the next request is built on, and what is settled so far.

    ``pending`` are those still to send, ``held`` those kept back behind one that failed. ``furthest`` is the last
    batch of pieces, by version, that this run has ever carried.
    """

    state: RemoteState
    pending: list[Ready]
    notify: Notify
    held: list[Ready] = field(default_factory=list)
    applied: list[Receipt] = field(default_factory=list)
    elsewhere: list[Receipt] = field(default_factory=list)
    furthest: dict[str, int] = field(default_factory=dict)

    def record(self, steps: Sequence[Step], standings: Sequence[Standing], found: Findings) -> bool:
        """Take in what is settled as done, in order; return whether that is progress."""
        progress = False
        for step, standing in zip(steps, standings, strict=True):
            if standing is Standing.DONE and not (isinstance(step, RunUnit | FinishUnit) and is_last(step)):
                progress |= self._advance(step, found)
            elif standing in (Standing.DONE, Standing.WHOLE):
                progress |= self._complete(step.ready)
        return progress

    def note_elsewhere(self, found: Sequence[Ready]) -> None:
        """Take migrations off the list that another run or delivery has applied."""
        # Several steps of a request can be about one migration.
        receipts = dict.fromkeys(receipt_of(ready) for ready in found)
        self.elsewhere += [each for each in receipts if each not in self.applied and each not in self.elsewhere]
        versions = {ready.version for ready in found}
        self.pending = [ready for ready in self.pending if ready.version not in versions]

    def hold_from(self, culprit: Ready) -> None:
        """Keep back a migration that the server's parser rejected, and all behind it; those before it still go."""
        index = next(at for at, ready in enumerate(self.pending) if ready.version == culprit.version)
        self.held = self.pending[index:] + self.held
        self.pending = self.pending[:index]

    def replace(self, ready: Ready) -> None:
        """Put a pending migration in the place of the one of its version."""
        self.pending = [ready if each.version == ready.version else each for each in self.pending]

    def _complete(self, ready: Ready) -> bool:
        """Take a migration whose row is there off the list."""
        receipt = receipt_of(ready)
        # What is interrupted in here is done once more when the interruption is settled.
        new = receipt not in self.applied and receipt not in self.elsewhere
        if new:
            self.applied.append(receipt)
        if self.pending and self.pending[0].version == ready.version:
            # The usual case, and of a thousand migrations the one that must not look at all the others.
            del self.pending[0]
        else:
            self.pending = [each for each in self.pending if each.version != ready.version]
        if new:
            self.state = self.state.with_row(HistoryRow(ready.version, ready.migration.name, ready.digest))
            self.notify(Applied(receipt))
        return new

    def _advance(self, step: Step, found: Findings) -> bool:
        """Bring a migration to where a step has left it; return whether it is further by that.

        A claim is no progress, nor is what was carried before: two who take it from each other would have patience
        for ever.
        """
        before = step.ready
        if not any(ready.version == before.version for ready in self.pending):
            return False
        after = before
        match step:
            case CarryPieces():
                further = step.batch > self.furthest.get(before.version, 0)
                self.furthest[before.version] = max(step.batch, self.furthest.get(before.version, 0))
                return further
            case ReleaseUnit():
                after = released(step)
            case ClaimUnit() | ClaimCarriage():
                number = CARRIED if isinstance(step, ClaimCarriage) else before.number
                after = before.after(_found_row(found, before.version, number))
            case RunUnit() | FinishUnit():
                after = before.after(finished_row(step))
        self.state = self.state.with_progress(before.version, after.progress)
        self.replace(after)
        if not isinstance(step, RunUnit | FinishUnit):
            return False
        self.notify(PartApplied(Part(receipt_of(before), before.number, before.count)))
        return True


def receipt_of(ready: Ready) -> Receipt:
    """Return the receipt of a migration."""
    return Receipt(ready.version, ready.migration.name)


def _found_row(found: Findings, version: str, number: int) -> UnitRow:
    return found.units[(version, number)]
