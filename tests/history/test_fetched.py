"""The text of a row is what the official CLI writes of it, and where that runs together it is known."""

import pytest

from sbapply.history.fetched import hides_semicolon, text_of


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ((), ";\n"),
        (("select 1", "-- end"), "select 1;\n-- end;\n"),
        (("select 1;\nselect 2;",), "select 1;\nselect 2;;\n"),
    ],
)
def test_every_element_ends_with_a_semicolon_and_a_line_feed(stored: tuple[str, ...], text: str) -> None:
    assert text_of(stored) == text


@pytest.mark.parametrize(
    ("stored", "hides"),
    [
        (("select 1 -- one", "select 2"), True),
        (("select 1 -- one", "-- two\nselect 2"), True),
        (("select 1 -- one", "-- end"), False),
        (("select 1 /* one */", "select 2"), False),
        (("-- one\nselect 1", "select 2"), False),
        (("select 1", "select 2 -- two"), False),
        (("select '-- one'", "select 2"), False),
        (("select 'open", "select 2"), False),
    ],
)
def test_a_semicolon_behind_a_comment_is_found(stored: tuple[str, ...], hides: bool) -> None:
    assert hides_semicolon(stored) is hides
