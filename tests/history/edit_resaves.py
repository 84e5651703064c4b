"""Save a text again as editors and formatters do, with nothing changed in its SQL."""

from collections.abc import Callable, Sequence
from random import Random

from tests.history.edit_texts import Word, all_words

_BLANKS = (" ", "  ", "\n", "\t", "\n\n  ", " \f", "\n\t ")
_COMMENTS = (
    *(" /* why */ ", "/**/", " /* a /* b; */ 'c */ ", " -- it's so; $$\n", '-- "x\n\n', " --\n"),
    *("\n/*\n * é 🚀\n */\n", " --> statement-breakpoint\n", "/*;*/ -- ; \n "),
)

Resave = Callable[[str, Random], str]


def _between(text: str, random: Random, choices: Sequence[str], *, often: float) -> str:
    """Return the text with other gaps: a gap stays one, and a place without one may become one."""
    parts, at = [], 0
    words = all_words(text)
    for number, word in enumerate(words):
        gap, before = text[at : word.start], words[number - 1].kind if number else ""
        # N'x' is one literal to PostgreSQL and two words to its scanner.
        if before != "NCHAR" and random.random() < often:
            gap = random.choice(choices)
            if text[:at].endswith("-") and gap.startswith("-"):
                gap = f" {gap}"
            if before == "SCONST" and word.kind == "SCONST":
                gap = f"\n{gap}"
        parts += [gap, text[word.start : word.end]]
        at = word.end
    return "".join(parts) + (random.choice(choices) if random.random() < often else text[at:])


def _blanks(text: str, random: Random) -> str:
    return _between(text, random, _BLANKS, often=random.random())


def _comments(text: str, random: Random) -> str:
    return _between(text, random, _COMMENTS, often=random.random())


def _line_ends(text: str, random: Random) -> str:
    way = random.choice((["\r\n"], ["\n"], ["\r"], ["\r\n", "\n"]))
    first, *rest = text.replace("\r\n", "\n").split("\n")
    return first + "".join(random.choice(way) + line for line in rest)


def _cased(text: str, random: Random, wanted: Callable[[Word], bool]) -> str:
    way = random.choice((str.upper, str.lower, str.title, str.swapcase))
    parts, at = [], 0
    for word in all_words(text):
        parts.append(text[at : word.start])
        letters = text[word.start : word.end]
        parts.append(way(letters) if wanted(word) and letters.isascii() and '"' not in letters else letters)
        at = word.end
    return "".join(parts) + text[at:]


def _keyword_case(text: str, random: Random) -> str:
    return _cased(text, random, lambda word: word.keyword)


def _name_case(text: str, random: Random) -> str:
    return _cased(text, random, lambda word: word.kind == "IDENT")


def _semicolons(text: str, random: Random) -> str:
    parts, at = [random.choice(("", ";", "\n; ;\n"))], 0
    for word in all_words(text):
        parts.append(text[at : word.end])
        if word.kind == "ASCII_59":
            parts.append(random.choice(("", ";", " ;", "\n/* x */ ;;\n")))
        at = word.end
    return "".join(parts) + text[at:] + random.choice(("", "\n;", "\n;;\n"))


def _mark(text: str, random: Random) -> str:
    return random.choice(("\ufeff", "\ufeff\n", "\n", "")) + text


def _everything(text: str, random: Random) -> str:
    for resave in (_blanks, _comments, _keyword_case, _name_case, _semicolons, _line_ends):
        text = resave(text, random)
    return text


RESAVES: dict[str, Resave] = {
    "blanks": _blanks,
    "comments": _comments,
    "line ends": _line_ends,
    "keyword case": _keyword_case,
    "name case": _name_case,
    "semicolons": _semicolons,
    "cuts": lambda text, _random: text,
    "byte order mark": _mark,
    "everything": _everything,
}
