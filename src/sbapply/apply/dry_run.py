"""Run pending migrations on the project in one transaction and roll it back."""

import secrets
from collections.abc import Sequence

from sbapply.apply.script import Request, body_bytes, build_dry_run
from sbapply.config import Limits
from sbapply.database import Database
from sbapply.errors import MigrationFailed, OutcomeUnknown, Refused, SqlError, Unsettled
from sbapply.history.plan import Ready


def run_and_roll_back(database: Database, ready: Sequence[Ready], *, limits: Limits | None = None) -> None:
    """Run ``ready`` in one transaction on the project and roll it back, in one request.

    It takes real locks, advances sequences, and cannot undo calls to the outside. Raises ``MigrationFailed`` with
    what Postgres said, ``Refused`` if it does not fit into one request, ``NotSent``, or ``Unsettled`` where the
    answer does not tell how it ended; nothing is committed in any case, because no COMMIT is sent.
    """
    limits = limits or Limits()
    nonce = secrets.token_hex(12)
    request = build_dry_run(ready, run=secrets.token_hex(8), nonce=nonce, limits=limits)
    if body_bytes(request.sql) > limits.request_bytes:
        raise Refused(
            "The pending migrations do not fit into the one request of a dry run on the project.",
            "Try fewer of them with --to VERSION.",
        )
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


def _would_fail(request: Request, said: SqlError) -> MigrationFailed:
    place = request.place(said.position) if said.position is not None else None
    segment = request.segment_at(said.position) if said.position is not None else None
    message, next_step = f"it would fail: {said.message}", "Correct it; nothing was changed."
    if said.sqlstate == "55P04" and len(request.segments) > 1:
        message = f"a dry run in one transaction cannot tell: {said.message}"
        next_step = "A push commits each file before the next; try fewer files with --to VERSION."
    return MigrationFailed(
        message,
        next_step,
        version=segment.ready.version if segment is not None else None,
        place=place,
        sql_error=said,
    )
