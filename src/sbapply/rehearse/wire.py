"""Run SQL on a Postgres exactly as the SQL endpoint's server does, and be its ``Database``.

The server is ``@supabase/postgres-meta`` 0.99 (``src/lib/db.ts``) on Supabase's fork of node-postgres: a fresh
connection a call, the simple protocol unless there are parameters, the rows of the last statement that returned
any. Not reproduced: values of binary cursors, text after a NUL in SQL with parameters, and the SQLSTATE of an
error that comes while connecting (libpq keeps it to itself).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sbapply.database import Json
from sbapply.errors import LocalMissing, OutcomeUnknown, SqlError, Unreachable, ends_session
from sbapply.rehearse.failure import NoConnection, QueryRefused, WireError, WireFailure
from sbapply.rehearse.rewording import unmentioned

__all__ = ["Limits", "LocalDatabase", "WireError", "WireFailure", "run_query", "saying_so"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one call: postgres-meta's defaults (``src/server/constants.ts``)."""

    query_seconds: float = 55.0
    connect_seconds: float = 15.0
    result_bytes: int = 2 * 1024**3


def run_query(
    conninfo: str, sql: str, parameters: Sequence[Json] = (), *, limits: Limits | None = None
) -> list[dict[str, Json]]:
    """Run ``sql`` in a fresh session of the server that ``conninfo`` names and return the endpoint's rows.

    With ``parameters`` the extended protocol is used, which takes one statement only. Several statements are one
    implicit transaction unless they hold their own. Raises a ``WireFailure``; after any of them but
    ``NoConnection`` a statement of ``sql`` may have been committed.
    """
    try:
        from sbapply.rehearse import session
    except ImportError as error:
        raise LocalMissing("psycopg is not installed.", "Run: pip install 'sbapply[local]'") from error
    limits = limits or Limits()
    connection = session.connect(conninfo, limits.connect_seconds, unmentioned(sql))
    try:
        call = session.Call(connection, sql, limits.result_bytes, time.monotonic() + limits.query_seconds)
        call.send(parameters)
        return call.collect()
    finally:
        connection.finish()


@dataclass(frozen=True, slots=True)
class LocalDatabase:
    """Be the ``Database`` over a Postgres of our own, behaving as the endpoint does."""

    conninfo: str
    limits: Limits = field(default_factory=Limits)

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Mapping[str, Json]]:
        """Run ``sql`` and return rows; ``timeout`` in seconds replaces the limits of time.

        Raises ``Unreachable``, ``SqlError`` or ``OutcomeUnknown``, as the contract of ``Database`` has it; classes
        08 and XX, 57P01 to 57P03 and 57014 are unknown, because they can come after a commit.
        """
        limits = self.limits
        if timeout is not None:
            limits = replace(limits, query_seconds=timeout, connect_seconds=min(timeout, limits.connect_seconds))
        with saying_so():
            return run_query(self.conninfo, sql, limits=limits)


@contextmanager
def saying_so() -> Iterator[None]:
    """Make a call in this block; what it fails with is said in the words of the contract of ``Database``."""
    try:
        yield
    except QueryRefused as failure:
        raise _say(failure.error) from failure
    except NoConnection as failure:
        raise Unreachable(f"The local Postgres cannot be reached: {failure.reason}") from failure
    except WireFailure as failure:
        raise OutcomeUnknown(failure.text) from failure


def _say(error: WireError) -> SqlError | OutcomeUnknown:
    """Return the domain error for what Postgres said."""
    position = None if error.position is None else error.position - 1
    said = SqlError(error.sqlstate, error.message, detail=error.detail, hint=error.hint, position=position)
    if ends_session(error.sqlstate):
        return OutcomeUnknown(f"{error.severity}: {error.sqlstate}: {error.message}", sql_error=said)
    return said
