"""Rehearse on servers that are thrown away."""

import itertools
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from sbapply.database import Database
from sbapply.migrations.files import Migration

if TYPE_CHECKING:
    from sbapply.catalog.whole import WholeCatalog
    from sbapply.opening.connection import Listeners
    from sbapply.rehearse.ahead import EngineAhead
    from sbapply.rehearse.rehearsal import Rehearsal
    from sbapply.rehearse.server import Server
    from sbapply.rehearse.squashing import Squashed


class Engines:
    """Run scratch engines; the first is started ahead where ``begin`` was called before one is wanted.

    ``stack`` is closed by whoever gave it, and stops what was started and not taken.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._ahead: EngineAhead | None = None

    def begin(self) -> None:
        """Start the first engine, beside whatever the caller goes on with."""
        from sbapply.rehearse.ahead import EngineAhead

        self._ahead = EngineAhead()
        self._stack.callback(self._ahead.close)
        self._ahead.begin()

    def engine(self) -> "AbstractContextManager[Server]":
        """Run a scratch engine. Raises ``LocalMissing`` or ``EngineError``."""
        if self._ahead is not None:
            return self._ahead.engine()
        # It brings subprocess and more, which most verbs need not wait for.
        from sbapply.rehearse.engine import scratch_engine

        return scratch_engine()


class Scratch:
    """Be a ``Rehearser`` on ``engines``; a clone's schema is read within ``patience``, in seconds.

    ``listeners`` are told what is being rehearsed. What is still being read of a rehearsal when ``stack`` is closed
    is waited for.
    """

    def __init__(self, listeners: "Listeners", engines: Engines, patience: float, stack: ExitStack) -> None:
        self._listeners = listeners
        self._engines = engines
        self._patience = patience
        self._stack = stack

    def replay(self, migrations: Sequence[Migration], pending: Collection[str] = ()) -> "Rehearsal":
        """Run ``migrations`` from nothing; see ``Rehearser.replay``."""
        from sbapply.rehearse.rehearsal import rehearse_and_read_on
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(migrations), "on a scratch Postgres")
        server, leave = self._entered()
        rehearsal, reading = rehearse_and_read_on(
            LocalDatabase(server.conninfo(user="postgres")),
            migrations,
            pending=pending,
            notify=self._counted(len(migrations)),
            then=leave,
        )
        self._stack.callback(reading.close)
        return rehearsal

    def clone(self, database: Database, pending: Sequence[Migration]) -> "Rehearsal":
        """Run ``pending`` on a copy of the schema of ``database``; see ``Rehearser.clone``."""
        from sbapply.catalog.whole import read_whole
        from sbapply.rehearse.clone import rehearse_on_clone
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(pending), "on a copy of the project's schema")
        catalog = read_whole(database, patience=self._patience)
        server, leave = self._entered()
        rehearsal, reading = rehearse_on_clone(
            catalog,
            LocalDatabase(server.conninfo(user="postgres")),
            pending,
            notify=self._counted(len(pending)),
            then=leave,
        )
        self._stack.callback(reading.close)
        return rehearsal

    def replayed(self, migrations: Sequence[Migration]) -> "WholeCatalog":
        """Run ``migrations`` from nothing; return the whole schema that they leave."""
        from sbapply.rehearse.clone import replayed
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(len(migrations), "on a scratch Postgres")
        with self._engines.engine() as server:
            database = LocalDatabase(server.conninfo(user="postgres"))
            return replayed(database, migrations, notify=self._counted(len(migrations)))

    def differences(self, catalog: "WholeCatalog", migration: Migration) -> tuple[str, ...]:
        """Run ``migration`` from nothing; name what of the project's own is not as in ``catalog``."""
        from sbapply.rehearse.clone import differences_of
        from sbapply.rehearse.wire import LocalDatabase

        self._announce(1, "on a scratch Postgres")
        with self._engines.engine() as server:
            return differences_of(catalog, LocalDatabase(server.conninfo(user="postgres")), migration)

    def squashed(self, migrations: Sequence[Migration], into: Migration, *, with_data: bool) -> "Squashed":
        """Write one migration that builds what ``migrations`` do; see ``Rehearser.squashed``."""
        from sbapply.rehearse.squashing import squash_migrations

        self._announce(len(migrations), "on a scratch Postgres, and what is written of them on another")
        notify = self._counted(len(migrations))
        return squash_migrations(self._engines.engine, migrations, into, with_data=with_data, notify=notify)

    def _entered(self) -> "tuple[Server, Callable[[], None]]":
        """Return an engine that runs until the second, a function, is called."""
        entered = ExitStack()
        return entered.enter_context(self._engines.engine()), entered.close

    def _counted(self, count: int) -> Callable[[str], None]:
        """Return what tells which of ``count`` migrations a rehearsal has come to."""
        numbers = itertools.count(1)
        return lambda version: self._listeners.rehearsing(next(numbers), count, version)

    def _announce(self, count: int, where: str) -> None:
        self._listeners.progress(f"rehearsing {count} migration{'' if count == 1 else 's'} {where}")
