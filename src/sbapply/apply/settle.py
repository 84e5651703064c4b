"""Find out what became of a request whose answer proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sbapply.apply.outcome import Notify, Waiting
from sbapply.apply.script import Request, settling_sql
from sbapply.database import Clock, Database, Patience, Row, ask
from sbapply.errors import NotSent, ReadFailed, SqlError, Unsettled

_POLL = 0.5


@dataclass(frozen=True, slots=True)
class Settlement:
    """Hold which versions of a request are in the history, each with the digest of its stored text.

    It is final: the request is past its deadline and no backend carries its marker, or all versions are there.
    """

    present: Mapping[str, str]

    def is_ours(self, version: str, digest: str) -> bool:
        """Return whether the version's row holds the text that was sent."""
        return self.present.get(version) == digest


def settle(database: Database, request: Request, *, patience: Patience, clock: Clock, notify: Notify) -> Settlement:
    """Read until it is certain what a request did, and return that.

    Waits while a backend carries the request's marker, however long that is, and otherwise until the deadline is
    past. Read-only. Raises ``Unsettled`` if that cannot be told within ``patience.settle`` seconds.
    """
    sql = settling_sql(request)
    versions = {ready.version for ready in request.migrations}
    give_up_at = clock.monotonic() + patience.settle
    reason = "the history could not be read"
    while True:
        remaining = give_up_at - clock.monotonic()
        if remaining <= 0:
            raise _unsettled(reason)
        try:
            row = _row(ask(database, sql, patience=remaining, clock=clock))
        except (ReadFailed, NotSent, SqlError) as error:
            raise _unsettled(error.message) from error
        present = _present(row)
        if versions <= present.keys() or (row["late"] is True and row["alive"] == 0):
            return Settlement(present)
        if row["alive"] != 0:
            # A statement that outlives the gateway goes on; giving up on it would only be impatience.
            give_up_at = clock.monotonic() + patience.settle
            reason = "the request is still at work"
            notify(Waiting("the database is still at work on it"))
        else:
            reason = "the request may still arrive"
            notify(Waiting("the request may still arrive until its deadline has passed"))
        clock.sleep(_POLL)


def _unsettled(reason: str) -> Unsettled:
    return Unsettled(
        f"It could not be settled whether the last request took effect: {reason}",
        "Run `sbapply status` when the project answers again: what it lists as applied is applied, and a new "
        "`sbapply push` goes on from there.",
    )


def _row(rows: object) -> Row:
    if isinstance(rows, list | tuple) and len(rows) == 1 and {"late", "alive", "present"} <= rows[0].keys():
        row: Row = rows[0]
        return row
    raise ReadFailed("The answer to the settling question has another shape.")


def _present(row: Row) -> dict[str, str]:
    present = row["present"]
    return {version: str(digest) for version, digest in present.items()} if isinstance(present, dict) else {}
