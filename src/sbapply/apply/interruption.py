"""Answer Ctrl-C: what was sent is settled, and nothing that was begun is left half-made or untold."""

from sbapply.apply.alone import Crossing, Next
from sbapply.apply.failure import (
    half_dropped_at_interrupt,
    interrupted,
    interrupted_in_line,
    interrupted_twice,
    left_claimed,
    nobody_knows,
)
from sbapply.apply.lone import has_begun, lone_of
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
    if first is None or first.claim is None or not sender.is_unsent(first.claim):
        return None
    return _give_up(sender, first.claim)


def _interrupt_alone(sender: Sender, crossing: Crossing, ready: Ready, claim: UnitRow) -> SbapplyError | None:
    """Cancel a statement that runs alone, and record what it did or take away what it has left half-made.

    Return what has to be told of it, if something has.
    """
    current = _with_claim(sender, claim)
    if current is None or sender.is_unsent(claim):
        return _give_up_unsent(sender)
    if claim.attempt not in crossing.sent:
        # Whoever sent it waits for its answer, and goes on from that.
        return interrupted_in_line(ready)
    effect = lone_of(current).effect
    arrived = Next.FINISH if claim.attempt in sender.grounds.ran else crossing.end(current, claim)
    match arrived:
        case Next.FINISH:
            error = _finish(sender, claim)
            lost = effect is Effect.ONCE and _with_claim(sender, claim) is not None
            return nobody_knows(current, claim) if lost else error
        case Next.HALF:
            return _give_up(sender, claim) or half_dropped_at_interrupt(claim)
        case Next.RELEASE:
            return _give_up(sender, claim)
        case Next.SEND if effect in (Effect.DROP, Effect.ONCE):
            return _give_up(sender, claim)
        case Next.NOBODY_KNOWS:
            return nobody_knows(current, claim)
        case _:
            return None


def _give_up(sender: Sender, claim: UnitRow) -> SbapplyError | None:
    """Undo a claim, again and again until it is gone or an error says why it stays."""
    while (current := _with_claim(sender, claim)) is not None:
        if has_begun(current.progress.claim):
            return nobody_knows(current, claim)
        error = sender.send([ReleaseUnit(current, claim)])
        if error is not None:
            return left_claimed(claim, error)
    return None


def _finish(sender: Sender, claim: UnitRow) -> SbapplyError | None:
    """Record a statement that took effect, again and again until that is done or an error says why it is not."""
    while (current := _with_claim(sender, claim)) is not None:
        error = sender.send([FinishUnit(current, claim)])
        if error is not None:
            return error
    return None


def _with_claim(sender: Sender, claim: UnitRow) -> Ready | None:
    """Return the pending migration in which a claim still stands, as the books have it."""
    for each in sender.ledger.pending:
        standing = each.progress.claim
        if standing is not None and standing.attempt == claim.attempt:
            return each
    return None
