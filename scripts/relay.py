"""Let clients that only speak TCP reach a server, wherever it listens, as if it were far away."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Target: TypeAlias = "Path | int"
"""A Unix socket, or a port of 127.0.0.1."""


@contextmanager
def relay_to(target: Target, *, delay: float = 0.0) -> Iterator[int]:
    """Relay connections from a free port of 127.0.0.1 to ``target`` and yield the port.

    Every byte arrives ``delay`` seconds after it was sent, in either direction; connecting takes no longer.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, target, delay), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, target: Target, delay: float) -> None:
    with suppress(OSError):
        while True:
            outer, _ = listener.accept()
            inner = _connect(target)
            for end in (outer, inner):
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_carry, args=(outer, inner, delay), daemon=True).start()


def _connect(target: Target) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target))
    inner = socket.socket(socket.AF_UNIX)
    inner.connect(str(target))
    return inner


def _carry(outer: socket.socket, inner: socket.socket, delay: float) -> None:
    """Copy both ways until both are at their end, then close."""
    with outer, inner:
        back = threading.Thread(target=_copy, args=(inner, outer, delay), daemon=True)
        back.start()
        _copy(outer, inner, delay)
        back.join()


def _copy(source: socket.socket, sink: socket.socket, delay: float) -> None:
    """Note when each piece is due while another thread delivers; an empty one says that no more will come."""
    on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    deliverer = threading.Thread(target=_deliver, args=(sink, on_the_way), daemon=True)
    deliverer.start()
    data = b"-"
    while data:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        on_the_way.put((time.monotonic() + delay, data))
    deliverer.join()


def _deliver(sink: socket.socket, on_the_way: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
    with suppress(OSError):
        while True:
            due, data = on_the_way.get()
            time.sleep(max(due - time.monotonic(), 0))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
