"""Run migrations on a scratch Postgres, one after the other, and keep what each one claims."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sbapply.apply.runner import apply_ready
from sbapply.catalog.watch import PREPARATION, CatalogWatch
from sbapply.catalog.whole import Identity, read_whole
from sbapply.catalog.writers import read_writers
from sbapply.config import Limits
from sbapply.database import Database, Patience, ask
from sbapply.errors import EngineError, MigrationFailed, RehearsalFailed
from sbapply.history.plan import Plan
from sbapply.history.ready import Ready, prepare
from sbapply.history.state import RemoteState, read_state
from sbapply.migrations.files import Migration, Problem
from sbapply.rehearse.apart import Group, own_tables
from sbapply.rehearse.doubt import doubt_about
from sbapply.rehearse.footprint import Footprint, StatementWatch
from sbapply.rehearse.later import Later
from sbapply.rehearse.platform import SIMULATED_EXTENSIONS
from sbapply.rehearse.steady import SteadyDatabase
from sbapply.rehearse.timeline import Timeline
from sbapply.rehearse.vanished import read_vanished, watch_names
from sbapply.rehearse.wire import LocalDatabase
from sbapply.templates import load_sql
from sbapply.verify.claims import Claim, Trace, claims_about, supersede, traces_of
from sbapply.verify.queries import WHOLE_KINDS, prepared_facts

Way: TypeAlias = Literal["replay", "clone"]

_PATIENCE = 60.0
# Nothing stands between, so an answer that proves nothing is not waited for long.
_PATIENCE_TO_APPLY = Patience(read=_PATIENCE, settle=10.0)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold what a rehearsal learned, migration by migration, and the Postgres it ran on.

    ``traces`` is what each changed, and ``claims`` what still stands of that after the last, which are waited for
    where they are still being read; ``footprints`` is what the statements of the pending ones lock and rewrite;
    ``simulated`` are the extensions for which a stand-in in plain SQL was used. ``way`` says whether every file was
    run from nothing, or what is pending on a clone of the project's schema; ``unbuilt`` names what of it is not as
    on the project, and why.
    """

    traces: tuple[tuple[str, tuple[Trace, ...]], ...]
    read_claims: Callable[[], tuple[Claim, ...]]
    server_version: int
    footprints: tuple[tuple[str, tuple[Footprint, ...]], ...] = ()
    simulated: tuple[str, ...] = ()
    way: Way = "replay"
    unbuilt: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Return what still stands after the last migration. Raises what reading it raised."""
        return self.read_claims()

    def changes_of(self, version: str) -> tuple[Trace, ...]:
        """Return what ``version`` changed: tables and their parts, and what still stands of all else.

        What is only tried is no change. Waits for the claims.
        """
        parts = (trace for each, found in self.traces if each == version for trace in found)
        others = (claim for claim in self.claims if claim.version == version and claim.kind in WHOLE_KINDS)
        return (
            *(trace for trace in parts if trace.kind != "probe"),
            *(Trace(version, claim.kind, claim.key, claim.expected is None) for claim in others),
        )

    def claims_for(self, versions: Iterable[str]) -> tuple[Claim, ...]:
        """Return the claims of these versions that still stand after the last.

        Where a later one that changed the same object is not among them, there is none about that object.
        """
        wanted = set(versions)
        return tuple(claim for claim in self.claims if claim.version in wanted)


def rehearse(
    database: LocalDatabase,
    migrations: Sequence[Migration],
    *,
    pending: Collection[str] = (),
    notify: Callable[[str], None] = lambda _version: None,
) -> Rehearsal:
    """Do as ``rehearse_and_read_on`` does, and wait until everything is read."""
    rehearsal, reading = rehearse_and_read_on(database, migrations, pending=pending, notify=notify)
    reading.close()
    reading.value()
    return rehearsal


def rehearse_and_read_on(
    database: LocalDatabase,
    migrations: Sequence[Migration],
    *,
    pending: Collection[str] = (),
    notify: Callable[[str], None] = lambda _version: None,
    then: Callable[[], None] = lambda: None,
) -> tuple[Rehearsal, Later[tuple[Claim, ...]]]:
    """Run ``migrations`` in order on a scratch database that looks as a project does before its first one.

    They are sent just as a push sends them, each with its row: one a request, or several that are about tables of
    their own. Two sessions last from request to request, one that runs them and one that looks what became of the
    catalog. Those whose versions are ``pending`` are
    watched statement by statement before, in transactions that are rolled back. Raises
    ``RehearsalFailed``, with the place in the file, at the first that fails or cannot be sent.

    What they claim is read after the return, by a thread that the caller closes: a push needs it last. ``then`` is
    called once the database is not needed any more, also before anything is raised.
    """
    runner = SteadyDatabase(database.conninfo, after="discard all")
    observer = SteadyDatabase(database.conninfo, opening=PREPARATION + prepared_facts())

    def reopen() -> None:
        runner.close()
        observer.close()

    def end() -> None:
        reopen()
        then()

    try:
        watch_names(database)
        watch = CatalogWatch(observer, reopen, patience=_PATIENCE)
        run = _Run(database.conninfo, runner, observer, watch, frozenset(pending), notify)
        for migration in migrations:
            run.add(migration)
        run.finish()
        reading = Later(run.claims, end)
        return run.rehearsal(reading.value), reading
    except BaseException:
        end()
        raise


@dataclass(slots=True)
class _Run:
    """Run migrations in their order, those that are apart from each other in one request."""

    conninfo: str
    runner: Database
    observer: Database
    watch: CatalogWatch
    pending: frozenset[str]
    notify: Callable[[str], None]
    state: RemoteState | None = None
    begin: int = 0
    group: Group = field(default_factory=Group)
    watcher: StatementWatch | None = None
    timeline: Timeline = field(default_factory=Timeline)
    traces: list[tuple[str, tuple[Trace, ...]]] = field(default_factory=list)
    footprints: list[tuple[str, tuple[Footprint, ...]]] = field(default_factory=list)
    simulated: tuple[str, ...] = ()

    def add(self, migration: Migration) -> None:
        """Take in the next migration; run those before it if it cannot be run together with them."""
        ready = prepare(migration)
        if isinstance(ready, Problem):
            self.run()
            raise RehearsalFailed(
                f"it cannot be rehearsed: {ready.reason}",
                ready.next_step,
                file=migration.file,
                version=migration.version,
                place=ready.place,
            )
        if self.group.closed:
            self.run()
        tables = own_tables(ready)
        if migration.version in self.pending and self._observed(ready):
            tables = None
        if not self.group.takes(tables):
            self.run()
        self.group.add(ready, tables)

    def run(self) -> None:
        """Run what was taken in, and look what became of the catalog."""
        if not self.group.members:
            return
        group, self.group = self.group, Group()
        for ready in group.members:
            self.notify(ready.version)
        try:
            self.state = _run_together(self.runner, group.members, self._state())
        except RehearsalFailed as failure:
            if failure.sql_error is not None:
                failure.doubt = doubt_about(failure.sql_error, _simulated(self.observer))
            raise
        begin = self.watch.horizon
        shared = group.share_out(self.watch.look())
        migrations = [ready.migration for ready in group.members]
        self.timeline.add(begin, migrations, self.observer, patience=_PATIENCE)
        self.traces += ((version, traces_of(version, changes)) for version, changes in shared.items())

    def finish(self) -> None:
        """Run what is left."""
        self.run()
        self._state()
        self.simulated = _simulated(self.observer)

    def rehearsal(self, read_claims: Callable[[], tuple[Claim, ...]]) -> Rehearsal:
        """Say what came of it all."""
        version = self._state().server_version
        return Rehearsal(tuple(self.traces), read_claims, version, tuple(self.footprints), self.simulated)

    def claims(self) -> tuple[Claim, ...]:
        """Return what all that was run claims."""
        standing = supersede(trace for _, found in self.traces for trace in found)
        # Read once, of what stands: after each file it was 1.5 ms more for 200 files of 4 statements.
        return claims_about(standing, self.observer, patience=_PATIENCE) + self._whole_claims(standing)

    def _whole_claims(self, standing: Sequence[Trace]) -> tuple[Claim, ...]:
        """Return what is claimed of all that is no part of a table."""
        # In sessions of their own: the observer's plans are made for a few names.
        database = LocalDatabase(self.conninfo)
        catalog = read_whole(database, patience=_PATIENCE, kinds=WHOLE_KINDS)
        vanished = read_vanished(database, catalog, patience=_PATIENCE)
        claims = self.timeline.claims(catalog, read_writers(database, self.begin, patience=_PATIENCE))
        wrote: dict[Identity, str] = {
            ("table", each.key): each.version for each in standing if each.kind == "table" and not each.gone
        }
        # A view is in both under its name: what is told apart is a view.
        for claim in claims:
            wrote.pop(("table", claim.key), None)
            wrote[claim.kind, claim.key] = claim.version
        return (*claims, *self.timeline.claims_of_absence(vanished, catalog, wrote))

    def _state(self) -> RemoteState:
        """Return the state after what was run; at first it is read, and the catalog looked at."""
        if self.state is None:
            self.state = read_state(self.runner, patience=_PATIENCE)
            self.watch.look()
            self.begin = self.watch.horizon
        return self.state

    def _observed(self, ready: Ready) -> bool:
        """Watch a pending migration's statements where they can lock what stood; say whether they can."""
        if self.watcher is None:
            # What stands before the first pending one is what counts.
            self.run()
            self.watcher = StatementWatch(self.conninfo)
        concerned = self.watcher.concerns(ready)
        if concerned:
            self.run()
        self.footprints.append((ready.version, self.watcher.observe(ready) if concerned else ()))
        return concerned


def _simulated(database: Database) -> tuple[str, ...]:
    """Return the extensions there that are stand-ins."""
    rows = ask(database, load_sql("sbapply.rehearse", "extensions.sql"), patience=_PATIENCE)
    return tuple(name for row in rows if (name := str(row["name"])) in SIMULATED_EXTENSIONS)


def _run_together(database: Database, ready: Sequence[Ready], state: RemoteState) -> RemoteState:
    """Apply migrations as a push does; return the state that they leave."""
    outcome = apply_ready(
        database,
        ready,
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
        raise RehearsalFailed(
            f"it fails in the rehearsal: {error.message}",
            "Correct the file, or push with --no-rehearse if only the rehearsal's Postgres lacks what it needs.",
            file=error.file or outcome.pending[0].migration.file,
            version=error.version or outcome.pending[0].version,
            place=error.place,
            sql_error=error.sql_error,
        ) from error
    raise EngineError(f"The rehearsal's Postgres went away: {error.message}", "Run it again.") from error
