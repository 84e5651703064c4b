"""Check the sandbox's HTTP server, with handlers that need no database."""

import http.client
import os
import signal
import socket
import threading
import time

import httpx
import pytest

from sbapply.errors import UsageError
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from sbapply.sandbox.server import serve, serving

pytestmark = pytest.mark.enable_socket


def echo(request: SandboxRequest) -> SandboxResponse:
    text = f"{request.method} {request.path}?{request.query} {request.header('x-own')} {len(request.body)}"
    return SandboxResponse(200, (("content-type", "text/plain"),), text.encode())


def test_requests_reach_the_handler_as_they_were_sent() -> None:
    with serving(echo) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        answer = client.post("/v1/x?a=b%20c", content=b"x" * 5_000_000, headers={"X-Own": "own"})
        assert answer.text.startswith("POST /v1/x?a=b%20c ")
        assert answer.text.endswith(" own 5000000")
        assert client.delete("/y").text == "DELETE /y?  0"


def test_a_connection_is_kept_for_the_next_request() -> None:
    with serving(echo) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/one")
        assert connection.getresponse().read() == b"GET /one?  0"
        kept = connection.sock
        connection.request("GET", "/two")
        assert connection.getresponse().read() == b"GET /two?  0"
        assert connection.sock is kept
        connection.close()


def test_requests_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(request: SandboxRequest) -> SandboxResponse:
        together.wait()
        return echo(request)

    with serving(meet) as server:
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(httpx.get(server.url, trust_env=False).status_code))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200, 200, 200]


def test_a_port_that_is_taken_is_an_error_with_a_next_step() -> None:
    with serving(echo) as server, pytest.raises(UsageError) as caught, serving(echo, port=server.port):
        pass
    assert str(server.port) in caught.value.message
    assert "--port" in caught.value.next_step


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(UsageError), serving(echo, host="192.0.2.1"):
        pass


def test_a_body_of_unknown_length_is_refused() -> None:
    with serving(echo) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.post("/", content=iter([b"a", b"b"])).status_code == 411


def test_a_body_beyond_all_measure_is_refused_unread() -> None:
    with serving(echo) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_nothing_is_logged_and_no_secret_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(echo) as server:
        httpx.get(server.url + "/path", headers={"authorization": "Bearer sbp_secret"}, trust_env=False)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GARBAGE sbp_secret\r\n\r\n")
            client.recv(100)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc")
    assert capfd.readouterr() == ("", "")


def test_leaving_the_block_ends_idle_connections_and_frees_the_port() -> None:
    with serving(echo) as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        idle.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert idle.recv(1000)
        port = server.port
    idle.settimeout(5)
    assert idle.recv(1000) == b""
    idle.close()
    with serving(echo, port=port):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_at_a_signal_and_puts_the_handlers_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    seen: list[str] = []

    def ready(url: str) -> None:
        seen.append(httpx.get(url, trust_env=False).text)
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()

    started = time.monotonic()
    serve(echo, port=0, on_ready=ready)
    assert seen == ["GET /?  0"]
    assert time.monotonic() - started < 5
    assert signal.getsignal(number) == before
