"""Run pending migrations on the project in one transaction and roll it back."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace

from sbapply.apply import clauses
from sbapply.apply.script import Request, Segment, body_bytes
from sbapply.apply.step import RunUnit
from sbapply.config import Limits
from sbapply.database import Database
from sbapply.errors import MigrationFailed, OutcomeUnknown, Refused, SqlError, Unsettled
from sbapply.history.ready import Ready
from sbapply.migrations.text import place_at
from sbapply.quoting import quote_literal
from sbapply.templates import fill

_CREATED = re.compile(r"\bcreate\s+type\s+([\w.\"]+)\s+as\s+enum", re.IGNORECASE)
_ADDED = re.compile(
    r"\balter\s+type\s+([\w.\"]+)\s+add\s+value\s+(?:if\s+not\s+exists\s+)?'((?:[^']|'')+)'", re.IGNORECASE
)


def check_can_roll_back(ready: Sequence[Ready], limits: Limits) -> None:
    """Raise ``Refused``, with the place, where one transaction cannot show what a push would do.

    That is a statement that cannot run in a transaction, a part whose isolation level is its own, an enum value
    that has to be committed before a later part uses it, what a request has no room for, and what is half applied.
    """
    early = _used_too_early(ready)
    if early is not None:
        raise early
    for each in ready:
        if each.progress.under_way:
            raise _refused(each, 0, "it is half applied, and a dry run starts from whole migrations")
        for index, unit in enumerate(each.units):
            if unit.lone is not None:
                raise _refused(each, unit.start, f"{unit.lone.what} cannot be rolled back")
            if unit.begin_options and (index > 0 or each is not ready[0]):
                raise _refused(each, unit.start, f"its part {index + 1} needs a transaction of its own kind")
    if body_bytes(_request(ready, "0" * 24, limits).sql) > limits.request_bytes:
        raise Refused(
            "The pending migrations do not fit into the one request of a dry run on the project.",
            "Try fewer of them with --to VERSION.",
        )


def run_and_roll_back(database: Database, ready: Sequence[Ready], *, limits: Limits | None = None) -> None:
    """Run ``ready`` in one transaction on the project and roll it back, in one request.

    It takes real locks, advances sequences, and cannot undo calls to the outside. Raises ``MigrationFailed`` with
    what Postgres said, ``Refused`` as ``check_can_roll_back``, ``NotSent``, or ``Unsettled`` where the answer does
    not tell how it ended; nothing is committed in any case, because no COMMIT is sent.
    """
    limits = limits or Limits()
    check_can_roll_back(ready, limits)
    nonce = secrets.token_hex(12)
    request = _request(ready, nonce, limits)
    try:
        rows = database.run(request.sql)
    except SqlError as error:
        raise _would_fail(request, error) from error
    except OutcomeUnknown as error:
        said = error.sql_error
        if said is not None and said.sqlstate == "57014":
            raise _would_fail(request, said) from error
        raise Unsettled(
            f"It is not known how the dry run went: {error.message}", "Run it again; nothing was committed."
        ) from error
    if len(rows) != 1 or rows[0].get("sbapply") != nonce:
        raise Unsettled("The dry run's answer was not its own last row.", "Run it again; nothing was committed.")


def _request(ready: Sequence[Ready], nonce: str, limits: Limits) -> Request:
    """Build the request: the texts of all parts, without the commits between them, and a rollback."""
    marker = f"sbapply run={secrets.token_hex(8)} request=0;"
    options = ready[0].units[0].begin_options if ready else ""
    parts = [fill(clauses.load("dry_run_open.sql"), marker=marker, options=options, **_timeouts(None, limits))]
    length = len(parts[0])
    segments: list[Segment] = []
    for each in ready:
        limited = fill(clauses.load("dry_run_limits.sql"), **_timeouts(each, limits))
        parts.append(limited)
        length += len(limited)
        for unit in each.units:
            body = each.body(unit)
            step = RunUnit(_at(each, unit.first, unit.start))
            segments.append(Segment(step, length, length + len(body), length, length + len(body)))
            parts += (body, "\n;\n")
            length += len(body) + 3
        between = clauses.load("dry_run_between.sql")
        parts.append(between)
        length += len(between)
    parts.append(fill(clauses.load("dry_run_close.sql"), nonce=quote_literal(nonce)))
    return Request("".join(parts), marker, nonce, 0.0, tuple(segments))


def _used_too_early(ready: Sequence[Ready]) -> Refused | None:
    """Return the refusal of an enum value that one part adds and a later one names (55P04 in one transaction)."""
    added: list[str] = []
    made: set[str] = set()
    for each in ready:
        for unit in each.units:
            body = each.body(unit)
            found = next((value for value in added if f"'{value}'" in body), None)
            if found is not None:
                at = unit.start + body.index(f"'{found}'")
                return _refused(each, at, f"the enum value '{found}' has to be committed before it is used")
            made |= {_bare(name) for name in _CREATED.findall(body)}
            added += [value for name, value in _ADDED.findall(body) if _bare(name) not in made]
    return None


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"').lower()


def _at(ready: Ready, first: int, start: int) -> Ready:
    """Return a migration from the unit that starts there, so that places in the request are found."""
    return replace(ready, units=tuple(unit for unit in ready.units if (unit.first, unit.start) >= (first, start)))


def _timeouts(ready: Ready | None, limits: Limits) -> dict[str, str]:
    own = ready.directives if ready is not None else None
    return {
        "statement_timeout": quote_literal((own and own.statement_timeout) or limits.statement_timeout),
        "lock_timeout": quote_literal((own and own.lock_timeout) or limits.lock_timeout),
    }


def _refused(ready: Ready, offset: int, reason: str) -> Refused:
    migration = ready.migration
    return Refused(
        f"a dry run on the project cannot show it: {reason}.",
        "Leave it out with --to VERSION, or see what would be sent with --dry-run.",
        place=place_at(migration.file, migration.text, offset),
        version=ready.version,
    )


def _would_fail(request: Request, said: SqlError) -> MigrationFailed:
    place = request.place(said.position) if said.position is not None else None
    segment = request.segment_at(said.position) if said.position is not None else None
    message, next_step = f"it would fail: {said.message}", "Correct it; nothing was changed."
    if said.sqlstate == "55P04":
        message = f"a dry run in one transaction cannot tell: {said.message}"
        next_step = "A push commits each file before the next; try fewer files with --to VERSION."
    return MigrationFailed(
        message,
        next_step,
        version=segment.ready.version if segment is not None else None,
        place=place,
        sql_error=said,
    )
