"""Hold a value that a thread is still making, while whoever will need it goes on with something else."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Later(Generic[T]):
    """Make a value in a thread that is started at once.

    ``then`` is run behind it in the same thread, whatever came of it; who asks for the value does not wait for
    that. Whoever starts one has to ``close`` it.
    """

    def __init__(self, make: Callable[[], T], then: Callable[[], None] = lambda: None) -> None:
        self._make = make
        self._then = then
        self._made: list[T] = []
        self._failure: BaseException | None = None
        self._failure_behind: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def value(self) -> T:
        """Return the value once it is there, or raise what making it raised."""
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self._made[0]

    def close(self) -> None:
        """Wait for the thread's end, and raise what ``then`` raised."""
        self._thread.join()
        failure, self._failure_behind = self._failure_behind, None
        if failure is not None:
            raise failure

    def _run(self) -> None:
        try:
            self._made.append(self._make())
        except BaseException as failure:  # noqa: BLE001 - raised again where the value is asked for
            self._failure = failure
        self._ready.set()
        try:
            self._then()
        except BaseException as failure:  # noqa: BLE001 - raised again by close
            self._failure_behind = failure
