"""Spell what statements of every kind share: qualified names, lists of options, statements that give nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Piece
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.database import Json
from sbapply.quoting import quote_identifier, quote_literal


def qualified(names: Iterable[str]) -> str:
    """Return names as one qualified identifier."""
    return ".".join(map(quote_identifier, names))


def names_of(value: Json) -> list[str]:
    """Return a fact that is a list of names."""
    return cast("list[str]", value)


def text_of(item: CatalogObject, fact: str) -> str:
    """Return a fact that is text, '' where it is null."""
    value = item.facts.get(fact)
    return "" if value is None else str(value)


def storage_options(value: Json, prefix: str = "") -> str:
    """Return ``reloptions`` as what stands in the brackets of WITH: ``"fillfactor" = '70'``."""
    pairs = [option.partition("=") for option in names_of(value or [])]
    return ", ".join(f"{prefix}{qualified(name.split('.'))} = {quote_literal(text)}" for name, _, text in pairs)


def foreign_options(value: Json) -> str:
    """Return the options of a foreign object as what stands in the brackets of OPTIONS."""
    pairs = [option.partition("=") for option in names_of(value or [])]
    return ", ".join(f"{quote_identifier(name)} {quote_literal(text)}" for name, _, text in pairs)


def nothing(_item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    """Give no statement: it stands within that of another object."""
    return ()


def literal(text: str) -> str:
    """Return ``text`` as a literal without the space that may stand before one with an escape."""
    return quote_literal(text).lstrip()


def switched(state: Json) -> str | None:
    """Return the words that set a trigger's state; None for the one it is made with."""
    return {"D": "disable", "R": "enable replica", "A": "enable always"}.get(str(state))


def listed_options(options: Json) -> list[str]:
    """Return names and values as OPTIONS has them."""
    return [
        f"{quote_identifier(name)} {literal(value)}"
        for name, value in cast("Mapping[str, str]", options or {}).items()
    ]
