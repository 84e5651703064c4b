"""Say what stopped a push once it is settled, with the next step that fits."""

from sbapply.apply.script import Request
from sbapply.errors import HistoryConflict, MigrationFailed, NothingApplied, OutcomeUnknown, SqlError
from sbapply.history.plan import Ready

# What PostgreSQL's lexer, grammar and receiver raise (scan.l, gram.y, mbutils.c, stack_depth.c in its src/backend).
# Said of a request of several migrations, it may be about any of them: nothing of the request has run then.
GRAMMAR_STATES = frozenset({"42601", "0A000", "42939", "42P20", "22025", "22P06", "22021", "54001"})

_NEXT_STEPS = {
    "55P03": "Another session holds a lock that it needs; push again when that has ended.",
    "SBA04": "Take what touches supabase_migrations.schema_migrations out of the file, then push again.",
    "55P04": "A new enum value can be used only after a commit: move its use to a file of its own.",
    "25006": "The project takes no writes at present; look at its disk in the dashboard, then push again.",
}


def verdict_of_postgres(cause: SqlError | OutcomeUnknown) -> SqlError | None:
    """Return what Postgres said if it tells of the SQL rather than of the session.

    A cancelled statement (57014) and an internal error (XX) prove nothing about what stands before them, but once
    that is settled they are why the migration failed, and sending it again would meet them again.
    """
    if isinstance(cause, SqlError):
        return cause
    said = cause.sql_error
    return said if said is not None and (said.sqlstate == "57014" or said.sqlstate.startswith("XX")) else None


def migration_failed(ready: Ready, said: SqlError, request: Request) -> MigrationFailed:
    """Return the failure of one migration, with its place where the server's position gives one."""
    place = request.place(said.position) if said.position is not None else None
    return MigrationFailed(
        said.message,
        _NEXT_STEPS.get(said.sqlstate, "Correct the file and push again; nothing of it was applied."),
        file=ready.migration.file,
        version=ready.version,
        place=place,
        sql_error=said,
    )


def history_conflict(ready: Ready) -> HistoryConflict:
    """Return the conflict of a version that is in the history with another text."""
    return HistoryConflict(
        f"Version {ready.version} is in the history with another text than this file's.",
        "Somebody else applied another file of that version: compare the two, then renumber yours.",
        file=ready.migration.file,
        version=ready.version,
    )


def history_not_made(said: SqlError) -> NothingApplied:
    """Return the failure of what makes the history table whole, which is no migration's fault."""
    return NothingApplied(
        f"The history table could not be made or completed: {said.message}",
        "Let its owner, or a role that may create schemas, push once; nothing was applied.",
    )


def fence_closed(said: SqlError) -> NothingApplied:
    """Return the failure of a request that its own fences turned away until patience was at its end."""
    return NothingApplied(
        f"The request was turned away each time it came: {said.message}.",
        "Run `sbapply status` to see whether somebody else is at work on the history, then push again.",
    )
