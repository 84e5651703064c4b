"""Text from outside is shown so that it can do nothing to a terminal."""

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbapply.errors import MigrationFailed, Place, SqlError, UsageError
from sbapply.render.failure import failure_lines, place_lines
from sbapply.render.table import table_lines
from sbapply.render.visible import visible

if TYPE_CHECKING:
    from sbapply.database import Row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é 日本 😀", "é 日本 😀"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\nc", "a\\x0db\\x0ac"),
        ("a\tb", "a b"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("\u2066\u2069\u200e\u200f\u061c", "\\u2066\\u2069\\u200e\\u200f\\u061c"),
        ("zero\u200bwidth\u200d\ufeff", "zero\\u200bwidth\\u200d\\ufeff"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone\ud800", "lone\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_feeds_stay_where_lines_are_wanted() -> None:
    assert visible("a\n\x1bb\r", lines=True) == "a\n\\x1bb\\x0d"


@given(st.text())
def test_nothing_hidden_is_ever_printed(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_the_caret_stands_under_the_place() -> None:
    assert place_lines(Place("f", 12, 8, "select nope from t")) == [
        "    12 | select nope from t",
        "                ^",
    ]


def caret_under(place: Place) -> str:
    line, caret = place_lines(place)
    assert caret.strip() == "^"
    return line[caret.index("^") :]


def test_the_caret_counts_what_is_printed_for_tabs_and_hidden_characters() -> None:
    assert caret_under(Place("f", 1, 3, "\t\tnope")).startswith("nope")
    assert caret_under(Place("f", 1, 4, "\x1b\u202e nope")).startswith("nope")


def test_the_caret_counts_the_columns_that_wide_characters_take() -> None:
    line, caret = place_lines(Place("f", 1, 6, "'日本😀'nope"))
    assert line.endswith("nope")
    columns = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line[: line.index("nope")])
    assert caret == " " * columns + "^"


def test_marks_that_combine_take_no_column() -> None:
    line, caret = place_lines(Place("f", 1, 6, "'e\u0301' nope"))
    assert caret.index("^") == line.index("nope") - 1


def test_a_long_line_is_cut_around_the_place() -> None:
    place = Place("f", 1, 5_001, "x" * 5_000 + "nope" + "y" * 5_000)
    line, _ = place_lines(place)
    assert len(line) < 120
    assert caret_under(place).startswith("nope")


def test_a_place_at_the_end_of_a_line_and_on_an_empty_line() -> None:
    assert place_lines(Place("f", 1, 9, "select 1")) == ["     1 | select 1", "                 ^"]
    assert place_lines(Place("f", 1, 1, "")) == []
    assert place_lines(Place("f", 1, 3, "   ")) == []


def test_a_failure_is_the_sentence_the_place_what_postgres_said_and_the_next_step() -> None:
    said = SqlError("42703", "no column\x1b", detail="the\ndetail", hint="the \x1b hint")
    place = Place("m/1_x.sql", 3, 8, "select nope")
    error = MigrationFailed(
        "no column\x1b", "Correct it.", version="1", file="m/1_x.sql", place=place, sql_error=said
    )
    lines = failure_lines(error)
    assert lines[0].startswith("sbapply: m/1_x.sql:3:8: ")
    assert "     3 | select nope" in lines
    assert "  SQLSTATE 42703" in lines
    assert "  DETAIL: the\\x0adetail" in lines
    assert "  HINT: the \\x1b hint" in lines
    assert lines[-1] == "Next: Correct it."
    assert "\x1b" not in "".join(lines)


def test_a_failure_without_a_place_names_none() -> None:
    assert failure_lines(UsageError("No such thing.")) == ["sbapply: No such thing."]


def test_a_table_shows_nulls_json_and_controls() -> None:
    rows: list[Row] = [{"a": None, "b\x1b": {"é": 1}}, {"a": "x\ny", "b\x1b": 2, "c": True}]
    assert list(table_lines(rows)) == [
        "a      | b\\x1b    | c",
        "-------+----------+-----",
        'NULL   | {"é": 1} | NULL',
        "x\\x0ay | 2        | true",
        "(2 rows)",
    ]
    assert list(table_lines([{"日本": "x"}])) == ["日本", "----", "x", "(1 row)"]
    assert list(table_lines([])) == ["(0 rows)"]
