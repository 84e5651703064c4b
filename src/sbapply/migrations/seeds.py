"""Read seed files and the file of roles, as the official CLI finds and names them.

Patterns are those of Go's ``path.Match``, part by part of a path; a folder that one matches stands for the .sql
files in it (CLI 3.1.0). The hash is of the file's bytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from posixpath import isabs, normpath

from sbapply.errors import Place
from sbapply.migrations.files import Migration, Problem, name_as_text, read_text, text_of

ROLES = "supabase/roles.sql"
_MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """Hold a file that runs beside the migrations: ``path`` is its name in its row, ``hash`` its bytes' SHA-256."""

    path: str
    hash: str
    text: str
    problem: Problem | None = None

    @property
    def migration(self) -> Migration:
        """Return it as what is parsed and cut like a migration; it has no version."""
        return Migration("", self.path, self.path, self.text, self.problem)


@dataclass(frozen=True, slots=True)
class SeedFolder:
    """Hold the seed files in the order in which they run, and the patterns that match nothing."""

    files: tuple[SqlFile, ...]
    unmatched: tuple[str, ...] = ()


def read_seeds(workdir: Path, patterns: Sequence[str]) -> SeedFolder:
    """Read the files that ``patterns``, relative to ``supabase/``, match: pattern by pattern, each once, sorted.

    Read-only. Raises nothing: a file that cannot be read carries its problem.
    """
    files: dict[str, SqlFile] = {}
    unmatched: list[str] = []
    for pattern in patterns:
        whole = normpath(pattern if isabs(pattern) else f"supabase/{pattern}")
        paths = sorted(_matches(workdir, whole), key=_in_bytes) if pattern else []
        if not paths:
            unmatched.append(pattern)
        for path in paths:
            for found in _files_of(workdir, path):
                if found not in files:
                    files[found] = _read(workdir / found, found)
    return SeedFolder(tuple(files.values()), tuple(unmatched))


def read_roles(workdir: Path) -> SqlFile | None:
    """Read ``supabase/roles.sql``; None if there is none. Read-only."""
    path = workdir / ROLES
    return _read(path, ROLES) if path.exists() else None


def _matches(workdir: Path, pattern: str) -> Iterator[str]:
    """Yield what a pattern matches, as paths from ``workdir``."""
    folder, _, name = pattern.rpartition("/")
    if not _MAGIC.search(pattern):
        if (workdir / pattern).exists():
            yield pattern
        return
    root = "/" if pattern.startswith("/") else ""
    for inside in [folder or root] if not _MAGIC.search(folder) else sorted(_matches(workdir, folder)):
        place = workdir / inside
        for entry in sorted(place.iterdir()) if place.is_dir() else ():
            if fnmatchcase(entry.name, name.replace("[^", "[!")):
                yield f"{inside.rstrip('/')}/{entry.name}" if inside else entry.name


def _files_of(workdir: Path, path: str) -> list[str]:
    """Return a file's own path, or those of the .sql files in a folder at any depth; links are left out."""
    place = workdir / path
    if not place.is_dir():
        return [path]
    inner = [each for each in place.rglob("*.sql") if each.is_file() and not each.is_symlink()]
    return sorted((f"{path}/{each.relative_to(place).as_posix()}" for each in inner), key=_in_bytes)


def _in_bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _read(place: Path, path: str) -> SqlFile:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if not place.is_file() or name_as_text(place) != place.name:
        return SqlFile(shown, "", *read_text(place, shown))
    try:
        raw = place.read_bytes()
    except OSError as error:
        problem = Problem(
            "unreadable", f"it cannot be read: {error.strerror}", "Check its permissions.", Place(shown, 1, 1)
        )
        return SqlFile(shown, "", "", problem)
    return SqlFile(shown, sha256(raw).hexdigest(), *text_of(raw, shown))
