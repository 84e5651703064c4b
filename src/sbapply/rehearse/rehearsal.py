"""Run migrations on a scratch Postgres, one after the other, and keep what each one claims."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sbapply.apply.runner import apply_ready
from sbapply.catalog.watch import PREPARATION, CatalogWatch
from sbapply.config import Limits
from sbapply.database import Database, Patience
from sbapply.errors import EngineError, MigrationFailed
from sbapply.history.plan import Plan
from sbapply.history.ready import Ready, prepare
from sbapply.history.state import RemoteState, read_state
from sbapply.migrations.files import Migration, Problem
from sbapply.rehearse.steady import SteadyDatabase
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import Claim, claims_of, supersede
from sbapply.verify.queries import prepared_facts

_PATIENCE = 60.0
# Nothing stands between, so an answer that proves nothing is not waited for long.
_PATIENCE_TO_APPLY = Patience(read=_PATIENCE, settle=10.0)


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
    database: LocalDatabase,
    migrations: Sequence[Migration],
    *,
    notify: Callable[[str], None] = lambda _version: None,
) -> Rehearsal:
    """Run ``migrations`` in order on a scratch database that looks as a project does before its first one.

    They are sent just as a push sends them, one a request, each with its row. Two sessions last from file to file,
    one that runs them and one that looks what became of the catalog. Raises ``MigrationFailed``, with the place in
    the file, at the first that fails or cannot be sent.
    """
    runner = SteadyDatabase(database.conninfo, after="discard all")
    observer = SteadyDatabase(database.conninfo, opening=PREPARATION + prepared_facts())

    def reopen() -> None:
        runner.close()
        observer.close()

    try:
        return _rehearse(runner, observer, CatalogWatch(observer, reopen, patience=_PATIENCE), migrations, notify)
    finally:
        reopen()


def _rehearse(
    runner: Database,
    observer: Database,
    watch: CatalogWatch,
    migrations: Sequence[Migration],
    notify: Callable[[str], None],
) -> Rehearsal:
    state = read_state(runner, patience=_PATIENCE)
    watch.look()
    claims: list[tuple[str, tuple[Claim, ...]]] = []
    for migration in migrations:
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
        state = _run_one(runner, ready, state)
        changes = watch.look()
        claims.append((migration.version, claims_of(migration.version, changes, observer, patience=_PATIENCE)))
    return Rehearsal(tuple(claims), state.server_version)


def _run_one(database: Database, ready: Ready, state: RemoteState) -> RemoteState:
    """Apply one migration as a push does; return the state that it leaves."""
    outcome = apply_ready(
        database,
        [ready],
        state,
        replan=lambda _newer: Plan((), (), ()),
        notify=lambda _event: None,
        limits=Limits(statement_timeout="10min"),
        patience=_PATIENCE_TO_APPLY,
    )
    error = outcome.error
    if error is None:
        return outcome.state
    if isinstance(error, MigrationFailed):
        raise MigrationFailed(
            f"it fails in the rehearsal: {error.message}",
            "Correct the file, or push with --no-rehearse if only the rehearsal's Postgres lacks what it needs.",
            file=ready.migration.file,
            version=ready.version,
            place=error.place,
            sql_error=error.sql_error,
        ) from error
    raise EngineError(f"The rehearsal's Postgres went away: {error.message}", "Run it again.") from error
