"""Watch what each statement of a migration locks, rewrites and writes, on a Postgres of our own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from sbapply.database import Json
from sbapply.errors import Place
from sbapply.history.ready import Ready
from sbapply.migrations.statements import SplitText, Statement, split_migration
from sbapply.migrations.text import place_at
from sbapply.migrations.unit import Effect, Unit
from sbapply.templates import load_sql

if TYPE_CHECKING:
    from psycopg import Connection

TableName: TypeAlias = "tuple[str, str]"

# A statement that waits here waits for ever: nobody else is at work on a scratch database.
_LIMITS = "set local lock_timeout = '5s'; set local statement_timeout = '60s'"


class LockMode(IntEnum):
    """Order the modes of table locks as PostgreSQL does (src/include/storage/lockdefs.h)."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def title(self) -> str:
        """Return the mode as PostgreSQL's documentation writes it."""
        return self.name.replace("_", " ")

    @property
    def blocks_reads(self) -> bool:
        """Say whether a SELECT has to wait for it."""
        return self is LockMode.ACCESS_EXCLUSIVE

    @property
    def blocks_writes(self) -> bool:
        """Say whether an INSERT, UPDATE or DELETE has to wait for it."""
        return self >= LockMode.SHARE


_WORD = re.compile(r"\w+")
_MODES = {f"{mode.name.title().replace('_', '')}Lock": mode for mode in LockMode}


@dataclass(frozen=True, slots=True)
class Footprint:
    """Say what one statement did to tables that stood before the first pending migration.

    ``locks`` are the modes it was the first of its transaction to take, by the names that the tables had then: they
    are held until the transaction ends. ``rewritten`` are the tables whose files were written anew; ``wal_bytes``
    is what it added to the log, on tables that have no rows here.
    """

    place: Place
    locks: Mapping[TableName, LockMode]
    rewritten: frozenset[TableName]
    wal_bytes: int

    def to_json(self) -> dict[str, Json]:
        """Return the place, each table with its lock, and the bytes."""
        tables: list[Json] = [
            {"schema": schema, "table": name, "lock": mode.title, "rewritten": (schema, name) in self.rewritten}
            for (schema, name), mode in sorted(self.locks.items())
        ]
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "tables": tables,
            "wal_bytes": self.wal_bytes,
        }


@dataclass(frozen=True, slots=True)
class _Held:
    """Hold one look: the log's position, the locks of this transaction, and the files of what is locked."""

    wal: int
    locks: frozenset[tuple[int, str]]
    files: Mapping[int, int]


class StatementWatch:
    """Run migrations in transactions that are rolled back, and look between their statements.

    It is made before the first pending migration runs: what stands then is what a project's users can miss.
    """

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        with closing(self._connect()) as connection:
            self.names = {oid: name for oid, name, _ in _relations(connection)}
        self._named = _words_of(self.names.values())
        self._renamed = False

    def concerns(self, ready: Ready) -> bool:
        """Say whether a migration, the next to run, can lock a table that stood before.

        One that names none does not, unless a function does it for it (to watch 200 that make new tables took 2 s).
        """
        words = frozenset(_WORD.findall(ready.migration.text.lower()))
        names, self._renamed = self._names_now(), "rename" in words
        return any(words.issuperset(name) for name in names)

    def observe(self, ready: Ready) -> tuple[Footprint, ...]:
        """Return the footprints of a migration that has not run yet; a unit that fails is left out from there.

        Nothing stays but numbers that sequences gave out. What cannot run in a transaction is told by its kind.
        """
        split = split_migration(ready.migration)
        if not isinstance(split, SplitText):
            return ()
        found: list[Footprint] = []
        with closing(self._connect()) as connection:
            for unit in ready.units:
                place = place_at(ready.migration.file, split.text, unit.start)
                if unit.lone is not None:
                    found += self._alone(unit, place)
                else:
                    found += self._watch_unit(connection, ready, unit, split)
        return tuple(found)

    def _names_now(self) -> frozenset[frozenset[str]]:
        """Return the names, in words, of the tables that stood before: another one only after a file renames."""
        if self._renamed:
            with closing(self._connect()) as connection:
                self._named = _words_of(name for oid, name, _ in _relations(connection) if oid in self.names)
        return self._named

    def _connect(self) -> "Connection[Any]":
        import psycopg

        return psycopg.connect(self.conninfo, autocommit=True, application_name="sbapply rehearsal")

    def _watch_unit(
        self, connection: "Connection[Any]", ready: Ready, unit: Unit, split: SplitText
    ) -> Iterator[Footprint]:
        """Yield what each statement did. A unit that needs what an earlier one of its file made may fail here."""
        import psycopg

        files = {oid: file for oid, _, file in _relations(connection)}
        try:
            connection.execute(f"begin {unit.begin_options}")
            connection.execute(_LIMITS)
            for setting in unit.settings:
                connection.execute(setting.encode())
            before = _look(connection)
            for statement in _statements_of(split, unit):
                connection.execute(split.source(statement).encode())
                after = _look(connection)
                truncates = split.source(statement)[:8].lower() == "truncate"
                rewritten = frozenset() if truncates else _rewritten(files, after)
                files.update(after.files)
                place = place_at(ready.migration.file, split.text, statement.start)
                yield self._footprint(place, before, after, rewritten)
                before = after
        except psycopg.Error:
            # The rehearsal itself says what failed, and where.
            return
        finally:
            if not connection.closed:
                connection.execute("rollback")

    def _footprint(self, place: Place, before: _Held, after: _Held, rewritten: frozenset[int]) -> Footprint:
        locks: dict[TableName, LockMode] = {}
        for oid, mode in after.locks - before.locks:
            if oid in self.names:
                name = self.names[oid]
                locks[name] = max(_MODES[mode], locks.get(name, LockMode.ACCESS_SHARE))
        written = frozenset(self.names[oid] for oid in rewritten if oid in self.names)
        # A rewrite needs it, even where the transaction had it already.
        locks |= dict.fromkeys(written, LockMode.ACCESS_EXCLUSIVE)
        return Footprint(place, locks, written, after.wal - before.wal)

    def _alone(self, unit: Unit, place: Place) -> Iterator[Footprint]:
        """Yield what an index that is built concurrently takes (PostgreSQL's documentation, explicit locking)."""
        lone = unit.lone
        if lone is None or lone.effect is not Effect.BUILD or lone.table is None:
            return
        tables = [name for name in self.names.values() if name[1] == lone.table and lone.schema in (None, name[0])]
        if len(tables) == 1:
            yield Footprint(place, {tables[0]: LockMode.SHARE_UPDATE_EXCLUSIVE}, frozenset(), 0)


def _words_of(names: Iterable[TableName]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(_WORD.findall(name.lower())) for _, name in names)


def _statements_of(split: SplitText, unit: Unit) -> Sequence[Statement]:
    return [each for each in split.statements if unit.start <= each.start and each.end <= unit.end]


def _relations(connection: "Connection[Any]") -> list[tuple[int, TableName, int]]:
    rows = connection.execute(load_sql("sbapply.rehearse", "relations.sql").encode()).fetchall()
    return [(oid, (schema, name), file) for oid, schema, name, file in rows]


def _look(connection: "Connection[Any]") -> _Held:
    [row] = connection.execute(load_sql("sbapply.rehearse", "held.sql").encode()).fetchall()
    wal, locks = row
    return _Held(
        int(wal),
        frozenset((oid, mode) for oid, mode, _ in locks),
        {oid: file for oid, _, file in locks if file is not None},
    )


def _rewritten(files: Mapping[int, int], held: _Held) -> frozenset[int]:
    """Return the tables that have another file than before."""
    return frozenset(oid for oid, file in held.files.items() if file and files.get(oid, file) != file)
