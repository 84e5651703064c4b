"""Read assertions: statements of the user's own that must return only true, and can do nothing else.

They stand in the files of a folder, or in ``-- sbapply:assert`` comments of migrations. What is no question is
refused here, by PostgreSQL's own parse tree, before anything is sent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sbapply.errors import UsageError
from sbapply.migrations.files import Migration, Problem, Skipped, name_as_text, read_text
from sbapply.migrations.statements import SplitText, split_file
from sbapply.migrations.text import place_at
from sbapply.migrations.transactions import transaction_kind

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from sbapply.errors import Place

Kind: TypeAlias = Literal["asserts", "sets"]

_LINE = re.compile(r"--\s*sbapply\s*:\s*assert\b[ \t]*:?(?P<text>[^\r\n]*)", re.IGNORECASE)
# What would act outside of the transaction, so that no rollback undoes it: contrib/dblink, pgsql-http, signals to
# other sessions, replication slots, statistics, files ("System Administration Functions" in PostgreSQL's manual).
_OUTSIDE = re.compile(
    r"dblink(_.*)?|http(_(get|post|put|patch|delete|head|set_curlopt))?|http_reset_curlopt|"
    r"pg_(terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_create_restore_point|"
    r"pg_stat_reset.*|pg_stat_statements_reset|pg_logical_emit_message|pg_promote|"
    r"pg_(create|drop|copy|sync)_.*replication_slots?|pg_replication_(slot|origin)_.*|pg_logical_slot_get_.*|"
    r"lo_(import|export)|pg_file_.*|pg_wal_replay_.*|pg_(start|stop)_backup|pg_backup_(start|stop)"
)
_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_OPTIONS = ("transaction_", "default_transaction_")
_ONLY = "Assertions are SELECT and VALUES; SET, RESET, SHOW and set_config prepare them."


@dataclass(frozen=True, slots=True)
class AssertedStatement:
    """Hold one statement as it is sent: exactly one SELECT or VALUES that ``asserts``, or one that only ``sets``.

    A statement that sets (SET, RESET, SHOW, a SELECT of nothing but set_config) has no answer to be judged.
    ``first_line`` is the first line of what stands in the file, for a reader.
    """

    kind: Kind
    text: str
    first_line: str
    place: "Place"


@dataclass(frozen=True, slots=True)
class AssertionSet:
    """Hold the statements that run together: those of one file, or those of one migration's comments.

    ``version`` is the migration's, None for a file of the folder.
    """

    file: str
    version: str | None
    statements: tuple[AssertedStatement, ...]


@dataclass(frozen=True, slots=True)
class AssertionFile:
    """Hold one file of the folder; ``problem`` says why it has no readable text."""

    file: str
    text: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class AssertionFolder:
    """Hold the folder of assertions as it was read: its .sql files by name, and everything else."""

    files: tuple[AssertionFile, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def read_assertion_folder(path: Path, *, shown: str) -> AssertionFolder:
    """Read the .sql files that stand directly in ``path``; a folder that is not there holds none.

    ``shown`` is how the folder is called in messages. Read-only. Raises ``UsageError`` if it is unreadable.
    """
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    except FileNotFoundError:
        return AssertionFolder()
    except OSError as error:
        raise UsageError(
            f"The folder {shown} cannot be read: {error.strerror}.", "Check its type and permissions."
        ) from None
    found: list[AssertionFile] = []
    skipped: list[Skipped] = []
    for entry in entries:
        file = f"{shown}/{name_as_text(entry)}"
        if entry.name.endswith(".sql"):
            found.append(AssertionFile(file, *read_text(entry, file)))
        else:
            reason = (
                "a sub-folder; assertions stand directly in the folder" if entry.is_dir() else "not a .sql file"
            )
            skipped.append(Skipped(file, reason))
    return AssertionFolder(tuple(found), tuple(skipped))


def assertions_of_file(source: AssertionFile) -> AssertionSet | Problem:
    """Return the statements of a file of the folder, or why, with its place, one of them is refused."""
    if source.problem is not None:
        return source.problem
    split = split_file(source.file, source.text)
    if isinstance(split, Problem):
        return split
    statements: list[AssertedStatement] = []
    for each in split.statements:
        judged = _judge(split.source(each), place_at(source.file, source.text, each.start))
        if isinstance(judged, Problem):
            return judged
        statements.append(judged)
    return AssertionSet(source.file, None, tuple(statements))


def assertions_of_migration(migration: Migration) -> AssertionSet | Problem:
    """Return what a migration's ``-- sbapply:assert`` comments hold, in order, or why one of them is refused.

    One comment is one statement: a condition, or what may stand in a file of the folder. What looks like such a
    comment in a string, a body or a ``/* */`` comment is none.
    """
    statements: list[AssertedStatement] = []
    for offset, text in _comments(migration.text):
        judged = _judge_line(migration, offset, text)
        if isinstance(judged, Problem):
            return judged
        statements.append(judged)
    return AssertionSet(migration.file, migration.version, tuple(statements))


def asserted_lines(migration: Migration) -> tuple[str, ...]:
    """Return what stands in the assertion comments of a migration, in order, whether or not it is an assertion."""
    return tuple(line for _, line in _comments(migration.text))


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the assertions in a text's comments, each with the offset of its first character."""
    if _LINE.search(text) is None:
        return
    from postgast import PgQueryError, scan
    from postgast.pg_query_pb2 import SQL_COMMENT

    try:
        tokens = scan(text).tokens
    except PgQueryError:
        # Text that cannot even be scanned has a syntax error, which whoever sends it meets.
        return
    raw = text.encode()
    bytes_before = characters_before = 0
    for token in tokens:
        if token.token != SQL_COMMENT:
            continue
        characters_before += len(raw[bytes_before : token.start].decode())
        bytes_before = token.start
        found = _LINE.match(text, characters_before)
        if found is not None:
            blank = len(found["text"]) - len(found["text"].lstrip())
            yield found.start("text") + blank, found["text"].strip()


def _judge_line(migration: Migration, offset: int, text: str) -> AssertedStatement | Problem:
    place = place_at(migration.file, migration.text, offset)
    if not text:
        return Problem("assertion", "it asserts nothing", "Write a condition behind it, or remove it.", place)
    split = _split_line(text)
    if split is None:
        return Problem(
            "assertion",
            "it is neither a condition nor a SELECT that PostgreSQL can parse",
            "Write the whole of it on this one line, such as `exists (select from public.t)`.",
            place,
        )
    if len(split.statements) != 1:
        return Problem(
            "assertion", "it is not exactly one statement", "Write one -- sbapply:assert for each.", place
        )
    return _judge(split.source(split.statements[0]), place, shown=text)


def _split_line(text: str) -> SplitText | None:
    """Split what stands in a comment, read as a statement or else as a condition; None if it is neither."""
    bare = text.removesuffix(";").rstrip()
    for candidate in (text, f"select ({bare}\n)"):
        split = split_file("", candidate)
        if isinstance(split, SplitText) and split.statements:
            return split
    return None


def _judge(text: str, place: "Place", *, shown: str = "") -> AssertedStatement | Problem:
    """Return a statement that can be sent, or its refusal; ``shown`` is what the file has in place of ``text``."""
    from google.protobuf.message import DecodeError
    from postgast import parse

    try:
        # The splitter ends a statement where the parser does; that it is one is what everything else rests on.
        found = parse(text).stmts
    except DecodeError:
        # The tree comes in a message, which holds a hundred levels.
        reason = "it is nested too deeply to be looked through"
        return Problem("assertion", reason, "Put a part of it into a function or a view.", place)
    if len(found) != 1:
        return Problem("assertion", "it is not exactly one statement", _ONLY, place)
    node = found[0].stmt
    match node.WhichOneof("node"):
        case "select_stmt":
            reason = _acts(node)
            kind: Kind = "sets" if _only_configures(node) else "asserts"
        case "variable_set_stmt":
            reason, kind = _wrong_setting(node), "sets"
        case "variable_show_stmt":
            reason, kind = "", "sets"
        case other:
            reason, kind = f"{_command(node, other or '')} is no question", "sets"
    if reason:
        return Problem("assertion", reason, _ONLY, place)
    return AssertedStatement(kind, text, (shown or text).partition("\n")[0].rstrip(), place)


def _acts(node: "Node") -> str:
    """Return how a SELECT does more than ask, '' if it does not."""
    for each in _messages(node):
        kind = each.DESCRIPTOR.name
        if kind == "IntoClause":
            return "SELECT INTO would make a table"
        if kind in _WRITES:
            return f"a WITH that holds {kind.removesuffix('Stmt').upper()} would write"
        if kind == "FuncCall" and _OUTSIDE.fullmatch(each.funcname[-1].string.sval):
            return f"{each.funcname[-1].string.sval} acts outside of the transaction, so nothing would undo it"
    return ""


def _messages(message: Any) -> Iterator[Any]:
    """Yield every message of a parse tree, however deep it is."""
    pending = [message]
    while pending:
        current = pending.pop()
        yield current
        for descriptor, value in current.ListFields():
            if descriptor.type == descriptor.TYPE_MESSAGE:
                pending.extend([value] if hasattr(value, "ListFields") else value)


def _only_configures(node: "Node") -> bool:
    """Tell whether a SELECT is nothing but calls of set_config."""
    select = node.select_stmt
    if {each.name for each, _ in select.ListFields()} - {"target_list", "limit_option", "op"}:
        return False
    calls = [item.res_target.val for item in select.target_list]
    return bool(calls) and all(
        each.HasField("func_call") and each.func_call.funcname[-1].string.sval == "set_config" for each in calls
    )


def _wrong_setting(node: "Node") -> str:
    """Return why a SET or RESET is not taken, '' if it is."""
    from postgast.pg_query_pb2 import VAR_RESET_ALL

    statement = node.variable_set_stmt
    name = statement.name.lower()
    if statement.kind == VAR_RESET_ALL:
        return "RESET ALL would undo what assertions run under"
    if name.startswith(("transaction", "session characteristics", *_OPTIONS)):
        return f"SET {statement.name} would change the transaction that assertions run in"
    return ""


def _command(node: "Node", name: str) -> str:
    """Return a statement's command as SQL spells it, near enough to be found."""
    kind = transaction_kind(node)
    if kind:
        return {"PREPARE": "PREPARE TRANSACTION", "START": "START TRANSACTION"}.get(kind, kind.replace("_", " "))
    return name.removesuffix("_stmt").replace("_", " ").upper()
