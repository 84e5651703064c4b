"""Read the folder of migrations so that every entry in it is accounted for."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sbapply.errors import Place, UsageError
from sbapply.migrations.text import place_at

# The official CLI's pattern (apps/cli-go/pkg/migration/list.go); it skips in silence what does not match.
FILE_NAME = re.compile(r"([0-9]+)_(.*)\.sql", re.DOTALL)
# The official CLI never runs a first `<timestamp>_init.sql` from before its own history table (list.go).
_OLD_INIT = re.compile(r"([0-9]{14})_init\.sql")
_OLDEST_INIT = 20211209000000

_UTF8_MARK = b"\xef\xbb\xbf"
_GIT_CRYPT = b"\x00GITCRYPT\x00"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Problem:
    """Say why a file cannot be pushed: a stable code, the reason, where, and what to do."""

    code: str
    reason: str
    next_step: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """Hold one file whose name makes it a migration.

    ``version`` is the digits of the name as they stand, ``name`` the rest without ``.sql``, ``file`` the path to
    show. ``text`` is the file's text, byte for byte but for a leading byte order mark; it is empty where
    ``problem`` says that the file has no readable text.
    """

    version: str
    name: str
    file: str
    text: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Name an entry of the folder that is no migration, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Hold a folder as it was read: migrations in the order of their versions, and everything else."""

    path: str
    migrations: tuple[Migration, ...]
    skipped: tuple[Skipped, ...]


def read_folder(path: Path, *, shown: str | None = None) -> Folder:
    """Read every entry of ``path``; ``shown`` is how the folder is called in messages.

    Migrations come sorted by version as text, code point by code point, which is how the history is ordered
    (``ORDER BY version``), then by name. Read-only. Raises ``UsageError`` if the folder is absent or unreadable.
    """
    shown = shown if shown is not None else str(path)
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    except FileNotFoundError:
        raise UsageError(
            f"There is no folder {shown}.",
            "Run in a project that has supabase/migrations/, or name one with --workdir DIR.",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The folder {shown} cannot be read: {error.strerror}.", "Check its type and permissions."
        ) from None
    migrations: list[Migration] = []
    skipped: list[Skipped] = []
    for entry in entries:
        name = name_as_text(entry)
        file = f"{shown}/{name}"
        reason = _reason_to_skip(entry, first=not migrations)
        if reason is not None:
            skipped.append(Skipped(file, reason))
            continue
        matched = FILE_NAME.fullmatch(name)
        if matched is None:
            raise AssertionError(name)
        text, problem = read_text(entry, file)
        migrations.append(Migration(matched[1], matched[2], file, text, problem))
    migrations.sort(key=lambda migration: (migration.version, migration.name))
    return Folder(shown, tuple(migrations), tuple(skipped))


def duplicated_versions(migrations: tuple[Migration, ...]) -> frozenset[str]:
    """Return the versions that more than one migration carries; a history keyed by version cannot hold them."""
    seen: set[str] = set()
    twice: set[str] = set()
    for migration in migrations:
        (twice if migration.version in seen else seen).add(migration.version)
    return frozenset(twice)


def _reason_to_skip(entry: Path, *, first: bool) -> str | None:
    name = entry.name
    matched = FILE_NAME.fullmatch(name)
    if entry.is_dir() and (matched is None or not name.endswith(".sql")):
        count = sum(1 for inner in entry.rglob("*.sql"))
        inside = f", and the {count} .sql files in it are not read" if count else ""
        return f"a sub-folder{inside}; migrations stand directly in the folder"
    if matched is None:
        if not name.endswith(".sql"):
            return "not a .sql file"
        return "the name does not match <digits>_<name>.sql"
    if matched[2].endswith(".down"):
        return "a down migration; sbapply only goes forward"
    if first and is_old_init(name):
        return "a first <timestamp>_init.sql from before 2021-12-09; the official CLI skips it too"
    return None


def is_old_init(name: str) -> bool:
    """Say whether a file of this name is no migration where it is the first of its folder."""
    old = _OLD_INIT.fullmatch(name)
    return old is not None and int(old[1]) < _OLDEST_INIT


def name_as_text(entry: Path) -> str:
    """Return an entry's name with U+FFFD for the bytes in it that are not UTF-8."""
    return os.fsencode(entry.name).decode("utf-8", "replace")


def read_text(path: Path, file: str) -> tuple[str, Problem | None]:
    """Return a file's text without a byte order mark, or '' and why there is none; ``file`` is its name to show."""
    if name_as_text(path) != path.name:
        return "", Problem(
            "not-utf8", "its name is not UTF-8", "Rename it; the history keeps the name as text.", Place(file, 1, 1)
        )
    if path.exists() and not path.is_file():
        # A pipe would be waited for, a device read for ever.
        kind = "a directory" if path.is_dir() else "no ordinary file"
        return "", Problem("unreadable", f"it is {kind}", "Rename it or move it away.", Place(file, 1, 1))
    try:
        raw = path.read_bytes()
    except OSError as error:
        return "", Problem(
            "unreadable", f"it cannot be read: {error.strerror}", "Check its permissions.", Place(file, 1, 1)
        )
    return text_of(raw, file)


def text_of(raw: bytes, file: str) -> tuple[str, Problem | None]:
    """Return the text in a file's bytes as ``read_text`` does."""
    if raw.startswith(_GIT_CRYPT):
        return "", Problem(
            "encrypted", "it is encrypted by git-crypt", "Run `git-crypt unlock` first.", Place(file, 1, 1)
        )
    if raw.startswith(_UTF16_MARKS):
        return "", Problem("not-utf8", "it is UTF-16, not UTF-8", "Save the file as UTF-8.", Place(file, 1, 1))
    raw = raw.removeprefix(_UTF8_MARK)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        place = place_at(file, before, len(before))
        byte = raw[error.start]
        return "", Problem("not-utf8", f"byte 0x{byte:02x} is not UTF-8", "Save the file as UTF-8.", place)
    nul = text.find("\x00")
    if nul >= 0:
        return "", Problem(
            "binary",
            "it holds a NUL byte, so it is no SQL text",
            "Restore the file's text, or move it away.",
            place_at(file, text[:nul], nul),
        )
    return text, None
