"""Build the SQL of one request that writes; every clause closes a hole (docs/protocol.md names each)."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sbapply.config import Limits
from sbapply.errors import Place
from sbapply.history.digest import digest_of_versions
from sbapply.history.plan import Ready
from sbapply.history.state import RemoteState
from sbapply.migrations.text import place_at
from sbapply.quoting import quote_literal
from sbapply.templates import fill, load_sql

_sql: Callable[[str], str] = partial(load_sql, "sbapply.apply")


@dataclass(frozen=True, slots=True)
class Segment:
    """Say where in a request the text of one migration stands, in characters."""

    ready: Ready
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request that writes: its SQL and what is needed to recognise, settle and explain it."""

    sql: str
    marker: str
    nonce: str
    deadline: float
    segments: tuple[Segment, ...]

    @property
    def migrations(self) -> tuple[Ready, ...]:
        """Return the migrations it carries, in order."""
        return tuple(segment.ready for segment in self.segments)

    def segment_at(self, position: int) -> Segment | None:
        """Return the segment that holds a character of the request, None for our own text."""
        return next((each for each in self.segments if each.start <= position <= each.end), None)

    def place(self, position: int) -> Place | None:
        """Return the place in a file of a character of the request, None for our own text."""
        segment = self.segment_at(position)
        if segment is None:
            return None
        migration = segment.ready.migration
        return place_at(migration.file, migration.text, segment.ready.unit.start + position - segment.start)


def body_bytes(sql: str) -> int:
    """Return the size of the request's JSON body, as the client encodes it."""
    return len(json.dumps({"query": sql}, ensure_ascii=False, separators=(",", ":")).encode())


def take_batch(ready: Sequence[Ready], limits: Limits) -> tuple[Ready, ...]:
    """Return as many of the first migrations as fit into one request, and at least one."""
    size = _frame_bytes()
    batch: list[Ready] = []
    for each in ready:
        size += migration_bytes(each, limits)
        if batch and size > limits.request_bytes:
            break
        batch.append(each)
    return tuple(batch)


def fits(ready: Ready, limits: Limits) -> bool:
    """Return whether a migration can travel in one request of its own."""
    return _frame_bytes() + migration_bytes(ready, limits) <= limits.request_bytes


def migration_bytes(ready: Ready, limits: Limits) -> int:
    """Return the bytes that one migration adds to a request's body."""
    parts = (_open(ready, "0" * 64, limits), ready.body, "\n", _close(ready), _sql("reset.sql"))
    return body_bytes("".join(parts)) + len(ready.version) + 4


def build_request(
    batch: Sequence[Ready],
    state: RemoteState,
    *,
    run: str,
    number: int,
    nonce: str,
    deadline: float,
    limits: Limits,
) -> Request:
    """Build the request that applies ``batch`` onto ``state``.

    ``deadline`` is on the server's clock, in seconds since 1970. The head that each migration is compared with is
    what ``state`` read plus what stands before it in the request.
    """
    marker = f"sbapply run={run} request={number};"
    parts = [fill(_sql("deadline.sql"), marker=marker, deadline=repr(deadline))]
    parts.append(_creation(state, limits))
    length = sum(map(len, parts))
    head = set(state.versions)
    segments: list[Segment] = []
    for ready in batch:
        opening = _open(ready, digest_of_versions(head), limits)
        start = length + len(opening)
        segments.append(Segment(ready, start, start + len(ready.body)))
        added = (opening, ready.body, "\n", _close(ready), _sql("reset.sql"))
        parts.extend(added)
        length += sum(map(len, added))
        head.add(ready.version)
    parts.append(_last(nonce, [ready.version for ready in batch]))
    return Request("".join(parts), marker, nonce, deadline, tuple(segments))


def build_dry_run(batch: Sequence[Ready], *, run: str, nonce: str, limits: Limits) -> Request:
    """Build the request that runs ``batch`` in one transaction and rolls it back."""
    marker = f"sbapply run={run} request=0;"
    timeouts = {
        "statement_timeout": quote_literal(limits.statement_timeout),
        "lock_timeout": quote_literal(limits.lock_timeout),
    }
    options = batch[0].unit.begin_options if len(batch) == 1 else ""
    parts = [fill(_sql("dry_run_open.sql"), marker=marker, options=options, **timeouts)]
    between = fill(_sql("dry_run_between.sql"), **timeouts)
    length = len(parts[0])
    segments: list[Segment] = []
    for ready in batch:
        segments.append(Segment(ready, length, length + len(ready.body)))
        added = (ready.body, "\n", between)
        parts += added
        length += sum(map(len, added))
    parts.append(fill(_sql("dry_run_close.sql"), nonce=quote_literal(nonce)))
    return Request("".join(parts), marker, nonce, 0.0, tuple(segments))


def settling_sql(request: Request) -> str:
    """Return the read-only SQL that finds out what became of a request."""
    return fill(
        _sql("settle.sql"),
        deadline=repr(request.deadline),
        versions=_literals(ready.version for ready in request.migrations),
        **_marker_halves(request),
    )


def cancelling_sql(request: Request) -> str:
    """Return the SQL that cancels the backends that carry a request's marker."""
    return fill(_sql("cancel.sql"), **_marker_halves(request))


def _marker_halves(request: Request) -> dict[str, str]:
    middle = len(request.marker) // 2
    return {
        "marker_head": quote_literal(request.marker[:middle]),
        "marker_tail": quote_literal(request.marker[middle:]),
    }


def _creation(state: RemoteState, limits: Limits) -> str:
    """Return what makes the history table whole, or nothing: a no-op ALTER would fire DDL event triggers."""
    statements: list[str] = []
    if not state.has_schema:
        statements.append(_sql("create_schema.sql"))
    if not state.has_table:
        statements.append(_sql("create_table.sql"))
    else:
        statements += [_sql(f"add_column_{column}.sql") for column in state.missing_columns]
    if not statements:
        return ""
    return fill(_sql("create.sql"), lock_timeout=quote_literal(limits.lock_timeout), statements="".join(statements))


def _open(ready: Ready, head: str, limits: Limits) -> str:
    return fill(
        _sql("open.sql"),
        options=ready.unit.begin_options,
        statement_timeout=quote_literal(limits.statement_timeout),
        lock_timeout=quote_literal(limits.lock_timeout),
        history_lock_timeout=quote_literal(limits.history_lock_timeout),
        version=quote_literal(ready.version),
        name=quote_literal(ready.migration.name),
        stored=f"array[{_literals(ready.statements)}]",
        head=quote_literal(head),
    )


def _close(ready: Ready) -> str:
    return fill(_sql("close.sql"), version=quote_literal(ready.version), digest=quote_literal(ready.digest))


def _last(nonce: str, versions: Iterable[str]) -> str:
    return fill(_sql("last.sql"), nonce=quote_literal(nonce), versions=_literals(versions))


def _literals(texts: Iterable[str]) -> str:
    return ", ".join(map(quote_literal, texts))


def _frame_bytes() -> int:
    """Return a bound on what a request holds beside its migrations: deadline, creation, last row."""
    names = ("deadline.sql", "create.sql", "create_schema.sql", "create_table.sql", "last.sql")
    return sum(len(_sql(name).encode()) for name in names) + 1_000
