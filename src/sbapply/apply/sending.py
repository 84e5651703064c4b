"""Send one request, settle what it did, and decide what its failure means."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sbapply.apply.alone import cancel
from sbapply.apply.anew import Replan, plan_anew
from sbapply.apply.batch import Grounds
from sbapply.apply.deadline import deadline_after
from sbapply.apply.endurance import Endurance
from sbapply.apply.failure import (
    GRAMMAR_STATES,
    cannot_be_cut,
    fence_closed,
    history_not_made,
    migration_failed,
    place_of,
    verdict_of_postgres,
)
from sbapply.apply.ledger import Ledger, receipt_of
from sbapply.apply.locks import name_holder
from sbapply.apply.lone import is_found
from sbapply.apply.outcome import Notify, Part, Retrying, Sending, Settling, Waiting
from sbapply.apply.script import Request, build_request, needs_pieces, needs_units
from sbapply.apply.settle import Settlement, read_findings, settle
from sbapply.apply.step import (
    CarryPieces,
    ClaimUnit,
    Findings,
    FinishUnit,
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
from sbapply.history.ready import Ready, learn, prepare
from sbapply.migrations.files import Problem
from sbapply.migrations.unit import Hints

# What may well succeed when it is sent again: deadlock, serialization failure, lock not available.
PASSING = frozenset({"40P01", "40001", "55P03"})
# Our own fences around each migration: there already, history moved.
_FENCES = frozenset({"SBA01", "SBA03"})
_AT_VERSION = re.compile(r"version (\S+)")


@dataclass
class Sender:
    """Send the requests of one push, and keep the books of what is settled.

    ``grounds`` are what the next steps stand on, ``unsent`` this run's attempts whose statement was never sent,
    ``fresh`` those of them that the last request claimed, ``put`` the pieces that are there, by attempt and number,
    and ``spoilt`` the attempts whose pieces are not the file's.
    ``held_back`` is the error of a migration that was refused as a whole, while those before it are still sent;
    ``one_by_one`` says that the next request may hold one migration alone.
    """

    database: Database
    ledger: Ledger
    replan: Replan
    limits: Limits
    patience: Patience
    clock: Clock
    notify: Notify
    run: str
    endurance: Endurance
    grounds: Grounds = field(default_factory=Grounds)
    unsent: set[str] = field(default_factory=set)
    fresh: frozenset[str] = frozenset()
    put: set[tuple[str, int]] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    one_by_one: bool = False
    held_back: SbapplyError | None = None
    _number: int = 0
    _deadline_factor: float = 1.0
    _sent: Request | None = None
    # An answer that turned them away can stand in for the true one, so they may have run, or be at work still.
    _doubtful: tuple[Request, ...] = ()
    _hints: dict[str, Hints] = field(default_factory=dict)

    def send(self, steps: Sequence[Step]) -> SbapplyError | None:
        """Send one request and deal with its answer; return the error that ends the push, if one does."""
        request = self._build(steps)
        self._announce(request)
        self._sent = request
        self.fresh = frozenset()
        # Whatever its answer is: should a claim of this request be found later, its statement was not sent here.
        self.unsent |= {step.attempt for step in steps if isinstance(step, ClaimUnit)}
        try:
            cause = self._send(request)
        except NotSent as error:
            return self._turned_away(request, error)
        if cause is None:
            return None
        self.notify(Settling(cause.message))
        return self._conclude(request, cause, self._settle(request))

    def stop(self) -> None:
        """Cancel what was sent last or is in doubt, wait for its end, and record what it did.

        Raises as ``settle`` and ``plan_anew`` do.
        """
        request = self._sent
        if request is None:
            return
        self.notify(Settling("interrupted"))
        requests = (*(each for each in self._doubtful if each is not request), request)
        for each in requests:
            self._cancel(each)
        for each in requests:
            settlement = self._settle_one(each, at_work=partial(self._cancel, each))
            self._record(each, settlement.standings, settlement.found)
        if len(requests) > 1:
            # They hold the same steps, begun from the same state: which of them has gone how far the project tells.
            self.plan_anew()

    def is_unsent(self, claim: UnitRow) -> bool:
        """Tell whether a claim is this run's, and its statement is still to be sent for the first time."""
        return claim.attempt in self.unsent and not is_found(claim)

    def plan_anew(self) -> None:
        """Read the history and plan what is left on it. Raises as ``anew.plan_anew`` does."""
        plan_anew(self.database, self.ledger, self.replan, self._hints, patience=self.patience, clock=self.clock)

    def _cancel(self, request: Request) -> None:
        cancel(self.database, request.marker, self.notify)

    def _build(self, steps: Sequence[Step]) -> Request:
        self._number += 1
        state = self.ledger.state
        return build_request(
            steps,
            state,
            run=self.run,
            number=self._number,
            nonce=secrets.token_hex(12),
            deadline=deadline_after(state, patience=self.patience, clock=self.clock, factor=self._deadline_factor),
            limits=self.limits,
        )

    def _announce(self, request: Request) -> None:
        versions = tuple(ready.version for ready in request.migrations)
        first = request.steps[0].ready
        part = None
        if len(versions) == 1 and first.count > 1:
            part = Part(receipt_of(first), first.number, first.count)
        self.notify(Sending(self._number, versions, len(request.sql.encode()), part))

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
        """Settle a request, once nothing that is in doubt can come behind it."""
        for doubtful in self._doubtful:
            if doubtful is not request:
                self._settle_one(doubtful)
        settlement = self._settle_one(request)
        self._doubtful = ()
        return settlement

    def _settle_one(self, request: Request, *, at_work: Callable[[], None] = lambda: None) -> Settlement:
        return settle(
            self.database,
            request,
            patience=self.patience,
            clock=self.clock,
            notify=self.notify,
            at_work=at_work,
        )

    def _turned_away(self, request: Request, refusal: NotSent) -> SbapplyError | None:
        """Deal with a refusal: wait and send again, or end; what was answered is settled before that is told.

        An answer can stand in for the true one, and what is sent after it may not get anywhere any more.
        """
        ended = self.endurance.at_the_door(refusal)
        if refusal.answered:
            self._doubtful = (*self._doubtful, request)
        if ended is None or not self._doubtful:
            return ended
        self.notify(Settling(refusal.message))
        cause = OutcomeUnknown(refusal.message, refusal.next_step, lasting=True)
        last = self._doubtful[-1]
        ended = self._conclude(last, cause, self._settle(last))
        return refusal if isinstance(ended, NothingApplied) else ended

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
            self.plan_anew()
            return None
        absent = [
            step
            for step, standing in zip(request.steps, settlement.standings, strict=True)
            if standing is Standing.ABSENT
        ]
        if not absent:
            self.plan_anew()
            return None
        said = verdict_of_postgres(cause)
        if said is None:
            return self._again(self.endurance.blindly(cause))
        if settlement.rivals and said.sqlstate == "55P03":
            self.notify(Waiting("another push is at work on the history"))
            self.endurance.wait_on()
        return self._judge(request, said, absent)

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

    def _record(self, request: Request, standings: Sequence[Standing], found: Findings) -> None:
        """Take in what is settled as done."""
        if Standing.ABSENT not in standings:
            # What was in doubt holds the same steps: should it come now, it finds them done.
            self._doubtful = ()
        if Standing.ABSENT not in standings[:1]:
            books = self.ledger
            books.state = books.state.with_tables(
                units=needs_units(request.steps), pieces=needs_pieces(request.steps)
            )
        if self.ledger.record(request.steps, standings, found):
            # Only progress renews patience, else a failure that always passes would be sent for ever.
            self.endurance.renew()
        done = [step for step, standing in zip(request.steps, standings, strict=True) if standing is Standing.DONE]
        self.fresh = frozenset(step.attempt for step in done if isinstance(step, ClaimUnit))
        self.put |= {(step.attempt, step.batch) for step in done if isinstance(step, CarryPieces)}

    def _judge(self, request: Request, said: SqlError, absent: Sequence[Step]) -> SbapplyError | None:
        """Decide what an error of Postgres means for what is settled as absent."""
        turned_away = request.turned_away(said)
        if turned_away and said.sqlstate == "SBA06":
            return history_not_made(said)
        if turned_away or said.sqlstate in _FENCES:
            self._deadline_factor *= 2 if said.sqlstate == "SBA02" else 1
            return self._again(self.endurance.in_time(said, fence_closed(said)))
        first = absent[0]
        if said.sqlstate == "SBA07" and isinstance(first, FinishUnit):
            self.grounds = replace(self.grounds, ran=self.grounds.ran - {first.claim.attempt})
            return self._again(self.endurance.blindly(said))
        if said.sqlstate == "SBA11" and isinstance(first, RunUnit | FinishUnit) and first.attempt:
            self.spoilt.add(first.attempt)
            self.grounds = replace(self.grounds, carried=self.grounds.carried - self.spoilt)
            return self._again(self.endurance.blindly(said))
        if said.sqlstate in PASSING:
            return self._again(self.endurance.in_time(said, self._failed(first.ready, said, request, holder=True)))
        segment = request.segment_at(said.position) if said.position is not None else None
        unheard = segment is None and said.sqlstate in GRAMMAR_STATES and not self.one_by_one
        if unheard and len(absent) == len(request.steps) > 1:
            self.one_by_one = True
            self.plan_anew()
            return None
        culprit = segment.step if segment is not None else first
        if culprit not in absent:
            return self._again(self.endurance.blindly(said))
        lesson = self._learn(culprit, said)
        if lesson is True:
            self.plan_anew()
            return None
        failure = self._failed(culprit.ready, said, request) if lesson is False else lesson
        if culprit is not first and culprit.ready.version != first.ready.version:
            self.ledger.hold_from(culprit.ready)
            self.held_back = failure
            self.plan_anew()
            return None
        return failure

    def _failed(self, ready: Ready, said: SqlError, request: Request, *, holder: bool = False) -> MigrationFailed:
        """Return the failure of a migration; ``holder`` looks for who holds the lock it waited for."""
        held = name_holder(self.database, ready.migration) if holder and said.sqlstate == "55P03" else ""
        return migration_failed(self._standing(ready), said, place_of(said, ready, request), holder=held)

    def _standing(self, ready: Ready) -> Ready:
        """Return a migration as far as the books have it."""
        return next((each for each in self.ledger.pending if each.version == ready.version), ready)

    def _learn(self, step: Step, said: SqlError) -> bool | MigrationFailed:
        """Take a lesson on how a file has to be cut from what the server said; return whether there was one.

        Where the file cannot be cut so, that is its failure.
        """
        if not isinstance(step, RunUnit):
            return False
        ready = self._standing(step.ready)
        hints = learn(ready, step.ready.units[0], said.sqlstate, said.message)
        if hints is None:
            return False
        anew = prepare(ready.migration, ready.progress, hints)
        if isinstance(anew, Problem):
            return cannot_be_cut(ready, anew, said)
        self.notify(Retrying(f"{said.sqlstate}: {said.message}; {ready.migration.file} is cut differently"))
        self._hints[ready.version] = hints
        return True

    def _again(self, last_word: SbapplyError | None) -> SbapplyError | None:
        """Plan anew before what was not applied is sent again, unless a last word is to be told."""
        if last_word is None:
            self.plan_anew()
        return last_word


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
