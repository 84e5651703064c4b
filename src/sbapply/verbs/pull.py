"""Write a migration that builds a project's schema as it is."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sbapply.catalog.ddl import build
from sbapply.catalog.whole import WholeCatalog, read_whole
from sbapply.database import Json
from sbapply.errors import LocalMissing, SbapplyError, UsageError
from sbapply.migrations.files import Migration
from sbapply.migrations.writing import write_new
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class PullReport:
    """Hold what was written, and how it was held against the project.

    ``kinds`` counts the project's own objects. ``different`` names what a replay of the file leaves otherwise than
    it is on the project, None where it was not replayed and ``note`` says why; ``not_covered`` is in no file.
    """

    target: Target
    file: str
    statements: int
    kinds: tuple[tuple[str, int], ...]
    different: tuple[str, ...] | None
    not_covered: tuple[str, ...]
    note: str = ""

    @property
    def exit_status(self) -> int:
        """Return 3 where the file builds something else than the project has, else 0."""
        return 3 if self.different else 0

    def to_json(self) -> dict[str, Json]:
        """Return the file, the counts and the differences."""
        return {
            "command": "pull",
            **self.target.to_json(),
            "file": self.file,
            "statements": self.statements,
            "objects": dict(self.kinds),
            "outcome": "not-replayed" if self.different is None else "differs" if self.different else "equal",
            "different": list(self.different or ()),
            "not_covered": list(self.not_covered),
            "note": self.note or None,
            "requests": self.target.database.requests,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class Pulled:
    """Hold a project's schema, and the text of a migration that builds it; the same schema gives the same text."""

    catalog: WholeCatalog
    text: str
    statements: int

    @property
    def kinds(self) -> tuple[tuple[str, int], ...]:
        """Return how many objects of each kind are the project's own."""
        return tuple(Counter(item.kind for item in self.catalog.own()).items())


def pull(target: Target, folder: Path, *, name: str = "remote_schema", replay: bool = True) -> PullReport:
    """Write a new migration into ``folder`` that builds what the project holds of its own, and nothing else.

    Read-only on the project; one request. With ``replay`` the file is run on a scratch Postgres and what comes out
    is compared, object by object. Raises ``UsageError`` where the folder holds migrations already, ``ReadFailed``,
    ``SqlError`` or ``NotSent``.
    """
    if target.folder.migrations:
        raise UsageError(
            f"{target.folder.path} holds {len(target.folder.migrations)} migrations, and a pulled one repeats what "
            "they made.",
            "Pull into a folder without migrations (--workdir), or write what differs with "
            "`sbapply new NAME --from-diff`.",
        )
    pulled = read_pulled(target)
    version = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    migration = Migration(version, name, f"{target.folder.path}/{version}_{name}.sql", pulled.text)
    different, note = _replayed(target, pulled.catalog, migration) if replay else (None, "it was not asked for")
    write_new(folder / f"{version}_{name}.sql", pulled.text)
    return PullReport(
        target, migration.file, pulled.statements, pulled.kinds, different, pulled.catalog.not_covered, note
    )


def read_pulled(target: Target) -> Pulled:
    """Read what the project holds, and write the migration that builds it. One request; raises as ``pull`` does."""
    catalog = read_whole(target.database, patience=target.patience.read)
    statements = build(catalog)
    text = "".join(
        (f"-- The schema of {target.ref}, written by sbapply pull.\n", *(f"\n{each.sql};\n" for each in statements))
    )
    return Pulled(catalog, text, len(statements))


def _replayed(target: Target, catalog: WholeCatalog, migration: Migration) -> tuple[tuple[str, ...] | None, str]:
    try:
        return target.rehearser.differences(catalog, migration), ""
    except LocalMissing as error:
        return None, error.message
    except SbapplyError as error:
        return (error.message,), ""
