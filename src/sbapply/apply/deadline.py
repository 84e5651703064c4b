"""Set the moment on the server's clock behind which a request that writes does nothing."""

from sbapply.database import Clock, Patience
from sbapply.history.state import RemoteState

# A deadline too early costs one more request, one too late a wait before anything can be called not applied.
_SHORTEST = 2.0
_LONGEST = 30.0


def deadline_after(state: RemoteState, *, patience: Patience, clock: Clock, factor: float = 1.0) -> float:
    """Return a request's deadline, in seconds since 1970 on the clock of the server that ``state`` was read from.

    ``factor`` makes the time longer for one that came too late before.
    """
    seconds = max(_SHORTEST, 4 * state.latency) * factor
    # Settling has to outlast the deadline, else it could never end with "not applied".
    seconds = min(seconds, _LONGEST, patience.settle / 2)
    return state.server_time + clock.monotonic() - state.read_at + seconds
