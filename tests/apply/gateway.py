"""Be the gateway between the runner and a real Postgres, and break what it is told to break."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sbapply.database import Row
from sbapply.errors import DatabaseError, NotSent, OutcomeUnknown, RateLimited, SqlError
from sbapply.rehearse.failure import QueryRefused
from sbapply.rehearse.wire import LocalDatabase

# A fault is given the gateway and the SQL, and answers in its place.
Fault: TypeAlias = "Callable[[Gateway, str], Sequence[Row]]"

_KINDS = {
    "/* sbapply: find out what became": "settle",
    "/* sbapply: find who holds": "look",
    "/* sbapply: look": "look",
    "/* sbapply: cancel": "cancel",
    "/* sbapply attempt=": "alone",
    "/* sbapply: read": "read",
}


def kind_of(sql: str) -> str:
    """Return what a request is for; whatever is no known question is one that writes."""
    return next((kind for head, kind in _KINDS.items() if sql.startswith(head)), "write")


@dataclass
class Gateway:
    """Be the ``Database``: each request meets the next fault that is planned for its kind, else none."""

    database: LocalDatabase
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    timeouts: list[tuple[str, float | None]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        """Run ``sql`` as the planned fault has it."""
        kind = kind_of(sql)
        self.seen.append((kind, sql))
        self.timeouts.append((kind, timeout))
        planned = self.faults.get(kind, [])
        fault = planned.pop(0) if planned else deliver
        return fault(self, sql)

    def sent(self, kind: str = "write") -> list[str]:
        """Return the requests of one kind, in order."""
        return [sql for each, sql in self.seen if each == kind]

    def later(self, seconds: float, sql: str) -> None:
        """Deliver ``sql`` in the background after a while, with nobody listening to the answer."""

        def work() -> None:
            time.sleep(seconds)
            try:
                self.database.run(sql)
            except DatabaseError:
                return

        thread = threading.Thread(target=work)
        thread.start()
        self.threads.append(thread)

    def wait(self) -> None:
        """Wait until everything that is under way in the background has ended."""
        for thread in self.threads:
            thread.join()


def deliver(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Deliver it, and say of a session that ended what Postgres said, as the API's client does."""
    try:
        return gateway.database.run(sql)
    except OutcomeUnknown as unknown:
        refused = unknown.__cause__
        if not isinstance(refused, QueryRefused):
            raise
        said = SqlError(refused.error.sqlstate, refused.error.message)
        raise OutcomeUnknown(unknown.message, sql_error=said) from unknown


def deliver_deaf(gateway: Gateway, sql: str) -> None:
    """Deliver it and do not listen to the answer."""
    try:
        gateway.database.run(sql)
    except DatabaseError:
        return


def cut_before(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Break the connection before the request got anywhere."""
    raise OutcomeUnknown("The connection broke: reset by peer.")


def cut_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Break the connection after it was run to its end."""
    deliver_deaf(gateway, sql)
    raise OutcomeUnknown("The connection broke: reset by peer.")


def bad_gateway_before(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Answer with a page of HTML instead of passing the request on."""
    raise OutcomeUnknown("The API answered 502: <html><h1>Bad gateway</h1></html>")


def bad_gateway_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Answer with a page of HTML although it was run."""
    deliver_deaf(gateway, sql)
    raise OutcomeUnknown("The API answered 502: <html><h1>Bad gateway</h1></html>")


def firewall(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Turn it away for what it looks like, now and each time."""
    raise OutcomeUnknown("Something before the API answered 403.", "Ask who runs it.", lasting=True)


def sql_error_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Answer with a SQLSTATE although everything is committed."""
    deliver_deaf(gateway, sql)
    raise SqlError("22012", "division by zero")


def twice(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Deliver it two times and give the second one's answer."""
    deliver_deaf(gateway, sql)
    return deliver(gateway, sql)


def twice_at_once(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Deliver it two times at once and give one answer."""
    gateway.later(0, sql)
    return deliver(gateway, sql)


def nothing(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Run it and answer without any row."""
    gateway.database.run(sql)
    return []


def stalled(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Give up listening at once, while the database goes on with it."""
    gateway.later(0, sql)
    time.sleep(0.05)
    raise OutcomeUnknown("No answer within 60 s.")


def interrupted(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Let Ctrl-C come while the database is at work on it."""
    gateway.later(0, sql)
    time.sleep(0.1)
    raise KeyboardInterrupt


def late(seconds: float, error: BaseException | None = None) -> Fault:
    """Deliver it ``seconds`` after the client was told that the connection broke."""

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        gateway.later(seconds, sql)
        raise error or OutcomeUnknown("The connection broke: reset by peer.")

    return fault


def raising(error: BaseException) -> Fault:
    """Answer with ``error`` and pass nothing on."""

    def fault(_gateway: Gateway, _sql: str) -> Sequence[Row]:
        raise error

    return fault


def answering(*rows: Row, run: bool = True) -> Fault:
    """Answer with other rows than the request's own."""

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        if run:
            deliver_deaf(gateway, sql)
        return rows

    return fault


def claiming(*versions: str) -> Fault:
    """Answer with the request's own nonce and versions of one's own choice, and run nothing."""

    def fault(_gateway: Gateway, sql: str) -> Sequence[Row]:
        nonces = re.findall(r"'([0-9a-f]{24})'::pg_catalog\.text as sbapply", sql)
        return [{"sbapply": nonces[-1], "versions": list(versions)}]

    return fault


def rival(*scripts: str, by: LocalDatabase | None = None) -> Fault:
    """Let somebody else's SQL run just before the request arrives."""

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        for script in scripts:
            (by or gateway.database).run(script)
        return deliver(gateway, sql)

    return fault


def edited(old: str, new: str, *, occurrence: int = 1) -> Fault:
    """Put ``new`` in the place of one occurrence of ``old`` under way, as when the session ends there."""

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        pieces = sql.split(old)
        if len(pieces) <= occurrence:
            # No AssertionError, which a sabotaged scenario is expected to raise.
            raise LookupError(f"the request does not hold {old!r} {occurrence} times")
        changed = old.join(pieces[:occurrence]) + new + old.join(pieces[occurrence:])
        return deliver(gateway, changed)

    return fault


TERMINATE = "select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());\n"


def paused(seconds: float, *, before: Sequence[int]) -> Fault:
    """Hold the settling question up before some of its blocks, counted from 0."""

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        pieces = sql.split("do $sbapply$\n")
        for block in before:
            pieces[block] += f"select pg_catalog.pg_sleep({seconds});\n"
        return deliver(gateway, "do $sbapply$\n".join(pieces))

    return fault


def rate_limited(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Turn it away for now."""
    error = RateLimited("Too many requests.", retry_after=0.05)
    error.answered = True
    raise error


def rate_limited_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Put a 429 in the place of the true answer."""
    deliver_deaf(gateway, sql)
    return rate_limited(gateway, sql)


def turned_away(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Turn it away for good."""
    raise NotSent("The request is too large.")


def refused_by_an_answer(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    """Turn it away for good with an HTTP answer."""
    raise _refusal()


def refused_by_an_answer_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Put an HTTP refusal in the place of the true answer."""
    deliver_deaf(gateway, sql)
    raise _refusal()


def _refusal() -> NotSent:
    error = NotSent("The API does not know the path.")
    error.answered = True
    return error
