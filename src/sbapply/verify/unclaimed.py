"""Name what a proof says nothing of: migrations without a claim, and claims that may have been overtaken."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sbapply.database import Json
from sbapply.verify.claims import Claim

_WORD = re.compile(r"[^\W\d][\w$]*")
# What changes objects that it does not name.
_SWEEPING = re.compile(
    r"\bdrop\b[^;]*\bcascade\b|\b(?:alter|drop)\s+schema\b|\bowned\b|\ball\s+\w+\s+in\s+schema\b"
    r"|\bdefault\s+privileges\b|\bdo\s*(?:\$|'|language\b)|\bcall\b|\bexecute\b(?!\s+(?:on|function|procedure)\b)"
)
_OF_TABLES = frozenset({"table", "column", "constraint", "index", "row_security", "policy", "probe"})
_REMARKS = frozenset({"owner", "privilege", "comment"})


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Name an applied migration about which nothing is claimed, and why.

    ``unknown`` tells one whose claims could not be found out from one that has none.
    """

    version: str
    name: str
    reason: str
    unknown: bool = False

    @property
    def title(self) -> str:
        """Return version and name."""
        return f"{self.version} {self.name}".strip()

    @property
    def sentence(self) -> str:
        """Return one sentence for a reader."""
        said = "It is not known what to claim of" if self.unknown else "Nothing is claimed of"
        return f"{said} {self.title}: {self.reason}"

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {"version": self.version, "name": self.name, "reason": self.reason, "unknown": self.unknown}


def overtaken(claims: Sequence[Claim], texts: Iterable[str]) -> Iterator[bool]:
    """Say of each of ``claims`` whether the migrations ``texts``, which came later, may have changed that.

    They are known by their text alone, so this is generous: it is so if what a claim is about, or an object that
    its facts name, is spoken of there; it is so of every claim where a text changes what it does not name.
    """
    texts = [text.lower() for text in texts]
    if any(_SWEEPING.search(text) for text in texts):
        return (True for _ in claims)
    words = {word for text in texts for word in _WORD.findall(text)}
    named = {word for claim in claims for word in _names(claim)} & words
    return (not named.isdisjoint(_names(claim) | _words(json.dumps(claim.expected))) for claim in claims)


def _names(claim: Claim) -> frozenset[str]:
    """Return the words in the names of what a claim is about; of a table's part those of the table."""
    key = claim.key
    if claim.kind in _OF_TABLES:
        names = key[1:2]
    elif claim.kind in _REMARKS:
        names = key[2:3] or key[1:2]
    elif claim.kind == "publication table":
        names = (key[0], key[2])
    else:
        names = key[1:2] or key
    return frozenset(word for name in names for word in _words(name))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
