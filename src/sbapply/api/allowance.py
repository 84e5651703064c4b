"""Keep within the API's rate limit before it is hit, over all threads of a process.

Every answer carries ``x-ratelimit-limit``, ``-remaining`` and ``-reset`` (whole seconds); the platform counts per
user, project and endpoint, in windows that begin with their first request (supabase/supabase, docs,
``api_rate_limits.mdx``).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sbapply.database import Clock
from sbapply.errors import RateLimited

# How often a call looks again whether another one's answer has made room for it.
_LOOK_AGAIN = 0.02
# How long a first call is waited for, whose answer tells the limit; it can be a statement that takes a minute.
_FIRST_ANSWER = 2.0
# An answer that resets so much later than the known window belongs to the next one: headers are whole seconds.
_NEXT_WINDOW = 5.0


@dataclass(slots=True)
class _Endpoint:
    """Hold what is known of one endpoint's window; ``limit`` is None until an answer told it."""

    limit: int | None = None
    lowest: int = 0
    ends_at: float = 0.0
    assumed: bool = False
    window: int = 0
    lost: int = 0
    under_way: int = 0
    free: bool = False
    first_until: float | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Stand for one call that was let through: its endpoint and the window it was counted in."""

    endpoint: str
    window: int
    waited: float


@dataclass(slots=True)
class Allowance:
    """Let calls through while the API's allowance lasts. Safe for several threads; one a process.

    What remains is the least that an answer of this window told, less the calls that are under way: the server may
    have counted them already or not, so room is never overestimated.
    """

    clock: Clock = field(default_factory=Clock)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _endpoints: dict[str, _Endpoint] = field(default_factory=dict)

    def take(self, endpoint: str, *, patience: float) -> Ticket:
        """Return a ticket for one call, after a wait of at most ``patience`` seconds.

        Each ticket goes back through ``told`` or ``lost``. Raises ``RateLimited`` at once where the wait for the
        reset would be longer.
        """
        waited = 0.0
        while True:
            with self._lock:
                known = self._endpoints.setdefault(endpoint, _Endpoint())
                now = self.clock.monotonic()
                wait = _wait_of(known, now)
                if wait <= 0:
                    _let_through(known, now)
                    return Ticket(endpoint, known.window, waited)
                limit = known.limit
            if waited + wait > patience:
                raise RateLimited(
                    f"The API's rate limit ({limit} requests a minute) is used up.",
                    f"Wait {wait:.0f} s and run the same command again.",
                    retry_after=wait,
                )
            self.clock.sleep(wait)
            waited += wait

    def told(self, ticket: Ticket, headers: Mapping[str, str]) -> None:
        """Give a ticket back with the answer's headers (lower-case names)."""
        numbers = [_number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset")]
        limit, remaining, reset = numbers
        if limit is None or remaining is None or reset is None:
            self._give_back(ticket, counts=False)
            return
        with self._lock:
            known = self._endpoints[ticket.endpoint]
            known.under_way -= 1
            known.first_until = None
            ends_at = self.clock.monotonic() + reset
            fresh = known.limit is None or ends_at > known.ends_at + _NEXT_WINDOW
            known.limit = limit
            if fresh and not known.assumed:
                known.lowest, known.ends_at, known.window = remaining, ends_at, known.window + 1
                known.lost = 0
            elif ticket.window != known.window:
                # Late news of a window that is over; the call may have been counted in this one all the same.
                known.lowest -= 1
            else:
                # An answer may be older than the count of a call that was lost meanwhile.
                known.lowest = min(known.lowest, remaining - known.lost)
                known.ends_at = ends_at if known.assumed else max(known.ends_at, ends_at)
                known.assumed = False

    def lost(self, ticket: Ticket) -> None:
        """Give a ticket back whose call had no answer; it may have been counted."""
        self._give_back(ticket, counts=True)

    def _give_back(self, ticket: Ticket, *, counts: bool) -> None:
        with self._lock:
            known = self._endpoints[ticket.endpoint]
            known.under_way -= 1
            known.first_until = None
            if counts:
                known.lowest -= 1
                known.lost += 1
            elif known.limit is None:
                # An API without limits: there is nothing to wait for.
                known.free = True


def _wait_of(known: _Endpoint, now: float) -> float:
    """Return the seconds to wait before it is worth looking again; 0 lets the call through."""
    if known.limit is None:
        # The first call goes alone, since only its answer tells how many may follow.
        alone = known.first_until is not None and now < known.first_until
        return _LOOK_AGAIN if alone and not known.free else 0.0
    if now >= known.ends_at or known.lowest > known.under_way:
        return 0.0
    return _LOOK_AGAIN if known.lowest > 0 else known.ends_at - now


def _let_through(known: _Endpoint, now: float) -> None:
    if known.limit is None and known.first_until is None:
        known.first_until = now + _FIRST_ANSWER
    elif known.limit is not None and now >= known.ends_at:
        # A new window, whole until an answer says otherwise; it ends no earlier than a minute from now.
        known.lowest, known.ends_at, known.assumed = known.limit, now + 60.0, True
        known.window += 1
    known.under_way += 1


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
