"""Tell which statement the server means when it says that one cannot run in a transaction."""

import re

from sbapply.migrations.bodies import body_of_do
from sbapply.migrations.statements import SplitText
from sbapply.migrations.telling import parse_statement
from sbapply.migrations.unit import Unit
from sbapply.migrations.words import leading_words, words_of

# PreventInTransactionBlock in PostgreSQL's src/backend/access/transam/xact.c, of every version since 13.
_REFUSED = re.compile(
    r"(?:^|:)\s*(?P<command>[^:]+?) cannot (?:run inside a|be executed (?:from a function|within a pipeline))"
)
_COMMAND_WORD = re.compile(r"\b[A-Z]+\b")
_ENDS_TRANSACTION = re.compile(r"\b(?:commit|rollback)\b", re.IGNORECASE)


def suspects(split: SplitText, unit: Unit, sqlstate: str, message: str) -> frozenset[int]:
    """Return the statements of ``unit`` that the server's refusal is probably about; none if none fits.

    It is told by the command that a 25001 names; a 2D000 is about a DO or a CALL that ends the transaction.
    """
    inside = range(unit.first, unit.last)
    if sqlstate == "25001":
        refused = _REFUSED.search(message)
        if refused is None:
            return frozenset()
        command = _words_of_command(refused["command"])
        return frozenset(index for index in inside if _holds(split, index, command))
    if sqlstate != "2D000":
        return frozenset()
    dos = [index for index in inside if _first_word(split, index) == "do"]
    telling = [index for index in dos if _ENDS_TRANSACTION.search(_body(split, index))]
    calls = [index for index in inside if _first_word(split, index) == "call"]
    return frozenset(telling or calls or dos)


def _words_of_command(command: str) -> list[str]:
    """Return the words that a statement has to hold, of `DROP DATABASE` both."""
    words = [word.lower() for word in _COMMAND_WORD.findall(command.partition("(")[0])]
    # What it names may be the default, which nobody wrote.
    return words[:-1] if words[-1:] == ["with"] else words


def _holds(split: SplitText, index: int, command: list[str]) -> bool:
    if not command or _first_word(split, index) != command[0]:
        return False
    words = words_of(split.source(split.statements[index]))
    return all(word in words for word in command)


def _first_word(split: SplitText, index: int) -> str:
    statement = split.statements[index]
    first = next(leading_words(split.text, statement.start, statement.end), None)
    return first.text if first is not None else ""


def _body(split: SplitText, index: int) -> str:
    return body_of_do(parse_statement(split, split.statements[index])) or ""
