"""Write one migration that builds what many do, and prove it by replaying both."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from sbapply.catalog.ddl import build
from sbapply.catalog.names import named
from sbapply.catalog.whole import Difference, WholeCatalog, differences, read_whole
from sbapply.errors import RehearsalFailed
from sbapply.migrations.files import Migration
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.rows import Rows, TableRows, read_rows, rows_as_statements
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Squashed:
    """Hold the text of the one migration, and how its replay was held against that of the many.

    ``kinds`` counts the objects that it builds. ``different`` names what does not come out the same, or why it
    fails; ``not_covered`` what the many make and no catalog of ours speaks of; ``lost`` the tables, with how many
    rows, that have rows after the many which they have not after the one. ``rows`` counts those it carries.
    """

    text: str
    statements: int
    kinds: tuple[tuple[str, int], ...]
    different: tuple[str, ...]
    not_covered: tuple[str, ...]
    lost: tuple[tuple[str, int], ...]
    rows: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    """Hold what a replay leaves; ``before`` are the rows that were there at its start."""

    catalog: WholeCatalog
    before: Rows
    rows: Rows
    statements: tuple[str, ...] = ()


def squash_migrations(
    engines: Callable[[], AbstractContextManager[Server]],
    migrations: Sequence[Migration],
    into: Migration,
    *,
    with_data: bool,
) -> Squashed:
    """Replay ``migrations`` from nothing, write what they leave as one, and replay that from nothing too.

    ``into`` is that one; its text is what the file is to begin with. Both ends are compared object by object, and
    table by table in what rows they hold. Raises what ``rehearse`` does where the many cannot be replayed.
    """
    with engines() as server:
        old = _end(server, migrations, with_data=with_data)
    built = tuple(each.sql for each in build(old.catalog))
    text = "".join((into.text, *(f"\n{sql};\n" for sql in (*built, *old.statements))))
    kinds = tuple(Counter(item.kind for item in old.catalog.own()).items())
    squashed = Squashed(text, len(built) + len(old.statements), kinds, (), old.catalog.not_covered, ())
    made = old.rows.beyond(old.before)
    try:
        with engines() as server:
            new = _end(server, [replace(into, text=text)], with_data=False)
    except RehearsalFailed as failure:
        return replace(squashed, different=(f"its replay fails: {failure.message}",), lost=_counts(made))
    lost = old.rows.beyond(new.rows)
    gone = {table.name for table in lost}
    carried = sum(table.count for table in made if table.name not in gone)
    return replace(squashed, different=_different(old, new), lost=_counts(lost), rows=carried)


def _end(server: Server, migrations: Sequence[Migration], *, with_data: bool) -> _End:
    database = LocalDatabase(server.conninfo(user="postgres"))
    # Rows that policies hide from everybody else are rows too.
    everything = LocalDatabase(server.conninfo())
    before = read_rows(everything)
    rehearse(database, migrations)
    catalog = read_whole(database, patience=_PATIENCE)
    rows = read_rows(everything)
    statements = rows_as_statements(everything, before, rows) if with_data else ()
    return _End(catalog, before, rows, statements)


def _different(old: _End, new: _End) -> tuple[str, ...]:
    found = [f"{named(*each.identity)}: {_how(each)}" for each in differences(old.catalog.own(), new.catalog.own())]
    missing = sorted(set(old.catalog.not_covered) - set(new.catalog.not_covered))
    found += (f"{name}: it is missing" for name in missing)
    emptied = {table.name for table in new.rows.beyond(old.rows)} - {table.name for table in old.rows.tables}
    found += (f"rows of {'.'.join(name)}: the files leave none" for name in sorted(emptied))
    return tuple(found)


def _how(difference: Difference) -> str:
    if difference.after is None:
        return "it is missing"
    if difference.before is None:
        return "the files do not leave it"
    return f"{', '.join(difference.facts())} differ"


def _counts(tables: Sequence[TableRows]) -> tuple[tuple[str, int], ...]:
    return tuple((".".join(table.name), table.count) for table in tables)
