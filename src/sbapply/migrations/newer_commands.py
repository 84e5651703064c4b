"""Tell what in commands only newer versions of PostgreSQL take, node by node."""

import re
from collections.abc import Iterable, Iterator

from postgast import pg_query_pb2 as tree

from sbapply.migrations.newer_names import builtin_names
from sbapply.migrations.newer_tree import Newness, Rule, Scope, Tree, text_of, value_of

# What each command's options are called, and since when; `name=value` is about a value of an option.
_OPTIONS = {
    "COPY": {
        "default": 16,
        "on_error": 17,
        "log_verbosity": 17,
        "reject_limit": 18,
        "log_verbosity=silent": 18,
        "force_null=*": 17,
        "force_not_null=*": 17,
    },
    "VACUUM": {"skip_database_stats": 16, "only_database_stats": 16, "process_main": 16, "buffer_usage_limit": 16},
    "EXPLAIN": {"generic_plan": 16, "memory": 17, "serialize": 17},
    "DATABASE": {"icu_rules": 16, "builtin_locale": 17, "locale_provider=builtin": 17},
    "COLLATION": {"rules": 16, "provider=builtin": 17},
    "CREATE SUBSCRIPTION": {
        "origin": 16,
        "password_required": 16,
        "run_as_owner": 16,
        "streaming=parallel": 16,
        "failover": 17,
    },
    "ALTER SUBSCRIPTION": {
        "origin": 16,
        "password_required": 16,
        "run_as_owner": 16,
        "streaming=parallel": 16,
        "failover": 17,
        "two_phase": 18,
    },
    "PUBLICATION": {"publish_generated_columns": 18},
    "OPERATOR": {"commutator": 17, "negator": 17, "hashes": 17, "merges": 17},
    "storage": {"autovacuum_vacuum_max_threshold": 18, "vacuum_max_eager_freeze_failure_rate": 18},
}


def _options(command: str, options: Iterable[Tree]) -> Iterator[Newness]:
    known = _OPTIONS[command]
    for node in options:
        option = node.def_elem
        value = "*" if option.arg.HasField("a_star") else value_of(option)
        for key in (option.defname, f"{option.defname}={value}"):
            if key in known:
                yield f"{command} with {key}", known[key], option


def _options_rule(command: str, name: str) -> Rule:
    return lambda message, _scope: _options(command, getattr(message, name))


# The tree does not tell it from what is the default.
_ENFORCED = re.compile(
    r"(?:\)\s*|\b(?:valid|deferrable|deferred|immediate|inherit)\s+)(enforced)\s*"
    r"(?:[,);]|not\b|deferrable\b|initially\b|$)",
    re.IGNORECASE,
)


def _constraint(message: Tree, scope: Scope) -> Iterator[Newness]:
    if message.contype == tree.CONSTR_NOTNULL:
        yield from _not_null(message, scope)
    elif message.contype == tree.CONSTR_GENERATED and message.generated_kind == "v":
        yield "a virtual generated column", 18, message
    elif message.contype in (tree.CONSTR_CHECK, tree.CONSTR_FOREIGN):
        enforced = _ENFORCED.search(scope.source)
        if not message.is_enforced:
            yield "NOT ENFORCED", 18, message
        elif enforced is not None:
            yield "ENFORCED", 18, len(scope.source[: enforced.start(1)].encode())
    elif message.contype == tree.CONSTR_ATTR_NOT_ENFORCED:
        yield "NOT ENFORCED", 18, message
    elif message.contype == tree.CONSTR_ATTR_ENFORCED:
        yield "ENFORCED", 18, message
    if message.without_overlaps:
        yield "WITHOUT OVERLAPS", 18, message
    if message.fk_with_period or message.pk_with_period:
        yield "FOREIGN KEY … PERIOD", 18, message


def _not_null(message: Tree, scope: Scope) -> Iterator[Newness]:
    if "AlterDomainStmt" in scope.above:
        yield "ALTER DOMAIN … ADD … NOT NULL", 17, message
    elif message.is_no_inherit:
        yield "NOT NULL … NO INHERIT", 18, message
    elif message.keys:
        yield "NOT NULL as a constraint of a table", 18, message


def _alter_constraint(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.alter_enforceability:
        yield "ALTER CONSTRAINT … [NOT] ENFORCED", 18, message
    if message.alter_inheritability:
        yield "ALTER CONSTRAINT … [NO] INHERIT", 18, message


def _alter_table(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.subtype == tree.AT_SetExpression:
        yield "ALTER COLUMN … SET EXPRESSION", 17, message
    elif message.subtype == tree.AT_SetAccessMethod and not message.name:
        yield "SET ACCESS METHOD DEFAULT", 17, message
    elif message.subtype == tree.AT_SetStatistics and not message.HasField("def"):
        yield "SET STATISTICS DEFAULT", 17, message
    elif message.subtype == tree.AT_SetStorage and text_of(getattr(message, "def")).lower() == "default":
        yield "SET STORAGE DEFAULT", 16, message
    elif message.subtype in (tree.AT_SetRelOptions, tree.AT_ResetRelOptions):
        yield from _options("storage", getattr(message, "def").list.items)


def _column(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.storage_name:
        yield "STORAGE of a column that is made", 16, message


def _create_table(message: Tree, scope: Scope) -> Iterator[Newness]:
    yield from _options("storage", message.options)
    if message.HasField("partspec"):
        if message.access_method:
            yield "USING for a partitioned table", 17, message
        if any(element.constraint.contype == tree.CONSTR_EXCLUSION for element in message.table_elts):
            yield "EXCLUDE for a partitioned table", 17, message
    if message.HasField("partbound"):
        for element in message.table_elts:
            kinds = (each.constraint.contype for each in element.column_def.constraints)
            if tree.CONSTR_GENERATED in kinds:
                yield "a generated column of a partition", 16, element
    if scope.above[-1:] == ["CreateForeignTableStmt"]:
        for element in message.table_elts:
            if element.HasField("table_like_clause"):
                yield "LIKE for a foreign table", 18, element


def _grant(message: Tree, scope: Scope) -> Iterator[Newness]:
    for node in message.privileges:
        if node.access_priv.priv_name == "maintain":
            yield "the privilege MAINTAIN", 17, message
    if "AlterDefaultPrivilegesStmt" in scope.above and message.objtype == tree.OBJECT_LARGEOBJECT:
        yield "ALTER DEFAULT PRIVILEGES … ON LARGE OBJECTS", 18, message


def _grant_role(message: Tree, scope: Scope) -> Iterator[Newness]:
    verb = "GRANT" if message.is_grant else "REVOKE"
    for node in message.opt:
        option = node.def_elem
        if option.defname in ("inherit", "set"):
            yield f"{verb} of a role with {option.defname.upper()}", 16, option
        elif message.is_grant and not re.search(r"\badmin\s+option\b", scope.source, re.IGNORECASE):
            yield "GRANT of a role WITH ADMIN TRUE or FALSE", 16, option
    for node in message.granted_roles:
        role = node.access_priv.priv_name
        if role in builtin_names().roles:
            yield f"the role {role}", builtin_names().roles[role], message


def _vacuum(message: Tree, _scope: Scope) -> Iterator[Newness]:
    yield from _options("VACUUM", message.options)
    for node in message.rels:
        relation = node.vacuum_relation.relation
        if node.vacuum_relation.HasField("relation") and not relation.inh:
            yield f"{'VACUUM' if message.is_vacuumcmd else 'ANALYZE'} ONLY", 18, relation


def _reindex(message: Tree, _scope: Scope) -> Iterator[Newness]:
    whole = (tree.REINDEX_OBJECT_DATABASE, tree.REINDEX_OBJECT_SYSTEM)
    if message.kind in whole and not message.name:
        yield "REINDEX DATABASE or SYSTEM without a name", 16, message


def _cluster(message: Tree, scope: Scope) -> Iterator[Newness]:
    if not message.HasField("relation") and re.search(r"cluster\s*\(", scope.source, re.IGNORECASE):
        yield "CLUSTER (…) without a table", 17, message


def _statistics(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if not message.defnames:
        yield "CREATE STATISTICS without a name", 16, message


def _alter_statistics(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if not message.HasField("stxstattarget"):
        yield "SET STATISTICS DEFAULT", 17, message


def _event_trigger(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.eventname == "login":
        yield "CREATE EVENT TRIGGER … ON login", 17, message
    tags = (tag for condition in message.whenclause for tag in condition.def_elem.arg.list.items)
    if any(text_of(tag).upper() == "REINDEX" for tag in tags):
        yield "CREATE EVENT TRIGGER … WHEN TAG IN ('REINDEX')", 17, message


def _copy(message: Tree, _scope: Scope) -> Iterator[Newness]:
    yield from _options("COPY", message.options)
    if message.query.HasField("merge_stmt"):
        yield "COPY (MERGE …)", 17, message


def _define(message: Tree, _scope: Scope) -> Iterator[Newness]:
    if message.kind == tree.OBJECT_COLLATION:
        yield from _options("COLLATION", message.definition)


COMMAND_RULES: dict[str, Rule] = {
    "Constraint": _constraint,
    "ATAlterConstraint": _alter_constraint,
    "AlterTableCmd": _alter_table,
    "ColumnDef": _column,
    "CreateStmt": _create_table,
    "GrantStmt": _grant,
    "GrantRoleStmt": _grant_role,
    "VacuumStmt": _vacuum,
    "ReindexStmt": _reindex,
    "ClusterStmt": _cluster,
    "CreateStatsStmt": _statistics,
    "AlterStatsStmt": _alter_statistics,
    "CreateEventTrigStmt": _event_trigger,
    "CopyStmt": _copy,
    "DefineStmt": _define,
    "ExplainStmt": _options_rule("EXPLAIN", "options"),
    "CreatedbStmt": _options_rule("DATABASE", "options"),
    "CreateSubscriptionStmt": _options_rule("CREATE SUBSCRIPTION", "options"),
    "AlterSubscriptionStmt": _options_rule("ALTER SUBSCRIPTION", "options"),
    "CreatePublicationStmt": _options_rule("PUBLICATION", "options"),
    "AlterPublicationStmt": _options_rule("PUBLICATION", "options"),
    "AlterOperatorStmt": _options_rule("OPERATOR", "options"),
}
