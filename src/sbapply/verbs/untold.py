"""Write down what a version did of which the history holds no text, by what the project has beyond its files."""

from dataclasses import dataclass

from sbapply.catalog.ddl.restore import restore
from sbapply.catalog.drift import drift
from sbapply.catalog.names import named
from sbapply.catalog.whole import read_whole
from sbapply.errors import UsageError
from sbapply.history.plan import State
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.migrations.files import Migration
from sbapply.migrations.writing import file_name_of
from sbapply.verbs.status import plan_for
from sbapply.verbs.target import Target
from sbapply.verbs.verify import applied_migrations


@dataclass(frozen=True, slots=True)
class Untold:
    """Hold the migration that was written for a version, and what is left to be said of it."""

    migration: Migration
    file_name: str
    notes: tuple[str, ...]


def untold(target: Target, state: RemoteState, version: str) -> Untold:
    """Return a migration for ``version`` that makes of the applied files' schema the one that the project has.

    Read-only; one request, two if stored texts must be compared. The files are run on a scratch Postgres, without
    the new one and with it. Raises ``UsageError`` where the version has a text, a file or no row, and what ``diff``
    does.
    """
    plan = plan_for(target, state)
    missing = {entry.version for entry in plan.of_state(State.MISSING_FILE)}
    row = next((row for row in state.rows if row.version == version and version in missing), None)
    file_name = None if row is None else file_name_of(version, row.name or "from_schema")
    if row is None or row.digest is not None or file_name is None:
        raise _not_untold(row, version)
    applied = applied_migrations(target, plan)
    project = read_whole(target.database, patience=target.patience.read)
    files = target.rehearser.replayed(applied)
    steps = restore(project, files, drift(project, files))
    text = "".join(
        (
            f"-- What {target.ref} had beyond its files, written by sbapply reconcile.\n",
            *(f"\n{step.sql};\n" for step in steps if step.sql),
        )
    )
    migration = Migration(version, row.name or "from_schema", f"{target.folder.path}/{file_name}", text)
    together = sorted((*applied, migration), key=lambda each: (each.version, each.name))
    left = drift(project, target.rehearser.replayed(together))
    notes = [step.warning for step in steps if not step.sql]
    notes += [f"with the file, {named(*each.identity)} is still {_LEFT[each.side]} the project" for each in left]
    return Untold(migration, file_name, tuple(notes))


_LEFT = {"missing": "only on", "extra": "not on", "different": "not as on"}


def _not_untold(row: HistoryRow | None, version: str) -> UsageError:
    if row is None:
        return UsageError(
            f"{version} is not a row of the history without a file.", "Run `sbapply status` to see the versions."
        )
    return UsageError(
        f"The history holds the text of {version}.", f"Run `sbapply fetch {version}` to write it as a file."
    )
