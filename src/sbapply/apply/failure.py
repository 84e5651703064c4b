"""Say what stopped a push once it is settled, with the next step that fits."""

import re

from sbapply.apply.script import Request
from sbapply.errors import (
    HistoryConflict,
    Interrupted,
    MigrationFailed,
    NothingApplied,
    OutcomeUnknown,
    Place,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.files import Problem
from sbapply.migrations.text import place_at, skip_blank
from sbapply.quoting import quote_identifier

# What the server puts before the message of a statement that it ran from its pieces (sql/run_carried.sql).
_STATEMENT = re.compile(r"\Asbapply statement (\d+): ")

# What the tables that sbapply writes its own rows into are called in an error of Postgres.
_OUR_TABLES = re.compile(r"\b(?:schema_migrations|seed_files|sbapply_units|sbapply_pieces|sbapply_roles)\b")

# What PostgreSQL's lexer, grammar and receiver raise (scan.l, gram.y, mbutils.c, stack_depth.c in its src/backend).
# Said of a request of several migrations, it may be about any of them: nothing of the request has run then.
GRAMMAR_STATES = frozenset({"42601", "0A000", "42939", "42P20", "22025", "22P06", "22021", "54001"})

_NEXT_STEPS = {
    "55P03": "Another session holds a lock that it needs; push again when that has ended.",
    "SBA04": "Take what touches supabase_migrations.schema_migrations out of the file, then push again.",
    "55P04": "A new enum value can be used only after a commit: move its use to a file of its own.",
    "SBA09": "Its effects are committed without a row: undo them, or write the row back, before you push again.",
    "SBA08": "Drop that index (`drop index concurrently …`), then push again.",
    "SBA12": "Push with that statement in the file as it was: it is then recorded as done. To keep the index, make "
    "it again, then push.",
    "SBA13": "Drop or rename the other one, then push again. Where the file still drops the first, a push does so, "
    "under the name that it has.",
    "SBA10": "A trigger or a rule on supabase_migrations.schema_migrations keeps that row out, or writes it again; "
    "drop it, or let it leave the row alone, then push again.",
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


def cure_of_refused_row(said: SqlError, text: str = "") -> tuple[str, str] | None:
    """Return the table of ours that did not take our row, and what to do, where that is what Postgres said.

    None too where the ``text`` of a file names that table: the answer names no statement, so it may be the file's.
    """
    found = _OUR_TABLES.search(said.message) if said.sqlstate.startswith(("23", "42501")) else None
    if found is None or found[0] in text:
        return None
    match said.sqlstate:
        case "23502":
            cure = "Give that column a default, or let it be null (`alter table … alter column …`)"
        case "42501":
            cure = "Let its owner `grant` the role that sends this what it needs, or a policy on it let the row in"
        case _:
            cure = "Look at the constraint, which another tool has made"
    return f"supabase_migrations.{found[0]}", f"{cure}; then run the same command again."


def migration_failed(ready: Ready, said: SqlError, place: Place | None, *, holder: str = "") -> MigrationFailed:
    """Return the failure of one migration, from where ``ready`` has it; ``holder`` is who holds the lock."""
    next_step = _NEXT_STEPS.get(said.sqlstate, "Correct the file and push again; this push applied nothing of it.")
    message = _STATEMENT.sub("", said.message)
    done = len(ready.progress.finished)
    if done and said.sqlstate not in _NEXT_STEPS:
        next_step = (
            f"{done} of its {ready.count} parts {'is' if done == 1 else 'are'} applied and stay so: correct the "
            "rest of the file, not those, and push again; it goes on behind them."
        )
    cured = cure_of_refused_row(said, ready.migration.text)
    if cured is not None:
        message = f"{cured[0]} does not take the migration's row, and that is not the file's fault: {message}"
        next_step = cured[1]
    if holder:
        next_step = f"{holder[0].upper()}{holder[1:]}; push again when that has ended."
    return MigrationFailed(
        message,
        next_step,
        file=ready.migration.file,
        version=ready.version,
        place=place,
        sql_error=said,
    )


def place_of(said: SqlError, ready: Ready, request: Request | None) -> Place | None:
    """Return where in its file a failure is: from the server's position, or of the statement that is known."""
    migration, unit = ready.migration, ready.units[0]
    counted = _STATEMENT.match(said.message)
    if counted is not None:
        return _place_of_statement(ready, int(counted[1]))
    if request is not None and said.position is not None and request.place(said.position) is not None:
        return request.place(said.position)
    if unit.lone is not None:
        return place_at(migration.file, migration.text, unit.start)
    return None


def _place_of_statement(ready: Ready, place: int) -> Place | None:
    """Return where the stored statement of this number, from 1, stands in its file."""
    text, offset, start = ready.migration.text, 0, 0
    for statement in ready.statements[:place]:
        offset = text.find(statement, offset)
        if offset < 0:
            return None
        start, offset = offset, offset + len(statement)
    first = skip_blank(text, start)
    return place_at(ready.migration.file, text, first)


def cannot_be_cut(ready: Ready, problem: Problem, said: SqlError) -> MigrationFailed:
    """Return the failure of a migration that the server taught to cut otherwise than its text allows."""
    done, next_step = len(ready.progress.finished), problem.next_step
    if done:
        stay = "is applied and stays" if done == 1 else "are applied and stay"
        next_step += f" {done} of its {ready.count} parts {stay} so: change the rest."
    return MigrationFailed(
        problem.reason,
        next_step,
        file=ready.migration.file,
        version=ready.version,
        place=problem.place,
        sql_error=said,
    )


def another_index(ready: Ready, claim: UnitRow) -> MigrationFailed:
    """Return the failure of an index whose name another one has taken meanwhile."""
    unit, index = ready.units[0], claim.note.get("index")
    message = f'an index "{index}" with another definition came to be while this one was built'
    next_step = "Look who made it; drop or rename it, then push again."
    if claim.note.get("definition") is None:
        message = f'an index "{index}" came to be while this one was built, and nobody can tell that it is this one'
        next_step = (
            "Look at it. If it is what the file asks for, write IF NOT EXISTS into the statement; else drop or "
            "rename it. Then push again."
        )
    return MigrationFailed(
        message,
        next_step,
        file=ready.migration.file,
        version=ready.version,
        place=place_at(ready.migration.file, ready.migration.text, unit.start),
    )


def half_dropped(ready: Ready, claim: UnitRow, message: str, said: SqlError | None = None) -> MigrationFailed:
    """Return the failure of a DROP INDEX CONCURRENTLY that broke off where it cannot be undone."""
    unit = ready.units[0]
    what, next_step = _by_half(claim)
    return MigrationFailed(
        f"{message}; {what}",
        next_step,
        file=ready.migration.file,
        version=ready.version,
        place=place_at(ready.migration.file, ready.migration.text, unit.start),
        sql_error=said,
    )


def not_cleared(cause: SbapplyError, claim: UnitRow, error: SbapplyError) -> SbapplyError:
    """Return why a claim was undone, with what is left since that failed too; unknown stays unknown."""
    said = error.sql_error if isinstance(error, MigrationFailed) else None
    if said is not None and said.sqlstate == "SBA13":
        # It names what is left itself, and says what to do.
        error.message = f"{cause.message.rstrip('.')}; and {error.message}"
        return error
    index = claim.note.get("index")
    match claim.note.get("effect"):
        case "build":
            left = f'an index "{index}" that it may have left invalid is not taken away'
        case "drop":
            left = f'the index "{index}" has the name "{claim.note.get("renamed")}" meanwhile'
        case _:
            left = "its claim is not given up"
    message = f"{cause.message.removesuffix('.')}; {left}, since that failed too: {error.message}"
    if error.exit_status == Unsettled.exit_status:
        error.message = message
        return error
    cause.message = message
    cause.next_step = f"{cause.next_step} The next push clears that away first. {error.next_step}".strip()
    return cause


def half_dropped_at_interrupt(claim: UnitRow) -> Interrupted:
    """Return the word for a push that was interrupted where an index was dropped by half."""
    what, next_step = _by_half(claim)
    return Interrupted(f"Interrupted; what is listed as applied is applied; {what}.", next_step)


def _by_half(claim: UnitRow) -> tuple[str, str]:
    """Say how an index that is dropped by half is left, and how to go on or back."""
    schema, index = str(claim.note.get("schema")), str(claim.note.get("index"))
    next_step = (
        "Push again to finish the drop. To keep the index, take the statement out of the file and run "
        f"`reindex index concurrently {quote_identifier(schema)}.{quote_identifier(index)}`."
    )
    return f'the drop of index "{index}" broke off halfway and left it invalid: no query uses it', next_step


def nobody_knows(ready: Ready, claim: UnitRow) -> Unsettled:
    """Return the word for a statement of whose outcome its own lost answer was the only witness."""
    unit = ready.units[0]
    what = unit.lone.what if unit.lone is not None else "a statement"
    return Unsettled(
        f"{ready.migration.file}: nobody can tell whether {what} took effect, and it is not sent again unasked.",
        f"Look at the project; then `sbapply push --done {claim.word}` if it did, `--again {claim.word}` if not.",
        place=place_at(ready.migration.file, ready.migration.text, unit.start),
        version=ready.version,
    )


def failed_alone(failure: MigrationFailed, claim: UnitRow) -> MigrationFailed:
    """Return the failure of a statement that may have committed something before it failed."""
    failure.next_step = (
        "What it committed before that stays: look at the project. Then correct the file and run "
        f"`sbapply push --again {claim.word}`, or `--done {claim.word}` with it as it is."
    )
    return failure


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


def interrupted() -> Interrupted:
    """Return the word for a push that was interrupted, and settled."""
    return Interrupted(
        "Interrupted; what is listed as applied is applied, the rest is not.",
        "Run `sbapply push` to go on from there.",
    )


def interrupted_in_line(ready: Ready) -> Interrupted:
    """Return the word for a push that was interrupted while it watched a statement that another run has sent."""
    return Interrupted(
        f"Interrupted; what is listed as applied is applied; a statement of {ready.migration.file} is another run's"
        " and was left to it.",
        "Run `sbapply push` to go on from there.",
    )


def left_claimed(claim: UnitRow, error: SbapplyError) -> SbapplyError:
    """Return the word for a push that was interrupted, and could not take back what it had begun."""
    if isinstance(error, Unsettled):
        return error
    if isinstance(error, MigrationFailed):
        said = f"Interrupted; what is listed as applied is applied; {error.message}."
        return Interrupted(said, error.next_step)
    index, renamed = claim.note.get("index"), claim.note.get("renamed")
    left = f'; the index "{index}" may be left invalid' if index else ""
    left = f'; the index "{index}" is called "{renamed}" until then' if renamed else left
    return Interrupted(
        f"Interrupted; what is listed as applied is applied; what was begun could not be taken back{left}: "
        f"{error.message}",
        "Run `sbapply push`: it looks at what is there, and goes on from that.",
    )


def interrupted_twice() -> Unsettled:
    """Return the word for a push that was interrupted while it was settled."""
    return Unsettled(
        "Interrupted twice: it is not settled whether the last request took effect.",
        "Run `sbapply status`: what it lists as applied is applied.",
    )
