"""Run migrations on a scratch Postgres, one after the other, and keep what each one claims."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sbapply.apply.script import build_request
from sbapply.catalog.diff import diff
from sbapply.catalog.snapshot import read_catalog
from sbapply.config import Limits
from sbapply.database import Database
from sbapply.errors import DatabaseError, EngineError, MigrationFailed, OutcomeUnknown, SqlError
from sbapply.history.plan import Ready, prepare
from sbapply.history.state import HistoryRow, RemoteState, read_state
from sbapply.migrations.files import Migration, Problem
from sbapply.verify.claims import Claim, claims_of, supersede

_PATIENCE = 60.0
_NO_DEADLINE = 86_400.0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold what a rehearsal learned: the claims of each migration, in order, and the Postgres it ran on."""

    claims: tuple[tuple[str, tuple[Claim, ...]], ...]
    server_version: int

    def claims_for(self, versions: Iterable[str]) -> tuple[Claim, ...]:
        """Return the claims that stand once just these versions are applied."""
        wanted = set(versions)
        return supersede(claim for version, claims in self.claims if version in wanted for claim in claims)


def rehearse(
    database: Database, migrations: Sequence[Migration], *, notify: Callable[[str], None] = lambda _version: None
) -> Rehearsal:
    """Run ``migrations`` in order on a scratch database that looks as a project does before its first one.

    They are sent just as a push sends them, one a request, each with its row. Raises ``MigrationFailed``, with the
    place in the file, at the first that fails or cannot be sent.
    """
    state = read_state(database, patience=_PATIENCE)
    before = read_catalog(database, patience=_PATIENCE)
    claims: list[tuple[str, tuple[Claim, ...]]] = []
    for number, migration in enumerate(migrations, start=1):
        notify(migration.version)
        ready = prepare(migration)
        if isinstance(ready, Problem):
            raise MigrationFailed(
                f"it cannot be rehearsed: {ready.reason}",
                ready.next_step,
                file=migration.file,
                version=migration.version,
                place=ready.place,
            )
        _run_one(database, ready, state, number)
        after = read_catalog(database, patience=_PATIENCE)
        changes = diff(before, after)
        claims.append((migration.version, claims_of(migration.version, changes, database, patience=_PATIENCE)))
        before = after
        state = state.with_row(HistoryRow(ready.version, migration.name, ready.digest))
    return Rehearsal(tuple(claims), state.server_version)


def _run_one(database: Database, ready: Ready, state: RemoteState, number: int) -> None:
    nonce = secrets.token_hex(8)
    request = build_request(
        [ready],
        state,
        run="rehearsal",
        number=number,
        nonce=nonce,
        deadline=state.server_time + _NO_DEADLINE,
        limits=Limits(statement_timeout="10min"),
    )
    try:
        rows = database.run(request.sql, timeout=600.0)
    except (SqlError, OutcomeUnknown) as error:
        said = error if isinstance(error, SqlError) else error.sql_error
        position = said.position if said is not None else None
        raise MigrationFailed(
            f"it fails in the rehearsal: {error.message}",
            "Correct the file, or push with --no-rehearse if only the rehearsal's Postgres lacks what it needs.",
            file=ready.migration.file,
            version=ready.version,
            place=request.place(position) if position is not None else None,
            sql_error=said,
        ) from error
    except DatabaseError as error:
        raise EngineError(f"The rehearsal's Postgres went away: {error.message}", "Run it again.") from error
    if len(rows) != 1 or rows[0].get("sbapply") != nonce:
        raise EngineError("The rehearsal's Postgres gave another answer than its own last row.", "Run it again.")
