"""Tie a folder to a project, in the place where the official CLI keeps it too."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sbapply.database import Json
from sbapply.errors import UsageError

LINK = Path("supabase") / ".temp" / "project-ref"

# What `supabase link` (3.1.0) notes of the project beside its ref. The pooler's address above all must not outlive
# the link: the official CLI would connect to the former project with it.
_NOTES = (
    "pooler-url",
    "linked-project.json",
    "postgres-version",
    "gotrue-version",
    "rest-version",
    "storage-version",
    "storage-migration",
)


@dataclass(frozen=True, slots=True)
class LinkedProject:
    """Hold what the API says of the project to link; ``name`` and ``state`` are None where it does not tell."""

    ref: str
    name: str | None
    state: str | None

    @property
    def title(self) -> str:
        """Return the project as reports name it."""
        return f"{self.name} ({self.ref})" if self.name else self.ref


@dataclass(frozen=True, slots=True)
class LinkReport:
    """Hold the project, the file that names it now, and the ref that it named before, if another."""

    project: LinkedProject
    file: str
    before: str | None

    @property
    def exit_status(self) -> int:
        """Return 0: the file names the project."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "link",
            "project": self.project.ref,
            "project_name": self.project.name,
            "state": self.project.state,
            "file": self.file,
            "before": self.before,
            "error": None,
        }


def link(workdir: Path, ref: str, look_up: Callable[[str], LinkedProject]) -> LinkReport:
    """Check ``ref`` with the API, then write it to ``supabase/.temp/project-ref`` as ``supabase link`` does.

    What that CLI noted of another project before is removed. Writes in ``workdir`` alone. Raises what ``look_up``
    raises, with nothing written, and ``UsageError`` if the file cannot be written.
    """
    project = look_up(ref)
    path = workdir / LINK
    before = linked_ref(workdir)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before != ref:
            # First, so that at no moment they stand beside the new ref.
            for name in _NOTES:
                path.with_name(name).unlink(missing_ok=True)
        _write(path, ref)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "Check its folder's permissions."
        ) from error
    return LinkReport(project, LINK.as_posix(), before if before != ref else None)


def linked_ref(workdir: Path) -> str | None:
    """Return the ref that the folder is linked to, by us or by the official CLI; None if to none."""
    try:
        return (workdir / LINK).read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def _write(path: Path, ref: str) -> None:
    """Write the ref as the official CLI does, without a newline; a reader never sees half of it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        fresh.write_text(ref, encoding="ascii")
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
