"""Look at the command line before typer does: what must hold whatever the verb, and even if it is wrong."""

from collections.abc import Sequence
from typing import Literal

# Options that take a value; where one stands before the verb, its value is not the verb.
_WITH_VALUE = frozenset(
    {
        "--project-ref",
        "--target",
        "--branch",
        "--confirm",
        "--workdir",
        "--api-url",
        "--profile",
        "--output",
        "--to",
        "--done",
        "--again",
        "--port",
        "--file",
        "--format",
        "--token",
        "--report",
        "--status",
        "--drop",
        "--from-schema",
        "--out",
        "-o",
        "--plan",
        "--name",
    }
)
_GROUPS = frozenset({"sandbox"})


def move_options_behind_verb(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the options that stand before the verb put behind it.

    Every option is accepted before and after the verb; only the verb knows what it means.
    """
    index = 0
    while index < len(arguments) and arguments[index].startswith("-") and arguments[index] != "--":
        index += 2 if arguments[index] in _WITH_VALUE else 1
    before, rest = list(arguments[:index]), list(arguments[index:])
    if not rest:
        return before
    if rest[0] in _GROUPS and len(rest) > 1:
        # The verb is two words, and between them options may stand as well.
        return [rest[0], *move_options_behind_verb([*before, *rest[1:]])]
    return [rest[0], *before, *rest[1:]]


def output_of(arguments: Sequence[str]) -> Literal["text", "json"]:
    """Return the output that was asked for, also where the rest of the command line is wrong."""
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        following = arguments[index + 1] if index + 1 < len(arguments) else ""
        if argument == "--output=json" or (argument == "--output" and following == "json"):
            return "json"
    return "text"


def verb_of(arguments: Sequence[str]) -> str | None:
    """Return the verb, once the options stand behind it; None if there is none."""
    return arguments[0] if arguments and not arguments[0].startswith("-") else None
