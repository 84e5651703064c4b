"""Put one file in the place of many so that a kill at any moment leaves nothing lost and nothing unexplained.

First the many are copied into a folder beside theirs, which appears whole, with a manifest. Then the one is
written; then the many are taken out of their folder, each only while it is as it was copied. Whoever looks in
between finds the manifest, and what is left to do.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sbapply.errors import UsageError
from sbapply.migrations.files import Folder, read_folder
from sbapply.migrations.writing import write_new

MANIFEST = "squash.json"
_ONE = "squashed"
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Archive:
    """Hold the folder that keeps the many, and the name and digest of the one that stands for them."""

    path: Path
    migrations: Path
    into: str
    digest: str
    members: tuple[str, ...]

    @property
    def placed(self) -> bool:
        """Say whether the one is in the folder of migrations, as it was written."""
        return _digest(self.migrations / self.into) == self.digest

    @property
    def left(self) -> tuple[str, ...]:
        """Return the names of the many that are still in the folder of migrations as they were."""
        return tuple(name for name in self.members if self._unchanged(name))

    def folder(self, shown: str) -> Folder:
        """Read the many as a folder; ``shown`` is how it is called."""
        return read_folder(self.path, shown=shown)

    def place(self) -> None:
        """Put the one into the folder of migrations. Raises ``UsageError`` where its name is taken."""
        try:
            os.link(self.path / _ONE, self.migrations / self.into)
        except OSError as error:
            raise UsageError(
                f"{self.migrations / self.into} cannot be written: {error.strerror}.", "Choose another --name."
            ) from error

    def take_out(self) -> None:
        """Take the many out of the folder of migrations. Raises ``UsageError`` where that cannot be."""
        for name in self.left:
            try:
                (self.migrations / name).unlink()
            except OSError as error:
                raise UsageError(
                    f"{self.migrations / name} cannot be taken away: {error.strerror}.",
                    "Run `sbapply squash` again: it goes on from there.",
                ) from error
        # Both names are of one file, which an editor may change in place.
        (self.path / _ONE).unlink(missing_ok=True)

    def put_back(self) -> None:
        """Put the many back in the folder of migrations, then take the one and this archive away."""
        for name in self.members:
            write_new(self.migrations / name, (self.path / name).read_bytes())
        if self.placed:
            (self.migrations / self.into).unlink()
        shutil.rmtree(self.path)

    def _unchanged(self, name: str) -> bool:
        found = _digest(self.migrations / name)
        return found is not None and found == _digest(self.path / name)


def new_place(migrations: Path) -> Path:
    """Return where files that are to be laid by now will stand."""
    return migrations.with_name(f"{migrations.name}-squashed-{datetime.now(UTC):%Y%m%d%H%M%S}")


def lay_by(path: Path, migrations: Path, names: Sequence[str], into: str, text: str) -> Archive:
    """Copy files of the folder ``migrations`` to ``path``, whole or not at all; change nothing else.

    ``into`` and ``text`` are of the file that is to stand for them. Raises ``UsageError`` where it cannot be done.
    """
    partial = path.with_name(f"{path.name}{_PARTIAL}")
    digest = sha256(text.encode()).hexdigest()
    try:
        for leftover in _leftovers(migrations, names):
            shutil.rmtree(leftover)
        partial.mkdir()
        for name in names:
            shutil.copyfile(migrations / name, partial / name)
        (partial / _ONE).write_bytes(text.encode())
        manifest = {"into": into, "sha256": digest, "files": list(names)}
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        partial.rename(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "Make room, or check the permissions."
        ) from error
    return Archive(path, migrations, into, digest, tuple(names))


def archives_of(migrations: Path) -> Iterator[Archive]:
    """Yield what was laid by beside a folder of migrations, the newest first."""
    for path in sorted(migrations.parent.glob(f"{migrations.name}-squashed-*"), reverse=True):
        found = _read(path, migrations)
        if found is not None:
            yield found


def _read(path: Path, migrations: Path) -> Archive | None:
    if path.name.endswith(_PARTIAL):
        return None
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        names = tuple(str(name) for name in manifest["files"])
        archive = Archive(path, migrations, str(manifest["into"]), str(manifest["sha256"]), names)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # Names come from a file that anybody may have written; only those of the folder itself are followed.
    plain = all(Path(name).name == name and (path / name).is_file() for name in names)
    return archive if plain and Path(archive.into).name == archive.into else None


def _leftovers(migrations: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield what a kill left that holds nothing but copies of files that are still in their place."""
    yield from migrations.parent.glob(f"{migrations.name}-squashed-*{_PARTIAL}")
    for archive in archives_of(migrations):
        if archive.members == tuple(names) == archive.left and not archive.placed:
            yield archive.path


def _digest(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except OSError:
        return None
