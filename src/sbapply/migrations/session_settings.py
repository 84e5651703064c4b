"""Follow the settings that a file's statements leave in force in their session, so that another can be given them.

What a later statement sets anew, or sets back, is not in force any more, and is not made again: the role that it
names may be gone by then.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sbapply.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postgast.pg_query_pb2 import FuncCall, Node, SelectStmt, VariableSetStmt

ROLE, SESSION_USER = "role", "session_authorization"
_OF_TRANSACTION = frozenset({"TRANSACTION", "TRANSACTION SNAPSHOT"})
# GUC_NO_RESET_ALL in PostgreSQL's src/backend/utils/misc/guc_tables.c.
_OUTLIVE_RESET_ALL = frozenset({ROLE, SESSION_USER, "seed"})
_ON = ("t", "true", "on", "1", "y", "yes")


@dataclass(frozen=True, slots=True)
class Setting:
    """Hold what one statement has set in its session and what is in force since.

    ``text`` is the SQL that sets another session up alike, "" where only the server knows name or value. ``values``
    are what it sets, by name, "" being a name that is not known; ``index`` is the statement's in its file.
    """

    text: str
    index: int
    values: tuple[tuple[str, str], ...] = ()
    loads: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Return the names of what it sets."""
        return frozenset(name for name, _ in self.values)


@dataclass(slots=True)
class InForce:
    """Hold the settings that are in force, the oldest first, each as it was set last."""

    settings: tuple[Setting, ...] = field(default=())

    def follow(self, source: str, index: int, node: "Node") -> None:
        """Take up what one statement changes."""
        match node.WhichOneof("node"):
            case "load_stmt":
                self._put(Setting(source, index, ((f"load {node.load_stmt.filename}", ""),), loads=True))
            case "variable_set_stmt":
                self._follow_set(source, index, node.variable_set_stmt)
            case "discard_stmt" if discards_all(node):
                self.settings = tuple(each for each in self.settings if each.loads)
            case "select_stmt":
                self._follow_select(source, index, node.select_stmt)
            case _:
                pass

    def _follow_set(self, source: str, index: int, statement: "VariableSetStmt") -> None:
        from postgast.pg_query_pb2 import VAR_RESET, VAR_RESET_ALL, VAR_SET_DEFAULT, VAR_SET_MULTI

        if statement.is_local or statement.name in _OF_TRANSACTION:
            return
        name = statement.name.lower()
        if statement.kind == VAR_RESET_ALL:
            self.settings = tuple(each for each in self.settings if each.loads or each.names & _OUTLIVE_RESET_ALL)
        elif statement.kind in (VAR_RESET, VAR_SET_DEFAULT):
            self._take_away(frozenset({name}))
            if any(name in each.names for each in self.settings):
                self._put(Setting(source, index, ((name, ""),)))
        elif statement.kind == VAR_SET_MULTI:
            self._put(Setting(source, index, tuple((f"default_{each}", "") for each in _options_of(statement))))
        else:
            values = [str(each.a_const.sval.sval) for each in statement.args if each.a_const.HasField("sval")]
            self._put(Setting(source, index, ((name, ", ".join(values)),)))

    def _follow_select(self, source: str, index: int, select: "SelectStmt") -> None:
        calls = list(_calls_of(select))
        lasting = [call for call in calls if not _is_local(call)]
        plain = _is_plain(select) and len(calls) == len(_direct_calls(select))
        read = [_value_of(call) if plain else None for call in lasting]
        known = [each for each in read if each is not None]
        if len(known) == len(select.target_list) > 0:
            self._put(Setting(source, index, tuple(known)))
            return
        for call, value in zip(lasting, read, strict=True):
            name = (_constant(call.args[0]) or "").lower()
            self._put(Setting(_set_config(*value), index, (value,)) if value else Setting("", index, ((name, ""),)))

    def _put(self, setting: Setting) -> None:
        self._take_away(setting.names)
        self.settings = (*self.settings, setting)

    def _take_away(self, names: frozenset[str]) -> None:
        # A session user that is set, or set back, takes the role with it.
        gone = names | {ROLE} if SESSION_USER in names else names
        self.settings = tuple(each for each in self.settings if not each.names <= gone)


def discards_all(node: "Node") -> bool:
    """Tell whether a statement is DISCARD ALL."""
    from postgast.pg_query_pb2 import DISCARD_ALL

    return bool(node.HasField("discard_stmt") and node.discard_stmt.target == DISCARD_ALL)


def _options_of(statement: "VariableSetStmt") -> list[str]:
    return [str(item.def_elem.defname) for item in statement.args]


def _calls_of(select: "SelectStmt") -> "Iterator[FuncCall]":
    """Yield the calls of set_config, wherever in a SELECT they stand."""
    from postgast import walk
    from postgast.pg_query_pb2 import FuncCall

    return (each for _, each in walk(select) if isinstance(each, FuncCall) and _is_set_config(each))


def _direct_calls(select: "SelectStmt") -> "list[FuncCall]":
    """Return the calls that are columns of their own, with their three arguments."""
    columns = (item.res_target.val.func_call for item in select.target_list)
    return [call for call in columns if _is_set_config(call) and len(call.args) == 3]


def _is_set_config(call: "FuncCall") -> bool:
    names = [str(each.string.sval) for each in call.funcname]
    return names[-1:] == ["set_config"] and names[:-1] in ([], ["pg_catalog"])


def _is_plain(select: "SelectStmt") -> bool:
    """Tell whether a SELECT has columns alone, so that each is evaluated once."""
    return not {each.name for each, _ in select.ListFields()} - {"target_list", "limit_option", "op"}


def _is_local(call: "FuncCall") -> bool:
    return len(call.args) == 3 and (_constant(call.args[2]) or "").strip().lower() in _ON


def _value_of(call: "FuncCall") -> tuple[str, str] | None:
    """Return the name and the value that a call sets, None where one of its arguments is no literal."""
    name, value, local = map(_constant, call.args)
    return None if name is None or value is None or local is None else (name.lower(), value)


def _set_config(name: str, value: str) -> str:
    return f"select pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)"


def _constant(argument: "Node") -> str | None:
    """Return a literal's value, also of one that is cast; None for everything else."""
    while argument.HasField("type_cast"):
        argument = argument.type_cast.arg
    if not argument.HasField("a_const"):
        return None
    constant = argument.a_const
    if constant.HasField("boolval"):
        return "true" if constant.boolval.boolval else "false"
    return str(constant.sval.sval) if constant.HasField("sval") else None


def texts_of(settings: "Iterable[Setting]") -> tuple[str, ...]:
    """Return the statements that set another session up alike."""
    return tuple(each.text for each in settings if each.text)


def names_of(settings: "Iterable[Setting]") -> frozenset[str]:
    """Return the names of everything that is set."""
    return frozenset(name for each in settings for name in each.names)
