"""Write roles, what they are members of, and what is set for them and for the database."""

from collections.abc import Iterator, Sequence

from sbapply.catalog.ddl.piece import Phase, Piece, Writers
from sbapply.catalog.ddl.remarks import in_this_database
from sbapply.catalog.whole import CatalogObject, WholeCatalog
from sbapply.quoting import quote_identifier, quote_literal

_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}
"""Settings whose stored value is a list of quoted names (GUC_LIST_QUOTE), to be given name by name."""


def _role(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    facts = item.facts
    words = [
        word if facts[word] else f"no{word}"
        for word in ("login", "inherit", "createdb", "createrole")
        if facts[word] != (word == "inherit")
    ]
    # Only a superuser may name these at all, even to say no.
    words += [word for word in ("superuser", "replication", "bypassrls") if facts[word]]
    if facts["connections"] != -1:
        words.append(f"connection limit {facts['connections']}")
    if facts["valid_until"] is not None:
        words.append(f"valid until {quote_literal(str(facts['valid_until']))}")
    name = quote_identifier(item.key[0])
    return [Piece(Phase.ROLES, " ".join([f"create role {name}", *words]))]


def _membership(item: CatalogObject, catalog: WholeCatalog) -> Sequence[Piece]:
    role, member = item.key
    options = ["admin option"] if item.facts["admin"] else []
    known = catalog.objects.get(("role", (member,)))
    inherits = known is None or known.facts["inherit"]
    # 15 has neither word, and nothing that would need one.
    if item.facts["inherit"] != inherits:
        options.append(f"inherit {str(item.facts['inherit']).lower()}")
    if not item.facts["set"]:
        options.append("set false")
    grant = f"grant {quote_identifier(role)} to {quote_identifier(member)}"
    return [Piece(Phase.ROLES, f"{grant} with {', '.join(options)}" if options else grant)]


def _setting(item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    role, place, name = item.key
    value = str(item.facts["value"])
    values = list(_names(value)) if name.lower() in _LISTS else [value]
    # quote_literal puts a space before E'…', which reads as well after another.
    change = f"set {'.'.join(map(quote_identifier, name.split('.')))} to {', '.join(map(quote_literal, values))}"
    if not place:
        who = quote_identifier(role) if role else "all"
        return [Piece(Phase.SETTINGS, f"alter role {who} {change}")]
    who = f"role {quote_identifier(role)} in database" if role else "database"
    escaped = f"alter {who} ".replace("%", "%%") + "%I " + change.replace("%", "%%")
    return [Piece(Phase.SETTINGS, in_this_database(escaped))]


def _names(value: str) -> Iterator[str]:
    """Yield the names of a list like ``"$user", public`` as they are without quotes."""
    name, quoted, position = "", False, 0
    while position < len(value):
        letter = value[position]
        if letter == '"' and quoted and value[position + 1 : position + 2] == '"':
            name, position = name + '"', position + 1
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            yield name
            name = ""
        elif quoted or not letter.isspace():
            name += letter
        position += 1
    yield name


def _nothing(_item: CatalogObject, _catalog: WholeCatalog) -> Sequence[Piece]:
    return []


ROLES: Writers = {"role": _role, "membership": _membership, "setting": _setting, "database": _nothing}
