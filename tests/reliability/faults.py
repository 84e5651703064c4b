"""Break a request in every way that gateways, networks and databases break one."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sbapply.rehearse.failure import ResultTooLarge
from sbapply.sandbox.handler import SandboxResponse
from tests.reliability.gateway import Delivery, Exchange, Kind, Play

# A request is built with a deadline of 1.5 s (world.SETTINGS): this is well before it, and behind it.
WITHIN = 0.4
PAST = 2.2
# For so long a statement goes on behind the back of a client that was told something else.
GOING_ON = 0.8
_TERMINATE = "select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());\n"
_MARKER = re.compile(r"\A/\* (sbapply (?:run|attempt)=[^;]*;)")
_COMMIT = re.compile(r"^commit;\n", re.MULTILINE)
# What a transaction of a request that does something of a migration holds, and one that only tidies up does not.
_WORK = ("lock table supabase_migrations.schema_migrations", "insert into supabase_migrations.sbapply_pieces")


@dataclass(frozen=True, slots=True)
class Fault:
    """Name a fault and play it.

    ``interrupts`` says that it ends a unit's transaction in the middle, so that the unit is begun once more.
    ``stalls`` says that the client has to lose its patience, which it should not have too much of then.
    """

    name: str
    play: Play
    interrupts: bool = False
    stalls: bool = False


def commits(sql: str) -> list[int]:
    """Return where in a request that writes those of its commits stand that commit something of a migration."""
    places: list[int] = []
    start = 0
    for match in _COMMIT.finditer(sql):
        if any(work in sql[start : match.start()] for work in _WORK):
            places.append(match.start())
        start = match.end()
    return places


def _at_a_commit(sql: str, statement: str, *, behind: bool = False) -> str:
    """Put a statement before the commit in the middle of those of a request, or right behind it."""
    places = commits(sql)
    if not places:
        raise LookupError("the request commits nothing")
    place = places[len(places) // 2] + (len("commit;\n") if behind else 0)
    return sql[:place] + statement + sql[place:]


def _marker(exchange: Exchange) -> str:
    found = _MARKER.match(exchange.sql)
    if found is None:
        raise LookupError("the request carries no marker")
    return found[1]


@contextmanager
def at_work(exchange: Exchange, seconds: float = GOING_ON) -> Iterator[Delivery]:
    """Let a request run in the background, and hold it in the middle of its work.

    One that writes is held for so many seconds, a statement that runs alone for as long as the block runs. What
    only reads is passed on and has its answer by then: nobody could tell the difference.
    """
    backstage = exchange.gateway.backstage
    match exchange.kind:
        case Kind.WRITE:
            slow = _at_a_commit(exchange.sql, f"select pg_catalog.pg_sleep({seconds});\n")
            delivery = exchange.deliver_later(0, slow)
            backstage.await_at_work(_marker(exchange))
            yield delivery
        case Kind.ALONE:
            with backstage.holding():
                delivery = exchange.deliver_later(0)
                backstage.await_at_work(_marker(exchange), on_lock=True)
                yield delivery
        case _:
            delivery = exchange.deliver_later(0)
            delivery.result()
            yield delivery


def _told_while_it_goes_on(tell: Play) -> Play:
    """Let it go on while the client is told something already."""

    def play(exchange: Exchange) -> None:
        with at_work(exchange):
            tell(exchange)
            if exchange.kind is Kind.ALONE:
                time.sleep(GOING_ON)

    return play


def cut_before(exchange: Exchange) -> None:
    """Break the connection before the request got anywhere."""
    exchange.client.reset()


def cut_after(exchange: Exchange) -> None:
    """Break the connection after it ran to its end."""
    exchange.deliver()
    exchange.client.reset()


def late(seconds: float) -> Play:
    """Break the connection at once, and deliver the request after a while."""

    def play(exchange: Exchange) -> None:
        exchange.deliver_later(seconds)
        exchange.client.reset()

    return play


def twice(exchange: Exchange) -> None:
    """Deliver it two times, one after the other; the second answer is the one that comes back."""
    exchange.deliver()
    exchange.answer(exchange.deliver())


def twice_at_once(exchange: Exchange) -> None:
    """Deliver it two times at once; the answer that is there first comes back."""
    first, second = exchange.deliver_later(0), exchange.deliver_later(0)
    while first.thread.is_alive() and second.thread.is_alive():
        time.sleep(0.005)
    exchange.answer((second if first.thread.is_alive() else first).result())


def once_more_later(exchange: Exchange) -> None:
    """Deliver it and answer, and deliver it once more a second after that."""
    exchange.answer(exchange.deliver())
    exchange.deliver_later(1.0)


def again_before_each(exchange: Exchange) -> None:
    """Deliver it and answer, and deliver it once more before each request that comes after it."""
    exchange.answer(exchange.deliver())
    exchange.gateway.again.append(exchange)


def too_many_requests(*headers: tuple[str, str]) -> Play:
    """Turn it away for now."""
    return lambda exchange: exchange.refuse(429, "ThrottlerException: Too Many Requests", *headers)


def bad_gateway_before(exchange: Exchange) -> None:
    """Answer with a page instead of passing it on."""
    exchange.say_html(502, "502 Bad Gateway")


def bad_gateway_after(exchange: Exchange) -> None:
    """Answer with a page although it ran."""
    exchange.deliver()
    exchange.say_html(502, "502 Bad Gateway")


def _say_timeout(exchange: Exchange) -> None:
    exchange.say_html(504, "504 Gateway Time-out")


def _say_oversized(exchange: Exchange) -> None:
    exchange.refuse(400, f"Failed to run sql query: {ResultTooLarge(10_485_801, 10_485_760).text}")


def database_unreachable(exchange: Exchange) -> None:
    """Say that the database could not be reached, and do not pass it on."""
    exchange.refuse(544, "Failed to run sql query: Connection terminated due to connection timeout")


def half_json(exchange: Exchange) -> None:
    """Answer with half of the JSON, as if that were all."""
    answer = exchange.deliver()
    exchange.answer(SandboxResponse(answer.status, answer.headers, answer.body[: len(answer.body) // 2]))


def half_body(exchange: Exchange) -> None:
    """Break the connection in the middle of the answer."""
    answer = exchange.deliver()
    exchange.client.answer(answer, sent=len(answer.body) // 2)


def stall(exchange: Exchange) -> None:
    """Keep the request and never answer."""
    exchange.client.await_end()


def stall_after(exchange: Exchange) -> None:
    """Run it, and never answer."""
    exchange.deliver()
    exchange.client.await_end()


def stall_and_deliver(exchange: Exchange) -> None:
    """Pass it on at the moment when the client gives up."""
    exchange.client.await_end()
    exchange.deliver()


def sql_error_after(exchange: Exchange) -> None:
    """Answer with a SQLSTATE although everything is committed."""
    exchange.deliver()
    sql_error(exchange)


def sql_error(exchange: Exchange) -> None:
    """Answer with a SQLSTATE, and do not pass it on."""
    exchange.refuse(400, "Failed to run sql query: ERROR:  22012: division by zero\n")


def sql_error_and_late(seconds: float) -> Play:
    """Answer with a SQLSTATE at once, and deliver the request after a while."""

    def play(exchange: Exchange) -> None:
        exchange.deliver_later(seconds)
        sql_error(exchange)

    return play


def sql_error_while_it_goes_on(exchange: Exchange) -> None:
    """Answer with a SQLSTATE while it goes on until long past the deadline."""
    with at_work(exchange, PAST + 0.5):
        sql_error(exchange)
        if exchange.kind is Kind.ALONE:
            time.sleep(PAST + 0.5)


def _say_terminated(exchange: Exchange) -> None:
    exchange.refuse(
        400, "Failed to run sql query: FATAL:  57P01: terminating connection due to administrator command\n"
    )


def terminated_before(exchange: Exchange) -> None:
    """End the session in the middle of its work: before a commit, or while it waits for others."""
    if exchange.kind is Kind.ALONE:
        with at_work(exchange) as delivery:
            backstage = exchange.gateway.backstage
            backstage.terminate(backstage.await_at_work(_marker(exchange), on_lock=True))
        exchange.answer(delivery.result())
    elif exchange.kind is Kind.WRITE:
        exchange.answer(exchange.deliver(_at_a_commit(exchange.sql, _TERMINATE)))
    else:
        _say_terminated(exchange)


def terminated_after(exchange: Exchange) -> None:
    """End the session right after a commit."""
    if exchange.kind is Kind.WRITE:
        exchange.answer(exchange.deliver(_at_a_commit(exchange.sql, _TERMINATE, behind=True)))
    else:
        exchange.deliver()
        _say_terminated(exchange)


FAULTS = (
    Fault("cut before delivery", cut_before),
    Fault("cut after it ran", cut_after),
    Fault("delivered late, within the deadline", late(WITHIN)),
    Fault("delivered late, past the deadline", late(PAST)),
    Fault("delivered twice, one after the other", twice),
    Fault("delivered twice at once", twice_at_once),
    Fault("delivered again a second after the answer", once_more_later),
    Fault("429 with Retry-After", too_many_requests(("retry-after", "1"))),
    Fault("429 without Retry-After", too_many_requests()),
    Fault("502 before delivery", bad_gateway_before),
    Fault("502 after the commit", bad_gateway_after),
    Fault("504 while it goes on", _told_while_it_goes_on(_say_timeout)),
    Fault("544", database_unreachable),
    Fault("half of the JSON", half_json),
    Fault("cut within the answer", half_body),
    Fault("stall, never delivered", stall, stalls=True),
    Fault("stall after it ran", stall_after, stalls=True),
    Fault("stall, delivered when the client gives up", stall_and_deliver, stalls=True),
    Fault("SQL error after the commit", sql_error_after),
    Fault("backend terminated before the commit", terminated_before, interrupts=True),
    Fault("backend terminated after the commit", terminated_after),
    Fault("oversized result before the commit", _told_while_it_goes_on(_say_oversized)),
    Fault("delivered again before each later request", again_before_each),
)
