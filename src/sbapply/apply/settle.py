"""Find out what became of a request whose answer proves nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sbapply.apply.locks import describe_work
from sbapply.apply.outcome import Notify, Waiting
from sbapply.apply.script import Request, settling_sql
from sbapply.apply.step import Findings, Standing, standing_of
from sbapply.database import Clock, Database, Patience, Row, ask, shaped
from sbapply.errors import NotSent, ReadFailed, SqlError, Unsettled
from sbapply.history.progress import UnitRow

_POLL = 0.5
_LONGEST_POLL = 4.0
# A question that hangs must not use up the patience that a second one could be answered in.
_LONGEST_QUESTION = 10.0
_COLUMNS = frozenset({"late", "alive", "rivals", "work", "present", "units", "batches"})


@dataclass(frozen=True, slots=True)
class Settlement:
    """Hold what was found of a request's steps, and how each stands, in order.

    It is final: the request is past its deadline and no backend carries its marker, or every step is done.
    ``rivals`` counts other requests that write and were at work at that moment.
    """

    found: Findings
    standings: tuple[Standing, ...]
    rivals: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """Ask a ``Database`` with a bound on each single call, of so many seconds, within ``patience``."""

    database: Database
    patience: Patience

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Run ``sql``; see ``Database.run``."""
        bound = min(_LONGEST_QUESTION, self.patience.settle / 2)
        return self.database.run(sql, timeout=bound if timeout is None else min(timeout, bound))


def settle(
    database: Database,
    request: Request,
    *,
    patience: Patience,
    clock: Clock,
    notify: Notify,
    at_work: Callable[[], None] = lambda: None,
) -> Settlement:
    """Read until it is certain what a request did, and return that; see ``find_out``."""

    def standings(found: Findings) -> tuple[Standing, ...]:
        return tuple(standing_of(step, found) for step in request.steps)

    found, rivals = find_out(
        database,
        settling_sql(request),
        lambda found: Standing.ABSENT not in standings(found),
        patience=patience,
        clock=clock,
        notify=notify,
        at_work=at_work,
    )
    return Settlement(found, standings(found), rivals)


def find_out(
    database: Database,
    sql: str,
    is_done: Callable[[Findings], bool],
    *,
    patience: Patience,
    clock: Clock,
    notify: Notify,
    at_work: Callable[[], None] = lambda: None,
) -> tuple[Findings, int]:
    """Ask the settling question ``sql`` until it is certain what a request did; return that, and its rivals.

    Waits while a backend carries the request's marker, however long that is, and otherwise until the deadline is
    past, unless everything is done; ``at_work`` is called each time such a backend is seen. Read-only. Raises
    ``Unsettled`` if it cannot be told within ``patience.settle`` seconds.
    """
    give_up_at = clock.monotonic() + patience.settle
    reason, poll = "the history could not be read", _POLL
    while True:
        remaining = give_up_at - clock.monotonic()
        if remaining <= 0:
            raise _unsettled(reason)
        try:
            row = _row(ask(Brief(database, patience), sql, patience=remaining, clock=clock))
        except (ReadFailed, NotSent) as error:
            raise _unsettled(error.message) from error
        except SqlError as error:
            # Too many connections, a lock on the history table: what hinders a read passes, or patience does.
            reason = error.message
            clock.sleep(poll)
            continue
        found = read_findings(row)
        if is_done(found) or (row["late"] is True and row["alive"] == 0):
            return found, int(str(row["rivals"]))
        if row["alive"] != 0:
            # A statement that outlives the gateway goes on; giving up on it would only be impatience.
            give_up_at = clock.monotonic() + patience.settle
            reason = "the request is still at work"
            work = describe_work(row["work"])
            notify(Waiting(f"the database is still at work on it{f' ({work})' if work else ''}"))
            at_work()
        else:
            reason = "the request may still arrive"
            notify(Waiting("the request may still arrive until its deadline has passed"))
        clock.sleep(poll)
        poll = min(poll * 1.25, _LONGEST_POLL)


def _unsettled(reason: str) -> Unsettled:
    return Unsettled(
        f"It could not be settled whether the last request took effect: {reason}",
        "Run `sbapply status` when the project answers again: what it lists as applied is applied, and a new "
        "`sbapply push` goes on from there.",
    )


def _row(rows: object) -> Row:
    if isinstance(rows, list | tuple) and len(rows) == 1 and rows[0].keys() >= _COLUMNS:
        row: Row = rows[0]
        counted = all(type(row[name]) is int for name in ("alive", "rivals"))
        if counted and type(row["late"]) is bool and isinstance(row["present"], dict):
            return row
    raise ReadFailed("The answer to the settling question has another shape.")


def read_findings(row: Row) -> Findings:
    """Return what a settling answer, or a request's own last row, says of its versions.

    Raises ``ReadFailed`` where it has another shape.
    """
    with shaped("the history"):
        present, units, batches = row["present"], row.get("units", []), row.get("batches", [])
        rows = [UnitRow.of(entry) for entry in units if isinstance(entry, dict)] if isinstance(units, list) else []
        return Findings(
            {str(version): str(digest) for version, digest in present.items()} if isinstance(present, dict) else {},
            {(each.version, each.unit): each for each in rows},
            frozenset((str(entry[0]), int(str(entry[1]))) for entry in batches if isinstance(entry, list))
            if isinstance(batches, list)
            else frozenset(),
        )
