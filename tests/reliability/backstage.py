"""Reach a project's database behind the API's back: hold locks in it, see who is at work, end sessions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sbapply.quoting import quote_literal
from sbapply.rehearse.wire import LocalDatabase

_PATIENCE = 10.0
_POLL = 0.02


@dataclass(frozen=True)
class Backstage:
    """Be a superuser of one database; ``table`` is the one whose lock holds up statements that run alone."""

    superuser: LocalDatabase
    table: str

    @contextmanager
    def holding(self, mode: str = "row exclusive") -> Iterator[None]:
        """Hold a lock on the table; the usual one lets everybody read and write, and CONCURRENTLY wait for it."""
        import psycopg

        with psycopg.connect(self.superuser.conninfo) as connection:
            connection.execute(f"lock table {self.table} in {mode} mode")
            yield
            connection.rollback()

    def await_at_work(self, marker: str, *, on_lock: bool = False) -> int:
        """Wait until a backend carries a marker, and where that is said waits for a lock; return its process id."""
        give_up_at = time.monotonic() + _PATIENCE
        waiting = "and wait_event_type = 'Lock'" if on_lock else ""
        sql = (
            "select pid from pg_stat_activity where pid <> pg_backend_pid() and state = 'active' "
            f"and datname = current_database() {waiting} and strpos(left(query, 60), {quote_literal(marker)}) > 0"
        )
        while time.monotonic() < give_up_at:
            found = self.superuser.run(sql)
            if found:
                return int(str(found[0]["pid"]))
            time.sleep(_POLL)
        raise LookupError(f"nobody is at work with {marker}")

    def terminate(self, process: int) -> None:
        """End a session as an administrator does."""
        self.superuser.run(f"select pg_terminate_backend({process}, 5000)")
