"""Carry a push from request to request until nothing is pending or a definite error stands."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sbapply.apply.alone import Arrival, Crossing, Next, Told, definite, words_of
from sbapply.apply.anew import Replan
from sbapply.apply.batch import take_steps, wants_carriage
from sbapply.apply.carriage import Carriage, claim_carriage, outwait, start_carriage
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import (
    another_index,
    failed_alone,
    half_dropped,
    migration_failed,
    nobody_knows,
    not_cleared,
    place_of,
)
from sbapply.apply.interruption import answer_interrupt
from sbapply.apply.ledger import Ledger, receipt_of
from sbapply.apply.leftovers import clear_leftovers, has_leftovers
from sbapply.apply.lone import has_begun, lone_of
from sbapply.apply.outcome import Carrying, Notify, Outcome
from sbapply.apply.sending import PASSING, Sender
from sbapply.apply.step import ReleaseUnit
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience
from sbapply.errors import MigrationFailed, NotSent, SbapplyError
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.history.state import RemoteState
from sbapply.migrations.unit import Effect

# What a late delivery of does nothing once its claim is given up.
_GIVEN_UP = (Effect.DROP, Effect.ONCE)


@dataclass(frozen=True, slots=True)
class Release:
    """Hold a claim that has to be undone: ``keep`` leaves the index alone, ``error`` ends the push afterwards."""

    claim: UnitRow
    keep: bool = False
    error: SbapplyError | None = None


@dataclass
class _Run:
    """Choose what is sent next; ``alone`` is the statement that was sent alone last, with its claim."""

    sender: Sender
    crossing: Crossing
    told: Mapping[str, Told]
    alone: tuple[Ready, UnitRow] | None = None
    carriage: Carriage | None = None
    release: Release | None = None

    def drive(self) -> Outcome:
        """Send until nothing is pending or a definite error stands."""
        books = self.sender.ledger
        error = None
        try:
            while books.pending and error is None:
                error = self._try_step()
        except KeyboardInterrupt:
            error = answer_interrupt(self.sender, self.crossing, self.alone)
        # A file that was refused as a whole stands behind those that could still be applied; what stops these is
        # the error to tell.
        error = error or self.sender.held_back
        left = (*books.pending, *books.held)
        return Outcome(tuple(books.applied), tuple(books.elsewhere), left, books.state, error)

    def _try_step(self) -> SbapplyError | None:
        try:
            return self._step()
        except SbapplyError as raised:
            return raised

    def _step(self) -> SbapplyError | None:
        """Do what comes next; return the error that ends the push, if one does."""
        sender = self.sender
        if has_leftovers(sender):
            return clear_leftovers(sender)
        first = sender.ledger.pending[0]
        if self.release is not None:
            return self._send_release(first, self.release)
        pending = sender.ledger.pending[: 1 if sender.one_by_one else None]
        steps = take_steps(pending, sender.grounds, sender.limits)
        if steps:
            return sender.send(steps)
        stale = first.stale_claim
        if stale is not None:
            self.crossing.outlast(stale)
            sender.grounds = replace(sender.grounds, ended=sender.grounds.ended | {stale.attempt})
            return None
        if wants_carriage(first, sender.grounds, sender.limits):
            return self._carry(first)
        return self._run_alone(first)

    def _carry(self, ready: Ready) -> SbapplyError | None:
        """Send the next piece of a migration that is larger than a request."""
        sender = self.sender
        claim = claim_carriage(ready, sender.limits, sender.spoilt)
        if claim is not None:
            self.carriage = None
            return sender.send([claim]) if self._is_free(ready) else None
        if self.carriage is None or self.carriage.of != ready.progress.carried:
            self.carriage = start_carriage(ready, sender.limits)
        carriage = self.carriage
        if carriage.done:
            sender.grounds = replace(sender.grounds, carried=sender.grounds.carried | {carriage.attempt})
            return None
        sender.notify(Carrying(receipt_of(ready), carriage.carried, carriage.total))
        step = carriage.step(ready)
        error = sender.send([step])
        if (step.attempt, step.batch) in sender.put:
            carriage.load()
        return error

    def _is_free(self, ready: Ready) -> bool:
        """Return whether a file may be claimed for carrying: no other run carries it, or none does any more."""
        sender, carried = self.sender, ready.progress.carried
        if carried is None or carried.attempt in sender.spoilt | sender.grounds.ended:
            return True
        if not outwait(
            sender.database,
            carried,
            patience=sender.patience,
            clock=sender.clock,
            notify=sender.notify,
            at_work=sender.endurance.wait_on,
        ):
            sender.plan_anew()
            return False
        sender.grounds = replace(sender.grounds, ended=sender.grounds.ended | {carried.attempt})
        return True

    def _run_alone(self, ready: Ready) -> SbapplyError | None:
        """Bring a claimed statement that runs alone to where it only has to be finished, or say what stops it."""
        sender = self.sender
        claim = ready.claim
        if claim is None:
            raise AssertionError(f"{ready.version} is not claimed")
        self.alone = (ready, claim)
        unsent, fresh = sender.is_unsent(claim), claim.attempt in sender.fresh
        sender.unsent.discard(claim.attempt)
        sender.fresh = frozenset()
        arrival = self.crossing.cross(ready, claim, unsent=unsent, fresh=fresh, told=self.told.get(claim.word))
        if isinstance(arrival.cause, NotSent) and arrival.next is Next.DOOR:
            sender.unsent.add(claim.attempt)
            shut = sender.endurance.at_the_door(arrival.cause)
            # The next push would else have to take it for sent.
            self.release = None if shut is None else Release(claim, error=shut)
            return None
        said = definite(arrival.cause)
        failure = None if said is None else migration_failed(ready, said, place_of(said, ready, None))
        match arrival.next:
            case Next.FINISH:
                sender.grounds = replace(sender.grounds, ran=sender.grounds.ran | {claim.attempt})
            case Next.MOVED:
                sender.plan_anew()
            case Next.LEAVE:
                lone = ready.units[0].lone
                # Where the name was left to the server, it is chosen anew.
                named = lone is not None and lone.index is not None
                error = another_index(ready, claim) if named else None
                self.release = Release(claim, keep=True, error=error)
            case Next.NOBODY_KNOWS:
                return nobody_knows(ready, claim) if failure is None else failed_alone(failure, claim)
            case _:
                return self._send_alone_again(ready, claim, arrival, failure)
        return None

    def _send_alone_again(
        self, ready: Ready, claim: UnitRow, arrival: Arrival, failure: MigrationFailed | None
    ) -> SbapplyError | None:
        """Send a statement again that is settled as not done, after its leavings are cleared; or undo its claim."""
        if arrival.next is Next.REPLACE:
            self.release = Release(claim, keep=True)
            return None
        said = failure.sql_error if failure is not None else None
        if failure is not None and said is not None:
            last_word = self.sender.endurance.in_time(said, failure) if said.sqlstate in PASSING else failure
        else:
            last_word = self.sender.endurance.blindly(arrival.cause) if arrival.cause is not None else None
        if last_word is None:
            self.release = Release(claim) if arrival.next is Next.RELEASE else None
            self.sender.unsent.add(claim.attempt)
            return None
        if failure is None and arrival.next is Next.SEND and lone_of(ready).effect not in _GIVEN_UP:
            # It can still arrive, and would do something: the claim stays, so that status tells of it.
            return last_word
        if arrival.next is Next.HALF and arrival.cause is not None:
            last_word = half_dropped(ready, claim, arrival.cause.message, said)
        self.release = Release(claim, error=last_word)
        return None

    def _send_release(self, ready: Ready, release: Release) -> SbapplyError | None:
        """Undo a claim, and go on or end with the error that it was undone for."""
        standing = ready.progress.claim
        if standing is None or standing.attempt != release.claim.attempt:
            self.release = None
            return release.error
        if has_begun(standing) and not has_begun(release.claim):
            # It came late after all: what is to be done is another question now.
            self.release = None
            return None
        try:
            error = self.sender.send([ReleaseUnit(ready, release.claim, release.keep)])
        except SbapplyError as raised:
            error = raised
        if error is None or release.error is None:
            return error
        return not_cleared(release.error, release.claim, error)


def apply_ready(
    database: Database,
    ready: Sequence[Ready],
    state: RemoteState,
    *,
    replan: Replan,
    notify: Notify,
    limits: Limits | None = None,
    patience: Patience | None = None,
    clock: Clock | None = None,
    told: Mapping[str, Told] | None = None,
) -> Outcome:
    """Apply migrations in order, each exactly once, and return what is settled.

    ``ready`` is what was agreed to, planned against ``state``; ``replan`` plans again on a newer state. Each unit
    of a migration is atomic with its row; the first that fails ends the push, and those before it stay. ``told``
    says of claims that stand whether a statement whose outcome nobody knows took effect (``alone.words_of``).
    Raises nothing of the error tree: the outcome carries it.
    """
    limits, patience, clock = limits or Limits(), patience or Patience(), clock or Clock()
    sender = Sender(
        database,
        Ledger(state, list(ready), notify),
        replan,
        limits,
        patience,
        clock,
        notify,
        secrets.token_hex(8),
        Endurance(patience, clock, notify),
    )
    return _Run(sender, Crossing(database, patience, clock, notify), words_of(ready, told or {})).drive()
