"""Tell what in queries and expressions only newer versions of PostgreSQL take, node by node."""

import re
from collections.abc import Iterator

from postgast import pg_query_pb2 as tree

from sbapply.migrations.newer_names import builtin_names
from sbapply.migrations.newer_tree import Newness, Rule, Scope, Tree, always, descendants, names_in, text_of


def _function(message: Tree, scope: Scope) -> Iterator[Newness]:
    names = names_in(message.funcname)
    name, schema = names[-1], names[-2] if len(names) > 1 else ""
    if schema not in ("", "pg_catalog"):
        return
    count = None if message.func_variadic or message.agg_within_group else len(message.args)
    since = builtin_names().function_since(name, count)
    if message.funcformat == tree.COERCE_SQL_SYNTAX and name in _SQL_SYNTAX:
        # It says no place of its own, and cannot be another's function.
        yield _SQL_SYNTAX[name], since, message.args[0] if message.args else message
    elif not scope.names or (not schema and name in scope.defined):
        return
    elif since > 15:
        shared = builtin_names().function_since(name, None) < since
        yield f"{name}(){f' with {count} arguments' if shared else ''}", since, message
    elif name in ("set_config", "current_setting") and message.args:
        # Whoever asks whether a setting is there gives a second argument.
        if name == "set_config" or count == 1:
            yield from _setting(text_of(message.args[0]), message)
    elif name.startswith("jsonb_path_") and len(message.args) > 1:
        yield from _json_path(message.args[1])


_SQL_SYNTAX = {"timezone": "AT LOCAL", "system_user": "SYSTEM_USER"}
_PATH_METHODS = re.compile(
    r"\.\s*(bigint|boolean|date|decimal|integer|number|string|time|time_tz|timestamp|timestamp_tz)\s*\("
)


def _json_path(node: Tree) -> Iterator[Newness]:
    if node.HasField("type_cast"):
        # The cast to jsonpath is met by itself.
        return
    found = _PATH_METHODS.search(text_of(node))
    if found is not None:
        yield f"the jsonpath method .{found[1]}()", 17, node


def _operator(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if names_in(message.name)[-1:] in (["@?"], ["@@"]):
        yield from _json_path(message.rexpr)


def _cast(message: Tree, _scope: Scope) -> Iterator[Newness]:
    target = names_in(message.type_name.names)[-1]
    if target == "jsonpath" and not message.arg.HasField("type_cast"):
        yield from _json_path(message.arg)
    given = ""
    if message.arg.HasField("type_cast"):
        given = names_in(message.arg.type_cast.type_name.names)[-1]
    elif message.arg.HasField("a_const") and message.arg.a_const.HasField("ival"):
        given = "int4"
    since = builtin_names().casts.get(f"{given} {target}")
    if since is not None and not message.type_name.array_bounds:
        yield f"the cast from {given} to {target}", since, message


def _setting(name: str, where: Tree) -> Iterator[Newness]:
    since = builtin_names().settings.get(name.lower())
    if since is not None:
        yield f"the setting {name.lower()}", since, where


def _variable(message: Tree, scope: Scope) -> Iterator[Newness]:
    if scope.names:
        yield from _setting(message.name, message)


def _relation(message: Tree, scope: Scope) -> Iterator[Newness]:
    since = builtin_names().relations.get(message.relname)
    if since is None or not scope.names or message.schemaname not in ("", "pg_catalog"):
        return
    if message.schemaname or message.relname not in scope.defined:
        yield f"the view pg_catalog.{message.relname}", since, message


def _collation(message: Tree, _scope: Scope) -> Iterator[Newness]:
    name = names_in(message.collname)[-1]
    if name in builtin_names().collations:
        yield f"the collation {name}", builtin_names().collations[name], message


def _role(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.rolename in builtin_names().roles:
        yield f"the role {message.rolename}", builtin_names().roles[message.rolename], message


def _merge(message: Tree, scope: Scope) -> Iterator[Newness]:
    if message.HasField("returning_clause"):
        yield "MERGE … RETURNING", 17, message.returning_clause
    elif scope.above[-1:] == ["CommonTableExpr"]:
        yield "MERGE in WITH", 17, message
    for clause in message.merge_when_clauses:
        if clause.merge_when_clause.match_kind == tree.MERGE_WHEN_NOT_MATCHED_BY_SOURCE:
            yield "MERGE … WHEN NOT MATCHED BY SOURCE", 17, clause
    by_target = re.search(r"\bnot\s+matched\s+by\s+target\b", scope.source, re.IGNORECASE)
    if by_target is not None:
        yield "MERGE … WHEN NOT MATCHED BY TARGET", 17, len(scope.source[: by_target.start()].encode())
    yield from _returning(message, scope)


def _returning(message: Tree, scope: Scope) -> Iterator[Newness]:
    """Yield OLD and NEW in RETURNING, where they are not a rule's, a trigger's or a relation's name."""
    clause = message.returning_clause
    if clause.options:
        yield "RETURNING WITH (OLD AS …, NEW AS …)", 18, clause
    if scope.trigger or "RuleStmt" in scope.above:
        return
    taken = set()
    for each in descendants(message):
        if each.DESCRIPTOR.name == "RangeVar":
            taken.add(each.relname)
        elif each.DESCRIPTOR.name == "Alias":
            taken.add(each.aliasname)
    for each in descendants(clause):
        if each.DESCRIPTOR.name == "ColumnRef" and len(each.fields) > 1:
            word = str(each.fields[0].string.sval)
            if word in ("old", "new") and word not in taken:
                yield f"{word.upper()} in RETURNING", 18, each


def _subselect(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if not message.HasField("alias"):
        yield "a sub-select in FROM without an alias", 16, message


def _json_parse(message: Tree, _scope: Scope) -> Iterator[Newness]:
    # Without clauses it is a cast in the notation of a function to older versions.
    if message.unique_keys or message.expr.format.format_type != tree.JS_FORMAT_DEFAULT:
        yield "JSON()", 17, message


def _json_function(message: Tree, _scope: Scope) -> Iterator[Newness]:
    yield tree.JsonExprOp.Name(message.op).removesuffix("_OP") + "()", 17, message


def _xml(message: Tree, scope: Scope) -> Iterator[Newness]:
    if message.indent or re.search(r"\bno\s+indent\b", scope.source, re.IGNORECASE):
        yield "XMLSERIALIZE … INDENT", 16, message


QUERY_RULES: dict[str, Rule] = {
    "FuncCall": _function,
    "A_Expr": _operator,
    "TypeCast": _cast,
    "VariableSetStmt": _variable,
    "VariableShowStmt": _variable,
    "RangeVar": _relation,
    "CollateClause": _collation,
    "RoleSpec": _role,
    "MergeStmt": _merge,
    "MergeSupportFunc": always("merge_action()", 17),
    "InsertStmt": _returning,
    "UpdateStmt": _returning,
    "DeleteStmt": _returning,
    "RangeSubselect": _subselect,
    "JsonParseExpr": _json_parse,
    "JsonFuncExpr": _json_function,
    "JsonTable": always("JSON_TABLE", 17),
    "JsonScalarExpr": always("JSON_SCALAR()", 17),
    "JsonSerializeExpr": always("JSON_SERIALIZE()", 17),
    "JsonObjectConstructor": always("JSON_OBJECT() of SQL/JSON", 16),
    "JsonArrayConstructor": always("JSON_ARRAY()", 16),
    "JsonArrayQueryConstructor": always("JSON_ARRAY()", 16),
    "JsonObjectAgg": always("JSON_OBJECTAGG()", 16),
    "JsonArrayAgg": always("JSON_ARRAYAGG()", 16),
    "JsonIsPredicate": always("IS JSON", 16),
    "XmlSerialize": _xml,
}
