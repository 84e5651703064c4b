"""Change something in a text that matters: a literal, a name, a type, a keyword, a boundary, a body."""

from collections.abc import Callable
from itertools import pairwise
from random import Random

from postgast import split

from tests.history.edit_texts import Word, all_words

_TYPES = ("int", "bigint", "text", "numeric", "timestamptz", "jsonb", "uuid", "boolean", "varchar", "date")
_OPERATORS = ("+", "-", "<", ">", "=", "<>", "||", "->", "->>", "@>", "<=", "*", "::", ",", ".", "(", ")", "[", "]")
_LETTERS = "aZ_é9"

Change = Callable[[str, Random], str | None]


def _pick(text: str, random: Random, wanted: Callable[[Word, str], bool]) -> Word | None:
    found = [word for word in all_words(text) if wanted(word, text[word.start : word.end])]
    return random.choice(found) if found else None


def _put(text: str, word: Word, letters: str) -> str:
    return text[: word.start] + letters + text[word.end :]


def _literal(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda word, _: word.kind in {"SCONST", "USCONST", "ICONST", "FCONST"})
    if word is None:
        return None
    old = text[word.start : word.end]
    if word.kind in {"ICONST", "FCONST"}:
        at = next(place for place, letter in enumerate(old) if letter.isdigit())
        digit = old[at]
        return _put(text, word, f"{old[:at]}{'1' if digit == '0' else '0'}{old[at + 1 :]}")
    return _put(text, word, _with_other_inside(old, random))


def _with_other_inside(quoted: str, random: Random) -> str:
    """Return a literal or a body with a letter more, less or another inside its quotes."""
    if quoted.startswith("$"):
        first = last = quoted.index("$", 1) + 1
        last = len(quoted) - first
    else:
        first, last = quoted.index("'") + 1, len(quoted) - 1
    places = [at for at in range(first, last) if quoted[at].isalpha() and quoted[at - 1] != "\\"]
    if not places:
        return f"{quoted[:first]}q{quoted[first:]}"
    at = random.choice(places)
    old = quoted[at]
    other = "x" if old.swapcase() == old else old.swapcase()
    return (
        quoted[:at] + random.choice((f"{old}{old}", other, "", f"{old} {old}", "\u200b" + old)) + quoted[at + 1 :]
    )


def _name(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda word, _: word.kind in {"IDENT", "UIDENT"})
    if word is None:
        return None
    old = text[word.start : word.end]
    if '"' in old:
        at = old.rindex('"')
        return _put(text, word, f"{old[:at]}{random.choice(_LETTERS)}{old[at:]}")
    quoted = f'"{old[0].upper()}{old[1:]}"'
    return _put(text, word, random.choice((old + random.choice(_LETTERS), quoted, f"{old}_2", f"z{old}")))


def _quoted_case(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda word, old: word.kind == "IDENT" and '"' in old and old.swapcase() != old)
    return _put(text, word, text[word.start : word.end].swapcase()) if word is not None else None


def _type(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda _, old: old.lower() in _TYPES)
    if word is None:
        return None
    old = text[word.start : word.end]
    others = [each for each in _TYPES if each != old.lower()]
    return _put(text, word, random.choice([*others, f"{old}[]", f"{old}(7)"]))


def _keyword(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda word, _: word.keyword and word.kind != "NCHAR")
    if word is None:
        return None
    old = text[word.start : word.end]
    others = [each for each in ("not", "or", "and", "desc", "cascade", "all", "") if each != old.lower()]
    return _put(text, word, random.choice([f" {random.choice(others)} ", f"{old} not"]))


def _operator(text: str, random: Random) -> str | None:
    word = _pick(text, random, lambda _, old: old in _OPERATORS)
    if word is None:
        return None
    old = text[word.start : word.end]
    return _put(text, word, f" {random.choice([each for each in _OPERATORS if each != old])} ")


def _statement(text: str, random: Random) -> str | None:
    """Return the text with a statement more, less, or in another place."""
    statements = list(split(text))
    if len(statements) < 2:
        return f"{text}\n;select 1"
    random.choice((_drop, _double, _move))(statements, random)
    after = ";\n".join(statements)
    return None if _spelled(after) == _spelled(text) else after


def _drop(statements: list[str], random: Random) -> None:
    del statements[random.randrange(len(statements))]


def _double(statements: list[str], random: Random) -> None:
    statements.append(random.choice(statements))


def _move(statements: list[str], random: Random) -> None:
    statements.append(statements.pop(random.randrange(len(statements) - 1)))


def _spelled(text: str) -> list[str]:
    return [text[word.start : word.end] for word in all_words(text) if word.kind != "ASCII_59"]


def _boundary(text: str, random: Random) -> str | None:
    """Return the text with a semicolon less between two statements, or one in the middle of a statement."""
    words = all_words(text)
    inner = [word for word in words[1:-1] if word.kind != "NCHAR"]
    ends = [word for word in inner if word.kind == "ASCII_59" and words[-1].start > word.end]
    if ends and random.random() < 0.5:
        return _put(text, random.choice(ends), " ")
    middles = [
        before
        for before, after in pairwise(words)
        if ";" not in (text[before.start : before.end], text[after.start : after.end]) and before.kind != "NCHAR"
    ]
    if not middles:
        return None
    at = random.choice(middles).end
    return f"{text[:at]} ; {text[at:]}"


def _body(text: str, random: Random) -> str | None:
    """Return the text with something else in a dollar body: its blanks, its comments and its case matter."""
    word = _pick(text, random, lambda word, old: word.kind == "SCONST" and old.startswith("$"))
    if word is None:
        return None
    old = text[word.start : word.end]
    first = old.index("$", 1) + 1
    kinds = (f"{old[:first]} {old[first:]}", f"{old[:-first]}-- x\n{old[-first:]}", _with_other_inside(old, random))
    return _put(text, word, random.choice(kinds))


CHANGES: dict[str, Change] = {
    "literal": _literal,
    "name": _name,
    "case in quotes": _quoted_case,
    "type": _type,
    "keyword": _keyword,
    "operator": _operator,
    "statement": _statement,
    "boundary": _boundary,
    "body": _body,
}
