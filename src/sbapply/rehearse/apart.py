"""Tell which migrations are about tables of their own alone, so that several can be run before the catalog is read.

A request and a look at the catalog take 5 ms a file, half of what rehearsing 200 files of 4 statements costs. What
a file did can be told from what its neighbours did as long as no two of them are about the same table.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sbapply.catalog.diff import Change
from sbapply.history.ready import Ready
from sbapply.migrations.text import skip_blank

LARGEST = 100
"""The most migrations in a group; nothing is said of how it goes until one is through."""

_IDENTIFIER = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_NAME = rf"(?:{_IDENTIFIER}\s*\.\s*){{0,2}}({_IDENTIFIER})"
_MAKES = re.compile(rf"create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\(", re.IGNORECASE)
_CHANGES = (
    re.compile(
        rf"create\s+(?:unique\s+)?index\s+(?:if\s+not\s+exists\s+)?(?:{_IDENTIFIER}\s+)?on\s+(?:only\s+)?{_NAME}",
        re.IGNORECASE,
    ),
    re.compile(rf"create\s+policy\s+{_IDENTIFIER}\s+on\s+{_NAME}", re.IGNORECASE),
    re.compile(
        rf"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}\s+(?:add|alter|enable|force)\b", re.IGNORECASE
    ),
)
_ELSEWHERE = re.compile(
    r"(?:insert\s+into|update|delete\s+from|comment\s+on|grant|revoke|create\s+type"
    r"|create\s+(?:or\s+replace\s+)?(?:function|procedure)|create\s+(?:constraint\s+)?trigger)\b",
    re.IGNORECASE,
)
_INHERITS = re.compile(r"\binherits?\b", re.IGNORECASE)


def own_tables(ready: Ready) -> frozenset[str] | None:
    """Return the names, without schemas, of the tables that a migration makes, if it changes no others.

    None where it may: only statements that are known not to are let through, read by how they begin.
    """
    if len(ready.units) != 1 or ready.units[0].lone is not None:
        return None
    made: set[str] = set()
    for stored in ready.statements:
        start = skip_blank(stored, 0)
        if _ELSEWHERE.match(stored, start) or start == len(stored):
            continue
        makes = _MAKES.match(stored, start)
        if makes is not None and not _INHERITS.search(stored):
            made.add(_folded(makes[1]))
            continue
        changes = next((found for each in _CHANGES if (found := each.match(stored, start))), None)
        if changes is None or _folded(changes[1]) not in made:
            return None
    return frozenset(made)


@dataclass(slots=True)
class Group:
    """Gather migrations that are run together: none of them makes a table that another one is about."""

    members: list[Ready] = field(default_factory=list)
    _makers: dict[str, str] = field(default_factory=dict)
    _open: bool = True

    @property
    def closed(self) -> bool:
        """Say whether none can join whatever it is about."""
        return not self._open or len(self.members) == LARGEST

    def takes(self, tables: frozenset[str] | None) -> bool:
        """Say whether a migration with these tables of its own, None for one that is not apart, can join."""
        if not self.members:
            return True
        return not self.closed and tables is not None and self._makers.keys().isdisjoint(tables)

    def add(self, ready: Ready, tables: frozenset[str] | None) -> None:
        """Let a migration join; behind one that is not apart none can."""
        self.members.append(ready)
        self._open = tables is not None
        self._makers |= dict.fromkeys(tables or (), ready.version)

    def share_out(self, changes: Iterable[Change]) -> Mapping[str, Sequence[Change]]:
        """Return by version which of the changes that all of them made together are whose."""
        shared: dict[str, list[Change]] = {ready.version: [] for ready in self.members}
        last = self.members[-1].version
        for change in changes:
            shared[self._makers.get(change.key[1], last)].append(change)
        return shared


def _folded(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
