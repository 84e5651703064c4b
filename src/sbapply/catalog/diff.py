"""Compare two catalogs."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sbapply.catalog.model import Catalog, CatalogObject, Key, ObjectKind
from sbapply.database import Json

Action: TypeAlias = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """Say what became of one object; ``before`` is None for an added one, ``after`` for a removed one.

    ``table_was_there`` says whether the table that it is or belongs to stood in the catalog before.
    """

    action: Action
    kind: ObjectKind
    key: Key
    before: CatalogObject | None
    after: CatalogObject | None
    table_was_there: bool

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "action": self.action,
            "kind": self.kind,
            "key": list(self.key),
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "table_was_there": self.table_was_there,
        }


def diff(before: Catalog, after: Catalog) -> tuple[Change, ...]:
    """Return what differs, in the order of ``after``, removed objects last.

    An object is identified by its kind and its names, so a rename is one removed and one added.
    """
    old = {(kind, item.key): item for kind, item in before.objects()}
    new = {(kind, item.key): item for kind, item in after.objects()}
    tables = {item.key for item in before.tables}
    changes = []
    for (kind, key), item in new.items():
        known = old.get((kind, key))
        if known != item:
            action: Action = "added" if known is None else "changed"
            changes.append(Change(action, kind, key, known, item, key[:2] in tables))
    for (kind, key), item in old.items():
        if (kind, key) not in new:
            changes.append(Change("removed", kind, key, item, None, table_was_there=True))
    return tuple(changes)
