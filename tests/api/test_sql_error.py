"""What Postgres said, read out of the endpoint's text: everything that follows, and nothing that does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.api.sql_error import SqlErrorText, parse_sql_error
from sbapply.rehearse.failure import WireError, format_error

PREFIX = "Failed to run sql query: "


def parsed(text: str, sql: str = "") -> SqlErrorText:
    said = parse_sql_error(text, sql)
    assert said is not None
    return said


def position(before: str, behind: str = "") -> int | None:
    """Return the position read back for an error between two parts of a text."""
    sql = before + behind
    error = WireError("ERROR", "42601", "syntax error", position=len(before) + 1)
    return parsed(PREFIX + format_error(error, sql), sql).position


def test_every_part_is_read() -> None:
    said = parsed(
        "Failed to run sql query: ERROR:  23505: duplicate key\nDETAIL:  Key (a)=(1) exists.\nHINT:  Do not.\n"
        "QUERY:  select secret\nCONTEXT:  PL/pgSQL function f() line 3\n"
    )
    assert said == SqlErrorText("ERROR", "23505", "duplicate key", "Key (a)=(1) exists.", "Do not.", None)


def test_query_and_context_can_hold_the_whole_file_and_are_dropped() -> None:
    said = parsed("ERROR:  42601: syntax\nQUERY:  select 'secret'\nDETAIL? no\nCONTEXT:  secret\nsecret\n")
    assert "secret" not in repr(said)
    assert (said.message, said.detail) == ("syntax", None)


@pytest.mark.parametrize("prefix", ["", "Failed to run sql query: ", "Failed to run read-only sql query: "])
@pytest.mark.parametrize("sqlstate", ["42P01", "SBA01", "SBA02", "SBA03", "SBA04", "P0001", "00000"])
def test_the_sqlstate_is_read_behind_any_introduction(prefix: str, sqlstate: str) -> None:
    assert parsed(f"{prefix}ERROR:  {sqlstate}: said: so\n").sqlstate == sqlstate


@pytest.mark.parametrize("severity", ["ERROR", "FATAL", "PANIC"])
def test_the_severity_is_read(severity: str) -> None:
    assert parsed(f"{PREFIX}{severity}:  57P01: terminating\n").severity == severity


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Failed to run sql query: Connection terminated unexpectedly",
        "Query result size (3 bytes) exceeded the configured limit (2 bytes)",
        "query: Invalid input: expected string, received undefined",
        "NOTICE:  00000: hello",
        "ERROR: nothing",
        "ERROR:  4230: short",
        "MYERROR:  42P01: x",
    ],
)
def test_without_a_sqlstate_nothing_is_read(text: str) -> None:
    assert parse_sql_error(text, "select 1") is None


def test_a_message_and_a_detail_of_several_lines_stay_whole() -> None:
    said = parsed("ERROR:  P0001: first\nsecond\n\nthird\nDETAIL:  one\ntwo\nHINT:  three\nfour\n")
    assert said.message == "first\nsecond\n\nthird"
    assert said.detail == "one\ntwo"
    assert said.hint == "three\nfour"


def test_the_words_of_a_label_inside_a_line_are_text() -> None:
    said = parsed("ERROR:  P0001: see DETAIL:  here\n DETAIL:  indented\nDETAIL: one blank\nHINT:  the real one\n")
    assert said.message == "see DETAIL:  here\n DETAIL:  indented\nDETAIL: one blank"
    assert (said.detail, said.hint) == (None, "the real one")


def test_a_message_that_looks_like_a_place_gives_no_position() -> None:
    assert parsed("ERROR:  P0001: boom\nLINE 1: select 2\n        ^\n", "select 1").position is None


@pytest.mark.parametrize(
    "before",
    [
        "",
        "select ",
        "select\n\n",
        "-- é\n",
        "-- 😀\n\n",
        "'😀😀😀' ",
        "\t\t",
        "a\r\nb\r\n",
        "😀\n😀\n😀 😀 ",
        "\n" * 50,
    ],
)
def test_a_position_is_undone_whatever_stands_before_it(before: str) -> None:
    assert position(before, "x y z; -- a long rest of the line with some room 😀") == len(before)


def test_a_position_at_a_line_end_is_the_line_end() -> None:
    assert position("select 1", "\nselect 2\n") == 8


def test_line_0_gives_no_position() -> None:
    text = format_error(WireError("ERROR", "42601", "syntax error at end of input", position=9), "select 1")
    assert "LINE 0: " in text
    assert parsed(text, "select 1").position is None


def test_a_line_that_is_not_ours_gives_no_position() -> None:
    text = format_error(WireError("ERROR", "42601", "syntax", position=8), "select x")
    assert parsed(text, "select x").position == 7
    assert parsed(text, "select y").position is None
    assert parsed(text, "").position is None


def test_a_place_does_not_hide_the_detail_behind_it() -> None:
    sql = "select 1,\n  nope"
    error = WireError("ERROR", "42703", "no column", position=13, detail="a detail", hint="a hint", where="CONTEXT")
    said = parsed(format_error(error, sql), sql)
    assert (said.position, said.detail, said.hint) == (12, "a detail", "a hint")
    assert said.message == "no column"


_sql = st.lists(
    st.sampled_from(["a", " ", "\n", "\t", "\r\n", "é", "日", "😀", "\u200b", ";", "^", "LINE 1: ", "\n\n"]),
    min_size=1,
    max_size=60,
).map("".join)
_messages = st.sampled_from(
    [
        "boom",
        "",
        "two\nlines",
        'column "x" does not exist',
        "see DETAIL:  x",
        "^",
        "LINE 3",
        "ends in newline\n",
        "😀",
    ]
)


@settings(max_examples=500, deadline=None)
@given(_sql, st.data(), _messages, st.none() | st.sampled_from(["d", "d\ne"]), st.booleans())
def test_a_formatted_position_comes_back_or_is_none_never_another(
    sql: str, data: st.DataObject, message: str, detail: str | None, annotated: bool
) -> None:
    ran = sql + "\n\n-- source: POST /v1/projects/:ref/database/query\n-- user: pat:1" if annotated else sql
    at = data.draw(st.integers(0, len(ran)))
    error = WireError("ERROR", "42601", message, position=at + 1, detail=detail, where="x")
    said = parsed(PREFIX + format_error(error, ran), sql)
    assert said.position in (at, None)
    assert said.sqlstate == "42601"
    assert said.detail == detail
    if at < len(sql) and "\n" not in sql and sql.isascii():
        assert said.position == at
