"""Offsets: statements and what is between them give the file back, whatever stands in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.migrations.statements import SplitText, split_text
from sbapply.migrations.text import skip_blank

_STATEMENTS = (
    "select 1",
    "select 'a;b' as \"x;y\"",
    "select $$ ; -- no comment $$",
    "select $tag$ ; $$ /* $tag$",
    "select E'\\';'",
    "select '😀é\u200b'",
    "select 1 /* ; /* ; */ 😀 */ + 1",
    "select 1 -- ; 😀\n + 1",
    "select 1 -- ;\r + 1",
    "create table weekend (\r\n  atomic int\r\n)",
    "create function f() returns int language sql begin atomic select 1; select 2; end",
    "do $do$ begin perform 1; end $do$",
    "begin",
    "commit",
    "insert into t values (1), (2)",
    "create rule r as on insert to t do (delete from u; delete from v)",
)
_GAPS = (
    "",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t\f\v",
    "-- why; 😀\n",
    "-- why\r\n",
    "-- why\r",
    "/* a /* ; */ é */",
    "/**/",
)

_gap = st.lists(st.sampled_from(_GAPS), max_size=4).map("".join)
_separator = st.tuples(_gap, st.sampled_from([";", ";;", "; ;", ";\n;"]), _gap).map("".join)


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, list[str]]:
    statements = draw(st.lists(st.sampled_from(_STATEMENTS), max_size=6))
    parts = [draw(_gap)]
    for index, statement in enumerate(statements):
        last = index == len(statements) - 1
        parts += [statement, draw(st.one_of(_separator, _gap)) if last else draw(_separator)]
    return "".join(parts), statements


def reassembled(split: SplitText) -> str:
    parts: list[str] = []
    at = 0
    for each in split.statements:
        assert at == each.lead <= each.start <= each.end <= each.after
        parts += [split.text[each.lead : each.start], split.source(each), split.text[each.end : each.after]]
        at = each.after
    return "".join([*parts, split.text[at:]])


@settings(max_examples=300, deadline=None)
@given(_files())
def test_statements_and_gaps_give_the_file_back_byte_for_byte(file: tuple[str, list[str]]) -> None:
    text, statements = file
    split = split_text(text)
    assert reassembled(split).encode() == text.encode()
    assert len(split.statements) == len(statements)
    for found, statement in zip(map(split.source, split.statements), statements, strict=True):
        # The splitter leaves blanks and comments before a semicolon with the statement.
        assert found.startswith(statement)
        assert skip_blank(found, len(statement)) == len(found)


@settings(max_examples=150, deadline=None)
@given(_files())
def test_what_is_stored_splits_into_the_same_statements_again(file: tuple[str, list[str]]) -> None:
    text, _ = file
    split = split_text(text)
    again = split_text("\n;\n".join(split.stored()))
    assert [again.source(each).rstrip() for each in again.statements] == [
        split.source(each).rstrip() for each in split.statements
    ]


def official_cli(statements: list[str]) -> tuple[str, ...]:
    """Return what the official CLI stores of statements that hold no comment: cut, trimmed, none empty."""
    return tuple(statement.rstrip(";").strip() for statement in statements)


_plain = st.sampled_from([each for each in _STATEMENTS if not each.endswith("+ 1")])


@settings(max_examples=100, deadline=None)
@given(st.lists(_plain, max_size=6), st.sampled_from([";", ";\n", " ;\r\n\r\n", ";\n\t"]))
def test_simple_files_are_stored_as_the_official_cli_stores_them(statements: list[str], separator: str) -> None:
    text = "".join(statement + separator for statement in statements)
    assert split_text(text).stored() == official_cli(statements)
