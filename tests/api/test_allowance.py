"""The rate limit is kept before it is hit, over all threads, whoever else counts along."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.api.allowance import Allowance
from sbapply.api.client import ApiClient, ProjectDatabase
from sbapply.auth.token import Token
from sbapply.database import Clock
from sbapply.errors import RateLimited, Unreachable
from sbapply.sandbox.throttle import Throttle

REF = "a" * 20


@dataclass
class Time:
    """Be a clock that moves when somebody sleeps; threads that sleep at once do so side by side.

    A sleep takes a moment of real time, so that answers which take real time come within its seconds.
    """

    now: float = 1000.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        with self.lock:
            return self.now

    def sleep(self, seconds: float) -> None:
        until = self.read() + seconds
        threading.Event().wait(0.001)
        with self.lock:
            self.now = max(self.now, until)
            self.slept.append(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=self.read, sleep=self.sleep)


class Server:
    """Count requests as the platform's throttler does, and tell how many were turned away."""

    def __init__(self, time: Time, limit: int) -> None:
        self.throttle = Throttle(limit, time.read)
        self.turned_away = 0
        self.served = 0

    def answer(self, endpoint: str = "GET /x") -> Mapping[str, str]:
        counted = self.throttle.take(endpoint)
        assert counted is not None
        self.served += counted.granted
        self.turned_away += not counted.granted
        return dict(counted.headers())


def call(allowance: Allowance, server: Server, patience: float = 100.0, endpoint: str = "GET /x") -> None:
    ticket = allowance.take(endpoint, patience=patience)
    allowance.told(ticket, server.answer(endpoint))


def test_calls_within_the_limit_do_not_wait() -> None:
    time = Time()
    server, allowance = Server(time, 5), Allowance(time.clock)
    for _ in range(5):
        call(allowance, server)
    assert time.slept == []


def test_the_call_after_the_last_one_waits_for_the_reset() -> None:
    time = Time()
    server, allowance = Server(time, 5), Allowance(time.clock)
    for _ in range(12):
        call(allowance, server)
    assert (server.served, server.turned_away) == (12, 0)
    assert time.slept == [60.0, 60.0]


def test_a_wait_beyond_the_patience_is_not_begun() -> None:
    time = Time()
    server, allowance = Server(time, 2), Allowance(time.clock)
    call(allowance, server)
    call(allowance, server)
    with pytest.raises(RateLimited) as caught:
        allowance.take("GET /x", patience=20.0)
    assert time.slept == []
    assert caught.value.retry_after == 60.0
    assert "2 requests a minute" in caught.value.message
    assert "60 s" in caught.value.next_step


def test_endpoints_are_counted_apart() -> None:
    time = Time()
    server, allowance = Server(time, 1), Allowance(time.clock)
    call(allowance, server, endpoint="GET /x")
    call(allowance, server, endpoint="GET /y")
    assert time.slept == []


def test_what_another_process_uses_up_is_seen_in_the_next_answer() -> None:
    time = Time()
    server, allowance = Server(time, 10), Allowance(time.clock)
    call(allowance, server)
    for _ in range(8):
        server.answer()
    call(allowance, server)
    with pytest.raises(RateLimited):
        allowance.take("GET /x", patience=1.0)


def test_a_call_without_an_answer_may_have_been_counted() -> None:
    time = Time()
    server, allowance = Server(time, 3), Allowance(time.clock)
    call(allowance, server)
    allowance.lost(allowance.take("GET /x", patience=0.0))
    allowance.take("GET /x", patience=0.0)
    with pytest.raises(RateLimited):
        allowance.take("GET /x", patience=1.0)


def test_an_api_without_limits_is_not_waited_for() -> None:
    time = Time()
    allowance = Allowance(time.clock)
    first = allowance.take("GET /x", patience=0.0)
    allowance.told(first, {})
    for _ in range(1000):
        allowance.take("GET /x", patience=0.0)
    assert time.slept == []


def test_a_first_call_that_takes_a_minute_does_not_hold_up_the_rest_for_long() -> None:
    time = Time()
    allowance = Allowance(time.clock)
    allowance.take("POST /query", patience=0.0)
    allowance.take("POST /query", patience=10.0)
    assert sum(time.slept) <= 3.0


@pytest.mark.parametrize("headers", [{"x-ratelimit-limit": "x"}, {"x-ratelimit-remaining": "-1"}, {}])
def test_headers_that_say_nothing_do_not_matter(headers: dict[str, str]) -> None:
    time = Time()
    allowance = Allowance(time.clock)
    for _ in range(200):
        allowance.told(allowance.take("GET /x", patience=0.0), headers)
    assert time.slept == []


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 12),
    steps=st.lists(
        st.tuples(st.sampled_from(["take", "answer", "lose", "pass"]), st.integers(0, 30)), max_size=120
    ),
)
def test_whatever_the_order_of_answers_and_losses_nobody_is_turned_away(
    limit: int, steps: list[tuple[str, int]]
) -> None:
    time = Time()
    server, allowance = Server(time, limit), Allowance(time.clock)
    call(allowance, server)
    under_way = []
    for step, number in steps:
        if step == "take":
            try:
                ticket = allowance.take("GET /x", patience=0.0)
            except RateLimited:
                continue
            # The server counts at once; its answer may come much later, and in another order.
            under_way.append((ticket, server.answer()))
        elif step == "pass":
            time.sleep(number)
        elif under_way:
            ticket, headers = under_way.pop(number % len(under_way))
            if step == "answer":
                allowance.told(ticket, headers)
            else:
                allowance.lost(ticket)
    assert server.turned_away == 0


@pytest.mark.parametrize("threads", [2, 8, 25])
def test_many_threads_of_one_client_never_see_429(threads: int) -> None:
    time = Time()
    server = Server(time, 20)
    lock = threading.Lock()

    def answer(_request: httpx.Request) -> httpx.Response:
        with lock:
            headers = server.answer()
            refused = server.turned_away
        return httpx.Response(429 if refused else 201, headers=dict(headers), json=[])

    failures: list[Exception] = []
    with ApiClient(
        Token("sbp_x", "a test"), transport=httpx.MockTransport(answer), allowance=Allowance(time.clock)
    ) as client:

        def work() -> None:
            database = ProjectDatabase(client, REF)
            try:
                for _ in range(10):
                    database.run("select 1", timeout=1e6)
            except Exception as error:  # noqa: BLE001 - carried to the main thread
                failures.append(error)

        working = [threading.Thread(target=work) for _ in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join(30)
    assert failures == []
    assert (server.served, server.turned_away) == (threads * 10, 0)


def test_a_write_does_not_wait_because_its_deadline_would_pass() -> None:
    time = Time()
    server = Server(time, 1)
    transport = httpx.MockTransport(lambda _request: httpx.Response(201, headers=dict(server.answer()), json=[]))
    with ApiClient(Token("sbp_x", "a test"), transport=transport, allowance=Allowance(time.clock)) as client:
        database = ProjectDatabase(client, REF)
        database.run("insert")
        with pytest.raises(RateLimited):
            database.run("insert")
        assert time.slept == []
        database.run("select", timeout=100.0)
        assert time.slept == [60.0]


def test_a_call_that_breaks_gives_its_place_back() -> None:
    time = Time()

    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with ApiClient(
        Token("sbp_x", "a test"), transport=httpx.MockTransport(answer), allowance=Allowance(time.clock)
    ) as client:
        for _ in range(5):
            with pytest.raises(Unreachable):
                client.send("GET", "/v1/projects", timeout=1.0)
    assert time.slept == []


def test_an_answer_that_is_older_than_a_lost_call_makes_no_room() -> None:
    time = Time()
    server, allowance = Server(time, 3), Allowance(time.clock)
    call(allowance, server)
    first, headers = allowance.take("GET /x", patience=0.0), server.answer()
    second, _ = allowance.take("GET /x", patience=0.0), server.answer()
    allowance.lost(second)
    allowance.told(first, headers)

    with pytest.raises(RateLimited):
        allowance.take("GET /x", patience=0.0)
