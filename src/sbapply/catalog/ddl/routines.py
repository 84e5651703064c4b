"""Write functions, procedures and aggregates."""

from collections.abc import Iterator, Sequence
from typing import cast

from sbapply.catalog.ddl.piece import Phase, Piece, StandIn, Writers
from sbapply.catalog.ddl.words import literal, qualified
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier, quote_literal

_VOLATILITY = {"i": "immutable", "s": "stable"}
_PARALLEL = {"s": "safe", "r": "restricted"}
_MODIFY = {"r": "read_only", "s": "shareable", "w": "read_write"}
_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
"""The settings that hold names with commas between (GUC_LIST_QUOTE), each of which is a value of its own."""


def _routine(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    first = _stand_in(item, catalog) if item.hints["calls_itself"] else ()
    return [*first, *_whole(item, catalog)]


def _whole(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    lines = [*_head(item, str(facts["arguments"])), *_options(item), *_estimates(item)]
    if facts["sql_body"] is not None:
        made = "\n".join([*lines, str(facts["sql_body"])])
    else:
        text = quote_body(str(facts["body"]))
        if facts["library"] is not None:
            text = f"{literal(str(facts['library']))}, {text}"
        made = _unchecked([*lines, f"as {text}"])
    ties = (
        f"alter {item.kind} {signature(item)} depends on extension {quote_identifier(extension)}"
        for extension in cast("list[str]", facts["extensions"] or ())
    )
    return [Piece(Phase.OBJECTS, made), *(Piece(Phase.OBJECTS, tie) for tie in ties)]


def _stand_in(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    """Return a routine of the same signature without defaults and with a body that names nothing."""
    lines = [*_head(item, str(item.hints["bare_arguments"])), *_options(item), "as 'select'"]
    return [Piece(Phase.OBJECTS, _unchecked(lines))]


def _head(item: CatalogObject, arguments: str) -> Iterator[str]:
    yield f"create or replace {item.kind} {qualified(item.key[:2])}({arguments})"
    if item.kind == "function":
        yield f"returns {item.facts['returns']}"


def _options(item: CatalogObject) -> Iterator[str]:
    """Yield what stands between the head and the body: only what is not the default, as pg_dump has it."""
    facts = item.facts
    yield f"language {quote_identifier(str(facts['language']))}"
    if facts["transforms"]:
        yield "transform " + ", ".join(f"for type {each}" for each in cast("list[str]", facts["transforms"]))
    if facts.get("window"):
        yield "window"
    if facts.get("volatility") in _VOLATILITY:
        yield _VOLATILITY[str(facts["volatility"])]
    if facts.get("strict"):
        yield "strict"
    if facts["security_definer"]:
        yield "security definer"
    if facts.get("leakproof"):
        yield "leakproof"
    if facts.get("parallel") in _PARALLEL:
        yield f"parallel {_PARALLEL[str(facts['parallel'])]}"
    for name, value in cast("list[tuple[str, str]]", facts["settings"] or ()):
        yield f"set {quote_identifier(name)} to {_setting(name, value)}"


def _estimates(item: CatalogObject) -> Iterator[str]:
    facts = item.facts
    if "cost" not in facts:
        return
    if facts["cost"] != (1 if facts["language"] in {"internal", "c"} else 100):
        yield f"cost {facts['cost']}"
    if facts["rows"] not in {0, 1000}:
        yield f"rows {facts['rows']}"
    if facts["support"]:
        yield f"support {facts['support']}"


def _setting(name: str, value: str) -> str:
    """Return what stands behind TO; raises ValueError for a list that Postgres would not have stored."""
    if name.lower() not in _LISTS:
        return literal(value)
    return ", ".join(map(literal, _listed(value))) or "''"


def _listed(value: str) -> Iterator[str]:
    """Yield the names of a list as SplitGUCList does: quoted where they have to be, quotes doubled within."""
    rest = value.strip()
    while rest:
        if rest.startswith('"'):
            end = 1
            while not (rest.startswith('"', end) and not rest.startswith('""', end)):
                end += 2 if rest.startswith('""', end) else 1
                if end >= len(rest):
                    raise ValueError("a quote in a list of names is not closed")
            yield rest[1:end].replace('""', '"')
            rest = rest[end + 1 :].lstrip()
        else:
            name, _, _ = rest.partition(",")
            yield name.rstrip()
            rest = rest[len(name) :]
        rest = rest[1:].lstrip()


def _unchecked(lines: Sequence[str]) -> str:
    """Return a statement that makes a routine whose body may name what comes later."""
    return "\n".join(["set check_function_bodies = off;", *lines])


def quote_body(body: str) -> str:
    """Return ``body`` between dollar quotes whose tag it does not hold, not even the start of it."""
    tag = "$function"
    while tag in body:
        tag += "x"
    return f"{tag}${body}{tag}$" if tag != "$function" or "$" in body else f"$${body}$$"


def signature(item: CatalogObject) -> str:
    """Return the name and the types of a routine."""
    return f"{qualified(item.key[:2])}({item.key[2]})"


def _aggregate(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    options = [f"sfunc = {facts['state_function']}", f"stype = {facts['state_type']}"]
    if facts["state_size"]:
        options.append(f"sspace = {facts['state_size']}")
    if facts["initial"] is not None:
        options.append(f"initcond = {quote_literal(str(facts['initial']))}")
    options += _final(item, "final", "finalfunc")
    for fact, word in (("combine", "combinefunc"), ("serial", "serialfunc"), ("deserial", "deserialfunc")):
        if facts[f"{fact}_function"]:
            options.append(f"{word} = {facts[f'{fact}_function']}")
    options += _moving(item)
    if facts["sort_operator"]:
        options.append(f"sortop = operator({facts['sort_operator']})")
    if facts["kind"] == "h":
        options.append("hypothetical")
    if facts["parallel"] in _PARALLEL:
        options.append(f"parallel = {_PARALLEL[str(facts['parallel'])]}")
    head = f"create aggregate {qualified(item.key[:2])}({facts['arguments'] or '*'})"
    return [Piece(Phase.OBJECTS, f"{head} (\n  " + ",\n  ".join(options) + "\n)")]


def _final(item: CatalogObject, fact: str, word: str) -> Iterator[str]:
    facts = item.facts
    if not facts[f"{fact}_function"]:
        return
    yield f"{word} = {facts[f'{fact}_function']}"
    if facts[f"{fact}_extra"]:
        yield f"{word}_extra"
    if facts[f"{fact}_modify"] != ("r" if facts["kind"] == "n" else "w"):
        yield f"{word}_modify = {_MODIFY[str(facts[f'{fact}_modify'])]}"


def _moving(item: CatalogObject) -> Iterator[str]:
    facts = item.facts
    if not facts["moving_state_function"]:
        return
    yield f"msfunc = {facts['moving_state_function']}"
    yield f"minvfunc = {facts['moving_inverse_function']}"
    yield f"mstype = {facts['moving_state_type']}"
    if facts["moving_state_size"]:
        yield f"msspace = {facts['moving_state_size']}"
    if facts["moving_initial"] is not None:
        yield f"minitcond = {quote_literal(str(facts['moving_initial']))}"
    yield from _final(item, "moving_final", "mfinalfunc")


ROUTINES: Writers = {"function": _routine, "procedure": _routine, "aggregate": _aggregate}


STAND_INS_OF_ROUTINES = {
    "function": StandIn(_stand_in, _whole),
    "procedure": StandIn(_stand_in, _whole),
}
