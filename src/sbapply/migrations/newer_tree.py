"""Hold what the rules on newer syntax share: how a parse tree is read, and what they know beside a node."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from postgast import pg_query_pb2 as tree


@dataclass(slots=True)
class Scope:
    """Hold what the rules know beside a node.

    ``source`` is the text that was parsed, ``defined`` the names that are the project's own. Without ``names`` only
    syntax counts. In a ``trigger`` NEW and OLD are variables. ``above`` are the kinds of the nodes around one.
    """

    source: str
    defined: frozenset[str]
    names: bool = True
    trigger: bool = False
    above: list[str] = field(default_factory=list)


_NODE = tree.Node.DESCRIPTOR
_LEAVES = frozenset({"string", "integer", "float", "boolean", "bit_string", "a_star"})

# A field of a parse tree, whose kinds protobuf makes at run time.
Tree = Any
# What is newer, since which version, and where: a tree, an offset in bytes, or nobody knows.
Newness = tuple[str, int, "Tree | int | None"]
Rule = Callable[[Tree, Scope], Iterator[Newness]]


def always(what: str, since: int) -> Rule:
    """Return the rule of a kind of node that is newer whatever it holds."""

    def rule(message: Tree, _scope: Scope) -> Iterator[Newness]:
        yield what, since, message

    return rule


def children(message: Tree) -> Iterator[Tree]:
    """Yield the trees right under one; what wraps each is left out, and so are constants and names."""
    for descriptor, value in message.ListFields():
        if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
            for child in value if isinstance(value, Iterable) else (value,):
                bare = child
                if descriptor.message_type is _NODE:
                    name = child.WhichOneof("node")
                    bare = getattr(child, name) if name is not None and name not in _LEAVES else None
                if bare is not None:
                    yield bare


def first_place(message: Tree) -> int:
    """Return the least place that a tree has, 0 if it has none."""
    own = getattr(message, "location", 0)
    if isinstance(own, int) and own > 0:
        return own
    places = (first_place(child) for child in children(message))
    return min((place for place in places if place), default=0)


def descendants(message: Tree) -> Iterator[Tree]:
    """Yield a tree and all the trees in it."""
    yield message
    for child in children(message):
        yield from descendants(child)


def names_in(nodes: Iterable[Tree]) -> list[str]:
    """Return the parts of a name."""
    return [str(node.string.sval) for node in nodes]


def text_of(node: Tree) -> str:
    """Return the text of a constant, empty for anything else."""
    return str(node.a_const.sval.sval) if node.HasField("a_const") else str(node.string.sval)


def value_of(option: Tree) -> str:
    """Return the value of a command's option as a word."""
    argument = option.arg
    if argument.HasField("type_name"):
        return str(argument.type_name.names[-1].string.sval).lower()
    return str(argument.string.sval).lower()
