"""Count requests as the platform's throttler does."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Say how a request stands with its limit; ``reset`` is in whole seconds, as in the platform's header."""

    granted: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that every answer of the platform carries."""
        return (
            ("x-ratelimit-limit", str(self.limit)),
            ("x-ratelimit-remaining", str(self.remaining)),
            ("x-ratelimit-reset", str(self.reset)),
        )


class Throttle:
    """Count requests per endpoint in windows of a minute that begin with their first request.

    The first answer of a window carries 119 and 60, as the recorded ones do. Safe for several threads.
    """

    def __init__(self, limit: int | None, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, endpoint: str) -> Allowance | None:
        """Count one request to ``endpoint`` and return how it stands, or None without a limit."""
        if self._limit is None:
            return None
        with self._lock:
            now = self._monotonic()
            begin, count = self._windows.get(endpoint, (now, 0))
            if now - begin >= WINDOW_SECONDS:
                begin, count = now, 0
            count += 1
            self._windows[endpoint] = (begin, count)
        return Allowance(
            granted=count <= self._limit,
            limit=self._limit,
            remaining=max(self._limit - count, 0),
            reset=math.ceil(begin + WINDOW_SECONDS - now),
        )
