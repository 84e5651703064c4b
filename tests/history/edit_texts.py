"""Find SQL to save again: statements of all sorts, where their words stand, and what tools keep of a text."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from postgast import PgQueryError, scan
from postgast.pg_query_pb2 import Token

from sbapply.migrations.statements import split_text
from tests.history.official_splitter import official_cut
from tests.reliability.folder_cases import cases

_CATALOG_CASES = Path(__file__).parents[1] / "catalog" / "cases"
_ODD = (
    "select E'it\\'s; so', e'tab\\tand ''two''', E'\\\\'",
    'select U&"d\\0061t\\+000061" as "Ärger; ""quoted""", U&\'d!0061\' uescape \'!\'',
    "select 1.0e5, .5, 5., 1_000, 0xFF, 0b11, X'1F', B'01', N'é', $$it's; $1$$, -1",
    "select a<-1, a @-1, b->>'x', c@>'{}'::jsonb, d||e, f!~~g, (h).i[1:2], j::int[]/*c*/-1 from t --e\n where a=1",
    "select 'a'\n  'b'\n\n'c' as long_one, 'x' || /* /* nested; */ it's */ 'y'",
    "do $é$ begin raise notice 'a;b'; -- c\n  perform 1;\r\nend $é$",
    "create function f(\"In\" int, out b text) language sql return 'x' || $1",
    "create rule r as on insert to t do also (insert into u values (1, ';'); delete from v where (a) = 2)",
    "create function g() returns int language sql begin atomic select case when true then 1 end; select 3; end",
    'alter table public."Foo" add column "Bar" VarChar(20) COLLATE "C" not null default \'\'',
    "create table été (Größe numeric(10, 2) check (Größe > 0.5), at timestamptz default now(), d jsonb)",
    "grant select, insert on all tables in schema public to anon, authenticated",
    "create policy \"own; rows\" on t for select to authenticated using (auth.uid() = owner and role <> 'x')",
    "comment on column t.a is '🚀 “it”\u200b -- no comment; /* none */'",
    "alter table t alter column a type bigint using a::bigint, drop constraint if exists c cascade",
    "create view v with (security_invoker = true) as select distinct on (a) a, b from t order by a asc nulls last",
    "insert into t values (1, 'it''s', null, true, '{\"a\": [1, 2]}'::jsonb) on conflict (id) do nothing",
    "create type mood as enum ('calm', 'wild')",
    "-- what it is for\n-- in two lines\nset local lock_timeout = '2s'",
    "vacuum",
    "analyze",
)
_KINDS = {number: name for name, number in Token.items()}


class Word(NamedTuple):
    """Hold where a token stands in a text, in characters, and what the scanner calls it."""

    start: int
    end: int
    kind: str
    keyword: bool


@cache
def statements() -> tuple[str, ...]:
    """Return statements of all sorts, each with the comments that stand before it."""
    texts = [case.text for case in cases(Random(1)) if len(case.text) < 5_000]
    texts += [path.read_text(encoding="utf-8") for path in sorted(_CATALOG_CASES.glob("*.sql"))]
    found = [statement for text in texts for statement in split_text(text).stored()]
    return (*(statement for statement in found if len(statement) < 400 and _is_whole(statement)), *_ODD * 5)


def _is_whole(statement: str) -> bool:
    """Tell a statement from a comment, and from one with a comment at its end that would swallow a semicolon."""
    words = words_of(f"{statement};")
    return words is not None and len(words) > 1 and words[-1].kind == "ASCII_59"


def _ours(text: str) -> Sequence[str]:
    try:
        return split_text(text).stored()
    except PgQueryError:
        return (text,)


def _whole(text: str) -> Sequence[str]:
    return (text,)


def _trimmed(text: str) -> Sequence[str]:
    return (text.strip().rstrip(";"),)


def _with_semicolons(text: str) -> Sequence[str]:
    return [f"{part}\n;" for part in _ours(text)]


CUTS: tuple[Callable[[str], Sequence[str]], ...] = (official_cut, _ours, _whole, _trimmed, _with_semicolons)


@lru_cache(maxsize=64)
def words_of(text: str) -> tuple[Word, ...] | None:
    """Return the tokens of a text without its comments, None where it cannot be scanned."""
    raw = text.encode()
    try:
        tokens = scan(text).tokens
    except PgQueryError:
        return None
    found, at, character, plain = [], 0, 0, text.isascii()
    for token in tokens:
        start = token.start if plain else character + len(raw[at : token.start].decode())
        character = token.end if plain else start + len(raw[token.start : token.end].decode())
        at = token.end
        kind = _KINDS[token.token]
        if not kind.endswith("_COMMENT"):
            found.append(Word(start, character, kind, bool(token.keyword_kind)))
    return tuple(found)


def all_words(text: str) -> tuple[Word, ...]:
    words = words_of(text)
    assert words is not None, text
    return words
