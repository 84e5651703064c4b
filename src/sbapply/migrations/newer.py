"""Find what a migration holds that the project's PostgreSQL does not know, and the one it is rehearsed on does."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sbapply.database import Json
from sbapply.errors import Place
from sbapply.migrations.files import Migration
from sbapply.migrations.newer_names import NEWEST
from sbapply.migrations.newer_signs import may_be_newer, places_of_signs
from sbapply.migrations.statements import SplitText, Statement, split_migration
from sbapply.migrations.text import place_at

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from sbapply.migrations.newer_bodies import Body
    from sbapply.migrations.newer_syntax import Found
    from sbapply.migrations.newer_tree import Scope

_DEFINITION = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure|aggregate|table|view|materialized\s+view|collation)\s+"
    r'(?:if\s+not\s+exists\s+)?(?:(?:"[^"]+"|[\w$]+)\s*\.\s*)?(?:"([^"]+)"|([\w$]+))',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Newer:
    """Name one thing that needs a newer PostgreSQL: where it stands, what it is, the major version that brought it.

    ``place`` is that of the statement where nothing tells more.
    """

    place: Place
    what: str
    since: int

    def sentence(self, server_version: int) -> str:
        """Say it, for a server of ``server_version`` (its server_version_num)."""
        project = f"{server_version // 10000}.{server_version % 10000}"
        return f"{self.what} needs PostgreSQL {self.since}; the project is {project}"

    def to_json(self) -> dict[str, Json]:
        """Return it for a report."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "what": self.what,
            "since": self.since,
        }


def newer_than(
    migration: Migration, server_version: int, defined: frozenset[str] = frozenset()
) -> tuple[Newer, ...]:
    """Return what a server of ``server_version`` (its server_version_num) refuses of a migration for its age.

    ``defined`` are names of functions and relations that the project has itself: a call of one without a schema is
    no call of PostgreSQL's own. What is in a string that is run by EXECUTE is not seen, nor are the names in a body
    that asks for the server's version. A file that cannot be parsed has nothing newer.
    """
    major = server_version // 10000
    if major >= NEWEST or migration.problem is not None:
        return ()
    places = places_of_signs(migration.text, major)
    split = split_migration(migration) if places else None
    if not isinstance(split, SplitText):
        return ()
    found = _newer_at(migration, split, places, major, defined)
    own = names_defined([migration]) - defined if found else frozenset()
    return _newer_at(migration, split, places, major, defined | own) if own else found


def names_defined(migrations: Iterable[Migration]) -> frozenset[str]:
    """Return the names of the functions and relations that migrations create, whatever their schema."""
    return frozenset(
        quoted or plain.lower() for each in migrations for quoted, plain in _DEFINITION.findall(each.text)
    )


def _newer_at(
    migration: Migration, split: SplitText, places: Sequence[int], major: int, defined: frozenset[str]
) -> tuple[Newer, ...]:
    """Return what is newer in the statements that hold one of the places."""
    found: list[Newer] = []
    for statement in split.statements:
        at = bisect_left(places, statement.start)
        if at < len(places) and places[at] < statement.end:
            found.extend(_newer_in(migration, statement, split.source(statement), major, defined))
    return tuple(dict.fromkeys(found))


def _newer_in(
    migration: Migration, statement: Statement, source: str, major: int, defined: frozenset[str]
) -> Iterator[Newer]:
    from sbapply.migrations.newer_bodies import body_in
    from sbapply.migrations.newer_tree import Scope

    node = _parsed(source)
    if node is None:
        return
    scope = Scope(source, defined)
    for each in _found_in(node, scope, major):
        yield Newer(_place(migration, statement.start + each.at), each.what, each.since)
    body = body_in(node, source)
    if body is not None and may_be_newer(body.text, major):
        for each in _found_in_body(body, defined, major):
            at = body.start + each.at if body.start is not None else 0
            yield Newer(_place(migration, statement.start + at), each.what, each.since)


def _found_in_body(body: "Body", defined: frozenset[str], major: int) -> Iterator["Found"]:
    """Yield what is newer in a body; offsets are those in the body."""
    from sbapply.migrations.newer_bodies import pieces_of, tokens_of
    from sbapply.migrations.newer_syntax import found_in_plpgsql
    from sbapply.migrations.newer_tree import Scope

    names = not body.asks_version
    if body.language == "sql":
        for node, start in _all_parsed(body.text):
            scope = Scope(body.text, defined, names=names)
            yield from _found_in(node, scope, major, start)
        return
    tokens = tokens_of(body.text)
    yield from (each for each in found_in_plpgsql(tokens) if each.since > major)
    for piece in pieces_of(body, tokens):
        if not may_be_newer(piece.text, major):
            continue
        node = _parsed(piece.text)
        if node is None:
            continue
        scope = Scope(piece.text, defined, names=names, trigger=body.trigger)
        for each in _found_in(node, scope, major):
            yield each.moved(piece.shift)


def _found_in(node: "Node", scope: "Scope", major: int, start: int = 0) -> Iterator["Found"]:
    from sbapply.migrations.newer_syntax import found_in

    return (each for each in found_in(node, scope, start) if each.since > major)


def _parsed(source: str) -> "Node | None":
    from postgast import PgQueryError, parse

    try:
        statements = parse(source).stmts
    except PgQueryError:
        return None
    return statements[0].stmt if statements else None


def _all_parsed(source: str) -> Iterator[tuple["Node", int]]:
    """Yield the statements of a body in SQL, and where each begins, in bytes."""
    from postgast import PgQueryError, parse

    try:
        statements = parse(source).stmts
    except PgQueryError:
        return
    for each in statements:
        yield each.stmt, each.stmt_location


def _place(migration: Migration, offset: int) -> Place:
    return place_at(migration.file, migration.text, offset)
