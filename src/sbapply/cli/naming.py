"""Check the names that migrations are to have."""

import re

from sbapply.errors import UsageError

_NAME = re.compile(r"[\w.-]+")


def check_name(name: str) -> None:
    """Raise ``UsageError`` for a name that cannot stand in a file's name, or that would make it no migration."""
    if not _NAME.fullmatch(name) or name.endswith(".down"):
        raise UsageError(
            f"{name!r} is no name for a migration: letters, digits, '_', '-' and '.' are.", "Choose another."
        )
