"""Write what text search is made of."""

from collections.abc import Mapping, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.words import qualified
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier

_PARSER = (
    ("start", "start"),
    ("gettoken", "token"),
    ("end", "end"),
    ("headline", "headline"),
    ("lextypes", "token_types"),
)


def _parser(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    parts = ", ".join(f"{word} = {item.facts[fact]}" for word, fact in _PARSER if item.facts[fact])
    return [Piece(Phase.OBJECTS, f"create text search parser {qualified(item.key)} ({parts})")]


def _template(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    parts = ", ".join(f"{word} = {item.facts[word]}" for word in ("init", "lexize") if item.facts[word])
    return [Piece(Phase.OBJECTS, f"create text search template {qualified(item.key)} ({parts})")]


def _dictionary(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    options = f", {item.facts['options']}" if item.facts["options"] else ""
    parts = f"template = {item.facts['template']}{options}"
    return [Piece(Phase.OBJECTS, f"create text search dictionary {qualified(item.key)} ({parts})")]


def _configuration(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    name = qualified(item.key)
    made = [Piece(Phase.OBJECTS, f"create text search configuration {name} (parser = {item.facts['parser']})")]
    for token, dictionaries in cast("Mapping[str, list[str]]", item.facts["mappings"] or {}).items():
        mapping = f"add mapping for {quote_identifier(token)} with {', '.join(dictionaries)}"
        made.append(Piece(Phase.OBJECTS, f"alter text search configuration {name} {mapping}"))
    return made


SEARCHES: Writers = {
    "text search parser": _parser,
    "text search template": _template,
    "text search dictionary": _dictionary,
    "text search configuration": _configuration,
}
