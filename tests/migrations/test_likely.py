"""The guess at how a text is cut: right for what people write, and it loses nothing but semicolons and blanks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbapply.migrations.likely import likely_stored
from sbapply.migrations.statements import split_text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        ";;\n;",
        "select 1",
        "-- why\nselect 1;\n\nselect 2;\n",
        "select 1;\n-- the end; really",
        "select 1 /* ; */ + 2; select 3",
        "begin;\nselect 1;\ncommit;",
        "select 'a;b', \"a;b\", $x$;$x$; select 'it''s;'",
        "select E'\\';', e'\\\\'; select 2",
        "select U&'d\\0061;'; select B'1';",
        "create function f() returns int language sql as $$ select 1; select '$x$;'; $$;\nselect 2;",
        "do $body$ begin perform 1; execute $x$ select 2; $x$; end $body$; select 1",
        "select a$b$ from t; select $1;",
        "select 'é😀';\r\nselect 2\r\n",
    ],
)
def test_it_is_what_the_parser_finds(text: str) -> None:
    assert likely_stored(text) == split_text(text).stored()


PIECES = ("'", '"', "$$", "$a$", "--", "/*", "*/", ";", "\n", " ", "\\", "e", "E'", "select", "é", "0", "a$")


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_whatever_it_takes_for_a_statement_it_drops_only_semicolons_and_blanks(text: str) -> None:
    kept = "".join(likely_stored(text))
    assert "".join(kept.split()).replace(";", "") == "".join(text.split()).replace(";", "")


@pytest.mark.parametrize("opening", ["'", '"', "$$", "$a$", "/*", "E'", "E'\\"])
def test_what_is_never_closed_takes_no_longer_than_what_is(opening: str) -> None:
    assert likely_stored(f"{opening}{'a' * 2_000_000}") != ()
