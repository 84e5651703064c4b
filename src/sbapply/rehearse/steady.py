"""Keep one session of a server of our own for many calls: opening one costs more than most of what is asked."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.rehearse.rewording import unmentioned
from sbapply.rehearse.wire import Limits, saying_so

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

    from sbapply.rehearse.session import Call


@dataclass(slots=True)
class SteadyDatabase:
    """Be a ``Database`` as ``LocalDatabase`` is, but in the session of the call before.

    ``opening`` is run first in every new session, ``after`` behind every call that went well; only the next call
    waits for that. An error, a transaction left open, a long text, and ``close`` end the session, and the next
    call opens another.
    """

    conninfo: str
    opening: str = ""
    after: str = ""
    limits: Limits = field(default_factory=Limits)
    _connection: "PGconn | None" = None
    _behind: "Call | None" = None

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Mapping[str, Json]]:
        """Run ``sql`` and return rows. Raises what ``LocalDatabase.run`` raises."""
        limits = self.limits
        if timeout is not None:
            limits = replace(limits, query_seconds=timeout, connect_seconds=min(timeout, limits.connect_seconds))
        with saying_so():
            try:
                return self._run(sql, limits)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End the session, if there is one."""
        if self._connection is not None:
            self._connection.finish()
            self._connection = None
        self._behind = None

    def _run(self, sql: str, limits: Limits) -> Sequence[Mapping[str, Json]]:
        from psycopg.pq import TransactionStatus

        from sbapply.rehearse import session

        if self._behind is not None:
            behind, self._behind = self._behind, None
            behind.collect()
        option = unmentioned(sql)
        if option:
            # Only a new session can be told; else every transaction searches the text (1.3 s, not 0.6).
            self.close()
        if self._connection is None:
            self._connection = session.connect(self.conninfo, limits.connect_seconds, option)
            if self.opening:
                _sent(self._connection, self.opening, limits).collect()
        rows = _sent(self._connection, sql, limits).collect()
        if option or self._connection.transaction_status != TransactionStatus.IDLE:
            self.close()
        elif self.after:
            self._behind = _sent(self._connection, self.after, limits)
        return rows


def _sent(connection: "PGconn", sql: str, limits: Limits) -> "Call":
    from sbapply.rehearse import session

    call = session.Call(connection, sql, limits.result_bytes, time.monotonic() + limits.query_seconds)
    call.send(())
    return call
