"""Carry a statement that cannot run in a transaction from its claim to where it only has to be finished."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from functools import partial

from sbapply.apply.clauses import attempt_marker
from sbapply.apply.failure import verdict_of_postgres
from sbapply.apply.locks import describe_work
from sbapply.apply.lone import Look, is_block, is_half_dropped, lone_of, lone_sql, look_sql, read_look
from sbapply.apply.outcome import IndexLeft, Notify, Part, Receipt, SendingAlone, Settling, Waiting
from sbapply.apply.script import cancelling_sql
from sbapply.apply.settle import Brief
from sbapply.database import Clock, Database, Patience, ask
from sbapply.errors import DatabaseError, NotSent, OutcomeUnknown, RateLimited, ReadFailed, SqlError, Unsettled
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.lone import REINDEX_CONCURRENTLY
from sbapply.migrations.unit import Effect

_POLL = 0.5
# How long whoever has claimed a statement is given to send it.
GRACE = 1.0
_LONGEST_POLL = 4.0
_CANCEL_SECONDS = 10.0


class Told(StrEnum):
    """Name what a person says of a statement that nobody else can tell of."""

    DONE = "done"
    AGAIN = "again"


class Next(Enum):
    """Name what a claimed statement needs next.

    ``DOOR``: it certainly never left. ``FINISH``: its effect is there. ``SEND``: it is not, and sending it (again)
    hurts nothing. ``HALF``: the same, but what it has done to its index cannot be undone. ``RELEASE``: what it left
    has to go before it can be claimed anew. ``REPLACE``: an index of the file's earlier text has its name, and must
    go. ``LEAVE``: somebody else's index has it. ``MOVED``: the claim is gone. ``NOBODY_KNOWS``: its own answer was
    the only witness, be it of whose an index is.
    """

    DOOR = auto()
    FINISH = auto()
    SEND = auto()
    HALF = auto()
    RELEASE = auto()
    REPLACE = auto()
    LEAVE = auto()
    MOVED = auto()
    NOBODY_KNOWS = auto()


def judge(effect: Effect, claim: UnitRow, look: Look, cause: DatabaseError | None = None) -> Next:
    """Return what a claimed statement needs next, by what a look found while nobody was at work on it.

    ``cause`` is what its own call ended with, where that was heard.
    """
    if not look.claimed:
        return Next.MOVED
    match effect:
        case Effect.BUILD:
            if not look.present:
                return Next.SEND
            if look.same is False:
                # The name was free when it was claimed; a request with the file's earlier text can have come late.
                return Next.REPLACE if look.ours else Next.LEAVE
            by_name = _judge_by_name(look, cause)
            return by_name or (Next.FINISH if look.valid else Next.RELEASE)
        case Effect.DROP:
            if is_half_dropped(claim, look):
                return Next.HALF
            return Next.SEND if look.present else Next.FINISH
        case Effect.REPEAT:
            return Next.SEND
        case Effect.ONCE:
            return _judge_once(claim, look)


def _judge_once(claim: UnitRow, look: Look) -> Next:
    """Return what a statement needs next of which only its answer tells: a block has noted how far it came."""
    if is_block(claim) and not look.begun:
        return Next.SEND
    return Next.FINISH if look.ended else Next.NOBODY_KNOWS


@dataclass(frozen=True, slots=True)
class Arrival:
    """Hold what a claimed statement needs next, and what its own call ended with, if it did not go well."""

    next: Next
    cause: DatabaseError | None = None


@dataclass
class Crossing:
    """Send the statements of a push that run alone, and watch them.

    ``sent`` are the attempts that it has sent; ``named`` are the indexes that were told to be left of a REINDEX
    CONCURRENTLY that broke off.
    """

    database: Database
    patience: Patience
    clock: Clock
    notify: Notify
    sent: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def cross(
        self, ready: Ready, claim: UnitRow, *, unsent: bool, fresh: bool = True, told: Told | None = None
    ) -> Arrival:
        """Send a claimed statement unless it was sent before, watch it while it runs, and say what it needs next.

        ``unsent`` says that this run claimed it and has not sent it, ``fresh`` that it claimed it just now; else it
        is looked at before it is sent, as others may have gone on with it. Raises ``Unsettled``.
        """
        effect = lone_of(ready).effect
        cause: DatabaseError | None = None
        if unsent:
            gone_on = None if fresh else self._look_first(effect, claim)
            if gone_on is not None:
                return gone_on
            cause = self._send(ready, claim)
            if cause is None:
                return Arrival(Next.FINISH)
            # What limits the rate stands before the database; other refusals can be put in place of a true answer.
            if isinstance(cause, RateLimited) or (isinstance(cause, NotSent) and not cause.answered):
                return Arrival(Next.DOOR, cause)
            self.notify(Settling(cause.message))
        elif effect is Effect.ONCE and not (is_block(claim) and self._is_told(claim)):
            return self._adopt(claim, told)
        arrived = judge(effect, claim, self._look_around(ready, claim), cause)
        if arrived in (Next.SEND, Next.HALF) and not unsent:
            # Whoever claimed it may be about to send it; twice at once would be in each other's way.
            self.clock.sleep(GRACE)
            arrived = judge(effect, claim, self._watch(claim))
        if arrived is Next.NOBODY_KNOWS and told is not None and not unsent:
            arrived = Next.FINISH if told is Told.DONE else Next.REPLACE
        return Arrival(arrived, cause)

    def _look_first(self, effect: Effect, claim: UnitRow) -> Arrival | None:
        """Return what others have made of a claim whose statement was not sent yet; None where it is to be sent."""
        try:
            look = self._look(claim, self.patience.settle)
        except NotSent as error:
            return Arrival(Next.DOOR, error)
        except (ReadFailed, SqlError) as error:
            return Arrival(Next.DOOR, NotSent(error.message, error.next_step))
        if look.claimed and look.alive == 0 and not look.building:
            arrived = judge(effect, claim, look)
            unsent = arrived is Next.NOBODY_KNOWS and not look.begun
            return None if unsent or arrived in (Next.SEND, Next.HALF) else Arrival(arrived)
        return Arrival(judge(effect, claim, self._watch(claim)))

    def _is_told(self, claim: UnitRow) -> bool:
        """Tell whether a block's own notes say what it needs: it has not begun, or has come to its end."""
        return judge(Effect.ONCE, claim, self._watch(claim)) is not Next.NOBODY_KNOWS

    def end(self, ready: Ready, claim: UnitRow) -> Next:
        """Cancel a claimed statement, wait until nobody is at work on it, and say what it needs next."""
        stop = partial(cancel, self.database, attempt_marker(claim.attempt), self.notify)
        stop()
        return judge(lone_of(ready).effect, claim, self._look_around(ready, claim, at_work=stop))

    def outlast(self, claim: UnitRow) -> None:
        """Wait until nobody is at work on a statement of an earlier text. Raises ``Unsettled``."""
        self._watch(claim)

    def _send(self, ready: Ready, claim: UnitRow) -> DatabaseError | None:
        """Send the statement once; return None if it was answered with rows, else what was said."""
        part = Part(Receipt(ready.version, ready.migration.name), ready.number, ready.count)
        self.notify(SendingAlone(part, lone_of(ready).what))
        self.sent.add(claim.attempt)
        try:
            self.database.run(lone_sql(ready, claim))
        except (NotSent, SqlError, OutcomeUnknown) as error:
            return error
        return None

    def _adopt(self, claim: UnitRow, told: Told | None) -> Arrival:
        """Go on from another run's claim of a statement that nobody can settle: as a person says, or not at all."""
        give_up_at = self.clock.monotonic() + self.patience.settle
        look = self._watch(claim)
        while look.claimed and told is None and self.clock.monotonic() < give_up_at:
            self.notify(Waiting("another run has claimed it, and may finish it"))
            self.clock.sleep(_POLL)
            look = self._watch(claim)
        if not look.claimed:
            return Arrival(Next.MOVED)
        if told is Told.DONE:
            return Arrival(Next.FINISH)
        return Arrival(Next.RELEASE if told is Told.AGAIN else Next.NOBODY_KNOWS)

    def _look_around(self, ready: Ready, claim: UnitRow, at_work: Callable[[], None] = lambda: None) -> Look:
        """Watch the statement to its end, and tell what it, if it rebuilds indexes, may have left half-made."""
        look = self._watch(claim, at_work=at_work)
        if lone_of(ready).what == REINDEX_CONCURRENTLY:
            for index in look.left:
                if index not in self.named:
                    self.named.add(index)
                    self.notify(IndexLeft(index))
        return look

    def _watch(self, claim: UnitRow, *, at_work: Callable[[], None] = lambda: None) -> Look:
        """Look at the claimed statement until no backend is at work on it, however long that is.

        Raises ``Unsettled`` where no answer is had for ``patience.settle`` seconds.
        """
        give_up_at = self.clock.monotonic() + self.patience.settle
        poll = _POLL
        made: set[str] = set()
        reason = "the project did not answer"
        while True:
            remaining = give_up_at - self.clock.monotonic()
            if remaining <= 0:
                raise _unsettled(reason)
            try:
                look = self._look(claim, remaining)
            except (ReadFailed, NotSent) as error:
                raise _unsettled(error.message) from error
            except SqlError as error:
                reason = error.message
                self.clock.sleep(poll)
                continue
            if look.making:
                made.add(look.index)
            if look.alive == 0 and not look.building:
                # Which index is the statement's own is certain too where it was seen at work on it.
                return replace(look, same=True) if look.same is None and look.index in made else look
            give_up_at = self.clock.monotonic() + self.patience.settle
            work = describe_work(dict(look.work))
            self.notify(Waiting(f"the database is still at work on it{f' ({work})' if work else ''}"))
            at_work()
            self.clock.sleep(poll)
            poll = min(poll * 1.25, _LONGEST_POLL)

    def _look(self, claim: UnitRow, patience: float) -> Look:
        brief = Brief(self.database, self.patience)
        return read_look(ask(brief, look_sql(claim), patience=patience, clock=self.clock))


def cancel(database: Database, marker: str, notify: Notify) -> None:
    """Cancel a request's statement in the database; without an answer it is tried again while it is at work."""
    try:
        database.run(cancelling_sql(marker), timeout=_CANCEL_SECONDS)
    except DatabaseError as error:
        notify(Waiting(f"cancelling had no answer: {error.message}"))


def words_of(ready: Iterable[Ready], told: Mapping[str, Told]) -> dict[str, Told]:
    """Return what a person says of the claims that stand now, by the word of each.

    ``told`` is by such words, or by versions (``Progress.is_meant``). Claims that come later are not meant.
    """
    words: dict[str, Told] = {}
    for each in ready:
        claim = each.progress.claim
        for said in Told:
            if claim is not None and each.progress.is_meant([word for word in told if told[word] is said]):
                words[claim.word] = said
    return words


def definite(error: DatabaseError | None) -> SqlError | None:
    """Return what Postgres said of the statement, None where the answer tells nothing of it."""
    said = verdict_of_postgres(error) if isinstance(error, SqlError | OutcomeUnknown) else None
    # Another delivery of the block was there first.
    return None if said is not None and said.sqlstate == "SBA14" else said


def _judge_by_name(look: Look, cause: DatabaseError | None) -> Next | None:
    """Return what follows where nobody knows how an index that is there was to be defined, else None.

    By its name alone it is anybody's: another's if Postgres refused ours for it, and else nobody can tell.
    """
    if look.same is not None:
        return None
    said = definite(cause)
    if said is not None and said.sqlstate == "42P07":
        return Next.LEAVE
    return Next.NOBODY_KNOWS if look.valid else None


def _unsettled(reason: str) -> Unsettled:
    return Unsettled(
        f"It could not be settled whether the statement took effect: {reason}",
        "Run `sbapply push` again when the project answers: it looks first, and goes on from what it finds.",
    )
