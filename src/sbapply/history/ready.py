"""Hold a pending migration as it would be sent, from wherever an earlier run left it."""

from dataclasses import dataclass, field, replace
from hashlib import sha256

from sbapply.history.digest import digest_of_texts
from sbapply.history.progress import Progress, UnitRow, digest_of_prefix
from sbapply.migrations.directives import Directives, read_directives
from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.statements import SplitText, split_migration
from sbapply.migrations.text import place_at
from sbapply.migrations.unit import Effect, Hints, Unit
from sbapply.migrations.units import suspects, units_of


@dataclass(frozen=True, slots=True)
class Ready:
    """Hold a pending migration that can be sent.

    ``units`` are those that are left, in order; ``statements`` are the texts that its row will hold, and ``digest``
    is theirs; ``progress`` is what earlier requests have done of it. ``hints`` are what the server taught about it.
    """

    migration: Migration
    units: tuple[Unit, ...]
    statements: tuple[str, ...]
    digest: str
    directives: Directives = field(default_factory=Directives)
    progress: Progress = field(default_factory=Progress)
    hints: Hints = field(default_factory=Hints)

    @property
    def version(self) -> str:
        """Return the migration's version."""
        return self.migration.version

    @property
    def number(self) -> int:
        """Return the number of the first unit that is left, counted from 1 over the whole file."""
        return len(self.progress.finished) + 1

    @property
    def count(self) -> int:
        """Return how many units the whole file has."""
        return len(self.progress.finished) + len(self.units)

    @property
    def claim(self) -> UnitRow | None:
        """Return the claim of the first unit that is left, if it was claimed with the text it has now."""
        claim = self.progress.claim
        return claim if claim is not None and claim.digest == self.digest_at(self.units[0]) else None

    @property
    def stale_claim(self) -> UnitRow | None:
        """Return a claim that was made for another text than the file has now."""
        return self.progress.claim if self.claim is None else None

    def body(self, unit: Unit) -> str:
        """Return the text of a unit as it is sent, byte for byte."""
        return self.migration.text[unit.start : unit.end]

    def reach_of(self, unit: Unit) -> int:
        """Return how far a unit brings the file, in bytes."""
        text = self.migration.text
        return unit.reach if text.isascii() else len(text[: unit.reach].encode())

    def digest_at(self, unit: Unit) -> str:
        """Return the digest of the file's text up to the end of a unit."""
        return digest_of_prefix(self.migration.text, unit.reach)

    def after(self, row: UnitRow) -> "Ready":
        """Return what is left once the row of the first unit is there: claimed, or finished."""
        progress = self.progress.with_row(row)
        return replace(self, progress=progress, units=self.units[1:] if row.finished else self.units)


def prepare(migration: Migration, progress: Progress | None = None, hints: Hints | None = None) -> Ready | Problem:
    """Return the migration ready to be sent on from ``progress``, or why its text cannot be."""
    progress, hints = progress or Progress(), hints or Hints()
    directives = read_directives(migration)
    if not isinstance(directives, Directives):
        return directives
    split = split_migration(migration)
    if not isinstance(split, SplitText):
        return split
    done = _finished_part(migration, progress)
    if not isinstance(done, int):
        return done
    hints = _with_claim(hints, migration.text, split, progress)
    units = units_of(migration, split, directives=directives, done=done, hints=hints)
    if not isinstance(units, tuple):
        return units
    statements = split.stored()
    return Ready(migration, units, statements, digest_of_texts(statements), directives, progress, hints)


def _finished_part(migration: Migration, progress: Progress) -> int | Problem:
    """Return how many characters of the text are done, or why it cannot go on from there."""
    if not progress.finished:
        return 0
    last = progress.finished[-1]
    prefix = migration.text.encode()[: last.reach]
    if sha256(prefix).hexdigest() != last.digest:
        return Problem(
            "half-applied",
            f"the text of its first {len(progress.finished)} parts, which are applied, has changed since",
            "Put that part of the file back as it was (what stands behind it may change), and push again.",
            place_at(migration.file, migration.text, 0),
        )
    return len(prefix.decode())


def _with_claim(hints: Hints, text: str, split: SplitText, progress: Progress) -> Hints:
    """Return the hints with the statement that an earlier run had to learn runs alone, and then claimed."""
    claim = progress.claim
    if claim is None:
        return hints
    prefix = text.encode()[: claim.reach]
    if sha256(prefix).hexdigest() != claim.digest:
        return hints
    # The last unit reaches beyond its statement, to the end of the file.
    reach = len(prefix.decode())
    claimed = max((at for at, each in enumerate(split.statements) if each.end <= reach), default=0)
    return replace(hints, lone=hints.lone | {claimed})


def claim_problem(ready: Ready) -> Problem | None:
    """Say that a statement whose outcome nobody knows has been edited away.

    That it took no effect is enough to know to send another in its place, and a block that has not begun will not
    any more once its claim is given up. That it did is not enough: the row would call the new text applied, which
    never ran.
    """
    stale = ready.stale_claim
    if stale is None or stale.note.get("effect") != Effect.ONCE:
        return None
    if stale.note.get("block") is True and stale.note.get("begun") is not True:
        return None
    return Problem(
        "half-applied",
        f"an earlier text of its part {stale.unit} was sent, and nobody can tell whether that took effect",
        "Look at the project. If it did, put that part of the file back as it was and run "
        f"`sbapply push --done {stale.word}`; if not, `--again {stale.word}` sends it as it is now.",
        place_at(ready.migration.file, ready.migration.text, ready.units[0].start),
    )


def learn(ready: Ready, unit: Unit, sqlstate: str, message: str) -> Hints | None:
    """Return how a file has to be cut after what the server said of one of its units, None if that is no news."""
    known = ready.hints
    if sqlstate == "55P04":
        return None if known.commit_enums else replace(known, commit_enums=True)
    if sqlstate not in ("25001", "2D000"):
        return None
    split = split_migration(ready.migration)
    if not isinstance(split, SplitText):
        return None
    found = suspects(split, unit, sqlstate, message) - known.lone
    return replace(known, lone=known.lone | found) if found else None
