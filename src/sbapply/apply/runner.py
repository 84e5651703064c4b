"""Send pending migrations and settle each request before a word is said about it."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sbapply.apply.alone import Arrival, Crossing, Next, Told, cancel, definite
from sbapply.apply.anew import Replan, plan_anew
from sbapply.apply.batch import Grounds, take_steps, wants_carriage
from sbapply.apply.carriage import Carriage, claim_carriage, start_carriage
from sbapply.apply.deadline import deadline_after
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import (
    GRAMMAR_STATES,
    another_index,
    failed_alone,
    fence_closed,
    half_dropped,
    half_dropped_at_interrupt,
    history_not_made,
    interrupted,
    interrupted_twice,
    migration_failed,
    nobody_knows,
    place_of,
    verdict_of_postgres,
)
from sbapply.apply.ledger import Ledger, receipt_of
from sbapply.apply.locks import name_holder
from sbapply.apply.lone import is_found, lone_of
from sbapply.apply.outcome import Carrying, Notify, Outcome, Part, Retrying, Sending, Settling, Waiting
from sbapply.apply.script import Request, build_request, needs_pieces, needs_units
from sbapply.apply.settle import Settlement, read_findings, settle
from sbapply.apply.step import (
    CarryPieces,
    ClaimUnit,
    Findings,
    FinishUnit,
    ReleaseUnit,
    RunUnit,
    Standing,
    Step,
    standing_of,
)
from sbapply.config import Limits
from sbapply.database import Clock, Database, Json, Patience, Row
from sbapply.errors import (
    MigrationFailed,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    ReadFailed,
    SbapplyError,
    SqlError,
)
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready, learn
from sbapply.history.state import RemoteState
from sbapply.migrations.unit import Effect, Hints

# What may well succeed when it is sent again: deadlock, serialization failure, lock not available.
_PASSING = frozenset({"40P01", "40001", "55P03"})
# Our own fences around each migration: there already, history moved.
_FENCES = frozenset({"SBA01", "SBA03"})
_AT_VERSION = re.compile(r"version (\S+)")


@dataclass(frozen=True, slots=True)
class Release:
    """Hold a claim that has to be undone: ``keep`` leaves the index alone, ``error`` ends the push afterwards."""

    claim: UnitRow
    keep: bool = False
    error: SbapplyError | None = None


@dataclass
class _Run:
    """Carry one push from request to request."""

    database: Database
    ledger: Ledger
    replan: Replan
    limits: Limits
    patience: Patience
    clock: Clock
    notify: Notify
    name: str
    told: Mapping[str, Told]
    endurance: Endurance
    crossing: Crossing
    number: int = 0
    deadline_factor: float = 1.0
    one_by_one: bool = False
    sent: Request | None = None
    doubtful: Request | None = None
    alone: tuple[Ready, UnitRow] | None = None
    error: SbapplyError | None = None
    grounds: Grounds = field(default_factory=Grounds)
    hints: dict[str, Hints] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)
    put: set[tuple[str, int]] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    carriage: Carriage | None = None
    release: Release | None = None

    def drive(self) -> Outcome:
        """Send until nothing is pending or a definite error stands."""
        try:
            while self.ledger.pending:
                error = self._try_step()
                if error is not None:
                    # A file that was refused as a whole stands behind those that could still be applied; what
                    # stops these is the error to tell.
                    self.error = error
                    break
        except KeyboardInterrupt:
            self.error = self._interrupt()
        books = self.ledger
        return Outcome(
            tuple(books.applied), tuple(books.elsewhere), (*books.pending, *books.held), books.state, self.error
        )

    def _try_step(self) -> SbapplyError | None:
        try:
            return self._step()
        except SbapplyError as raised:
            return raised

    def _interrupt(self) -> SbapplyError:
        """Cancel in the database, wait for it, and tell what is left."""
        try:
            if self.sent is not None:
                self.notify(Settling("interrupted"))
                self._cancel(self.sent)
                settlement = settle(
                    self.database,
                    self.sent,
                    patience=self.patience,
                    clock=self.clock,
                    notify=self.notify,
                    at_work=partial(self._cancel, self.sent),
                )
                self._record(self.sent, settlement.standings, settlement.found)
            left = self._give_up_unsent() if self.alone is None else self._interrupt_alone(*self.alone)
        except KeyboardInterrupt:
            return interrupted_twice()
        except SbapplyError as error:
            return error
        return left or interrupted()

    def _give_up_unsent(self) -> SbapplyError | None:
        """Give up a claim whose statement was not sent: the next push would have to take it for sent."""
        first = next(iter(self.ledger.pending), None)
        if first is None or first.claim is None or first.claim.attempt not in self.unsent:
            return None
        return self._send_steps([ReleaseUnit(first, first.claim)])

    def _interrupt_alone(self, ready: Ready, claim: UnitRow) -> SbapplyError | None:
        """Cancel a statement that runs alone, and record what it did or take away what it has left half-made.

        Return what has to be told of it, if something has.
        """
        current = next((each for each in self.ledger.pending if each.version == ready.version), None)
        standing = current.progress.claim if current is not None else None
        if current is None or standing is None or standing.attempt != claim.attempt:
            return self._give_up_unsent()
        effect = lone_of(current).effect
        arrived = Next.FINISH if claim.attempt in self.grounds.ran else self.crossing.end(current, claim)
        match arrived:
            case Next.FINISH:
                error = self._send_steps([FinishUnit(current, claim)])
                lost = effect is Effect.ONCE and not self._is_recorded(claim)
                return error or (nobody_knows(current) if lost else None)
            case Next.HALF:
                return self._send_steps([ReleaseUnit(current, claim)]) or half_dropped_at_interrupt(claim)
            case Next.RELEASE:
                return self._send_steps([ReleaseUnit(current, claim)])
            case Next.SEND if effect is Effect.DROP:
                return self._send_steps([ReleaseUnit(current, claim)])
            case Next.NOBODY_KNOWS:
                return nobody_knows(current)
            case _:
                return None

    def _is_recorded(self, claim: UnitRow) -> bool:
        """Return whether the books have a claimed statement as finished."""
        standing = [each.progress.claim for each in self.ledger.pending if each.version == claim.version]
        return all(each is None or each.attempt != claim.attempt for each in standing)

    def _cancel(self, request: Request) -> None:
        cancel(self.database, request.marker, self.notify)

    def _step(self) -> SbapplyError | None:
        """Do what comes next; return the error that ends the push, if one does."""
        first = self.ledger.pending[0]
        if self.release is not None:
            return self._send_release(first, self.release)
        steps = take_steps(self.ledger.pending[: 1 if self.one_by_one else None], self.grounds, self.limits)
        if steps:
            return self._send_steps(steps)
        stale = first.stale_claim
        if stale is not None:
            self.crossing.outlast(stale)
            self.grounds = replace(self.grounds, ended=self.grounds.ended | {stale.attempt})
            return None
        if wants_carriage(first, self.grounds, self.limits):
            return self._carry(first)
        return self._run_alone(first)

    def _build(self, steps: Sequence[Step]) -> Request:
        self.number += 1
        state = self.ledger.state
        return build_request(
            steps,
            state,
            run=self.name,
            number=self.number,
            nonce=secrets.token_hex(12),
            deadline=deadline_after(state, patience=self.patience, clock=self.clock, factor=self.deadline_factor),
            limits=self.limits,
        )

    def _send_steps(self, steps: Sequence[Step]) -> SbapplyError | None:
        """Send one request and deal with its answer; return the error that ends the push, if one does."""
        request = self._build(steps)
        self._announce(request)
        self.sent = request
        try:
            cause = self._send(request)
        except NotSent as error:
            return self._turned_away(request, error)
        if cause is None:
            return None
        self.notify(Settling(cause.message))
        return self._conclude(request, cause, self._settle(request))

    def _announce(self, request: Request) -> None:
        versions = tuple(ready.version for ready in request.migrations)
        first = request.steps[0].ready
        part = None
        if len(versions) == 1 and first.count > 1:
            part = Part(receipt_of(first), first.number, first.count)
        self.notify(Sending(self.number, versions, len(request.sql.encode()), part))

    def _send(self, request: Request) -> SqlError | OutcomeUnknown | None:
        """Return None if the answer proves that everything was committed, and is recorded; else what was said."""
        try:
            rows = self.database.run(request.sql)
        except (SqlError, OutcomeUnknown) as error:
            return error
        found = _proof(request, rows)
        standings = [standing_of(step, found) for step in request.steps] if found is not None else []
        if found is None or Standing.ABSENT in standings or Standing.BARRED in standings:
            return OutcomeUnknown("The answer was not this request's own last row.")
        self._record(request, standings, found)
        return None

    def _settle(self, request: Request) -> Settlement:
        return settle(self.database, request, patience=self.patience, clock=self.clock, notify=self.notify)

    def _record(self, request: Request, standings: Sequence[Standing], found: Findings) -> None:
        """Take in what is settled as done."""
        self.doubtful = None
        if Standing.ABSENT not in standings[:1]:
            books = self.ledger
            books.state = books.state.with_tables(
                units=needs_units(request.steps), pieces=needs_pieces(request.steps)
            )
        if self.ledger.record(request.steps, standings, found):
            # Only progress renews patience, else a failure that always passes would be sent for ever.
            self.endurance.renew()
        done = [step for step, standing in zip(request.steps, standings, strict=True) if standing is Standing.DONE]
        claims = [step for step in done if isinstance(step, ClaimUnit)]
        self.unsent |= {
            step.attempt for step in claims if not is_found(found.units[(step.ready.version, step.ready.number)])
        }
        self.put |= {(step.attempt, step.batch) for step in done if isinstance(step, CarryPieces)}

    def _conclude(
        self, request: Request, cause: SqlError | OutcomeUnknown, settlement: Settlement
    ) -> SbapplyError | None:
        """Record what is settled and decide how to go on."""
        barred = [
            step
            for step, standing in zip(request.steps, settlement.standings, strict=True)
            if standing is Standing.BARRED
        ]
        self._record_settled(request, cause, settlement)
        if barred:
            # With another text, or with the same one as another tool stores it: the plan can tell.
            self._plan_anew()
            return None
        absent = [
            step
            for step, standing in zip(request.steps, settlement.standings, strict=True)
            if standing is Standing.ABSENT
        ]
        if not absent:
            self._plan_anew()
            return None
        said = verdict_of_postgres(cause)
        if said is None:
            return self._again(self.endurance.blindly(cause))
        if settlement.rivals and said.sqlstate == "55P03":
            self.notify(Waiting("another push is at work on the history"))
            self.endurance.wait_on()
        return self._judge(request, said, absent)

    def _judge(self, request: Request, said: SqlError, absent: Sequence[Step]) -> SbapplyError | None:
        """Decide what an error of Postgres means for what is settled as absent."""
        turned_away = request.turned_away(said)
        if turned_away and said.sqlstate == "SBA06":
            return history_not_made(said)
        if turned_away or said.sqlstate in _FENCES:
            self.deadline_factor *= 2 if said.sqlstate == "SBA02" else 1
            return self._again(self.endurance.in_time(said, fence_closed(said)))
        first = absent[0]
        if said.sqlstate == "SBA07" and isinstance(first, FinishUnit):
            self.grounds = replace(self.grounds, ran=self.grounds.ran - {first.claim.attempt})
            return self._again(self.endurance.blindly(said))
        if said.sqlstate == "SBA11" and isinstance(first, RunUnit | FinishUnit) and first.attempt:
            self.spoilt.add(first.attempt)
            self.grounds = replace(self.grounds, carried=self.grounds.carried - self.spoilt)
            return self._again(self.endurance.blindly(said))
        if said.sqlstate in _PASSING:
            return self._again(self.endurance.in_time(said, self._failed(first.ready, said, request, holder=True)))
        segment = request.segment_at(said.position) if said.position is not None else None
        unheard = segment is None and said.sqlstate in GRAMMAR_STATES and not self.one_by_one
        if unheard and len(absent) == len(request.steps) > 1:
            self.one_by_one = True
            self._plan_anew()
            return None
        culprit = segment.step if segment is not None else first
        if culprit not in absent:
            return self._again(self.endurance.blindly(said))
        if self._learn(culprit, said):
            self._plan_anew()
            return None
        failure = self._failed(culprit.ready, said, request)
        if culprit is not first and culprit.ready.version != first.ready.version:
            self.ledger.hold_from(culprit.ready)
            self.error = failure
            self._plan_anew()
            return None
        return failure

    def _failed(self, ready: Ready, said: SqlError, request: Request, *, holder: bool = False) -> MigrationFailed:
        """Return the failure of a migration; ``holder`` looks for who holds the lock it waited for."""
        held = name_holder(self.database, ready.migration) if holder and said.sqlstate == "55P03" else ""
        return migration_failed(self._standing(ready), said, place_of(said, ready, request), holder=held)

    def _standing(self, ready: Ready) -> Ready:
        """Return a migration as far as the books have it."""
        return next((each for each in self.ledger.pending if each.version == ready.version), ready)

    def _learn(self, step: Step, said: SqlError) -> bool:
        """Take a lesson on how a file has to be cut from what the server said; return whether there was one."""
        if not isinstance(step, RunUnit):
            return False
        ready = self._standing(step.ready)
        hints = learn(ready, step.ready.units[0], said.sqlstate, said.message)
        if hints is None:
            return False
        self.notify(Retrying(f"{said.sqlstate}: {said.message}; {ready.migration.file} is cut differently"))
        self.hints[ready.version] = hints
        return True

    def _again(self, last_word: SbapplyError | None) -> SbapplyError | None:
        """Plan anew before what was not applied is sent again, unless a last word is to be told."""
        if last_word is None:
            self._plan_anew()
        return last_word

    def _plan_anew(self) -> None:
        plan_anew(self.database, self.ledger, self.replan, self.hints, patience=self.patience, clock=self.clock)

    def _turned_away(self, request: Request, refusal: NotSent) -> SbapplyError | None:
        """Deal with a refusal: wait and send again, or end; what was answered is settled before that is told.

        An answer can stand in for the true one, and what is sent after it may not get anywhere any more.
        """
        ended = self.endurance.at_the_door(refusal)
        if refusal.answered:
            self.doubtful = request
        if ended is None or self.doubtful is None:
            return ended
        self.notify(Settling(refusal.message))
        cause = OutcomeUnknown(refusal.message, refusal.next_step, lasting=True)
        ended = self._conclude(self.doubtful, cause, self._settle(self.doubtful))
        return refusal if isinstance(ended, NothingApplied) else ended

    def _record_settled(self, request: Request, cause: SqlError | OutcomeUnknown, settlement: Settlement) -> None:
        """Record what was found: as this run's, unless the answer tells that it was there before it."""
        said = cause if isinstance(cause, SqlError) else None
        met = _AT_VERSION.search(said.message) if said is not None and said.sqlstate in _FENCES else None
        whole = [
            step.ready
            for step, standing in zip(request.steps, settlement.standings, strict=True)
            if standing in (Standing.DONE, Standing.WHOLE) and step.ready.version in settlement.found.versions
        ]
        if said is not None and request.turned_away(said):
            self.ledger.note_elsewhere(whole)
        elif met:
            self.ledger.note_elsewhere([ready for ready in whole if ready.version >= met[1]])
        self._record(request, settlement.standings, settlement.found)

    def _carry(self, ready: Ready) -> SbapplyError | None:
        """Send the next piece of a migration that is larger than a request."""
        claim = claim_carriage(ready, self.limits, self.spoilt)
        if claim is not None:
            self.carriage = None
            return self._send_steps([claim])
        if self.carriage is None or self.carriage.of != ready.progress.carried:
            self.carriage = start_carriage(ready, self.limits)
        carriage = self.carriage
        if carriage.done:
            self.grounds = replace(self.grounds, carried=self.grounds.carried | {carriage.attempt})
            return None
        self.notify(Carrying(receipt_of(ready), carriage.carried, carriage.total))
        step = carriage.step(ready)
        error = self._send_steps([step])
        if (step.attempt, step.batch) in self.put:
            carriage.load()
        return error

    def _ran(self, claim: UnitRow) -> None:
        self.grounds = replace(self.grounds, ran=self.grounds.ran | {claim.attempt})

    def _run_alone(self, ready: Ready) -> SbapplyError | None:
        """Bring a claimed statement that runs alone to where it only has to be finished, or say what stops it."""
        claim = ready.claim
        if claim is None:
            raise AssertionError(f"{ready.version} is not claimed")
        self.alone = (ready, claim)
        arrival = self.crossing.cross(
            ready, claim, unsent=claim.attempt in self.unsent, told=self.told.get(ready.version)
        )
        if isinstance(arrival.cause, NotSent) and arrival.next is Next.DOOR:
            shut = self.endurance.at_the_door(arrival.cause)
            # The next push would else have to take it for sent.
            self.release = None if shut is None else Release(claim, error=shut)
            return None
        self.unsent.discard(claim.attempt)
        said = definite(arrival.cause)
        failure = None if said is None else migration_failed(ready, said, place_of(said, ready, None))
        match arrival.next:
            case Next.FINISH:
                self._ran(claim)
            case Next.MOVED:
                self._plan_anew()
            case Next.LEAVE:
                lone = ready.units[0].lone
                # Where the name was left to the server, it is chosen anew.
                named = lone is not None and lone.index is not None
                error = another_index(ready, str(claim.note.get("index"))) if named else None
                self.release = Release(claim, keep=True, error=error)
            case Next.NOBODY_KNOWS:
                return nobody_knows(ready) if failure is None else failed_alone(failure, ready)
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
            last_word = self.endurance.in_time(said, failure) if said.sqlstate in _PASSING else failure
        else:
            last_word = self.endurance.blindly(arrival.cause) if arrival.cause is not None else None
        if last_word is None:
            self.release = Release(claim) if arrival.next is Next.RELEASE else None
            self.unsent.add(claim.attempt)
            return None
        if failure is None and arrival.next is Next.SEND and lone_of(ready).effect is not Effect.DROP:
            # It can still arrive: the claim stays, so that status tells of it.
            return last_word
        if arrival.next is Next.HALF and arrival.cause is not None:
            last_word = half_dropped(ready, claim, arrival.cause.message, said)
        self.release = Release(claim, error=last_word)
        return None

    def _send_release(self, ready: Ready, release: Release) -> SbapplyError | None:
        """Undo a claim, and go on or end with the error that it was undone for."""
        if ready.progress.claim != release.claim:
            self.release = None
            return release.error
        return self._send_steps([ReleaseUnit(ready, release.claim, release.keep)])


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
    says of versions whether a statement whose outcome nobody knows took effect. Raises nothing of the error tree:
    the outcome carries it.
    """
    limits, patience, clock = limits or Limits(), patience or Patience(), clock or Clock()
    run = _Run(
        database,
        Ledger(state, list(ready), notify),
        replan,
        limits,
        patience,
        clock,
        notify,
        secrets.token_hex(8),
        told or {},
        Endurance(patience, clock, notify),
        Crossing(database, patience, clock, notify),
    )
    return run.drive()


def _proof(request: Request, rows: Sequence[Row]) -> Findings | None:
    """Return what a request's own last row says, None where the answer is not that row."""
    if len(rows) != 1 or rows[0].get("sbapply") != request.nonce:
        return None
    versions = rows[0].get("versions")
    listed = set(map(str, versions)) if isinstance(versions, list) else set()
    # That a row which is there is ours was checked in its own transaction.
    present: dict[str, Json] = {
        ready.version: ready.digest for ready in request.migrations if ready.version in listed
    }
    try:
        return read_findings({**rows[0], "present": present})
    except ReadFailed:
        return None
