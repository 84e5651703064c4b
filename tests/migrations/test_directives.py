"""Directives: what a file says of how it is to be sent."""

import pytest

from sbapply.migrations.directives import Directives, read_directives
from sbapply.migrations.files import Migration, Problem


def read(text: str) -> Directives | Problem:
    return read_directives(Migration("1", "x", "m/1_x.sql", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Directives()),
        ("select 1;", Directives()),
        ("-- a comment\nselect 1;", Directives()),
        ("-- sbapply: lock_timeout=2s\nselect 1", Directives("2s")),
        ("--sbapply:lock_timeout = 500ms,statement_timeout='10 min'\r\nselect 1", Directives("500ms", "10 min")),
        ("/* a */\n-- sbapply: transaction=none\n", Directives(transaction=False)),
        (
            "-- sbapply: lock_timeout=0\n-- sbapply: lock_timeout=0, transaction=none\n",
            Directives("0", None, False),
        ),
        ("-- pg-delta: transaction=false\nselect 1", Directives(transaction=False)),
        ("-- first\n-- pg-delta: transaction=false\nselect 1", Directives()),
        ("-- sbapply:assert select true\nselect 1", Directives()),
        ("select 1;\n-- sbapply: nonsense", Directives()),
        ("select '\n-- sbapply: nonsense';", Directives()),
    ],
)
def test_comments_at_the_head_say_how_a_file_is_sent(text: str, expected: Directives) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "next_step"),
    [
        ("-- sbapply: lock_timout=2s", "1:13", "Did you mean lock_timeout?"),
        ("-- é\n-- sbapply: lock_timeout=2s, quick", "2:30", "Known are"),
        ("-- sbapply: lock_timeout=soon", "1:13", "Write it as PostgreSQL does"),
        ("-- sbapply: transaction=false", "1:13", "transaction=none"),
        ("-- sbapply: lock_timeout=1s\n-- sbapply: lock_timeout=2s", "2:13", "one of them"),
    ],
)
def test_what_is_no_directive_is_refused_where_it_stands(text: str, place: str, next_step: str) -> None:
    problem = read(text)
    assert isinstance(problem, Problem)
    assert (problem.code, str(problem.place)) == ("directive", f"m/1_x.sql:{place}")
    assert next_step in problem.next_step
