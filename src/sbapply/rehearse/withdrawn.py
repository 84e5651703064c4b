"""Tell which grants, memberships and roles migrations took away: Postgres notes no drop of these, texts do."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from sbapply.catalog.whole import Identity, Key, WholeCatalog
from sbapply.migrations.files import Migration
from sbapply.migrations.statements import SplitText, split_migration
from sbapply.migrations.telling import parse_statement
from sbapply.migrations.words import leading_words

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import GrantStmt, Node, RoleSpec

_SPEAKS_OF_IT = re.compile(r"\brevoke\b|\bdrop\s+(?:role|user|group)\b", re.IGNORECASE)
_DROPS = (["drop", "role"], ["drop", "user"], ["drop", "group"])
_RELATIONS = ("table", "view", "materialized view", "foreign table", "sequence")
_ROUTINES = ("function", "procedure", "aggregate")
# Where a name without a schema leads in a migration that sets no path.
_PATH = ("public", "extensions")

Wrote: TypeAlias = "Mapping[Identity, str]"


def withdrawn(migrations: Sequence[Migration], catalog: WholeCatalog, wrote: Wrote) -> Mapping[Identity, str]:
    """Return what ``migrations`` revoked or dropped of these and ``catalog`` does not hold, with the version.

    ``wrote`` are the objects that migrations made, tables too, with the version that wrote each last. Read are
    REVOKE and DROP ROLE where they are statements of their own, on what is in ``wrote``.
    """
    found: dict[Identity, str] = {}
    for migration in migrations:
        if _SPEAKS_OF_IT.search(migration.text):
            for tree in _statements(migration):
                found |= dict.fromkeys(_taken(tree, wrote, migration.version), migration.version)
    return {identity: version for identity, version in found.items() if identity not in catalog.objects}


def _statements(migration: Migration) -> "Iterator[Node]":
    split = split_migration(migration)
    if not isinstance(split, SplitText):
        return
    for statement in split.statements:
        words = [each.text for each in islice(leading_words(split.text, statement.start, statement.end), 2)]
        if words[:1] == ["revoke"] or words in _DROPS:
            yield parse_statement(split, statement)


def _taken(tree: "Node", wrote: Wrote, version: str) -> Iterator[Identity]:
    match tree.WhichOneof("node"):
        case "drop_role_stmt":
            yield from (("role", (role.role_spec.rolename,)) for role in tree.drop_role_stmt.roles)
        case "grant_role_stmt" if not tree.grant_role_stmt.is_grant and not tree.grant_role_stmt.opt:
            for granted in tree.grant_role_stmt.granted_roles:
                for member in tree.grant_role_stmt.grantee_roles:
                    yield "membership", (granted.access_priv.priv_name, member.role_spec.rolename)
        case "grant_stmt" if not tree.grant_stmt.is_grant and not tree.grant_stmt.grant_option:
            yield from _revoked(tree.grant_stmt, wrote, version)


def _revoked(revoke: "GrantStmt", wrote: Wrote, version: str) -> Iterator[Identity]:
    grantees = [name for each in revoke.grantees if (name := _grantee(each.role_spec))]
    columns = [column.string.sval for each in revoke.privileges for column in each.access_priv.cols]
    for kind, key in _objects(revoke, wrote, version):
        for grantee in grantees:
            if columns:
                yield from (("privilege", ("column", *key, column, grantee)) for column in columns)
            else:
                yield "privilege", (kind, *key, grantee)


def _grantee(role: "RoleSpec") -> str:
    from postgast.pg_query_pb2 import ROLESPEC_CSTRING, ROLESPEC_PUBLIC

    names = {ROLESPEC_CSTRING: role.rolename, ROLESPEC_PUBLIC: "public"}
    return str(names.get(role.roletype, ""))


def _objects(revoke: "GrantStmt", wrote: Wrote, version: str) -> Iterator[Identity]:
    """Yield the objects that a REVOKE is about, of those that migrations made: others are the platform's."""
    from postgast import pg_query_pb2 as tree

    kinds = {
        tree.OBJECT_TABLE: _RELATIONS,
        tree.OBJECT_SEQUENCE: ("sequence",),
        tree.OBJECT_FUNCTION: ("function", "aggregate"),
        tree.OBJECT_PROCEDURE: ("procedure",),
        tree.OBJECT_ROUTINE: _ROUTINES,
    }.get(revoke.objtype, ())
    if revoke.targtype == tree.ACL_TARGET_ALL_IN_SCHEMA:
        schemas = {each.string.sval for each in revoke.objects}
        # Those that came later have what every new object gets.
        yield from _found(wrote, kinds, lambda key: key[0] in schemas, until=version)
    elif revoke.objtype == tree.OBJECT_SCHEMA:
        yield from (made for each in revoke.objects if (made := ("schema", (each.string.sval,))) in wrote)
    elif revoke.targtype == tree.ACL_TARGET_OBJECT:
        for each in revoke.objects:
            names = _names(each)
            paths = (names[-2:-1],) if len(names) > 1 else tuple((schema,) for schema in _PATH)
            wanted = {(*path, *names[-1:]) for path in paths}
            found = list(_found(wrote, kinds, _is_among(wanted)))
            # Of routines of one name it is not told which is meant: their types are spelled in many ways.
            yield from found if len(found) == 1 else ()


def _is_among(wanted: "Collection[Key]") -> "Callable[[Key], bool]":
    return lambda key: key[:2] in wanted


def _names(node: "Node") -> Key:
    if node.HasField("range_var"):
        return tuple(filter(None, (node.range_var.schemaname, node.range_var.relname)))
    return tuple(part.string.sval for part in node.object_with_args.objname)


def _found(
    wrote: Wrote, kinds: Sequence[str], wanted: "Callable[[Key], bool]", until: str | None = None
) -> Iterator[Identity]:
    for (kind, key), version in wrote.items():
        if kind in kinds and wanted(key) and (until is None or version <= until):
            yield kind, key
