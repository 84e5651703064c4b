"""Serve answers that no API should give: each connection gets one request's worth of fixed bytes, or silence."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

HTML = "<html><body>Please wait</body></html>"


def answer(status: int, body: str = "", **headers: str) -> bytes:
    """Return the bytes of a whole answer; ``headers`` go before the content-length that would fit."""
    lines = {"content-type": "application/json", "connection": "close", "content-length": str(len(body.encode()))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n{body}".encode()


class _Faulty(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, said: bytes | None, certificate: Path | None) -> None:
        self.said = said
        self.over = threading.Event()
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    server: _Faulty

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        length = 0
        while (line := self.rfile.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        self.rfile.read(length)
        if self.server.said is None:
            self.server.over.wait(30)
        else:
            self.wfile.write(self.server.said)


class _QuietFaulty(_Faulty):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up on a fault does as it should."""


@contextmanager
def faulty_server(said: bytes | None, *, certificate: Path | None = None) -> Iterator[int]:
    """Answer every request with ``said``, or never if it is None; yield the port on 127.0.0.1."""
    with _QuietFaulty(said, certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def own_certificate(folder: Path) -> Path:
    """Return a PEM file with key and certificate for 127.0.0.1, signed by nobody that anybody knows."""
    path = folder / "server.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path
