"""Write triggers and event triggers."""

from collections.abc import Iterator, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import literal, qualified, switched
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier


def _trigger(item: CatalogObject, _catalog: WholeCatalog) -> Iterator[Piece]:
    """Yield the trigger and its state; of a partition's copy, which the table's trigger makes, only the state.

    The state of a table's trigger becomes that of all copies, so theirs are set afterwards.
    """
    table, name = qualified(item.key[:2]), quote_identifier(item.key[2])
    definition, words = item.facts["definition"], switched(item.facts["enabled"])
    if definition is None:
        yield Piece(Phase.POLICIES, f"alter table only {table} {words or 'enable'} trigger {name}")
        return
    yield Piece(Phase.TRIGGERS, str(definition))
    for extension in cast("list[str]", item.facts["extensions"] or ()):
        tie = f"alter trigger {name} on {table} depends on extension {quote_identifier(extension)}"
        yield Piece(Phase.TRIGGERS, tie)
    if words:
        yield Piece(Phase.TRIGGERS, f"alter table {table} {words} trigger {name}")


def _event_trigger(item: CatalogObject, _catalog: WholeCatalog) -> Iterator[Piece]:
    """Yield the event trigger, after everything else: it would fire at that."""
    name, facts = quote_identifier(item.key[0]), item.facts
    tags = ", ".join(map(literal, cast("Sequence[str]", facts["tags"] or ())))
    when = f" when tag in ({tags})" if tags else ""
    function = f"execute function {facts['function']}()"
    yield Piece(Phase.SETTINGS, f"create event trigger {name} on {facts['event']}{when} {function}")
    if words := switched(facts["enabled"]):
        yield Piece(Phase.SETTINGS, f"alter event trigger {name} {words}")


TRIGGERS: Writers = {
    "trigger": lambda item, catalog: list(_trigger(item, catalog)),
    "event trigger": lambda item, catalog: list(_event_trigger(item, catalog)),
}
