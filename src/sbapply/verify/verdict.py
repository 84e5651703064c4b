"""Hold what a proof found: a result a claim, and the verdict over them."""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from sbapply.catalog.model import Key
from sbapply.database import Json
from sbapply.verify.claims import Claim
from sbapply.verify.exposure import Exposure
from sbapply.verify.queries import evidence
from sbapply.verify.unclaimed import Unclaimed

Status: TypeAlias = Literal["confirmed", "differs", "missing", "not-visible", "not-probed"]
Outcome: TypeAlias = Literal["confirmed", "partly-confirmed", "differs", "nothing-claimed"]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """Say what was expected, what was found and by which query.

    ``kind`` is a claim's, or ``history``. ``rows`` is evidence for an added column, never judged but for NULLs in
    a column that allows none: how many rows, NULLs and rows at the default, and ``query``; or a ``reason``.
    ``tried`` is the statement of a probe. Of an object of the whole catalog that differs, ``expected`` and
    ``found`` hold only what does.
    """

    version: str
    object: str
    kind: str
    key: Key
    expected: Json
    found: Json
    status: Status
    tried: str = ""
    rows: Json = None

    @classmethod
    def of(cls, claim: Claim, found: Json, status: Status, expected: Json = None) -> Self:
        """Return the result of a claim."""
        stated = claim.expected if expected is None else expected
        return cls(claim.version, claim.object, claim.kind, claim.key, stated, found, status)

    @property
    def query(self) -> str:
        """Return what a reader can paste to see for himself; of a whole catalog, where in its answer to look.

        It is put together when it is asked for: the texts of 14,000 claims are 20 MB.
        """
        return self.tried or evidence(self.kind, self.key)

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name, ``rows`` only where rows were counted."""
        value: dict[str, Json] = {
            "version": self.version,
            "object": self.object,
            "kind": self.kind,
            "expected": self.expected,
            "found": self.found,
            "status": self.status,
            "query": self.query,
        }
        if self.rows is not None:
            value["rows"] = self.rows
        return value


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold the results of one proof, in the order of the claims, the history first.

    ``warnings`` are about what no migration claims; they change no outcome. ``unclaimed`` are the applied
    migrations of which nothing is claimed, where that was asked.
    """

    results: tuple[ClaimResult, ...]
    warnings: tuple[Exposure, ...] = ()
    unclaimed: tuple[Unclaimed, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Say whether the project is what was claimed.

        ``differs`` if anything differs or is missing; ``nothing-claimed`` if nothing was confirmed about an object,
        whatever the history holds: that is no proof of anything. ``partly-confirmed`` if all that could be asked
        holds, and of some migration it is not known what to ask.
        """
        if self.differs:
            return "differs"
        if not any(result.status == "confirmed" and result.kind != "history" for result in self.results):
            return "nothing-claimed"
        return "partly-confirmed" if self.partial else "confirmed"

    @property
    def partial(self) -> bool:
        """Tell whether of some applied migration it is not known what it claims."""
        return any(each.unknown for each in self.unclaimed)

    @property
    def nothing_claimed(self) -> bool:
        """Tell whether there was no claim about any object."""
        return all(result.kind == "history" for result in self.results)

    @property
    def claims(self) -> int:
        """Return how many claims there were, the history's included."""
        return len(self.results)

    @property
    def confirmed(self) -> int:
        """Return how many claims were confirmed."""
        return self._count("confirmed")

    @property
    def differs(self) -> int:
        """Return how many claims differ or are missing."""
        return self._count("differs", "missing")

    @property
    def not_probed(self) -> int:
        """Return how many claims could not be tried or seen."""
        return self._count("not-probed", "not-visible")

    def summary(self) -> dict[str, Json]:
        """Return the outcome and the counts, as ``push`` reports them."""
        return {
            "outcome": self.outcome,
            "claims": self.claims,
            "confirmed": self.confirmed,
            "differs": self.differs,
            "not_probed": self.not_probed,
        }

    def to_json(self) -> dict[str, Json]:
        """Return the outcome, every result and every warning."""
        return {
            "outcome": self.outcome,
            "claims": [result.to_json() for result in self.results],
            "warnings": [each.to_json() for each in self.warnings],
            "unclaimed": [each.to_json() for each in self.unclaimed],
        }

    def _count(self, *statuses: Status) -> int:
        return sum(result.status in statuses for result in self.results)
