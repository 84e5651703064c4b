"""Answer Ctrl-C: what was sent is settled, and nothing that was begun is left half-made or untold."""

from sbapply.apply.alone import Crossing, Next
from sbapply.apply.failure import half_dropped_at_interrupt, interrupted, interrupted_twice, nobody_knows
from sbapply.apply.lone import lone_of
from sbapply.apply.sending import Sender
from sbapply.apply.step import FinishUnit, ReleaseUnit
from sbapply.errors import SbapplyError
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.unit import Effect


def answer_interrupt(sender: Sender, crossing: Crossing, alone: tuple[Ready, UnitRow] | None) -> SbapplyError:
    """Cancel in the database, wait for it, and tell what is left."""
    try:
        sender.stop()
        left = _give_up_unsent(sender) if alone is None else _interrupt_alone(sender, crossing, *alone)
    except KeyboardInterrupt:
        return interrupted_twice()
    except SbapplyError as error:
        return error
    return left or interrupted()


def _give_up_unsent(sender: Sender) -> SbapplyError | None:
    """Give up a claim whose statement was not sent: the next push would have to take it for sent."""
    first = next(iter(sender.ledger.pending), None)
    if first is None or first.claim is None or first.claim.attempt not in sender.unsent:
        return None
    return sender.send([ReleaseUnit(first, first.claim)])


def _interrupt_alone(sender: Sender, crossing: Crossing, ready: Ready, claim: UnitRow) -> SbapplyError | None:
    """Cancel a statement that runs alone, and record what it did or take away what it has left half-made.

    Return what has to be told of it, if something has.
    """
    current = next((each for each in sender.ledger.pending if each.version == ready.version), None)
    standing = current.progress.claim if current is not None else None
    if current is None or standing is None or standing.attempt != claim.attempt:
        return _give_up_unsent(sender)
    effect = lone_of(current).effect
    arrived = Next.FINISH if claim.attempt in sender.grounds.ran else crossing.end(current, claim)
    match arrived:
        case Next.FINISH:
            error = sender.send([FinishUnit(current, claim)])
            lost = effect is Effect.ONCE and not _is_recorded(sender, claim)
            return error or (nobody_knows(current) if lost else None)
        case Next.HALF:
            return sender.send([ReleaseUnit(current, claim)]) or half_dropped_at_interrupt(claim)
        case Next.RELEASE:
            return sender.send([ReleaseUnit(current, claim)])
        case Next.SEND if effect is Effect.DROP:
            return sender.send([ReleaseUnit(current, claim)])
        case Next.NOBODY_KNOWS:
            return nobody_knows(current)
        case _:
            return None


def _is_recorded(sender: Sender, claim: UnitRow) -> bool:
    """Return whether the books have a claimed statement as finished."""
    standing = [each.progress.claim for each in sender.ledger.pending if each.version == claim.version]
    return all(each is None or each.attempt != claim.attempt for each in standing)
