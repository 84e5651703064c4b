"""Quoting: what goes in comes out of PostgreSQL's parser again, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgast import parse

from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill

_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
_nasty = st.lists(st.sampled_from(["'", '"', "\\", "$$", "--", "/*", ";", "\n", "é", "😀", "E'"]), max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.one_of(_text, _nasty.map("".join)))
def test_a_literal_reads_as_the_text_it_was_made_of(text: str) -> None:
    statement = parse(f"select {quote_literal(text)}").stmts
    assert len(statement) == 1
    assert statement[0].stmt.select_stmt.target_list[0].res_target.val.a_const.sval.sval == text


@settings(max_examples=200, deadline=None)
@given(st.one_of(_text, _nasty.map("".join)).filter(bool))
def test_an_identifier_reads_as_the_name_it_was_made_of(name: str) -> None:
    statement = parse(f"select 1 as {quote_identifier(name)}").stmts
    assert len(statement) == 1
    # The parser cuts names as the server does, at 63 bytes.
    read = statement[0].stmt.select_stmt.target_list[0].res_target.name
    assert read == name.encode()[:63].decode("utf-8", "ignore")


@pytest.mark.parametrize("name", ["", "a\x00b"])
def test_an_identifier_is_not_empty_and_holds_no_nul(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        quote_identifier(name)


def test_a_literal_holds_no_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote_literal("a\x00b")


def test_a_backslash_makes_an_escape_literal_that_touches_nothing_before_it() -> None:
    assert quote_literal("a\\b'c") == " E'a\\\\b''c'"
    assert quote_literal("it's") == "'it''s'"


def test_what_stands_in_a_value_is_never_taken_for_a_placeholder() -> None:
    assert fill("select {a}, {b}", a="'{b}'", b="'{a}'") == "select '{b}', '{a}'"


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="missing"):
        fill("select {missing}", other="1")
