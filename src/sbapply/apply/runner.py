"""Send pending migrations and settle each request before a word is said about it."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sbapply.apply.outcome import Applied, Notify, Outcome, Receipt, Retrying, Sending, Settling, Waiting
from sbapply.apply.script import Request, build_request, cancelling_sql, take_batch
from sbapply.apply.settle import Settlement, settle
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience
from sbapply.errors import (
    DatabaseError,
    HistoryConflict,
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
# Two first runners at once: schema, table, type or column made by the other one in between.
_CREATION_RACE = frozenset({"42P06", "42P07", "42701", "42710", "23505", "XX000"})
_OURS = frozenset({"SBA01", "SBA02", "SBA03"})
# A deadline too early costs one more request, one too late a wait before anything can be called not applied.
_SHORTEST_DEADLINE = 2.0
_LONGEST_DEADLINE = 30.0
_BLIND_ATTEMPTS = 4
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
    error: SbapplyError | None = None
    held: list[Ready] = field(default_factory=list)
    applied: list[Receipt] = field(default_factory=list)
    elsewhere: list[Receipt] = field(default_factory=list)

    def drive(self) -> Outcome:
        """Send until nothing is pending or a definite error stands."""
        while self.pending:
            request = self._build()
            try:
                error = self._step(request)
            except KeyboardInterrupt:
                error = self._interrupt(request)
            except SbapplyError as raised:
                error = raised
            if error is not None:
                # A file that was refused as a whole stands behind those that could still be applied; what stops
                # these is the error to tell.
                self.error = error
                break
        return Outcome(tuple(self.applied), tuple(self.elsewhere), (*self.pending, *self.held), self.error)

    def _build(self) -> Request:
        self.number += 1
        batch = take_batch(self.pending[: 1 if self.one_by_one else None], self.limits)
        seconds = min(max(_SHORTEST_DEADLINE, 4 * self.state.latency) * self.deadline_factor, _LONGEST_DEADLINE)
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

    def _step(self, request: Request) -> SbapplyError | None:
        """Send one request and deal with its answer; return the error that ends the push, if one does."""
        versions = tuple(ready.version for ready in request.migrations)
        self.notify(Sending(self.number, versions, len(request.sql.encode())))
        try:
            cause = self._send(request)
        except NotSent as error:
            return self._wait_at_the_door(error)
        if cause is None:
            self._record(request.migrations)
            return None
        self.notify(Settling(cause.message))
        settlement = self._settle(request)
        return self._conclude(request, cause, settlement)

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
            return _conflict(conflict)
        absent = [ready for ready in request.migrations if ready.version not in settlement.present]
        if not absent:
            self._plan_anew()
            return None
        said = _verdict_of_postgres(cause)
        if said is None:
            return self._send_again_blindly(cause)
        return self._judge(request, said, absent)

    def _judge(self, request: Request, said: SqlError, absent: Sequence[Ready]) -> SbapplyError | None:
        """Decide what an error of Postgres means for what is settled as absent."""
        if said.sqlstate in _OURS:
            self.deadline_factor *= 2 if said.sqlstate == "SBA02" else 1
            return self._send_again_in_time(said, absent[0])
        creating = not self.state.has_table or bool(self.state.missing_columns)
        if said.sqlstate in _PASSING or (creating and said.sqlstate in _CREATION_RACE and self._first_try()):
            return self._send_again_in_time(said, absent[0])
        culprit = absent[0]
        if said.position is not None:
            segment = request.segment_at(said.position)
            culprit = segment.ready if segment is not None else culprit
        elif said.sqlstate == "42601" and len(absent) == len(request.migrations) > 1:
            # Perhaps a syntax error of the server's own grammar, which rejects the request as a whole.
            self.one_by_one = True
            return None
        if culprit not in absent:
            return self._send_again_blindly(said)
        failure = _failure(culprit, said, request)
        if culprit is not absent[0]:
            self._hold_from(culprit, failure)
            self._plan_anew()
            return None
        return failure

    def _first_try(self) -> bool:
        self.blind_attempts += 1
        return self.blind_attempts < _BLIND_ATTEMPTS

    def _hold_from(self, culprit: Ready, failure: MigrationFailed) -> None:
        """Keep back a migration that the server's parser rejected, and all behind it; those before it still go."""
        index = self.pending.index(culprit)
        self.held = self.pending[index:] + self.held
        self.pending = self.pending[:index]
        self.error = failure

    def _send_again_in_time(self, said: SqlError, ready: Ready) -> SbapplyError | None:
        now = self.clock.monotonic()
        if self.passing_until is None:
            self.passing_until = now + self.patience.settle
        if now >= self.passing_until:
            return _failure(ready, said, None)
        self.notify(Retrying(f"{said.sqlstate}: {said.message}"))
        self.clock.sleep(0.1 + 0.4 * self.clock.jitter())
        self._plan_anew()
        return None

    def _send_again_blindly(self, cause: DatabaseError) -> SbapplyError | None:
        """Send again what is settled as not applied, a few times."""
        self.blind_attempts += 1
        if self.blind_attempts >= _BLIND_ATTEMPTS:
            return NothingApplied(
                f"What was sent had no effect, {self.blind_attempts} times: {cause.message}",
                cause.next_step or "Run the same command again when the API answers properly.",
            )
        self.notify(Retrying("settled: it had no effect"))
        self.clock.sleep(0.25 * 2**self.blind_attempts * (0.5 + self.clock.jitter() / 2))
        self._plan_anew()
        return None

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
        for ready in self.pending:
            row = known.get(ready.version)
            if row is not None and row.digest != ready.digest:
                raise _conflict(ready)
            if row is not None:
                self.elsewhere.append(Receipt(ready.version, ready.migration.name))
        self.pending = [ready for ready in self.pending if ready.version not in known]

    def _record(self, done: Sequence[Ready]) -> None:
        """Take migrations that are proved to be applied off the list."""
        for ready in done:
            receipt = Receipt(ready.version, ready.migration.name)
            self.applied.append(receipt)
            self.notify(Applied(receipt))
        versions = {ready.version for ready in done}
        self.pending = [ready for ready in self.pending if ready.version not in versions]
        self.blind_attempts, self.passing_until = 0, None
        for ready in done:
            self.state = self.state.with_row(HistoryRow(ready.version, ready.migration.name, ready.digest))

    def _record_settled(self, present: Sequence[Ready], cause: SqlError | OutcomeUnknown) -> None:
        """Record rows that were found: ours, unless the request itself met them there."""
        met = _AT_VERSION.search(cause.message) if _sqlstate(cause) in ("SBA01", "SBA03") else None
        cut = next((at for at, each in enumerate(present) if met and each.version >= met[1]), len(present))
        self._record(present[:cut])
        for ready in present[cut:]:
            self.elsewhere.append(Receipt(ready.version, ready.migration.name))
            self.pending.remove(ready)

    def _interrupt(self, request: Request) -> SbapplyError:
        """Cancel in the database, wait for it, and tell what is left."""
        try:
            self.notify(Settling("interrupted"))
            try:
                self.database.run(cancelling_sql(request))
            except DatabaseError as error:
                self.notify(Waiting(f"cancelling had no answer: {error.message}"))
            settlement = self._settle(request)
            cause = OutcomeUnknown("interrupted")
            self._record_settled(
                [each for each in request.migrations if settlement.is_ours(each.version, each.digest)], cause
            )
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


def _verdict_of_postgres(cause: SqlError | OutcomeUnknown) -> SqlError | None:
    """Return what Postgres said if it tells of the SQL rather than of the session.

    A cancelled statement (57014) and an internal error (XX) prove nothing about what stands before them, but once
    that is settled they are why the migration failed, and sending it again would meet them again.
    """
    if isinstance(cause, SqlError):
        return cause
    said = cause.sql_error
    return said if said is not None and (said.sqlstate == "57014" or said.sqlstate.startswith("XX")) else None


def _sqlstate(cause: SqlError | OutcomeUnknown) -> str:
    return cause.sqlstate if isinstance(cause, SqlError) else ""


def _failure(ready: Ready, said: SqlError, request: Request | None) -> MigrationFailed:
    file = ready.migration.file
    place = request.place(said.position) if request is not None and said.position is not None else None
    next_step = "Correct the file and push again; nothing of it was applied."
    if said.sqlstate == "55P03":
        next_step = "Another session holds a lock that it needs; push again when that has ended."
    elif said.sqlstate == "SBA04":
        next_step = "Take what touches supabase_migrations.schema_migrations out of the file, then push again."
    elif said.sqlstate == "55P04":
        next_step = "A new enum value can be used only after a commit: move its use to a file of its own."
    return MigrationFailed(
        f"{file} failed: {said.message}", next_step, version=ready.version, place=place, sql_error=said
    )


def _conflict(ready: Ready) -> HistoryConflict:
    return HistoryConflict(
        f"Version {ready.version} is in the history with another text than {ready.migration.file}.",
        "Somebody else applied another file of that version: compare the two, then renumber yours.",
        version=ready.version,
    )
