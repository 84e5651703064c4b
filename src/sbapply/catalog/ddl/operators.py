"""Write operators, their families and classes, casts, conversions, collations and what speaks a language."""

from collections.abc import Iterator, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import literal, qualified
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier

_PROVIDERS = {"b": "builtin", "c": "libc", "d": "default", "i": "icu"}
_CONTEXTS = {"a": " as assignment", "e": "", "i": " as implicit"}


def _operator(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    schema, name, left, right = item.key
    facts = item.facts
    options = [f"function = {facts['function']}"]
    if left != "NONE":
        options.append(f"leftarg = {left}")
    options.append(f"rightarg = {right}")
    options += [f"{word} = operator({facts[word]})" for word in ("commutator", "negator") if facts[word]]
    options += [f"{word} = {facts[word]}" for word in ("restrict", "join") if facts[word]]
    options += [word for word in ("hashes", "merges") if facts[word]]
    return [Piece(Phase.OBJECTS, f"create operator {quote_identifier(schema)}.{name} ({', '.join(options)})")]


def _members(item: CatalogObject) -> Iterator[str]:
    for strategy, operator, family in cast("list[tuple[int, str, str | None]]", item.facts["operators"] or ()):
        yield f"operator {strategy} {operator}" + (f" for order by {family}" if family else "")
    for number, left, right, function in cast("list[tuple[int, str, str, str]]", item.facts["functions"] or ()):
        yield f"function {number} ({left}, {right}) {function}"


def _operator_family(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    schema, name, method = item.key
    family = f"{qualified((schema, name))} using {quote_identifier(method)}"
    made = [Piece(Phase.OBJECTS, f"create operator family {family}")]
    if members := ", ".join(_members(item)):
        made.append(Piece(Phase.OBJECTS, f"alter operator family {family} add {members}"))
    return made


def _operator_class(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    schema, name, method = item.key
    facts = item.facts
    members = list(_members(item))
    if facts["storage"] or not members:
        members.insert(0, f"storage {facts['storage'] or facts['type']}")
    default = " default" if facts["default"] else ""
    head = f"create operator class {qualified((schema, name))}{default} for type {facts['type']}"
    using = f"using {quote_identifier(method)} family {facts['family']}"
    return [Piece(Phase.OBJECTS, f"{head} {using} as {', '.join(members)}")]


def _cast(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    how = {"f": f"with function {facts['function']}", "i": "with inout", "b": "without function"}
    context = _CONTEXTS[str(facts["context"])]
    sql = f"create cast ({item.key[0]} as {item.key[1]}) {how[str(facts['method'])]}{context}"
    return [Piece(Phase.OBJECTS, sql)]


def _conversion(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    default = "default " if facts["default"] else ""
    ends = f"for {literal(str(facts['from']))} to {literal(str(facts['to']))}"
    return [
        Piece(Phase.OBJECTS, f"create {default}conversion {qualified(item.key)} {ends} from {facts['function']}")
    ]


def _collation(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    options = [f"provider = {_PROVIDERS[str(facts['provider'])]}"]
    if not facts["deterministic"]:
        options.append("deterministic = false")
    for fact, word in (
        ("locale", "locale"),
        ("collate", "lc_collate"),
        ("character_type", "lc_ctype"),
        ("rules", "rules"),
    ):
        if facts[fact] is not None:
            options.append(f"{word} = {literal(str(facts[fact]))}")
    return [Piece(Phase.OBJECTS, f"create collation {qualified(item.key)} ({', '.join(options)})")]


def _language(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    trusted = "trusted " if facts["trusted"] else ""
    parts = [f"{word} {facts[word]}" for word in ("handler", "inline", "validator") if facts[word]]
    return [Piece(Phase.OBJECTS, f"create {trusted}language {quote_identifier(item.key[0])} {' '.join(parts)}")]


def _transform(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    ways = [
        f"{words} sql with function {item.facts[fact]}"
        for words, fact in (("from", "from_sql"), ("to", "to_sql"))
        if item.facts[fact]
    ]
    head = f"create transform for {item.key[0]} language {quote_identifier(item.key[1])}"
    return [Piece(Phase.OBJECTS, f"{head} ({', '.join(ways)})")]


def _access_method(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    kind = {"i": "index", "t": "table"}[str(item.facts["type"])]
    name = quote_identifier(item.key[0])
    return [Piece(Phase.OBJECTS, f"create access method {name} type {kind} handler {item.facts['handler']}")]


OPERATORS: Writers = {
    "operator": _operator,
    "operator family": _operator_family,
    "operator class": _operator_class,
    "cast": _cast,
    "conversion": _conversion,
    "collation": _collation,
    "language": _language,
    "transform": _transform,
    "access method": _access_method,
}
