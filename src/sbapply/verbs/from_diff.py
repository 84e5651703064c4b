"""Write what was changed on a project behind its migrations' back as a migration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sbapply.catalog.ddl.restore import Loss, Restoring, restore
from sbapply.catalog.drift import drift
from sbapply.catalog.names import named
from sbapply.catalog.whole import WholeCatalog, read_whole
from sbapply.database import Json
from sbapply.errors import RehearsalFailed, UsageError
from sbapply.history.plan import Plan, State
from sbapply.history.state import read_state
from sbapply.migrations.files import Migration
from sbapply.migrations.versions import following, next_version, safe_name
from sbapply.migrations.writing import write_new
from sbapply.verbs.failure import file_of
from sbapply.verbs.status import plan_for
from sbapply.verbs.target import Target
from sbapply.verbs.verify import applied_migrations


@dataclass(frozen=True, slots=True)
class FromDiffReport:
    """Hold the migration that was written, or would be in a ``dry_run``; None where nothing differs.

    ``different`` names what a replay of the applied files and this one leaves otherwise than the project has it;
    ``notes`` is what else there is to say.
    """

    target: Target
    migration: Migration | None = None
    statements: tuple[Restoring, ...] = ()
    different: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def exit_status(self) -> int:
        """Return 3 where the file leaves something else than the project has, else 0."""
        return 3 if self.different else 0

    def to_json(self) -> dict[str, Json]:
        """Return the file, its statements, and how it was held against the project."""
        written = "dry-run" if self.dry_run else "written"
        made = self.migration
        return {
            "command": "new",
            **self.target.to_json(),
            "outcome": "nothing-to-do" if made is None else written,
            "version": made.version if made else None,
            "name": made.name if made else None,
            "file": made.file if made else None,
            "text": made.text if made else None,
            "statements": [
                {
                    "sql": each.sql or None,
                    "warning": _warning(each) or None,
                    "commented_out": each.loss is Loss.CERTAIN,
                }
                for each in self.statements
            ],
            "replay": None if made is None else "differs" if self.different else "equal",
            "different": list(self.different),
            "notes": list(self.notes),
            "requests": self.target.database.requests,
            "error": None,
        }


def new_from_diff(target: Target, path: Path, name: str, *, dry_run: bool = False) -> FromDiffReport:
    """Write into ``path`` a migration that makes of what the applied files leave what the project has.

    Statements that lose data are written as comments. The file is run behind the applied ones on a scratch Postgres
    and what comes out is compared with the project. Read-only on the project, whose history stays: two requests,
    three if stored texts must be compared. Raises ``UsageError`` where a migration is half applied or the file
    cannot be written, and what ``diff`` does.
    """
    called = safe_name(name)
    state = read_state(target.database, patience=target.patience.read, clock=target.clock)
    plan = plan_for(target, state)
    half = plan.of_state(State.HALF_APPLIED)
    if half:
        raise UsageError(
            f"{half[0].version} is half applied, so what it made so far would be taken for changed by hand.",
            "Finish it first with `sbapply push`.",
        )
    applied = applied_migrations(target, plan)
    expected = target.rehearser.replayed(applied)
    found = read_whole(target.database, patience=target.patience.read)
    statements = restore(found, expected, drift(found, expected))
    notes = tuple(_notes(plan, found))
    if not statements:
        return FromDiffReport(target, notes=notes)
    version, note = _version(target, state.versions)
    text = "".join(_text(target.ref, statements))
    migration = Migration(version, called, f"{target.folder.path}/{version}_{called}.sql", text)
    different = _replayed(target, [*applied, migration], found)
    if not dry_run:
        write_new(path / f"{version}_{called}.sql", text)
    report = FromDiffReport(target, migration, statements, different, notes, dry_run)
    return replace(report, notes=(*notes, note)) if note else report


def _version(target: Target, applied: Sequence[str]) -> tuple[str, str]:
    """Return the version of the file, and what is to be said of it: it comes before what is pending.

    What it holds is on the project already; behind pending files it would put those out of order once recorded.
    """
    now = datetime.now(UTC)
    newest = max(applied, default="")
    pending = [each.version for each in target.folder.migrations if each.version > newest]
    version = next_version(newest, now)
    if not pending or version < pending[0]:
        return version, ""
    if newest and following(newest) < pending[0]:
        return following(newest), ""
    last = next_version(pending[-1], now)
    return last, f"There is no version left before {pending[0]}: once this is recorded, run `sbapply rebase`."


def _text(ref: str, statements: Sequence[Restoring]) -> Iterator[str]:
    """Yield the file; a name of the database's that holds a line end stays within its comment."""
    yield f"-- What {ref} has otherwise than its migrations make it, written by sbapply new --from-diff.\n"
    for each in statements:
        yield "\n"
        yield from (f"-- {line}\n" for line in _warning(each).splitlines())
        if each.sql and each.loss is Loss.CERTAIN:
            yield from (f"-- {line}\n" for line in f"{each.sql};".splitlines())
        elif each.sql:
            yield f"{each.sql};\n"


def _warning(statement: Restoring) -> str:
    """Return what is to be said of a statement here: what the project lost when it was changed is no news."""
    if statement.loss is Loss.CERTAIN:
        return f"{statement.warning}; take the dashes away if it is to go everywhere"
    return statement.warning if statement.loss is Loss.POSSIBLE or not statement.sql else ""


def _replayed(target: Target, migrations: Sequence[Migration], found: WholeCatalog) -> tuple[str, ...]:
    try:
        left = target.rehearser.replayed(migrations)
    except RehearsalFailed as error:
        return (f"{error.place or file_of(error)}: {error.message}",)
    return tuple(f"{named(*each.identity)}: {each.side}" for each in drift(found, left))


def _notes(plan: Plan, found: WholeCatalog) -> Iterator[str]:
    for entry in plan.of_state(State.MISSING_FILE):
        yield f"{entry.version} is applied and has no file here: what it made is taken for changed by hand."
    yield from (f"Not compared: {each}" for each in found.not_covered)
