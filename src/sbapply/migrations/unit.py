"""Hold what a migration is sent as: parts that run in one transaction, and statements that cannot."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """Name how it can be told whether a statement that cannot run in a transaction took effect.

    ``BUILD`` and ``DROP`` are about one index, which is looked for; ``REPEAT`` may be sent again freely; of
    ``ONCE`` nobody can tell but its own answer, or, of a block, what that has noted itself (``Noting``).
    """

    BUILD = "build"
    DROP = "drop"
    REPEAT = "repeat"
    ONCE = "once"


class Noting(StrEnum):
    """Name in which transaction a DO block notes that it has begun.

    ``WITHIN``: in its own first one, so that without the note nothing of it was committed. ``BEFORE``: in one
    before that, as it may roll its own first one back, note and all, and go on.
    """

    WITHIN = "within"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Lone:
    """Hold a statement that cannot run in a transaction.

    ``what`` names it for people. Names are as the file has them, ``schema`` None where it gives none: of the table
    (``BUILD``) or of the index (``DROP``). ``index`` is None where the file leaves the name to the server; it is
    then inserted ``name_at`` characters behind the unit's start. ``likeness`` is the same index, not concurrent and
    without a name, on ``pg_temp`` and the table's name: what the server compares definitions with.
    ``noting`` is how a DO block notes that it has begun and come to its end, None for other statements.
    """

    what: str
    effect: Effect
    schema: str | None = None
    table: str | None = None
    index: str | None = None
    conditional: bool = False
    name_at: int = 0
    likeness: str = ""
    noting: Noting | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold a part of a migration that is done or not done as a whole.

    ``start`` and ``end`` bound the text that is sent, byte for byte; ``reach`` is how far into the file it brings
    it. Of the file's statements it holds those from ``first`` to before ``last``. ``begin_options`` stand behind
    our BEGIN, in the place of the file's own BEGIN and of a SET TRANSACTION that comes first. ``settings`` are the
    statements of earlier units that set the session up for it, and ``sets`` the names of what they set.
    """

    start: int
    end: int
    reach: int
    first: int
    last: int
    begin_options: str = ""
    lone: Lone | None = None
    settings: tuple[str, ...] = ()
    sets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hints:
    """Hold what the server taught about one file.

    ``lone`` are the statements, by index, that it refused inside a transaction; ``commit_enums`` says that a new
    enum value was used before it was committed.
    """

    lone: frozenset[int] = frozenset()
    commit_enums: bool = False
