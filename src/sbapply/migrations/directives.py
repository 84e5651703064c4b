"""Read what a file says, in comments at its head, of how it is to be sent."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.text import place_at, skip_blank

_LINE = re.compile(r"^[ \t]*--[ \t]*sbapply:(?!assert\b)[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(r"([\w-]+)\s*=\s*'?([^,']*?)'?\s*\Z")
_TIME = re.compile(r"\d+(?:\.\d+)?\s*(?:us|ms|s|min|h|d)?")
# The official CLI wants it as the whole first line (apps/cli-go/pkg/migration/file.go).
_OFFICIAL = re.compile(r"\A--\s*pg-delta:\s*transaction=false\s*$", re.MULTILINE)
_KEYS = ("lock_timeout", "statement_timeout", "transaction")


@dataclass(frozen=True, slots=True)
class Directives:
    """Hold a file's own time limits, in PostgreSQL's spelling, and whether its statements share a transaction."""

    lock_timeout: str | None = None
    statement_timeout: str | None = None
    transaction: bool = True


def read_directives(migration: Migration) -> Directives | Problem:
    """Return what the comments before a file's first statement ask for, or what is wrong with them.

    They are lines like ``-- sbapply: lock_timeout=2s, statement_timeout=10min, transaction=none``; the official
    CLI's ``-- pg-delta: transaction=false`` in the first line says the same as the last of these.
    """
    text = migration.text
    if "sbapply:" not in text[:100_000] and not text.startswith("--"):
        return Directives()
    head = text[: skip_blank(text, 0)]
    found: dict[str, str] = {}
    if _OFFICIAL.match(head):
        found["transaction"] = "none"
    for line in _LINE.finditer(head):
        for entry in line[1].split(","):
            offset = line.start(1) + line[1].index(entry) + len(entry) - len(entry.lstrip())
            wrong = _take(entry.strip(), found)
            if wrong is not None:
                return Problem("directive", *wrong, place_at(migration.file, text, offset))
    return Directives(found.get("lock_timeout"), found.get("statement_timeout"), "transaction" not in found)


def _take(entry: str, found: dict[str, str]) -> tuple[str, str] | None:
    """Take one ``key=value`` in; return what is wrong with it and what to do, if something is."""
    matched = _ENTRY.match(entry)
    key, value = (matched[1].lower(), matched[2].strip()) if matched is not None else (entry, "")
    if key not in _KEYS:
        close = get_close_matches(key, _KEYS, n=1)
        meant = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(_KEYS)}."
        return f"{entry!r} is no directive of sbapply's", meant
    if key == "transaction" and value != "none":
        return f"transaction={value} means nothing", "Write transaction=none, or leave it out."
    if key != "transaction" and _TIME.fullmatch(value) is None:
        return (
            f"{key}={value} is no length of time",
            "Write it as PostgreSQL does: 500ms, 5s, 10min; 0 is no limit.",
        )
    if found.get(key, value) != value:
        return f"{key} is given twice, with two values", "Leave one of them."
    found[key] = value
    return None
