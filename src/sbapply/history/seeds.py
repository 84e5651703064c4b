"""Plan which seed files run, by the rows that the official CLI keeps of them too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbapply.database import Clock, Database, ask, shaped
from sbapply.errors import ReadFailed
from sbapply.history.ready import Ready, prepare
from sbapply.migrations.files import Problem
from sbapply.migrations.seeds import SqlFile
from sbapply.migrations.text import place_at, skip_blank
from sbapply.migrations.unit import Unit
from sbapply.templates import load_sql


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """Hold a file that is to be run, or only noted.

    ``ready`` is its text as it is sent. ``before`` is the hash in its row, None without one: a seed that has one
    has run already and changed since, and is only noted anew, as the official CLI does.
    """

    file: SqlFile
    ready: Ready
    before: str | None = None

    @property
    def only_noted(self) -> bool:
        """Tell whether the text is not run."""
        return self.before is not None


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Hold why a file cannot be run."""

    file: SqlFile
    problem: Problem


def read_seed_rows(database: Database, *, patience: float, clock: Clock | None = None) -> Mapping[str, str]:
    """Return the hash of every noted seed by its path. Read-only, one request. Raises as ``read_state``."""
    rows = ask(database, load_sql("sbapply.history", "seeds.sql"), patience=patience, clock=clock)
    with shaped("the seeds"):
        seeds = rows[0]["seeds"]
        if isinstance(seeds, dict):
            return {str(path): str(told) for path, told in seeds.items()}
    raise ReadFailed("The answer about the seeds has another shape.", "Run the same command again.")


def plan_seeds(files: Sequence[SqlFile], rows: Mapping[str, str]) -> list[PlannedFile | FileRefusal]:
    """Return what is to do of ``files``, in order; those whose row holds their hash are left out."""
    wanted = [file for file in files if file.problem is not None or rows.get(file.path) != file.hash]
    return [plan_file(file, rows.get(file.path)) for file in wanted]


def plan_file(file: SqlFile, before: str | None = None) -> PlannedFile | FileRefusal:
    """Return a file as it is sent, or why it cannot be: it has to be one transaction, which is not its own."""
    if file.problem is not None:
        return FileRefusal(file, file.problem)
    if before is not None:
        return PlannedFile(file, _nothing(file), before)
    ready = prepare(file.migration)
    if isinstance(ready, Problem):
        return FileRefusal(file, ready)
    first = ready.units[0]
    if len(ready.units) > 1 or first.lone is not None:
        second = ready.units[1] if len(ready.units) > 1 else first
        problem = Problem(
            "several-transactions",
            "it is more than one transaction, and a seed or the roles run in one",
            "Cut it into files of one transaction each; what runs alone belongs into a migration.",
            place_at(file.path, file.text, skip_blank(file.text, second.start)),
        )
        return FileRefusal(file, problem)
    return PlannedFile(file, ready)


def _nothing(file: SqlFile) -> Ready:
    """Return a text without statements, for a file of which only the row is written."""
    unit = Unit(0, 0, 0, 0, 0)
    return Ready(SqlFile(file.path, file.hash, "").migration, (unit,), (), "")
