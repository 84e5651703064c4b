"""Name the sessions that hold locks which a migration may have waited for."""

from collections.abc import Sequence

from sbapply.apply import clauses
from sbapply.database import Database, Json, Row
from sbapply.errors import DatabaseError
from sbapply.migrations.files import Migration

_SECONDS = 5.0


def name_holder(database: Database, migration: Migration) -> str:
    """Return who holds a lock on something that a migration's text names, "" where nobody is found. Read-only.

    After a lock timeout the server does not say who was waited for; the holder is looked for while it still holds.
    """
    try:
        rows = database.run(clauses.load("holders.sql"), timeout=_SECONDS)
    except DatabaseError:
        return ""
    named = next((row for row in rows if str(row.get("relation", "")) in migration.text), None)
    return "" if named is None else describe_session(named) + f" holds {named['mode']} on {named['shown']}"


def describe_session(session: Row) -> str:
    """Return a session as one reads it: its process, role, application and what it is at."""
    seconds = session.get("seconds")
    since = f" for {float(seconds):.0f} s" if isinstance(seconds, int | float) else ""
    application = f", {session['application']}" if session.get("application") else ""
    return f"session {session.get('pid')} ({session.get('role')}{application}, {session.get('state')}{since})"


def describe_work(work: Json) -> str:
    """Return what the database is at, with progress and who is waited for, "" where it does not say."""
    if not isinstance(work, dict):
        return ""
    parts: list[str] = []
    phase, done, total = work.get("phase"), work.get("done"), work.get("total")
    if isinstance(phase, str):
        parts.append(phase)
        if isinstance(done, int) and isinstance(total, int) and total > 0:
            parts.append(f"{done:,} of {total:,} blocks")
    blockers = work.get("blockers")
    if isinstance(blockers, list):
        parts += _waited_for(blockers)
    return ", ".join(parts)


def _waited_for(blockers: Sequence[Json]) -> list[str]:
    return [f"waiting for {describe_session(each)}" for each in blockers if isinstance(each, dict)]
