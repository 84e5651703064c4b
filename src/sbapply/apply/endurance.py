"""Try again what may pass, and know when to stop."""

from dataclasses import dataclass

from sbapply.apply.outcome import Notify, Retrying, Waiting
from sbapply.database import Clock, Patience
from sbapply.errors import DatabaseError, NothingApplied, NotSent, OutcomeUnknown, SbapplyError, SqlError

_BLIND_ATTEMPTS = 4


@dataclass
class Endurance:
    """Count attempts and time since something was last achieved; each method waits, or gives the last word."""

    patience: Patience
    clock: Clock
    notify: Notify
    blind_attempts: int = 0
    passing_until: float | None = None

    def renew(self) -> None:
        """Begin anew: something was achieved."""
        self.blind_attempts, self.passing_until = 0, None

    def wait_on(self) -> None:
        """Let time begin anew: somebody else is at work, which is no failure."""
        self.passing_until = None

    def in_time(self, said: SqlError, last_word: SbapplyError) -> SbapplyError | None:
        """Wait before what may pass is sent again; return ``last_word`` once patience is at its end."""
        now = self.clock.monotonic()
        if self.passing_until is None:
            self.passing_until = now + self.patience.settle
        if now >= self.passing_until:
            return last_word
        told = last_word.next_step if said.sqlstate == "55P03" else ""
        self.notify(Retrying(f"{said.sqlstate}: {said.message}{f' ({told})' if told else ''}"))
        self.clock.sleep(0.1 + 0.4 * self.clock.jitter())
        return None

    def blindly(self, cause: DatabaseError) -> SbapplyError | None:
        """Wait before what is settled as not applied is sent again; a few times, then say so."""
        self.blind_attempts += 1
        lasting = isinstance(cause, OutcomeUnknown) and cause.lasting
        if lasting or self.blind_attempts >= _BLIND_ATTEMPTS:
            return NothingApplied(
                f"What was sent had no effect, {self.blind_attempts} times over: {cause.message}",
                cause.next_step or "Run the same command again when the API answers properly.",
            )
        self.notify(Retrying("settled: it had no effect"))
        self.clock.sleep(0.25 * 2**self.blind_attempts * (0.5 + self.clock.jitter() / 2))
        return None

    def at_the_door(self, error: NotSent) -> SbapplyError | None:
        """Wait before what certainly never ran is sent once more; return the error if that cannot help."""
        now = self.clock.monotonic()
        if not error.transient:
            return error
        if self.passing_until is None:
            self.passing_until = now + self.patience.settle
        wait = error.retry_after if error.retry_after is not None else 0.5 + self.clock.jitter()
        if now + wait > self.passing_until:
            return error
        self.notify(Waiting(error.message, wait))
        self.clock.sleep(wait)
        return None
