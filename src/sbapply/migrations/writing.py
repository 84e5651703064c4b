"""Write files of migrations, and never over one that is there."""

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from sbapply.errors import UsageError

# What most file systems take as the name of one file, in bytes.
_LONGEST_NAME = 255
# Control, format (bidirectional marks, zero-width characters), surrogate, line and paragraph separator.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NOT_IN_NAMES = frozenset('/\\<>:"|?*' if os.name == "nt" else "/\\")


def file_name_of(version: str, name: str) -> str | None:
    """Return ``VERSION_NAME.sql``, None where no file can carry the version: those are digits.

    A name that is no part of a file's name is made one: separators of folders and what cannot be seen become
    ``_``, and what is too long is cut.
    """
    ending = ".sql"
    room = _LONGEST_NAME - len(version) - len("_") - len(ending)
    if not (version.isascii() and version.isdigit()) or room < 0:
        return None
    plain = "".join("_" if _forbidden(character) else character for character in name)
    return f"{version}_{plain.encode()[:room].decode(errors='ignore')}{ending}"


def write_new_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files, by their names in ``folder``, all of them whole or none; the folder is made if it is absent.

    Raises ``UsageError`` where one of that name is there or cannot be written. Killed half-way it leaves whole
    files only.
    """
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _write_new_file(folder / name, text)
            made.append(folder / name)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise UsageError(
            f"The folder {folder} cannot be written to: {error.strerror}: {list(texts)[len(made)]}",
            "Check what is there, its permissions and the room on the disk, then run the same command again; "
            "nothing was written.",
        ) from error


def _write_new_file(path: Path, text: str) -> None:
    beside = path.with_name(f".sbapply-{os.getpid()}.new")
    try:
        beside.write_bytes(text.encode())
        # A link is made whole or not at all, and never in the place of another file.
        os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _forbidden(character: str) -> bool:
    return character in _NOT_IN_NAMES or unicodedata.category(character) in _HIDDEN
