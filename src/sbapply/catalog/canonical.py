"""Bring definitions of views that servers of different versions write differently to one form.

Up to 15 a view brings two relations of its own, ``old`` and ``new``, into its query. So 15 writes ``t.a`` where a
query reads from one relation only and later versions write ``a``, and calls a relation ``new_1`` that later ones
call ``new``. Everything else of a view reads the same from 15 to 18, and so do rules, bodies, policies and
expressions.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

_Tree: TypeAlias = Any
_SHADOWED = re.compile(r"(old|new)(?:_([0-9]+))?")
_ITEM = r"'(?:[^']|'')*'::character varying"
_CAST_ITEM = re.compile(_ITEM)
_CAST_LIST = re.compile(rf"\(ARRAY\[({_ITEM}(?:, {_ITEM})*)\]\)::text\[\]")
_PLACES = {
    "location",
    "name_location",
    "stmt_location",
    "stmt_len",
    "list_start",
    "list_end",
    "rexpr_list_start",
    "rexpr_list_end",
}


def spread_casts(definition: str) -> str:
    """Return a definition with casts of a list of varchar literals on each of them.

    Postgres writes ``in ('a', 'b')`` of a varchar as a cast of the list, and reads that as casts of its elements,
    which it writes otherwise: a definition is another one after pg_dump and restore, or in a copy.
    """
    return _CAST_LIST.sub(lambda found: f"ARRAY[{_CAST_ITEM.sub(_cast, found[1])}]", definition)


def _cast(item: re.Match[str]) -> str:
    return f"({item[0]})::text"


def same(one: str, other: str) -> bool:
    """Say whether two views' definitions are the same whichever versions wrote them."""
    if one == other:
        return True
    first = canonical(one)
    return first is not None and first == canonical(other)


@lru_cache(maxsize=4096)
def canonical(definition: str) -> bytes | None:
    """Return the one form of a view's query; None for what the parser does not know."""
    import postgast  # 0.1 s, and needed only where two servers wrote a definition differently

    try:
        tree = postgast.parse(definition)
    except postgast.PgQueryError:
        return None
    _rename(tree, _new_names(tree))
    _shorten(tree, None)
    _forget_places(tree)
    return bytes(tree.SerializeToString(deterministic=True))


def _shorten(tree: _Tree, only: str | None) -> None:
    """Write a column without its relation where the query that it stands in reads from that one only."""
    for message in _within(tree):
        match message.DESCRIPTOR.name:
            case "SelectStmt":
                _shorten(message, _only_source(message))
            case "ColumnRef" if only is not None and len(message.fields) == 2:
                first, second = message.fields
                if first.string.sval == only and second.HasField("string"):
                    del message.fields[0]
            case _:
                _shorten(message, only)


def _only_source(select: _Tree) -> str | None:
    """Return what the one relation that a query reads from is called in it; None if there are more, or none."""
    if len(select.from_clause) != 1:
        return None
    item = _held(select.from_clause[0])
    if item.DESCRIPTOR.name == "RangeTableSample":
        item = _held(item.relation)
    if item.DESCRIPTOR.name == "JoinExpr":
        return None
    if item.HasField("alias"):
        return str(item.alias.aliasname)
    if item.DESCRIPTOR.name == "RangeVar":
        return str(item.relname)
    if item.DESCRIPTOR.name == "RangeFunction" and len(item.functions) == 1:
        call = _held(_held(item.functions[0]).items[0])
        return str(call.funcname[-1].string.sval) if call.DESCRIPTOR.name == "FuncCall" else None
    return None


def _new_names(tree: _Tree) -> dict[str, str]:
    """Return the names to give to relations called ``new_1``: the first of them ``new``, the next ``new_1``."""
    found: dict[str, set[int]] = {}
    for name in _relation_names(tree):
        if shadowed := _SHADOWED.fullmatch(name):
            found.setdefault(shadowed[1], set()).add(int(shadowed[2] or 0))
    return {
        f"{word}_{number}" if number else word: f"{word}_{place}" if place else word
        for word, numbers in found.items()
        for place, number in enumerate(sorted(numbers))
    }


def _relation_names(tree: _Tree) -> Iterator[str]:
    for message in _everything(tree):
        match message.DESCRIPTOR.name:
            case "RangeVar":
                yield message.alias.aliasname or message.relname
            case "Alias":
                yield message.aliasname
            case "ColumnRef" if len(message.fields) > 1:
                yield message.fields[0].string.sval


def _rename(tree: _Tree, names: dict[str, str]) -> None:
    for message in _everything(tree):
        match message.DESCRIPTOR.name:
            case "LockingClause":
                for relation in map(_held, message.locked_rels):
                    relation.relname = names.get(relation.relname, relation.relname)
            case "RangeVar" if message.HasField("alias"):
                message.alias.aliasname = names.get(message.alias.aliasname, message.alias.aliasname)
                if message.alias.aliasname == message.relname and not message.alias.colnames:
                    message.ClearField("alias")
            case "RangeSubselect" | "RangeFunction" | "RangeTableFunc" | "JoinExpr" | "JsonTable" if (
                message.HasField("alias")
            ):
                message.alias.aliasname = names.get(message.alias.aliasname, message.alias.aliasname)
            case "ColumnRef" if len(message.fields) > 1:
                first = message.fields[0].string
                first.sval = names.get(first.sval, first.sval)


def _forget_places(tree: _Tree) -> None:
    for message in _everything(tree):
        for name in _PLACES.intersection(message.DESCRIPTOR.fields_by_name):
            message.ClearField(name)


def _held(node: _Tree) -> _Tree:
    """Return what a Node holds."""
    return getattr(node, node.WhichOneof("node"))


def _everything(tree: _Tree) -> Iterator[_Tree]:
    yield tree
    for message in _within(tree):
        yield from _everything(message)


def _within(tree: _Tree) -> Iterator[_Tree]:
    for field, value in tree.ListFields():
        if field.message_type is not None:
            yield from (value,) if hasattr(value, "DESCRIPTOR") else value
