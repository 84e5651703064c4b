"""Run a seed file, or the roles, in one transaction with the row that tells of it, and settle it like a push.

A seed's row is the official CLI's: ``supabase_migrations.seed_files (path, hash)``. That CLI runs the roles anew
each time and keeps no row of them; ours is in a table of our own and holds the attempt, followed by those of the
runs before it, so that a lost answer can be settled whoever else runs them meanwhile.
"""

import secrets
from dataclasses import dataclass

from sbapply.apply import clauses
from sbapply.apply.failure import cure_of_refused_row, fence_closed
from sbapply.apply.outcome import Notify, SendingFile
from sbapply.apply.script import body_bytes
from sbapply.apply.step import Findings
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
_BEFORE_TEXT = "on conflict (path) do update set hash = "
# A seed's row holds its hash; that of the roles the last attempt and, behind it, about 24 before.
_KEPT = {
    _SEEDS: "excluded.hash",
    _ROLES: "pg_catalog.concat(excluded.hash, ' ', pg_catalog.substr(entry.hash, 1, 2000))",
}
_AGAIN = "Run `sbapply push --include-seed` again: a seed that is noted as run is not run twice."
_ROLES_RAN = "select hash like '%{attempt}%' as ran from supabase_migrations.sbapply_roles"
_TURNED_AWAY = frozenset({"SBA02", "SBA05"})
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
        return self.row in str(row.get("hash")).split(" ")

    def settling_sql(self, sent: Sent) -> str:
        present = fill(clauses.load("settle_file.sql"), table=self.table, path=self._path)
        return clauses.settling_sql(sent.marker, sent.deadline, table=self.table, present=present)

    @property
    def what_tells(self) -> str:
        if self.table == _SEEDS:
            return (
                "Run `sbapply push --include-seed` again when the project answers: a seed that ran is noted, and "
                "is not run twice."
            )
        asked = fill(_ROLES_RAN, attempt=self.row.rpartition(":")[2])
        return (
            f'Run `sbapply query "{asked}"` when the project answers again: true says that they ran; false, no row '
            "and no such table say that they did not. `sbapply push --include-roles` runs them once more."
        )

    def is_done(self, found: Findings) -> bool:
        return self.row in found.versions.get(self.planned.file.path, "").split(" ")

    def is_untouched(self, found: Findings) -> bool:
        if self.table == _ROLES:
            # An attempt is in the row once it has run, whoever else runs the roles behind it.
            return not self.is_done(found)
        return found.versions.get(self.planned.file.path) == self.planned.before

    def passes(self, said: SqlError, sent: Sent) -> bool:
        return said.sqlstate == "SBA05" and said.detail == sent.nonce

    def failure(self, said: SqlError, sent: Sent) -> SbapplyError:
        path, message = self.planned.file.path, said.message
        if said.sqlstate == "SBA03" and said.detail == sent.nonce:
            return HistoryMoved(f"Somebody else ran {path}, or noted it, since that was read.", _AGAIN)
        if said.sqlstate in _TURNED_AWAY and said.detail == sent.nonce:
            return fence_closed(said)
        next_step = _NEXT_STEPS.get(said.sqlstate, "Correct the file and push again; nothing of it was kept.")
        cured = cure_of_refused_row(said, self.planned.ready.migration.text)
        if cured is not None:
            message = f"{cured[0]} does not take the file's row, and that is not the file's fault: {message}"
            next_step = cured[1]
        return FileFailed(message, next_step, file=path, place=self._place(said, sent), sql_error=said)

    def interrupted(self, *, made: bool) -> Interrupted:
        did = ("noted" if made else "not noted") if self.planned.only_noted else ("run" if made else "not run")
        next_step = _AGAIN
        if self.table == _ROLES:
            next_step = f"Run `sbapply push{'' if made else ' --include-roles'}` to go on from there."
        return Interrupted(f"Interrupted; {self.planned.file.path} was {did}.", next_step, made=made)

    def interrupted_twice(self) -> Unsettled:
        return Unsettled(
            f"Interrupted twice: it is not settled whether {self.planned.file.path} was run.", self.what_tells
        )

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
        head = clauses.opening_sql(marker, nonce, deadline)
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
            kept=_KEPT[self.table],
            **row,
        )
        closing = fill(clauses.load("file_close.sql"), nonce=quoted, **row)
        return head + opening, ready.body(ready.units[0]), closing

    def _place(self, said: SqlError, sent: Sent) -> Place | None:
        """Return the place in the file that the server's position points to, None where it is not in the file."""
        # Everything before this is ours, so that its first occurrence is the one.
        before = f"{_BEFORE_TEXT}{_KEPT[self.table]};\n"
        start = sent.sql.index(before) + len(before)
        unit = self.planned.ready.units[0]
        if said.position is None or not 0 <= said.position - start <= unit.end - unit.start:
            return None
        return place_at(self.planned.file.path, self.planned.file.text, unit.start + said.position - start)
