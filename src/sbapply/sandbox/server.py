"""Serve the sandbox over HTTP on the loopback interface."""

import errno
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any

from sbapply.errors import UsageError
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse

Handler = Callable[[SandboxRequest], SandboxResponse]

# Bodies are read whole before they are judged, so that a client gets an answer instead of a reset; beyond this
# the connection is closed.
_READ_AT_MOST = 64 * 1024 * 1024
_IDLE_SECONDS = 65.0


class _Connection(BaseHTTPRequestHandler):
    """Translate between HTTP/1.1 on one kept-alive connection and the handler."""

    protocol_version = "HTTP/1.1"
    server_version = "sbapply-sandbox"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "SandboxServer"

    def _answer(self) -> None:
        """Answer one request."""
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        headers = {name: value for name, value in self.headers.items()}  # noqa: C416 - Message is no Mapping
        response = self.server.answer(SandboxRequest(self.command, path, query, headers, body))
        self._send(response)

    do_GET = _answer  # noqa: N815 - http.server looks for these names
    do_POST = _answer  # noqa: N815
    do_PUT = _answer  # noqa: N815
    do_PATCH = _answer  # noqa: N815
    do_DELETE = _answer  # noqa: N815
    do_HEAD = _answer  # noqa: N815
    do_OPTIONS = _answer  # noqa: N815

    def _read_body(self) -> bytes | None:
        """Return the body, or answer for one that cannot be read and return None."""
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._refuse(411, "Length Required")
        elif int(length) > _READ_AT_MOST:
            self._refuse(413, "request entity too large")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self.close_connection = True
        return None

    def _refuse(self, status: int, message: str) -> None:
        """Answer without having read the body, and close."""
        self.close_connection = True
        content = (("content-type", "application/json"), ("connection", "close"))
        self._send(SandboxResponse(status, content, f'{{"message":"{message}"}}'.encode()))

    def _send(self, response: SandboxResponse) -> None:
        """Send one response."""
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class'
        """Log nothing: request lines and headers do not belong on a terminal."""


class SandboxServer(ThreadingHTTPServer):
    """Serve one handler, a thread a connection. Made by ``serving`` and ``serve``."""

    daemon_threads = True
    # On Windows SO_REUSEADDR would let two servers share a port.
    allow_reuse_address = os.name != "nt"

    def __init__(self, handler: Handler, host: str, port: int) -> None:
        self.answer = handler
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((host, port), _Connection)

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Return its base URL."""
        return f"http://{self.server_address[0]!s}:{self.port}"

    def server_bind(self) -> None:
        """Bind without the base class' look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.port

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection and give it a thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; report the rest as the base class does."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening and end the connections, which would else be kept alive by their clients."""
        super().server_close()
        with self._open_lock:
            still_open = tuple(self._open)
        for connection in still_open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _listen(handler: Handler, host: str, port: int) -> SandboxServer:
    """Return a server that listens. Raises ``UsageError`` where it cannot."""
    try:
        return SandboxServer(handler, host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} on {host} is taken.", "Stop what listens there, or choose another with --port."
            ) from error
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}.", "Choose another address.") from error


@contextmanager
def serving(handler: Handler, host: str = "127.0.0.1", port: int = 0) -> Iterator[SandboxServer]:
    """Serve ``handler`` in the background while the block runs; port 0 takes a free one.

    Yields the server, whose ``port`` and ``url`` are real. Raises ``UsageError`` for a port that is taken.
    """
    server = _listen(handler, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve(
    handler: Handler,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve ``handler`` until SIGINT or SIGTERM; call it in the main thread.

    ``on_ready`` is given the base URL once connections are accepted. Requests that still run then are cut off,
    as a gateway's restart would. Raises ``UsageError`` for a port that is taken.
    """
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serving(handler, host, port) as server:
            if on_ready is not None:
                on_ready(server.url)
            # A wait without a timeout cannot be interrupted by signals on Windows.
            while not stop.wait(0.5):
                pass
    finally:
        for number, action in previous.items():
            signal.signal(number, action)
