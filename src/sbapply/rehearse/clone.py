"""Rebuild a project's schema on a Postgres of our own, without a row of its data."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sbapply.catalog.ddl import Statement, build
from sbapply.catalog.whole import (
    STAND_INS_DIFFER,
    Difference,
    Identity,
    WholeCatalog,
    differences,
    read_whole,
)
from sbapply.errors import RehearsalFailed, SqlError
from sbapply.migrations.files import Migration
from sbapply.quoting import quote_literal
from sbapply.rehearse.later import Later
from sbapply.rehearse.rehearsal import Rehearsal, rehearse, rehearse_and_read_on
from sbapply.rehearse.steady import SteadyDatabase
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import Claim

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """Say what of a schema is not as on the project, and what Postgres said where a statement failed."""

    identity: Identity
    reason: str

    def __str__(self) -> str:
        kind, key = self.identity
        return f"{kind} {'.'.join(key)}: {self.reason}"


def rehearse_on_clone(
    catalog: WholeCatalog,
    database: LocalDatabase,
    pending: Sequence[Migration],
    *,
    notify: Callable[[str], None] = lambda _version: None,
    then: Callable[[], None] = lambda: None,
) -> tuple[Rehearsal, Later[tuple[Claim, ...]]]:
    """Run ``pending`` in ``database`` on what ``catalog`` holds of the project's own.

    ``database`` is as before a project's first migration. Returns, raises and calls ``notify`` and ``then`` as
    ``rehearse_and_read_on`` does; a failure is in doubt where the schema could not be rebuilt whole.
    """
    try:
        unbuilt = rebuild(catalog, database)
    except BaseException:
        then()
        raise
    versions = [migration.version for migration in pending]
    try:
        rehearsal, reading = rehearse_and_read_on(database, pending, pending=versions, notify=notify, then=then)
    except RehearsalFailed as failure:
        if unbuilt and not failure.doubt:
            failure.doubt = f"{len(unbuilt)} objects of the project's schema could not be rebuilt here as they are"
        raise
    return replace(rehearsal, way="clone", unbuilt=tuple(map(str, unbuilt))), reading


def replayed(
    database: LocalDatabase,
    migrations: Sequence[Migration],
    *,
    notify: Callable[[str], None] = lambda _version: None,
) -> WholeCatalog:
    """Run ``migrations`` in ``database``; return all that they leave. Calls and raises what ``rehearse`` does."""
    rehearse(database, migrations, notify=notify)
    return read_whole(database, patience=_PATIENCE)


def differences_of(catalog: WholeCatalog, database: LocalDatabase, migration: Migration) -> tuple[str, ...]:
    """Run ``migration`` in ``database``; name what of the project's own it leaves otherwise than in ``catalog``.

    Raises what ``rehearse`` does.
    """
    rehearse(database, [migration])
    found = read_whole(database, patience=_PATIENCE)
    return tuple(str(Unbuilt(each.identity, _how(each))) for each in copied_otherwise(catalog, found))


def copied_otherwise(catalog: WholeCatalog, found: WholeCatalog) -> Iterator[Difference]:
    """Yield in what the project's own objects differ, but for what no statement gives: versions of extensions."""
    for each in differences(catalog.own(), found.own()):
        either_missing = each.before is None or each.after is None
        if either_missing or set(each.facts()) - STAND_INS_DIFFER.get(each.identity[0], frozenset()):
            yield each


def _run(session: SteadyDatabase, statement: Statement, catalog: WholeCatalog) -> None:
    """Run a statement; an extension is made in the project's version where that is to be had, else in another."""
    kind, _ = statement.identity
    item = catalog.objects.get(statement.identity)
    if kind == "extension" and item is not None and statement.sql.startswith("create"):
        with suppress(SqlError):
            session.run(f"{statement.sql} version {quote_literal(str(item.facts['version']))}")
            return
    session.run(statement.sql)


def _how(difference: Difference) -> str:
    if difference.after is None:
        return "it is missing"
    if difference.before is None:
        return "it is not on the project"
    return f"{', '.join(difference.facts())} differ"


def rebuild(catalog: WholeCatalog, database: LocalDatabase) -> tuple[Unbuilt, ...]:
    """Build in ``database`` what ``catalog`` holds of the project's own; return what is not as it is there.

    Each statement is a transaction of its own: one that fails is told, and the rest is built all the same. What
    came out is read again and compared. Raises ``ReadFailed`` and what running a statement does but ``SqlError``.
    """
    failed: dict[Identity, str] = {}
    session = SteadyDatabase(database.conninfo, after="discard all")
    try:
        for statement in build(catalog, apart_from=read_whole(database, patience=_PATIENCE)):
            try:
                _run(session, statement, catalog)
            except SqlError as error:
                failed.setdefault(statement.identity, f"{error.message} ({error.sqlstate})")
    finally:
        session.close()
    found = read_whole(database, patience=_PATIENCE)
    different = {each.identity: _how(each) for each in copied_otherwise(catalog, found)}
    return tuple(Unbuilt(identity, why) for identity, why in sorted({**different, **failed}.items()))
