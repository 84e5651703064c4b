"""Read what a file says of how it is to be sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.text import place_at, skip_blank

# What the official CLI reads, and only as the first line: apps/cli/src/legacy/shared/legacy-migration-apply.ts.
_OFFICIAL = "-- pg-delta: transaction=false"
_LINE = re.compile(r"--([^\r\n]*)")
_OURS = re.compile(r"\s*sbapply\s*:\s*(?!assert\b)(?P<list>.*)", re.IGNORECASE | re.DOTALL)
_ENTRY = re.compile(r"\s*(?P<key>[^=\s]+)\s*=\s*(?P<quote>['\"]?)(?P<value>[^'\"]*?)(?P=quote)\s*")
_TIMEOUT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>us|ms|s|min|h|d)?")
_MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST = 2_147_483_647  # PostgreSQL keeps both limits in an int of milliseconds
_KEYS = ("lock_timeout", "statement_timeout", "transaction")


@dataclass(frozen=True, slots=True)
class Directives:
    """Hold a file's own time limits, in PostgreSQL's spelling, and whether its statements share a transaction."""

    lock_timeout: str | None = None
    statement_timeout: str | None = None
    transaction: bool = True


def read_directives(migration: Migration) -> Directives | Problem:
    """Return what the comments before a file's first statement ask for.

    ``-- sbapply: key=value, …`` may stand in several of them. ``-- sbapply:assert`` is left alone.
    """
    text = migration.text
    given: dict[str, str] = {}
    for comment in _comments(text):
        ours = _OURS.fullmatch(comment[1])
        if ours is None:
            continue
        at = comment.start(1) + ours.start("list")
        for entry in ours["list"].split(","):
            complaint = _take(entry, given)
            if complaint is not None:
                reason, suggestion = complaint
                blank = len(entry) - len(entry.lstrip())
                return Problem("directive", reason, suggestion, place_at(migration.file, text, at + blank))
            at += len(entry) + 1
    return Directives(
        lock_timeout=given.get("lock_timeout"),
        statement_timeout=given.get("statement_timeout"),
        transaction="transaction" not in given and _first_line(text) != _OFFICIAL,
    )


def _first_line(text: str) -> str:
    return text.partition("\n")[0].removesuffix("\r")


def _comments(text: str) -> Iterator[re.Match[str]]:
    """Yield the comments that begin with two hyphens and stand before the first statement."""
    end = offset = 0
    while True:
        end = skip_blank(text, offset)
        while offset < end:
            comment = _LINE.match(text, offset)
            if comment is not None:
                yield comment
                offset = comment.end()
            elif text.startswith("/*", offset):
                offset = _behind_block(text, offset)
            else:
                offset += 1
        if not text.startswith(";", end):
            return
        offset = end + 1


def _behind_block(text: str, offset: int) -> int:
    """Return where a block comment ends, which is at the first place where what stands before it is whole."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, offset):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def _take(entry: str, given: dict[str, str]) -> tuple[str, str] | None:
    """Put one ``key=value`` into ``given``; return what is wrong with it, and what to write, where something is."""
    found = _ENTRY.fullmatch(entry)
    key, value = (found["key"].lower(), found["value"].strip()) if found is not None else (entry.strip(), "")
    if key not in _KEYS or found is None:
        close = get_close_matches(key, _KEYS, n=1)
        meant = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(_KEYS)}."
        return f"“{entry.strip()}” is no directive of sbapply's", meant
    wrong = _wrong_transaction(value) if key == "transaction" else _wrong_time(value)
    if wrong is None and given.setdefault(key, value) != value:
        return f"{key} is given twice: {given[key]}, and {value}", "Leave one of them."
    return wrong


def _wrong_transaction(value: str) -> tuple[str, str] | None:
    if value == "none":
        return None
    return f"transaction={value} means nothing", "Write transaction=none, or leave it out."


def _wrong_time(value: str) -> tuple[str, str] | None:
    time = _TIMEOUT.fullmatch(value)
    if time is None:
        return f"“{value}” is no length of time", "Write it as PostgreSQL does: 500ms, 5s, 10min; 0 is no limit."
    if float(time["number"]) * _MILLISECONDS[time["unit"] or "ms"] > _LONGEST:
        return f"“{value}” is longer than PostgreSQL can wait", "Write 24d at most; 0 is no limit."
    return None
