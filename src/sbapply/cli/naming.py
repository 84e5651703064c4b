"""Check the names that migrations are to have."""

import re

from sbapply.errors import UsageError

_NAME = re.compile(r"[\w.-]+")
# A file's name has 255 bytes on most file systems, and the version and the ending want theirs.
_LONGEST = 200


def check_name(name: str) -> None:
    """Raise ``UsageError`` for a name that cannot stand in a file's name, or that would make it no migration."""
    if not _NAME.fullmatch(name) or name.endswith(".down"):
        raise UsageError(
            f"{name!r} is no name for a migration: letters, digits, '_', '-' and '.' are.", "Choose another."
        )
    if len(name.encode()) > _LONGEST:
        raise UsageError(f"A name of {len(name.encode())} bytes is too long for a file.", "Choose a shorter one.")
