"""Write who owns an object and what is said of it."""

from collections.abc import Sequence

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier, quote_literal

_WORDS = {
    "aggregate": "routine",
    "foreign-data wrapper": "foreign data wrapper",
    "statistics object": "statistics",
    "table constraint": "constraint",
    "domain constraint": "constraint",
}


def named(item: CatalogObject) -> str:
    """Return what a remark is about as SQL says it: ``table "public"."t"``.

    Relations and columns are named by their keys, everything else by the server's own quoted and qualified name. A
    function that takes nothing is named as any routine is, since an aggregate has no such list of its own.
    """
    if "type" not in item.hints:
        kind, *names = item.key
        return f"{kind} {'.'.join(map(quote_identifier, names))}"
    if item.key[0] in {"operator class", "operator family"}:
        # The server does not quote their access method.
        kind, schema, name, method = item.key[:4]
        return f"{kind} {quote_identifier(schema)}.{quote_identifier(name)} using {quote_identifier(method)}"
    if item.key[0] == "transform":
        return f"transform for {item.key[1]} language {quote_identifier(item.key[2])}"
    kind, name = str(item.hints["type"]), str(item.hints["identity"])
    if kind == "domain constraint":
        name = name.replace(" on ", " on domain ", 1)
    return f"{_WORDS.get(kind, kind)} {name}"


def in_this_database(statement: str) -> str:
    """Return ``statement``, with ``%I`` where the database's name is to be, as one that finds that name itself."""
    text = quote_literal(statement)
    return f"do $sbapply$ begin execute pg_catalog.format({text}, pg_catalog.current_database()); end $sbapply$"


def _comment(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    text = quote_literal(str(item.facts["comment"]))
    if item.key[0] == "database":
        escaped = text.replace("%", "%%")
        return [Piece(Phase.COMMENTS, in_this_database(f"comment on database %I is {escaped}"))]
    return [Piece(Phase.COMMENTS, f"comment on {named(item)} is {text}")]


def _owner(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    owner = str(item.facts["owner"])
    change = f"alter {named(item)} owner to {quote_identifier(owner)}"
    schema = item.hints.get("schema") if "type" in item.hints else item.key[1]
    if item.key[0] == "schema" or schema is None or _may_create(catalog, str(schema), owner):
        return [Piece(Phase.OWNERSHIP, change)]
    # Only who may create in a schema can be given what is in it.
    where, who = quote_identifier(str(schema)), quote_identifier(owner)
    return [
        Piece(
            Phase.OWNERSHIP,
            f"grant create on schema {where} to {who}; {change}; revoke create on schema {where} from {who}",
        )
    ]


def _may_create(catalog: WholeCatalog, schema: str, role: str) -> bool:
    owner = catalog.objects.get(("owner", ("schema", schema)))
    return owner is not None and owner.facts["owner"] == role


REMARKS: Writers = {"owner": _owner, "comment": _comment}
