"""Read what a file says of how it is to be sent."""

from dataclasses import dataclass

from sbapply.migrations.files import Migration, Problem


@dataclass(frozen=True, slots=True)
class Directives:
    """Hold a file's own time limits, in PostgreSQL's spelling, and whether its statements share a transaction."""

    lock_timeout: str | None = None
    statement_timeout: str | None = None
    transaction: bool = True


def read_directives(migration: Migration) -> Directives | Problem:
    """Return what the comments at the head of a file ask for."""
    return Directives()
