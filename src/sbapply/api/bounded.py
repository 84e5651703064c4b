"""Bound the whole of an exchange in time."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(call: Callable[[], T], seconds: float) -> T:
    """Make ``call`` and return its result, or raise what it raises; ``TimeoutError`` if it takes longer.

    httpx bounds each single read, so a server that drips a header a second could hold it for ever. What is not
    done in time is left behind in a thread of its own, which ends with the process.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the call was made
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)
