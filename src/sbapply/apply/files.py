"""Run a seed file, or the roles, in one transaction with the row that tells of it, and settle it like a push.

A seed's row is the official CLI's: ``supabase_migrations.seed_files (path, hash)``. That CLI runs the roles anew
each time and keeps no row of them; ours is in a table of our own and holds the attempt, so that a lost answer can
be settled.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sbapply.apply import clauses
from sbapply.apply.outcome import Notify, SendingFile
from sbapply.apply.script import body_bytes
from sbapply.apply.transaction import Sent, run_transaction
from sbapply.config import Limits
from sbapply.database import Clock, Database, Patience, Row
from sbapply.errors import FileFailed, HistoryMoved, Interrupted, Place, SbapplyError, SqlError, Unsettled
from sbapply.history.seeds import PlannedFile
from sbapply.history.state import RemoteState
from sbapply.migrations.files import Problem
from sbapply.migrations.text import place_at
from sbapply.quoting import quote_literal
from sbapply.templates import fill

_SEEDS = "supabase_migrations.seed_files"
_ROLES = "supabase_migrations.sbapply_roles"
_BEFORE_TEXT = "on conflict (path) do update set hash = excluded.hash;\n"
_AGAIN = "Run the same command again: what is noted as run is not run twice."
_NEXT_STEPS = {
    "55P03": "Another session holds a lock that it needs; push again when that has ended.",
    "SBA04": "Take what touches supabase_migrations out of the file, then push again.",
    "SBA06": "Let a role that may create tables in supabase_migrations push once.",
    "25006": "The project takes no writes at present; look at its disk in the dashboard, then push again.",
}


def run_seed(
    database: Database,
    planned: PlannedFile,
    state: RemoteState,
    *,
    notify: Notify,
    limits: Limits,
    patience: Patience,
    clock: Clock,
) -> None:
    """Run a seed once, or only note its hash where it has run; returns when that is settled.

    Raises ``FileFailed`` where it failed, ``HistoryMoved`` where its row is no longer the one that was read, and
    what ``run_transaction`` raises.
    """
    work = _FileRun(planned, _SEEDS, planned.file.hash)
    run_transaction(database, work, state, notify=notify, limits=limits, patience=patience, clock=clock)


def run_roles(
    database: Database,
    planned: PlannedFile,
    state: RemoteState,
    *,
    notify: Notify,
    limits: Limits,
    patience: Patience,
    clock: Clock,
) -> None:
    """Run the file of roles once more; returns when that is settled. Raises as ``run_seed``."""
    work = _FileRun(planned, _ROLES, f"{planned.file.hash}:{secrets.token_hex(8)}")
    run_transaction(database, work, state, notify=notify, limits=limits, patience=patience, clock=clock)


def size_problem(planned: PlannedFile, limits: Limits) -> Problem | None:
    """Say that a file does not fit into one request, where it does not."""
    work = _FileRun(planned, _SEEDS, planned.file.hash)
    size = body_bytes(work.build(marker="0" * 48, nonce="0" * 24, deadline=1e9, limits=limits))
    if size <= limits.request_bytes:
        return None
    return Problem(
        "too-large",
        f"it makes a request of {size:,} bytes, and one may hold {limits.request_bytes:,}",
        "Cut it into several files (a pattern like ./seeds/*.sql in [db.seed] sql_paths runs them in order).",
        Place(planned.file.path, 1, 1),
    )


@dataclass(frozen=True, slots=True)
class _FileRun:
    """Be the transaction that runs a file and writes ``row``, its hash, into ``table``."""

    planned: PlannedFile
    table: str
    row: str

    def build(self, *, marker: str, nonce: str, deadline: float, limits: Limits) -> str:
        before, text, after = self._parts(marker=marker, nonce=nonce, deadline=deadline, limits=limits)
        return before + text + after

    def announced(self, number: int, size: int) -> SendingFile:
        return SendingFile(number, self.planned.file.path, size)

    def proved_by(self, row: Row) -> bool:
        return row.get("hash") == self.row

    def settling_sql(self, sent: Sent) -> str:
        present = fill(clauses.load("settle_file.sql"), table=self.table, path=self._path)
        return clauses.settling_sql(sent.marker, sent.deadline, table=self.table, present=present)

    def is_done(self, present: Mapping[str, str]) -> bool:
        return present.get(self.planned.file.path) == self.row

    def passes(self, said: SqlError, sent: Sent) -> bool:
        return said.sqlstate == "SBA05" and said.detail == sent.nonce

    def failure(self, said: SqlError, sent: Sent) -> SbapplyError:
        path = self.planned.file.path
        if said.sqlstate == "SBA03" and said.detail == sent.nonce:
            return HistoryMoved(f"Somebody else ran {path}, or noted it, since that was read.", _AGAIN)
        next_step = _NEXT_STEPS.get(said.sqlstate, "Correct the file and push again; nothing of it was kept.")
        return FileFailed(said.message, next_step, file=path, place=self._place(said, sent), sql_error=said)

    def interrupted(self, *, made: bool) -> Interrupted:
        what = "was run" if made else "was not run"
        return Interrupted(f"Interrupted; {self.planned.file.path} {what}.", _AGAIN)

    def interrupted_twice(self) -> Unsettled:
        return Unsettled(f"Interrupted twice: it is not settled whether {self.planned.file.path} was run.", _AGAIN)

    @property
    def _path(self) -> str:
        """Return the path as SQL that holds none of its characters: it may hold what ends our quotes."""
        return (
            f"pg_catalog.convert_from(pg_catalog.decode('{self.planned.file.path.encode().hex()}', 'hex'), 'UTF8')"
        )

    def _parts(self, *, marker: str, nonce: str, deadline: float, limits: Limits) -> tuple[str, str, str]:
        """Return the request in three parts: ours, the file's text, ours."""
        ready, quoted = self.planned.ready, quote_literal(nonce)
        row = {"table": self.table, "path": self._path, "hash": quote_literal(self.row)}
        compared = "file_before.sql" if self.table == _SEEDS else "file_again.sql"
        head = fill(clauses.load("deadline.sql"), marker=marker, nonce=quoted, deadline=repr(deadline))
        opening = fill(
            clauses.load("file_open.sql"),
            options=ready.units[0].begin_options,
            statement_timeout=quote_literal(ready.directives.statement_timeout or limits.statement_timeout),
            lock_timeout=quote_literal(ready.directives.lock_timeout or limits.lock_timeout),
            history_lock_timeout=quote_literal(limits.history_lock_timeout),
            table_name=quote_literal(self.table),
            stands_against=fill(
                clauses.load(compared), **row, before=quote_literal(self.planned.before or "")
            ).rstrip(),
            nonce=quoted,
            **row,
        )
        closing = fill(clauses.load("file_close.sql"), nonce=quoted, **row)
        return head + opening, ready.body(ready.units[0]), closing

    def _place(self, said: SqlError, sent: Sent) -> Place | None:
        """Return the place in the file that the server's position points to, None where it is not in the file."""
        # Everything before this is ours, so that its first occurrence is the one.
        start = sent.sql.index(_BEFORE_TEXT) + len(_BEFORE_TEXT)
        unit = self.planned.ready.units[0]
        if said.position is None or not 0 <= said.position - start <= unit.end - unit.start:
            return None
        return place_at(self.planned.file.path, self.planned.file.text, unit.start + said.position - start)
