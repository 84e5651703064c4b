"""Turn an error into the part of a JSON document that tells it."""

from collections.abc import Sequence

from sbapply.database import Json
from sbapply.errors import (
    Fault,
    Interrupted,
    MigrationFailed,
    Place,
    Refused,
    RehearsalFailed,
    SbapplyError,
    SqlError,
    Unsettled,
)
from sbapply.history.plan import Refusal

_NOT_VERIFIED: dict[str, Json] = {
    "outcome": "not-verified",
    "claims": 0,
    "confirmed": 0,
    "differs": 0,
    "not_probed": 0,
}


def failure_document(command: str | None, error: SbapplyError) -> dict[str, Json]:
    """Return the document of a command that ended before it had a report; that of push is whole even then."""
    document: dict[str, Json] = {
        "command": command,
        "project": None,
        "outcome": outcome_of(error),
        "error": failure_json(error),
    }
    if command == "push":
        document |= {
            "applied": [],
            "pending": [],
            "roles": [],
            "seeds": [],
            "requests": 0,
            "verification": {**_NOT_VERIFIED},
        }
    return document


def outcome_of(error: SbapplyError) -> str:
    """Return the contract's word for how a command ended."""
    match error:
        case Unsettled():
            return "unknown"
        case Interrupted():
            return "interrupted"
        case Refused() | RehearsalFailed():
            return "refused"
        case _:
            return "failed"


def fault_of(raised: Exception) -> Fault:
    """Return the error for an exception that nobody foresaw, with that as its cause."""
    error = Fault(
        f"sbapply met a fault of its own: {type(raised).__name__}: {raised}",
        "Run it again with --debug and report what it prints; `sbapply status` tells what is applied.",
    )
    error.__cause__ = raised
    return error


def failure_json(error: SbapplyError) -> dict[str, Json]:
    """Return an error as every document shows it."""
    said = sql_error_of(error)
    place = error.place
    return {
        "code": error.code,
        "message": error.message,
        "next": error.next_step or None,
        "version": error.version,
        "file": file_of(error),
        "line": place.line if place else None,
        "column": place.column if place else None,
        "sqlstate": said.sqlstate if said else None,
        "detail": said.detail if said else None,
        "hint": said.hint if said else None,
    }


def file_of(error: SbapplyError) -> str | None:
    """Return the file an error is about, also where no place in it is known."""
    if isinstance(error, MigrationFailed):
        return error.file
    return error.place.file if error.place is not None else None


def sql_error_of(error: SbapplyError) -> SqlError | None:
    """Return what Postgres said, if it is the reason for ``error``."""
    if isinstance(error, SqlError):
        return error
    return error.sql_error if isinstance(error, MigrationFailed) else None


def refused(refusals: Sequence[Refusal]) -> Refused:
    """Return the error of a push of which files were refused: the first one's, with how many more there are."""
    first = refusals[0]
    count = f" ({len(refusals) - 1} more files are refused too)" if len(refusals) > 1 else ""
    return Refused(
        f"{first.problem.reason}{count}",
        first.problem.next_step,
        place=first.problem.place or Place(first.migration.file, 1, 1),
        version=first.migration.version or None,
    )
