"""Stand between the program and the API on a real socket, and break what is planned to break."""

import json
import os
import select
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.reliability.backstage import Backstage
from tests.reliability.line import Answer

# What is under way for longer than this hangs.
PATIENCE = 60.0
_QUERY = "/database/query"


class Kind(StrEnum):
    """Name what a request to the SQL endpoint is for, as its first comment tells."""

    READ = "read"
    SETTLE = "settle"
    LOOK = "look"
    HOLDERS = "holders"
    CANCEL = "cancel"
    WRITE = "write"
    ALONE = "alone"
    OTHER = "other"


_HEADS = {
    "/* sbapply: read": Kind.READ,
    "/* sbapply: find out what became": Kind.SETTLE,
    "/* sbapply: find who holds": Kind.HOLDERS,
    "/* sbapply: look": Kind.LOOK,
    "/* sbapply: cancel": Kind.CANCEL,
    "/* sbapply run=": Kind.WRITE,
    "/* sbapply attempt=": Kind.ALONE,
}


def kind_of(sql: str) -> Kind:
    """Return what a request is for."""
    return next((kind for head, kind in _HEADS.items() if sql.startswith(head)), Kind.OTHER)


class _Connection(BaseHTTPRequestHandler):
    """Read requests of one kept-alive connection, and do to it what the gateway says."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "_Server"

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        path, _, query = self.path.partition("?")
        headers = {name: value for name, value in self.headers.items()}  # noqa: C416 - Message is no Mapping
        self.server.gateway.take(SandboxRequest(self.command, path, query, headers, body), self)

    do_GET = _take  # noqa: N815 - http.server looks for these names
    do_POST = _take  # noqa: N815

    def answer(self, response: SandboxResponse, *, sent: int | None = None) -> None:
        """Send a response; where ``sent`` says so only that many bytes of its body, and cut the connection then."""
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[:sent])
        self.wfile.flush()
        if sent is not None:
            self.reset()

    def reset(self) -> None:
        """Break the connection as a peer does that is gone (RST)."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closed beneath http.server, which would first say good-bye.
        os.close(self.connection.detach())

    def await_end(self) -> None:
        """Wait until the client has given up and closed the connection, and close it too."""
        self.close_connection = True
        select.select([self.connection], [], [], PATIENCE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class'
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: "Gateway"

    def server_bind(self) -> None:
        """Bind without the base class' look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def shutdown_request(self, request: Any) -> None:
        """Close a connection unless it is closed already."""
        if request.fileno() >= 0:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients go away, and what a fault raises is kept by the gateway."""


@dataclass
class Exchange:
    """Hold one request to the SQL endpoint and its client's connection; a fault decides what becomes of both.

    ``number`` counts the requests that the gateway took, from 1.
    """

    gateway: "Gateway"
    request: SandboxRequest
    client: _Connection
    sql: str
    kind: Kind
    number: int
    played: str = ""

    def deliver(self, sql: str | None = None) -> SandboxResponse:
        """Pass the request on, with other SQL if that is given; return the answer, which nobody has seen yet."""
        request = self.request
        if sql is not None:
            body = json.dumps({**json.loads(request.body), "query": sql}).encode()
            request = SandboxRequest(request.method, request.path, request.query, request.headers, body)
        with self.gateway.going_on():
            return self.gateway.end(request)

    def deliver_later(self, seconds: float, sql: str | None = None) -> "Delivery":
        """Pass the request on in the background after a while; nobody has to listen to the answer."""
        return Delivery.start(self, seconds, sql)

    def answer(self, response: SandboxResponse) -> None:
        """Answer the client."""
        self.client.answer(response)

    def refuse(self, status: int, message: str, *headers: tuple[str, str]) -> None:
        """Answer the client with an error in the API's own envelope."""
        content = ("content-type", "application/json; charset=utf-8")
        self.answer(SandboxResponse(status, (content, *headers), json.dumps({"message": message}).encode()))

    def say_html(self, status: int, title: str) -> None:
        """Answer the client with a page, as a proxy does that is no API."""
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n"
        self.answer(SandboxResponse(status, (("content-type", "text/html"),), page.encode()))


@dataclass
class Delivery:
    """Hold a delivery that goes on in the background."""

    thread: threading.Thread
    answers: list[SandboxResponse]

    @classmethod
    def start(cls, exchange: Exchange, seconds: float, sql: str | None) -> "Delivery":
        """Deliver an exchange's request after ``seconds``."""
        answers: list[SandboxResponse] = []
        # From now on, not only from when it is delivered.
        counted = exchange.gateway.going_on()
        counted.__enter__()

        def work() -> None:
            try:
                time.sleep(seconds)
                answers.append(exchange.deliver(sql))
            finally:
                counted.__exit__(None, None, None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return cls(thread, answers)

    def result(self) -> SandboxResponse:
        """Wait for the answer and return it."""
        self.thread.join(PATIENCE)
        return self.answers[0]


Play = Callable[[Exchange], None]
Matches = Callable[[Exchange], bool]


@dataclass(frozen=True, slots=True)
class Planned:
    """Say what is done to the next request for which ``matches`` is true; ``lasting``, to every such request."""

    matches: Matches
    play: Play
    name: str = ""
    lasting: bool = False


def nth(number: int) -> Matches:
    """Match the request that the gateway takes as the ``number``-th."""
    return lambda exchange: exchange.number == number


def of_kind(kind: Kind) -> Matches:
    """Match any request of a kind."""
    return lambda exchange: exchange.kind is kind


def pass_on(exchange: Exchange) -> None:
    """Deliver it and answer."""
    exchange.answer(exchange.deliver())


@dataclass
class Gateway:
    """Pass requests on to ``end``, and play what is planned: always the first of ``plan`` that is not played yet.

    ``seen`` are the requests to the SQL endpoint in order; ``troubles`` are what faults themselves stumbled over,
    and ``reached`` is set by a fault when it has brought about what a test waits for. What is in ``again`` is
    delivered once more before each request that comes.
    """

    end: Answer
    backstage: Backstage
    plan: list[Planned] = field(default_factory=list)
    seen: list[Exchange] = field(default_factory=list)
    troubles: list[BaseException] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    again: list[Exchange] = field(default_factory=list)
    _under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, request: SandboxRequest, client: _Connection) -> None:
        """Take one request from a client."""
        if request.method != "POST" or not request.path.endswith(_QUERY):
            client.answer(self.end(request))
            return
        sql = str(json.loads(request.body)["query"])
        with self._changed:
            exchange = Exchange(self, request, client, sql, kind_of(sql), len(self.seen) + 1)
            self.seen.append(exchange)
            planned = self.plan[0] if self.plan and self.plan[0].matches(exchange) else None
            if planned is not None and not planned.lasting:
                del self.plan[0]
            self._changed.notify_all()
        exchange.played = planned.name if planned is not None else ""
        with self.going_on():
            for earlier in tuple(self.again):
                earlier.deliver()
            try:
                (planned.play if planned is not None else pass_on)(exchange)
            except (ConnectionError, TimeoutError):
                # The client was killed, or has given up.
                client.close_connection = True
            except BaseException as trouble:
                self.troubles.append(trouble)
                raise

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count something as under way while the block runs."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def kinds(self) -> Sequence[Kind]:
        """Return the kinds of the requests that came, in order."""
        return [exchange.kind for exchange in self.seen]

    def expect(self, came: Callable[[], bool], what: str) -> None:
        """Wait until something has come about that requests bring about."""
        with self._changed:
            assert self._changed.wait_for(came, timeout=PATIENCE), f"{what} did not come"

    def wait(self) -> None:
        """Wait until nothing is under way and nothing will be delivered late."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way == 0, timeout=PATIENCE), "still under way"

    def told(self) -> str:
        """Return the requests that came and what was done to them, for the message of an assertion."""
        return ", ".join(f"{each.kind}{f' ({each.played})' if each.played else ''}" for each in self.seen)


@contextmanager
def listening(gateway: Gateway) -> Iterator[str]:
    """Let a gateway listen on a free port of 127.0.0.1 while the block runs, and yield its URL."""
    with _Server(("127.0.0.1", 0), _Connection) as server:
        server.gateway = gateway
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
