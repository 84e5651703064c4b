"""Tell quickly whether a text can hold anything newer than a version, so that little is parsed.

A sign is a word that stands in every text with the newer thing, and where that word is common a pattern as well.
What has no sign has nothing newer; what has one is parsed, and may have nothing newer all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sbapply.migrations.newer_names import NEWEST, builtin_names

# Words as bytes in lower case: translating and splitting bytes is several times as fast as a pattern.
_WORDS = bytes(
    code + 32 if 65 <= code <= 90 else code if code > 127 or chr(code).isalnum() or code == 95 else 32
    for code in range(256)
)
# Digits as 1 and letters as a, for numbers such as 1_000.
_SHAPES = bytes(
    49 if 48 <= code <= 57 else 97 if code > 127 or chr(code).isalpha() else 95 if code == 95 else 32
    for code in range(256)
)
_UNDERSCORED = re.compile(rb"1_1")
# The look behind stands behind the first character, so that the search can begin with that.
_BASED = re.compile(rb"0(?<![\w$.\x80-\xff]0)[xob]_?[0-9a-f]")
# What follows a sub-select without an alias.
_WITHOUT_ALIAS = "|".join(
    (
        *("where", "group", "having", "order", "limit", "offset", "fetch", "for", "window", "returning"),
        *("union", "intersect", "except", "join", "inner", "left", "right", "full", "cross", "natural"),
        *("on", "using", "when", "set", "with", "tablesample", "then", "loop", "end", "and", "or"),
        *("into", "do", "is", "in", "not", "else"),
    )
)
_ALIAS = rf'\s*(?:as\b|(?!(?:{_WITHOUT_ALIAS})\b)[a-z_"\x80-\xff])'
_NUMBERS_SINCE = 16
_PARENTHESES = re.compile(rb"'[^']*'|--[^\n]*|[()]")


@dataclass(frozen=True, slots=True)
class _Sign:
    """Hold one sign: the words of which one is there, if any are named, and what is looked for then.

    ``since`` is the last version that brought something with that sign.
    """

    since: int
    words: tuple[bytes, ...]
    pattern: str = ""


def _sign(since: int, words: str, pattern: str = "") -> _Sign:
    return _Sign(since, tuple(word.encode() for word in words.split()), pattern)


@cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    """Compile a pattern where it is first needed: all of them take longer than reading a folder."""
    return re.compile(pattern.encode("latin-1"))


_PATH_METHOD = r"\.\s*(?:bigint|boolean|date|decimal|integer|number|string|(?:time|timestamp)(?:_tz)?)\s*\("
# What follows NOT NULL where it is a column's, or of an expression; a column's name where it is a table's.
_BEHIND_NOT_NULL = "|".join(
    (
        *(
            "default",
            "check",
            "unique",
            "primary",
            "references",
            "constraint",
            "generated",
            "collate",
            "deferrable",
        ),
        *(
            "initially",
            "storage",
            "compression",
            "null",
            "end",
            "else",
            "when",
            "loop",
            "union",
            "on",
            "in",
            "limit",
        ),
        *("and", "or", "then", "not", "as", "from", "where", "order", "group"),
    )
)

# The list follows the differences between gram.y of PostgreSQL 15, 16, 17 and 18.
_SIGNS = (
    _sign(16, "json_object json_array json_objectagg json_arrayagg system_user reindex indent pg_routine_oid"),
    _sign(16, "unicode"),
    _sign(16, "generated", r"partition\s+of\b[^;]*always\s+as\s*\("),
    _sign(16, "json", r"is\s+(?:not\s+)?json\b"),
    _sign(16, "storage", r"storage\s+(?:plain|external|extended|main|default)\b"),
    _sign(16, "grant", r"with\s+(?:set\b|admin\s+(?:true|false)\b)"),
    _sign(16, "grant revoke", r"set\s+(?:true|false|option)\b"),
    _sign(17, "merge merge_action json_table json_query json_value json_exists json_scalar json_serialize"),
    _sign(17, "maintain cluster expression partition explain statistics"),
    _sign(17, "database", r"create\s+database\b"),
    _sign(17, "collation", r"create\s+collation\b"),
    _sign(17, "json", r"json\s*\("),
    _sign(17, "login reindex", r"event\s+trigger\b"),
    _sign(17, "method", r"access\s+method\s+default\b"),
    _sign(17, "operator", r"alter\s+operator\b"),
    _sign(17, "local", r"at\s+local\b"),
    _sign(17, "domain", r"alter\s+domain\b[^;]*not\s+null\b"),
    _sign(17, "type rowtype", r"%\s*(?:row)?type\s*(?:\[|array\b)"),
    _sign(17, "jsonpath", _PATH_METHOD),
    _sign(17, "jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array", _PATH_METHOD),
    _sign(17, "jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_tz", _PATH_METHOD),
    _sign(17, "jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz", _PATH_METHOD),
    _sign(17, "", rf"@[?@][^;]*{_PATH_METHOD}"),
    _sign(18, "copy vacuum analyze inherit bytea"),
    _sign(18, "subscription", r"alter\s+subscription\b"),
    _sign(17, "subscription", r"create\s+subscription\b"),
    _sign(18, "enforced overlaps period publish_generated_columns vacuum_max_eager_freeze_failure_rate"),
    _sign(18, "generated", r"always\s+as\s*\("),
    _sign(18, "old new", r"returning\b[^;]*?\b(?:old|new)\b"),
    _sign(18, "returning", r"returning\s+with\b"),
    _sign(18, "large", r"large\s+objects\b"),
    _sign(18, "foreign", r"foreign\s+table\b"),
    _sign(18, "open", r"open\s+[\w\"]+\s*\([^;]*=>"),
    _sign(18, "null", rf'not\s+null\s+(?:not\s+valid\b|no\s+inherit\b|(?!(?:{_BEHIND_NOT_NULL})\b)[\w"])'),
)


_SUBSELECTS = (
    r"from\s*\(\s*(?:select|values|with|table|\()",
    r"join\s*(?:lateral\s*)?\(\s*(?:select|values|with|table|\()",
    r"lateral\s*\(\s*(?:select|values|with|table|\()",
    r",\s*\(\s*(?:select|with|values)\b",
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """Hold the signs of what is newer than one version.

    ``plain`` are the words that are a sign by themselves, ``known`` all that matter.
    """

    plain: frozenset[bytes]
    patterned: tuple[_Sign, ...]
    known: frozenset[bytes]


@cache
def _signs_of(major: int) -> _Signs:
    names = builtin_names()
    plain = {word for sign in _SIGNS if not sign.pattern and sign.since > major for word in sign.words}
    plain.update(name.encode() for name in names.newer_than(major))
    # Of names that are old with another number of arguments, only calls matter.
    called = [_sign(NEWEST, name, rf"{name}\s*\(") for name in names.overloaded_since(major)]
    patterned = tuple(sign for sign in (*_SIGNS, *called) if sign.pattern and sign.since > major)
    known = plain.union(*(sign.words for sign in patterned))
    return _Signs(frozenset(plain), patterned, known=frozenset(known))


def may_be_newer(text: str, major: int) -> bool:
    """Tell whether a text can hold anything that the major version does not take."""
    return next(_places(text.encode("utf-8", "surrogatepass"), major), None) is not None


def places_of_signs(text: str, major: int) -> list[int]:
    """Return where in a text, in characters and in order, something may be that the major version does not take."""
    raw = text.encode("utf-8", "surrogatepass")
    places = sorted(set(_places(raw, major)))
    if len(raw) == len(text):
        return places
    characters = before = 0
    found = []
    for place in places:
        characters += len(raw[before:place].decode("utf-8", "surrogatepass"))
        before = place
        found.append(characters)
    return found


def _places(raw: bytes, major: int) -> Iterator[int]:
    signs = _signs_of(major)
    words = signs.known.intersection(raw.translate(_WORDS).split())
    lower = raw.lower()
    plain = words & signs.plain
    if plain:
        one_of = re.compile(rb"(?<![\w\x80-\xff])(?:%s)(?![\w\x80-\xff])" % b"|".join(sorted(plain)))
        yield from (found.start() for found in one_of.finditer(lower))
    for sign in signs.patterned:
        if not sign.words or not words.isdisjoint(sign.words):
            yield from (found.start() for found in _compiled(sign.pattern).finditer(lower))
    if major < _NUMBERS_SINCE:
        yield from _new_numbers(raw, lower)
        yield from _bare_subselects(lower)


def has_new_number(raw: bytes) -> bool:
    """Tell whether something looks like a number with an underscore or a base, which only 16 knows."""
    return next(_new_numbers(raw, raw.lower()), None) is not None


def _new_numbers(raw: bytes, lower: bytes) -> Iterator[int]:
    yield from (found.start() for found in _BASED.finditer(lower))
    shapes = raw.translate(_SHAPES)
    for found in _UNDERSCORED.finditer(shapes):
        start = found.start()
        while start and shapes[start - 1] in b"1_":
            start -= 1
        if start == 0 or shapes[start - 1 : start] == b" ":
            yield start


def _bare_subselects(lower: bytes) -> Iterator[int]:
    """Yield where a sub-select in FROM may have no alias, which only 16 allows."""
    for pattern in _SUBSELECTS:
        for found in _compiled(pattern).finditer(lower):
            end = _closing(lower, lower.index(b"(", found.start()))
            if end is None or _compiled(_ALIAS).match(lower, end) is None:
                yield found.start()


def _closing(lower: bytes, opening: int) -> int | None:
    """Return the offset behind the parenthesis that closes the one at ``opening``, None if none does."""
    depth = 0
    for found in _PARENTHESES.finditer(lower, opening):
        if found[0] == b"(":
            depth += 1
        elif found[0] == b")":
            depth -= 1
            if depth == 0:
                return found.end()
    return None
