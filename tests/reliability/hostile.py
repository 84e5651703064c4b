"""Say what a hostile file is and what a push of it has to come to."""

from dataclasses import dataclass
from enum import StrEnum

BASE, HOSTILE, NEXT = "20260101000001", "20260101000002", "20260101000003"
HISTORY = "supabase_migrations.schema_migrations"
UNITS = "supabase_migrations.sbapply_units"


class End(StrEnum):
    """Name how a push of base, hostile file and next file has to end."""

    APPLIED = "all three are applied"
    STOPS = "the hostile file is not applied, nor is what stands behind it"
    POISONS = "the hostile file is applied, and the next one is truly told as not applied"
    HEALS = "the hostile file is applied, the next one only by a second push"
    REFUSED = "nothing is sent"
    VANISHES = "the hostile file takes effect without a row, and is told neither as applied nor as without effect"
    # Nothing is left that a second push could know it by, so it is only the first one's word that counts.
    FORGETS = "the hostile file removes what is known of its parts, and is told as that"
    EITHER = "what comes of it is the server's affair, and is told truly"


@dataclass(frozen=True, slots=True)
class Hostile:
    """Hold a hostile file.

    ``forged`` are the versions whose rows in the history the file itself writes or removes, so that a row says
    nothing of the effect. ``parts`` is how many marks it leaves when it is whole. ``apart`` pushes the next file
    with a push of its own, because the file changes how later sessions start. ``query_seconds`` is when the gateway
    gives up on it, ``request_bytes`` the most that a request may hold; ``next_before`` stands before the
    mark of the next file.
    """

    name: str
    text: str
    end: End
    forged: frozenset[str] = frozenset()
    parts: int = 1
    apart: bool = False
    query_seconds: float = 55.0
    request_bytes: int = 900_000
    next_before: str = ""


def mark(part: int = 1, version: str = HOSTILE) -> str:
    """Return the statement by which a file shows, after it is committed, that it was run."""
    return f"insert into app.marks (version, part) values ('{version}', {part});\n"


def applied(name: str, sql: str, *, after: str = "", apart: bool = False, query_seconds: float = 55.0) -> Hostile:
    """Return a file that does no harm, whatever it looks like."""
    return Hostile(name, f"{sql}\n{mark()}{after}", End.APPLIED, apart=apart, query_seconds=query_seconds)


def stops(name: str, sql: str, *, after: str = "", query_seconds: float = 55.0) -> Hostile:
    """Return a file that must not be applied."""
    return Hostile(name, f"{mark()}{sql}\n{after}", End.STOPS, query_seconds=query_seconds)


def poisons(name: str, sql: str, *, forged: frozenset[str] = frozenset(), apart: bool = False) -> Hostile:
    """Return a file that is applied and keeps the next one from being applied."""
    return Hostile(name, f"{mark()}{sql}\n", End.POISONS, forged=forged, apart=apart)


def heals(name: str, sql: str) -> Hostile:
    """Return a file that keeps the next one from being applied until a second push."""
    return Hostile(name, f"{mark()}{sql}\n", End.HEALS)


def refused(name: str, text: str) -> Hostile:
    """Return a file that is refused before anything is sent."""
    return Hostile(name, text, End.REFUSED)


def for_later_sessions(setting: str) -> str:
    """Return the statement that makes all later sessions of ours in this database start with a setting."""
    return (
        "do $set$ begin execute pg_catalog.format('alter role postgres in database %I set ', "
        f"pg_catalog.current_database()) || $value${setting}$value$; end $set$;"
    )
