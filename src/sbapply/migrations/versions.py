"""Number and name new migrations: versions are ordered as text, and new ones are timestamps."""

import re
from datetime import datetime, timedelta

from sbapply.errors import UsageError

_STAMP = "%Y%m%d%H%M%S"
_TIMESTAMP = re.compile(r"[1-9][0-9]{13}")
_DIGITS = re.compile(r"[0-9]+")
_UNSAFE = re.compile(r"[^\w.-]+")


def next_version(newest: str, now: datetime) -> str:
    """Return the timestamp of ``now`` (UTC) if it sorts behind ``newest``, else the version that follows that one.

    Raises as ``following``.
    """
    stamp = now.strftime(_STAMP)
    return stamp if stamp > newest else following(newest)


def following(version: str) -> str:
    """Return the version of the same width right behind: one second later for a timestamp, else one more.

    Raises ``UsageError`` where there is none.
    """
    moment = _moment_of(version)
    if moment is not None and moment.year < 9999:
        return (moment + timedelta(seconds=1)).strftime(_STAMP)
    counted = str(int(version) + 1).zfill(len(version)) if _DIGITS.fullmatch(version) else ""
    if not counted or len(counted) > len(version):
        raise UsageError(
            f"No version of {len(version)} digits is newer than {version}.",
            "Give that one another version; a timestamp is like 20260101090000.",
        )
    return counted


def is_timestamp(version: str) -> bool:
    """Say whether a version is a point in time as the official CLI writes it."""
    return _moment_of(version) is not None


def safe_name(name: str) -> str:
    """Return ``name`` as it can stand in a file name: runs of what is no letter, digit, dot or dash become ``_``.

    The official ``migration new`` writes a name as it is given, blanks and slashes too. Raises ``UsageError`` where
    nothing is left, or what is left would not be read as a migration.
    """
    safe = _UNSAFE.sub("_", name.strip().removesuffix(".sql")).strip("_")
    if not safe:
        raise UsageError(
            f"{name!r} holds nothing that a migration could be called.", "Use letters, digits and underscores."
        )
    if safe.endswith(".down"):
        raise UsageError(f"{name!r} would name a down migration; sbapply only goes forward.", "Use another name.")
    return safe


def _moment_of(version: str) -> datetime | None:
    if not _TIMESTAMP.fullmatch(version):
        return None
    try:
        return datetime.strptime(version, _STAMP)  # noqa: DTZ007 - seconds are counted, no time is told
    except ValueError:
        return None
