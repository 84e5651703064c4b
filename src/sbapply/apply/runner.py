"""Send pending migrations and settle each request before a word is said about it."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sbapply.apply.failure import (
    GRAMMAR_STATES,
    fence_closed,
    history_conflict,
    history_not_made,
    migration_failed,
    verdict_of_postgres,
)
from sbapply.apply.outcome import Applied, Notify, Outcome, Receipt, Retrying, Sending, Settling, Waiting
from sbapply.apply.script import Request, build_request, cancelling_sql, take_batch
from sbapply.apply.settle import Settlement, settle
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience
from sbapply.errors import (
    DatabaseError,
    HistoryMoved,
    Interrupted,
    MigrationFailed,
    NothingApplied,
    NotSent,
    OutcomeUnknown,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.plan import Plan, Ready
from sbapply.history.state import HistoryRow, RemoteState, read_state

Replan = Callable[[RemoteState], Plan]

# What may well succeed when it is sent again: deadlock, serialization failure, lock not available.
_PASSING = frozenset({"40P01", "40001", "55P03"})
# Our own fences: there already, past the deadline, history moved, history table made by another first runner.
_OURS = frozenset({"SBA01", "SBA02", "SBA03", "SBA05"})
# Before these nothing of a request has run.
_BEFORE_ALL = frozenset({"SBA02", "SBA05", "SBA06"})
# A deadline too early costs one more request, one too late a wait before anything can be called not applied.
_SHORTEST_DEADLINE = 2.0
_LONGEST_DEADLINE = 30.0
_BLIND_ATTEMPTS = 4
_CANCEL_SECONDS = 10.0
_AT_VERSION = re.compile(r"version (\S+)")


@dataclass
class _Run:
    """Carry one push from request to request."""

    database: Database
    state: RemoteState
    pending: list[Ready]
    replan: Replan
    limits: Limits
    patience: Patience
    clock: Clock
    notify: Notify
    name: str
    number: int = 0
    blind_attempts: int = 0
    deadline_factor: float = 1.0
    one_by_one: bool = False
    passing_until: float | None = None
    sent: Request | None = None
    error: SbapplyError | None = None
    held: list[Ready] = field(default_factory=list)
    applied: list[Receipt] = field(default_factory=list)
    elsewhere: list[Receipt] = field(default_factory=list)

    def drive(self) -> Outcome:
        """Send until nothing is pending or a definite error stands."""
        try:
            while self.pending:
                error = self._try_step()
                if error is not None:
                    # A file that was refused as a whole stands behind those that could still be applied; what
                    # stops these is the error to tell.
                    self.error = error
                    break
        except KeyboardInterrupt:
            self.error = self._interrupt()
        return Outcome(tuple(self.applied), tuple(self.elsewhere), (*self.pending, *self.held), self.error)

    def _try_step(self) -> SbapplyError | None:
        try:
            return self._step()
        except SbapplyError as raised:
            return raised

    def _build(self) -> Request:
        self.number += 1
        batch = take_batch(self.pending[: 1 if self.one_by_one else None], self.limits)
        seconds = max(_SHORTEST_DEADLINE, 4 * self.state.latency) * self.deadline_factor
        # Settling has to outlast the deadline, else it could never end with "not applied".
        seconds = min(seconds, _LONGEST_DEADLINE, self.patience.settle / 2)
        server_now = self.state.server_time + self.clock.monotonic() - self.state.read_at
        return build_request(
            batch,
            self.state,
            run=self.name,
            number=self.number,
            nonce=secrets.token_hex(12),
            deadline=server_now + seconds,
            limits=self.limits,
        )

    def _step(self) -> SbapplyError | None:
        """Send one request and deal with its answer; return the error that ends the push, if one does."""
        request = self._build()
        versions = tuple(ready.version for ready in request.migrations)
        self.notify(Sending(self.number, versions, len(request.sql.encode())))
        self.sent = request
        try:
            cause = self._send(request)
        except NotSent as error:
            return self._turned_away(request, error)
        if cause is None:
            self._record(request.migrations)
            return None
        self.notify(Settling(cause.message))
        return self._conclude(request, cause, self._settle(request))

    def _send(self, request: Request) -> SqlError | OutcomeUnknown | None:
        """Return None if the answer proves that everything was committed, else what was said instead."""
        try:
            rows = self.database.run(request.sql)
        except (SqlError, OutcomeUnknown) as error:
            return error
        wanted = {ready.version for ready in request.migrations}
        if len(rows) == 1 and rows[0].get("sbapply") == request.nonce:
            versions = rows[0].get("versions")
            if isinstance(versions, list) and wanted == set(map(str, versions)):
                return None
        return OutcomeUnknown("The answer was not this request's own last row.")

    def _settle(self, request: Request) -> Settlement:
        return settle(self.database, request, patience=self.patience, clock=self.clock, notify=self.notify)

    def _conclude(
        self, request: Request, cause: SqlError | OutcomeUnknown, settlement: Settlement
    ) -> SbapplyError | None:
        """Record what is settled and decide how to go on."""
        conflict = next(
            (
                ready
                for ready in request.migrations
                if ready.version in settlement.present and not settlement.is_ours(ready.version, ready.digest)
            ),
            None,
        )
        present = [ready for ready in request.migrations if settlement.is_ours(ready.version, ready.digest)]
        self._record_settled(present, cause)
        if conflict is not None:
            return history_conflict(conflict)
        absent = [ready for ready in request.migrations if ready.version not in settlement.present]
        if not absent:
            self._plan_anew()
            return None
        said = verdict_of_postgres(cause)
        if said is None:
            return self._send_again_blindly(cause)
        if settlement.rivals and said.sqlstate == "55P03":
            self.notify(Waiting("another push is at work on the history"))
            self.passing_until = None
        return self._judge(request, said, absent)

    def _judge(self, request: Request, said: SqlError, absent: Sequence[Ready]) -> SbapplyError | None:
        """Decide what an error of Postgres means for what is settled as absent."""
        if said.sqlstate in _OURS:
            self.deadline_factor *= 2 if said.sqlstate == "SBA02" else 1
            return self._send_again_in_time(said, fence_closed(said))
        if said.sqlstate == "SBA06":
            return history_not_made(said)
        if said.sqlstate in _PASSING:
            return self._send_again_in_time(said, migration_failed(absent[0], said, request))
        segment = request.segment_at(said.position) if said.position is not None else None
        if segment is None and said.sqlstate in GRAMMAR_STATES and len(absent) == len(request.migrations) > 1:
            self.one_by_one = True
            self._plan_anew()
            return None
        culprit = segment.ready if segment is not None else absent[0]
        if culprit not in absent:
            return self._send_again_blindly(said)
        failure = migration_failed(culprit, said, request)
        if culprit is not absent[0]:
            self._hold_from(culprit, failure)
            self._plan_anew()
            return None
        return failure

    def _hold_from(self, culprit: Ready, failure: MigrationFailed) -> None:
        """Keep back a migration that the server's parser rejected, and all behind it; those before it still go."""
        index = self.pending.index(culprit)
        self.held = self.pending[index:] + self.held
        self.pending = self.pending[:index]
        self.error = failure

    def _send_again_in_time(self, said: SqlError, last_word: SbapplyError) -> SbapplyError | None:
        """Send again what may pass, until patience is at its end; ``last_word`` is what is told then."""
        now = self.clock.monotonic()
        if self.passing_until is None:
            self.passing_until = now + self.patience.settle
        if now >= self.passing_until:
            return last_word
        self.notify(Retrying(f"{said.sqlstate}: {said.message}"))
        self.clock.sleep(0.1 + 0.4 * self.clock.jitter())
        self._plan_anew()
        return None

    def _send_again_blindly(self, cause: DatabaseError) -> SbapplyError | None:
        """Send again what is settled as not applied, a few times."""
        self.blind_attempts += 1
        lasting = isinstance(cause, OutcomeUnknown) and cause.lasting
        if lasting or self.blind_attempts >= _BLIND_ATTEMPTS:
            return NothingApplied(
                f"What was sent had no effect, {self.blind_attempts} times over: {cause.message}",
                cause.next_step or "Run the same command again when the API answers properly.",
            )
        self.notify(Retrying("settled: it had no effect"))
        self.clock.sleep(0.25 * 2**self.blind_attempts * (0.5 + self.clock.jitter() / 2))
        self._plan_anew()
        return None

    def _turned_away(self, request: Request, refusal: NotSent) -> SbapplyError | None:
        """Deal with a refusal: wait and send again, or end; one that was an answer is settled before it is told."""
        ended = self._wait_at_the_door(refusal)
        if ended is None or not refusal.answered:
            return ended
        self.notify(Settling(refusal.message))
        cause = OutcomeUnknown(refusal.message, refusal.next_step, lasting=True)
        ended = self._conclude(request, cause, self._settle(request))
        return refusal if isinstance(ended, NothingApplied) else ended

    def _wait_at_the_door(self, error: NotSent) -> SbapplyError | None:
        """Wait before a request that certainly never ran is sent once more, if that can help."""
        now = self.clock.monotonic()
        if not error.transient:
            return error
        if self.passing_until is None:
            self.passing_until = now + self.patience.settle
        wait = error.retry_after if error.retry_after is not None else 0.5 + self.clock.jitter()
        if now + wait > self.passing_until:
            return error
        self.notify(Waiting(error.message, wait))
        self.clock.sleep(wait)
        return None

    def _plan_anew(self) -> None:
        """Read the history again and plan again; what was agreed to may only become less."""
        if not self.pending:
            return
        self.state = read_state(self.database, patience=self.patience.read, clock=self.clock)
        agreed = {ready.version for ready in self.pending}
        plan = self.replan(self.state)
        refused = [refusal for refusal in plan.refusals if refusal.migration.version in agreed]
        if refused:
            raise HistoryMoved(
                f"Somebody else changed the history meanwhile; {refused[0].migration.file} no longer fits: "
                f"{refused[0].problem.reason}.",
                "Run `sbapply status`, then push again.",
            )
        known = {row.version: row for row in self.state.rows}
        found = [ready for ready in self.pending if ready.version in known]
        for ready in found:
            if known[ready.version].digest != ready.digest:
                raise history_conflict(ready)
        self._note_elsewhere(found)

    def _record(self, done: Sequence[Ready]) -> None:
        """Take migrations that are proved to be applied off the list."""
        receipts = [Receipt(ready.version, ready.migration.name) for ready in done]
        # What is interrupted in here is done once more by _interrupt.
        new = [each for each in receipts if each not in self.applied and each not in self.elsewhere]
        self.applied += new
        versions = {ready.version for ready in done}
        self.pending = [ready for ready in self.pending if ready.version not in versions]
        if new:
            # Only progress renews patience, else a failure that always passes would be sent for ever.
            self.blind_attempts, self.passing_until = 0, None
        for ready in done:
            self.state = self.state.with_row(HistoryRow(ready.version, ready.migration.name, ready.digest))
        for receipt in new:
            self.notify(Applied(receipt))

    def _record_settled(self, present: Sequence[Ready], cause: SqlError | OutcomeUnknown) -> None:
        """Record rows that were found: this run's, unless the answer tells that they were there before it."""
        state = _sqlstate(cause)
        met = _AT_VERSION.search(cause.message) if state in ("SBA01", "SBA03") else None
        cut = next((at for at, each in enumerate(present) if met and each.version >= met[1]), len(present))
        cut = 0 if state in _BEFORE_ALL else cut
        self._record(present[:cut])
        self._note_elsewhere(present[cut:])

    def _note_elsewhere(self, found: Sequence[Ready]) -> None:
        """Take migrations off the list that another run or delivery has applied."""
        receipts = [Receipt(ready.version, ready.migration.name) for ready in found]
        self.elsewhere += [each for each in receipts if each not in self.applied and each not in self.elsewhere]
        versions = {ready.version for ready in found}
        self.pending = [ready for ready in self.pending if ready.version not in versions]

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
                found = self.sent.migrations
                self._record([each for each in found if settlement.is_ours(each.version, each.digest)])
        except KeyboardInterrupt:
            return Unsettled(
                "Interrupted twice: it is not settled whether the last request took effect.",
                "Run `sbapply status`: what it lists as applied is applied.",
            )
        except SbapplyError as error:
            return error
        return Interrupted(
            "Interrupted; what is listed as applied is applied, the rest is not.",
            "Run `sbapply push` to go on from there.",
        )

    def _cancel(self, request: Request) -> None:
        """Cancel a request's statement in the database; without an answer it is tried again while it is at work."""
        try:
            self.database.run(cancelling_sql(request), timeout=_CANCEL_SECONDS)
        except DatabaseError as error:
            self.notify(Waiting(f"cancelling had no answer: {error.message}"))


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
) -> Outcome:
    """Apply migrations in order, each exactly once, and return what is settled.

    ``ready`` is what was agreed to, planned against ``state``; ``replan`` plans again on a newer state. Each
    migration is atomic with its row in the history; the first that fails ends the push, and those before it stay.
    Raises nothing of the error tree: the outcome carries it.
    """
    run = _Run(
        database,
        state,
        list(ready),
        replan,
        limits or Limits(),
        patience or Patience(),
        clock or Clock(),
        notify,
        secrets.token_hex(8),
    )
    return run.drive()


def _sqlstate(cause: SqlError | OutcomeUnknown) -> str:
    return cause.sqlstate if isinstance(cause, SqlError) else ""
