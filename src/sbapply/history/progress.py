"""Hold how far migrations of several parts have come, as the side table keeps it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sbapply.database import Json

# What stands under this number is the claim of a file that travels in pieces; parts are counted from 1, and below
# it stand the claims of parts that were given up.
CARRIED = 0


@dataclass(frozen=True, slots=True)
class UnitRow:
    """Hold one row of ``supabase_migrations.sbapply_units``.

    ``reach`` is how far into the file, in bytes, the unit brings it, ``digest`` that of the file's text up to
    there (of the stored statements for the claim of a carried file). A row that is not ``finished`` is a claim:
    ``attempt`` is whose, ``note`` what it has to remember.
    """

    version: str
    unit: int
    reach: int
    digest: str
    finished: bool
    attempt: str = ""
    note: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Mapping[str, Json]) -> "UnitRow":
        """Read a row as the SQL of ``history`` and ``apply`` gives it."""
        note = entry["note"]
        return cls(
            str(entry["version"]),
            int(str(entry["unit"])),
            int(str(entry["reach"])),
            str(entry["digest"]),
            entry["finished"] is True,
            str(entry["attempt"] or ""),
            note if isinstance(note, dict) else {},
        )

    @property
    def word(self) -> str:
        """Return what a person names a claim by: the version, and the beginning of the attempt."""
        return f"{self.version}:{self.attempt[:8]}"

    def as_text(self) -> str:
        """Return the row as the fence of a request compares it (``apply/sql/fence.sql``)."""
        return f"{self.unit}:{self.digest}:{self.attempt}:{'true' if self.finished else 'false'}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold the rows of one version, in order."""

    rows: tuple[UnitRow, ...] = ()

    @property
    def under_way(self) -> bool:
        """Return whether something of the version is applied, claimed or carried."""
        return any(row.unit >= CARRIED for row in self.rows)

    @property
    def finished(self) -> tuple[UnitRow, ...]:
        """Return the finished units, in order."""
        return tuple(row for row in self.rows if row.unit > CARRIED and row.finished)

    @property
    def claim(self) -> UnitRow | None:
        """Return the claim of the statement that runs alone and is not finished."""
        return next((row for row in self.rows if row.unit > CARRIED and not row.finished), None)

    def is_meant(self, words: Collection[str]) -> bool:
        """Tell whether the claim is one that a person's words are about: by its own word, or by its version alone.

        A version alone says nothing where a statement that ran alone was finished before: it may be that one which
        was asked about, and the same words said again would be about the next.
        """
        claim = self.claim
        if claim is None:
            return False
        alone = claim.version in words and not any(row.attempt for row in self.finished)
        return alone or claim.word in words

    @property
    def carried(self) -> UnitRow | None:
        """Return the claim of a file that travels in pieces."""
        return next((row for row in self.rows if row.unit == CARRIED), None)

    def as_text(self) -> str:
        """Return what the fence of the next request expects to find: claims that were given up belong to it."""
        return ",".join(row.as_text() for row in self.rows)

    def with_row(self, row: UnitRow) -> "Progress":
        """Return this progress with one row put in the place of that unit's."""
        others = [each for each in self.rows if each.unit != row.unit]
        return Progress(tuple(sorted((*others, row), key=lambda each: each.unit)))

    def released(self, claim: UnitRow) -> "Progress":
        """Return this progress once a claim is given up; it stays on record below the parts."""
        rest = Progress(tuple(each for each in self.rows if each.unit != claim.unit))
        return rest.with_row(replace(claim, unit=-claim.unit, note={}))


def progress_of(rows: Sequence[UnitRow], version: str) -> Progress:
    """Return the progress of one version."""
    return Progress(tuple(sorted((row for row in rows if row.version == version), key=lambda row: row.unit)))


def digest_of_prefix(text: str, reach: int) -> str:
    """Return the SHA-256, in hex, of the first ``reach`` characters of a file's text."""
    return sha256(text[:reach].encode()).hexdigest()
