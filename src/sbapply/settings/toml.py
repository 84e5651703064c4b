"""Decode a TOML file, and say where it is wrong."""

import re
from pathlib import Path
from typing import Any

from sbapply.errors import ConfigurationError, Place

# What tomllib says of where it stopped (CPython, Lib/tomllib/_parser.py).
_AT = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)\Z")


def decode(path: Path, raw: bytes) -> dict[str, Any]:
    """Decode the bytes of ``path``. Raises ``ConfigurationError`` with the place where they are no TOML."""
    import tomllib

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}.", "Save the file as UTF-8.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, text, str(error)) from error


def _wrong(path: Path, text: str, said: str) -> ConfigurationError:
    at = _AT.search(said)
    reason = said[: at.start()] if at is not None else said
    lines = text.splitlines() or [""]
    line = int(at["line"]) if at is not None and at["line"] else len(lines)
    column = int(at["column"]) if at is not None and at["column"] else len(lines[-1]) + 1
    excerpt = lines[line - 1] if line <= len(lines) else ""
    return ConfigurationError(
        f"This is not TOML: {reason}.", "Correct the file.", place=Place(str(path), line, column, excerpt)
    )
