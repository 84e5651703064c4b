"""Be the way between the program and the API: slow, watched, and going on with what a killed client left."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse

Answer = Callable[[SandboxRequest], SandboxResponse]
_IDLE_PATIENCE = 60.0
# What is on its way to the API when its client dies may stand in some buffer for so many seconds (least, most, most
# often), and arrive then: most of it while the next push is at work, some of it behind its deadline.
_LINGERING = (0.0, 2.5, 0.7)


@dataclass
class Line:
    """Pass requests on to ``end``, each way as late as ``delays`` (seconds, from … to) has it.

    Knows how many requests are under way, when the first one came, and when the last answer left.
    """

    end: Answer
    delays: tuple[float, float] = (0.0, 0.0)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    bodies: list[bytes] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    first_at: float = 0.0
    last_at: float = 0.0
    _under_way: int = 0
    _to_hold: int = 0
    _deaths: int = 0
    _start: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request."""
        if request.method != "POST":
            return self.end(request)
        with self._changed:
            self._under_way += 1
            self.bodies.append(request.body)
            held = self._to_hold > 0
            self._to_hold -= held
            if not self.arrived.is_set():
                self.first_at = time.monotonic()
                self.arrived.set()
        try:
            if held:
                self._start.wait(timeout=_IDLE_PATIENCE)
            deaths = self._deaths
            time.sleep(self.chance.uniform(*self.delays))
            if self._deaths > deaths:
                time.sleep(self.chance.triangular(*_LINGERING))
            answer = self.end(request)
            time.sleep(self.chance.uniform(*self.delays))
            return answer
        finally:
            with self._changed:
                self._under_way -= 1
                self.last_at = time.monotonic()
                self._changed.notify_all()

    @property
    def writes(self) -> int:
        """Return how many requests came that write."""
        return sum(b"/* sbapply run=" in body for body in self.bodies)

    def under_way(self) -> int:
        """Return how many requests have come and have no answer yet."""
        with self._changed:
            return self._under_way

    def client_died(self) -> None:
        """Let what is on its way to the API arrive late."""
        self._deaths += 1

    def wait(self) -> None:
        """Wait until nothing is under way any more."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way == 0, timeout=_IDLE_PATIENCE), "still under way"

    def hold(self, count: int, *, until_let_go: bool = False) -> None:
        """Hold the next ``count`` requests until all are there and, where that is said, ``let_go`` is called."""
        with self._changed:
            self._start, self._to_hold = threading.Barrier(count + until_let_go), count

    def let_go(self) -> None:
        """Wait for what is to be held, and let it go."""
        self._start.wait(timeout=_IDLE_PATIENCE)

    def expect(self) -> None:
        """Forget that something came, so that the next ``arrived`` is that of another process."""
        self.arrived.clear()
