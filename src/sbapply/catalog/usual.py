"""Tell privileges that somebody granted from those that every new object gets."""

from sbapply.catalog.whole import CatalogObject, Identity, WholeCatalog

_CREATOR = "postgres"
_WORDS = {
    "table": "tables",
    "view": "tables",
    "materialized view": "tables",
    "foreign table": "tables",
    "sequence": "sequences",
    "function": "functions",
    "procedure": "functions",
    "aggregate": "functions",
}


def is_usual(item: CatalogObject, catalog: WholeCatalog) -> bool:
    """Say whether a row of privileges is what the defaults of ``catalog`` give to a new object."""
    if item.kind != "privilege":
        return False
    default = catalog.objects.get(_default_of(item.identity))
    return default is not None and default.facts == item.facts


def without_usual(one: WholeCatalog, other: WholeCatalog) -> tuple[WholeCatalog, WholeCatalog]:
    """Return both without the privileges that are, in each, what its own defaults give to a new object.

    Platforms differ in these defaults, and no migration speaks of what they give.
    """
    rows = {item.identity for catalog in (one, other) for item in catalog.of("privilege")}
    dropped = {identity for identity in rows if _usual(identity, one) and _usual(identity, other)}
    return _without(one, dropped), _without(other, dropped)


def _usual(identity: Identity, catalog: WholeCatalog) -> bool:
    item, default = catalog.objects.get(identity), catalog.objects.get(_default_of(identity))
    if item is None or default is None:
        return item is default
    return item.facts == default.facts


def _without(catalog: WholeCatalog, dropped: set[Identity]) -> WholeCatalog:
    kept = {identity: item for identity, item in catalog.objects.items() if identity not in dropped}
    return WholeCatalog(kept, catalog.server_version, catalog.not_covered)


def _default_of(identity: Identity) -> Identity:
    """Return the identity of the default privilege that an object's privileges come from."""
    about, schema, *_, grantee = identity[1]
    return ("default privilege", (_CREATOR, schema, _WORDS.get(about, about), grantee))
