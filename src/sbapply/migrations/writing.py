"""Write files of migrations, and never over one that is there."""

import os
import secrets
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
    beside = _written_beside(path.with_name(".sbapply"), text.encode())
    try:
        # A link is made whole or not at all, and never in the place of another file.
        os.link(beside, path)
    finally:
        beside.unlink()


def _forbidden(character: str) -> bool:
    return character in _NOT_IN_NAMES or unicodedata.category(character) in _HIDDEN


def write_new(path: Path, text: str | bytes) -> bool:
    """Write a file that is not there yet, with its folder; return False where one of the same content is there.

    Raises ``UsageError`` where another file has the name, or it cannot be written; nothing of it is there then.
    """
    content = text.encode() if isinstance(text, str) else text
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = _written_beside(path, content)
        try:
            os.link(beside, path)
        except FileExistsError:
            if path.is_file() and path.read_bytes() == content:
                return False
            raise UsageError(
                f"{path} is there with another text, and is not written over.",
                "Move it away, or use another name.",
            ) from None
        finally:
            beside.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error
    return True


def write_over(path: Path, text: str) -> None:
    """Write a file in the place of the one that may be there. Raises ``UsageError``; that one is left then."""
    try:
        beside = _written_beside(path, text.encode())
        try:
            beside.replace(path)
        except OSError:
            beside.unlink()
            raise
    except OSError as error:
        raise _unwritable(path, error) from error


def _written_beside(path: Path, content: bytes) -> Path:
    """Return a whole file beside ``path``; there is none where it raises."""
    beside = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {error.strerror or error}.", "Check the folder's permissions and the disk."
    )
