"""Lock files between processes; the system drops a lock when its holder dies, however it dies."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sbapply.errors import EngineError


class Lock:
    """Hold one open lock file; ``close`` lets it go.

    The file descriptor is not inherited, so a server that is started meanwhile holds nothing.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def take(self, *, shared: bool = False) -> bool:
        """Take or convert the lock without waiting; say whether it was to be had."""
        import fcntl  # not on Windows

        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let the lock go; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def locked(path: Path, *, patience: float = 60.0) -> Iterator[None]:
    """Hold ``path`` alone. Raises ``EngineError`` when another process does not let go of it in ``patience``."""
    lock = Lock(path)
    try:
        give_up_at = time.monotonic() + patience
        while not lock.take():
            if time.monotonic() > give_up_at:
                raise EngineError(
                    f"Another sbapply has held {path} for {patience:g} s.", "Wait for it, or end it, and try again."
                )
            time.sleep(0.01)
        yield
    finally:
        lock.close()
