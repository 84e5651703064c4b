"""Let a client that only speaks TCP reach a Postgres that only listens on a Unix socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def relay_to(socket_path: Path) -> Iterator[int]:
    """Relay connections from a free port of 127.0.0.1 to ``socket_path`` and yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, socket_path), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, socket_path: Path) -> None:
    with suppress(OSError):
        while True:
            outer, _ = listener.accept()
            outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            inner = socket.socket(socket.AF_UNIX)
            inner.connect(str(socket_path))
            threading.Thread(target=_carry, args=(outer, inner), daemon=True).start()


def _carry(outer: socket.socket, inner: socket.socket) -> None:
    """Copy both ways until both are at their end, then close."""
    with outer, inner:
        back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
        back.start()
        _copy(outer, inner)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
