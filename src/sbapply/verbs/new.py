"""Write a new migration file, empty or with a text that was given."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sbapply.database import Json
from sbapply.migrations.files import Folder
from sbapply.migrations.versions import next_version, safe_name
from sbapply.migrations.writing import write_new


@dataclass(frozen=True, slots=True)
class NewReport:
    """Name the file that was written, or would be in a ``dry_run``."""

    version: str
    name: str
    file: str
    size: int
    dry_run: bool = False

    @property
    def exit_status(self) -> int:
        """Return 0: what goes wrong is raised."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the file."""
        return {
            "command": "new",
            "outcome": "dry-run" if self.dry_run else "written",
            "version": self.version,
            "name": self.name,
            "file": self.file,
            "bytes": self.size,
            "error": None,
        }


def new(folder: Folder, path: Path, name: str, text: str = "", *, dry_run: bool = False) -> NewReport:
    """Write ``text`` as a new migration into ``folder``, which is ``path``; no project is asked.

    The version is the time (UTC) as the official ``migration new`` writes it, or behind the newest one here if that
    is later. Raises ``UsageError`` for a name that is none, and where the file cannot be written.
    """
    called = safe_name(name)
    newest = max((migration.version for migration in folder.migrations), default="")
    version = next_version(newest, datetime.now(UTC))
    file = f"{version}_{called}.sql"
    if not dry_run:
        write_new(path / file, text)
    return NewReport(version, called, f"{folder.path}/{file}", len(text.encode()), dry_run)
