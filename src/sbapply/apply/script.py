"""Build the SQL of one request that writes; every clause closes a hole (docs/protocol.md names each)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.apply import clauses
from sbapply.apply.clauses import literals, marker_halves
from sbapply.apply.lone import claim_sql, finish_sql, release_sql
from sbapply.apply.step import (
    CarryPieces,
    ClaimCarriage,
    ClaimUnit,
    FinishUnit,
    ReleaseUnit,
    RunUnit,
    Step,
    is_last,
    unit_of,
)
from sbapply.config import Limits
from sbapply.errors import Place, SqlError
from sbapply.history.digest import digest_of_texts, digest_of_versions
from sbapply.history.ready import Ready
from sbapply.history.state import RemoteState
from sbapply.migrations.text import place_at
from sbapply.quoting import quote_literal
from sbapply.templates import fill


@dataclass(frozen=True, slots=True)
class Segment:
    """Say where in a request a step's SQL stands, in characters, and where in it the text of its file.

    ``text_start`` and ``text_end`` are equal where none of the file's text is in it as it stands.
    """

    step: Step
    start: int
    end: int
    text_start: int
    text_end: int

    @property
    def ready(self) -> Ready:
        """Return the migration."""
        return self.step.ready


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request that writes: its SQL and what is needed to recognise, settle and explain it."""

    sql: str
    marker: str
    nonce: str
    deadline: float
    segments: tuple[Segment, ...]

    def turned_away(self, said: SqlError) -> bool:
        """Say whether its own first statements raised ``said``, so that nothing of it has run.

        A file can raise these SQLSTATEs too; the nonce in the detail is the request's.
        """
        return said.sqlstate in ("SBA02", "SBA05", "SBA06") and said.detail == self.nonce

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return what it does, in order."""
        return tuple(segment.step for segment in self.segments)

    @property
    def migrations(self) -> tuple[Ready, ...]:
        """Return the migrations that it is about, in order."""
        by_version = {segment.ready.version: segment.ready for segment in self.segments}
        return tuple(by_version.values())

    @property
    def attempts(self) -> tuple[str, ...]:
        """Return the attempts whose pieces it carries."""
        return tuple(step.attempt for step in self.steps if isinstance(step, CarryPieces))

    def segment_at(self, position: int) -> Segment | None:
        """Return the segment whose file's text holds a character of the request, None for our own text."""
        return next((each for each in self.segments if each.text_start <= position <= each.text_end), None)

    def place(self, position: int) -> Place | None:
        """Return the place in a file of a character of the request, None for our own text."""
        segment = self.segment_at(position)
        if segment is None or segment.text_start == segment.text_end:
            return None
        migration = segment.ready.migration
        offset = unit_of(segment.step).start + position - segment.text_start
        return place_at(migration.file, migration.text, offset)


@dataclass(frozen=True, slots=True)
class _Part:
    """Hold the SQL of one step in three parts: ours, the file's text, ours."""

    before: str
    text: str = ""
    after: str = ""


def body_bytes(sql: str) -> int:
    """Return the size of the request's JSON body, as the client encodes it."""
    return len(json.dumps({"query": sql}, ensure_ascii=False, separators=(",", ":")).encode())


def step_bytes(step: Step, limits: Limits) -> int:
    """Return the bytes that one step adds to a request's body."""
    part = _part(step, "0" * 64, limits, plain=True)
    return body_bytes(part.before + part.text + part.after) + 2 * len(step.ready.version) + 8


def build_request(
    steps: Sequence[Step],
    state: RemoteState,
    *,
    run: str,
    number: int,
    nonce: str,
    deadline: float,
    limits: Limits,
) -> Request:
    """Build the request that does ``steps``, in order, onto ``state``.

    ``deadline`` is on the server's clock, in seconds since 1970. The head that each step is compared with is what
    ``state`` read plus the versions that steps before it in the request write.
    """
    marker = f"sbapply run={run} request={number};"
    # Without the table of claims none stands.
    plain = state.has_units
    parts = [clauses.opening_sql(marker, nonce, deadline, plain=plain)]
    parts.append(_creation(steps, state, limits, nonce))
    length = sum(map(len, parts))
    head = set(state.versions)
    segments: list[Segment] = []
    for step in steps:
        part = _part(step, digest_of_versions(head - {step.ready.version}), limits, plain=plain)
        start = length + len(part.before)
        end = start + len(part.text) + len(part.after)
        segments.append(Segment(step, length, end, start, start + len(part.text)))
        parts += (part.before, part.text, part.after)
        length = end
        if isinstance(step, RunUnit | FinishUnit) and is_last(step):
            head.add(step.ready.version)
    parts.append(_last(nonce, steps))
    return Request("".join(parts), marker, nonce, deadline, tuple(segments))


def settling_sql(request: Request) -> str:
    """Return the read-only SQL that finds out what became of a request."""
    versions = [ready.version for ready in request.migrations]
    return clauses.settling_sql(
        request.marker,
        request.deadline,
        table=clauses.HISTORY,
        present=clauses.present_in_history(versions),
        versions=versions,
        attempts=("", *request.attempts),
    )


def cancelling_sql(marker: str) -> str:
    """Return the SQL that cancels the backends that carry a request's marker."""
    return fill(clauses.load("cancel.sql"), **marker_halves(marker))


def _creation(steps: Sequence[Step], state: RemoteState, limits: Limits, nonce: str) -> str:
    """Return what makes the history whole, or nothing: a no-op ALTER would fire DDL event triggers."""
    statements: list[str] = []
    if not state.has_schema:
        statements.append(clauses.load("create_schema.sql"))
    if not state.has_table:
        statements.append(clauses.load("create_table.sql"))
    else:
        statements += [clauses.load(f"add_column_{column}.sql") for column in state.missing_columns]
    if needs_units(steps) and not state.has_units:
        statements.append(clauses.load("create_units.sql"))
    if needs_pieces(steps) and not state.has_pieces:
        statements.append(clauses.load("create_pieces.sql"))
    if not statements:
        return ""
    return fill(
        clauses.load("create.sql"),
        lock_timeout=quote_literal(limits.lock_timeout),
        statements="".join(statements),
        nonce=quote_literal(nonce),
    )


def needs_units(steps: Sequence[Step]) -> bool:
    """Return whether the side table of units is needed."""
    return any(not _is_whole(step) for step in steps)


def needs_pieces(steps: Sequence[Step]) -> bool:
    """Return whether the side table of pieces is needed."""
    return any(isinstance(step, ClaimCarriage | CarryPieces) for step in steps)


def _is_whole(step: Step) -> bool:
    """Return whether a step is a migration of one part, which leaves no trace beside its version's row."""
    return isinstance(step, RunUnit) and is_last(step) and not step.ready.progress.rows


def _part(step: Step, head: str, limits: Limits, *, plain: bool) -> _Part:
    match step:
        case CarryPieces():
            return _Part(_carry(step, limits))
        case ClaimCarriage():
            clearing = fill(clauses.load("clear_pieces.sql"), version=quote_literal(step.ready.version))
            row = fill(
                clauses.load("claim_carriage.sql"),
                version=quote_literal(step.ready.version),
                digest=quote_literal(step.ready.digest),
                attempt=quote_literal(step.attempt),
                cut=quote_literal(step.cut),
            )
            forgetting = fill(clauses.load("forget_carriage.sql"), version=quote_literal(step.ready.version))
            return _Part(_fence(step, head, limits) + clearing + forgetting + row + "commit;\n")
        case RunUnit():
            return _run(step, head, limits, plain=plain)
        case ClaimUnit():
            # A role that the file has taken need not be allowed to claim anything.
            settings = f"{_settings(step.ready)}reset role;\n{clauses.load('caught.sql')}"
            return _Part(_fence(step, head, limits) + settings + claim_sql(step, limits) + _close_unit(step.ready))
        case FinishUnit():
            check = clauses.load("caught.sql") + finish_sql(step)
            return _Part(_fence(step, head, limits) + check + _finished(step, plain=plain))
        case ReleaseUnit():
            return _Part(_fence(step, head, limits) + clauses.load("caught.sql") + release_sql(step))


def _run(step: RunUnit, head: str, limits: Limits, *, plain: bool) -> _Part:
    ready, unit = step.ready, unit_of(step)
    # Also where the session is still the same: the check behind the last part has reset the role.
    replayed = _settings(ready)
    before = _fence(step, head, limits)
    if is_last(step):
        # Ours first: a role that is replayed need not be allowed to clear anything.
        before += _version_row(ready, step.attempt) + (_cleared(ready) if step.attempt == "" else "") + replayed
        after = _close(ready) + _reset(ready, plain=plain)
    else:
        before += fill(clauses.load("unit_row.sql"), **_unit_values(ready)) + replayed
        after = _close_unit(ready)
    if step.attempt == "":
        return _Part(before, ready.body(unit), f"\n{after}")
    run = ""
    if unit.last > unit.first:
        run = fill(
            clauses.load("run_carried.sql"),
            version=quote_literal(ready.version),
            attempt=quote_literal(step.attempt),
            first=str(unit.first + 1),
            last=str(unit.last + 1),
            digest=quote_literal(digest_of_texts(ready.statements[unit.first : unit.last])),
        )
    # The file may have taken another role.
    clearing = f"reset role;\n{_cleared(ready)}" if is_last(step) else ""
    return _Part(before + run + clearing + after)


def _finished(step: FinishUnit, *, plain: bool) -> str:
    ready = step.ready
    if not is_last(step):
        return fill(clauses.load("finish_unit.sql"), **_unit_values(ready)) + _close_unit(ready)
    return _version_row(ready, step.attempt) + _cleared(ready) + _close(ready) + _reset(ready, plain=plain)


def _fence(step: Step, head: str, limits: Limits) -> str:
    ready = step.ready
    options = unit_of(step).begin_options if isinstance(step, RunUnit) else ""
    return fill(
        clauses.load("fence.sql"),
        options=options,
        statement_timeout=quote_literal(ready.directives.statement_timeout or limits.statement_timeout),
        lock_timeout=quote_literal(ready.directives.lock_timeout or limits.lock_timeout),
        history_lock_timeout=quote_literal(limits.history_lock_timeout),
        version=quote_literal(ready.version),
        head=quote_literal(head),
        progress=quote_literal(ready.progress.as_text()),
    )


def _version_row(ready: Ready, attempt: str) -> str:
    values = {"version": quote_literal(ready.version), "name": quote_literal(ready.migration.name)}
    if attempt:
        row = fill(clauses.load("row_carried.sql"), **values, attempt=quote_literal(attempt))
    else:
        row = fill(clauses.load("row.sql"), **values, stored=f"array[{literals(ready.statements)}]")
    return row + fill(clauses.load("row_written.sql"), version=values["version"])


def _cleared(ready: Ready) -> str:
    """Return what takes away the traces of a migration of several parts, or nothing where it left none."""
    if not ready.progress.rows:
        return ""
    version = quote_literal(ready.version)
    pieces = fill(clauses.load("clear_pieces.sql"), version=version) if ready.progress.carried is not None else ""
    return pieces + fill(clauses.load("clear_units.sql"), version=version)


def _settings(ready: Ready) -> str:
    return "".join(f"{text}\n;\n" for text in ready.units[0].settings)


def _close(ready: Ready) -> str:
    values = {"version": quote_literal(ready.version), "digest": quote_literal(ready.digest)}
    return fill(clauses.load("close.sql"), **values)


def _reset(ready: Ready, *, plain: bool) -> str:
    """Return what leaves the session as it was for the next migration."""
    version = quote_literal(ready.version)
    return fill(clauses.load("reset.sql"), version=version, plain_session=clauses.plain_session(plain))


def _close_unit(ready: Ready) -> str:
    return fill(clauses.load("close_unit.sql"), **_unit_values(ready))


def _unit_values(ready: Ready) -> dict[str, str]:
    unit = ready.units[0]
    return {
        "version": quote_literal(ready.version),
        "unit": str(ready.number),
        "reach": str(ready.reach_of(unit)),
        "digest": quote_literal(ready.digest_at(unit)),
    }


def _carry(step: CarryPieces, limits: Limits) -> str:
    return fill(
        clauses.load("carry.sql"),
        history_lock_timeout=quote_literal(limits.history_lock_timeout),
        version=quote_literal(step.ready.version),
        attempt=quote_literal(step.attempt),
        batch=str(step.batch),
        places=", ".join(str(piece.place) for piece in step.pieces),
        parts=", ".join(str(piece.part) for piece in step.pieces),
        statements=literals(piece.text for piece in step.pieces),
    )


def _last(nonce: str, steps: Sequence[Step]) -> str:
    versions = literals({step.ready.version: None for step in steps})
    parts = ""
    if needs_units(steps):
        parts += fill(clauses.load("last_units.sql"), versions=versions)
    attempts = [step.attempt for step in steps if isinstance(step, CarryPieces)]
    if attempts:
        parts += fill(clauses.load("last_pieces.sql"), attempts=literals(attempts))
    return fill(clauses.load("last.sql"), nonce=quote_literal(nonce), versions=versions, parts=parts)


def frame_bytes() -> int:
    """Return a bound on what a request holds beside its steps: deadline, creation, last row."""
    names = (
        *("deadline.sql", "create.sql", "create_schema.sql", "create_table.sql", "create_units.sql"),
        *("create_pieces.sql", "last.sql", "last_units.sql", "last_pieces.sql", "plain_session.sql"),
    )
    return sum(len(clauses.load(name).encode()) for name in names) + 1_000
