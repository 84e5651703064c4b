"""Directives: which comments are read, and which values PostgreSQL could use."""

import pytest

from sbapply.migrations.directives import Directives, read_directives
from sbapply.migrations.files import Migration, Problem


def read(text: str) -> Directives | Problem:
    return read_directives(Migration("1", "x", "m/1_x.sql", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/*\n-- sbapply: nonsense\n*/ select 1", Directives()),
        ("/* /* */ -- sbapply: nonsense\n */\n-- sbapply: lock_timeout=1s\nselect 1", Directives("1s")),
        (";; -- sbapply: lock_timeout=1s\n; select 1", Directives("1s")),
        ("-- why\r-- sbapply: lock_timeout=1s\rselect 1", Directives("1s")),
        ('-- sbapply: statement_timeout="1.5 min"\nselect 1', Directives(None, "1.5 min")),
        ("-- sbapply: lock_timeout=24d", Directives("24d")),
        ("-- pg-delta: transaction=false\r\nselect 1", Directives(transaction=False)),
        ("-- pg-delta: transaction=false", Directives(transaction=False)),
        ("-- pg-delta: transaction=false \nselect 1", Directives()),
        ("--pg-delta: transaction=false\nselect 1", Directives()),
        ("-- pg-delta: transaction=true\nselect 1", Directives()),
        ("-- pg-delta: transaction=false\n-- sbapply: lock_timeout=1s", Directives("1s", None, False)),
    ],
)
def test_only_comments_before_the_first_statement_are_read(text: str, expected: Directives) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("-- sbapply: lock_timeout=25d", "1:13"),
        ("-- sbapply: lock_timeout=5 S", "1:13"),
        ("-- sbapply: lock_timeout=-1", "1:13"),
        ("-- sbapply: lock_timeout=", "1:13"),
        ("-- sbapply: lock_timeout=1s,, transaction=none", "1:29"),
        ("-- sbapply:", "1:12"),
        ("/* é */ -- SBAPPLY: lock_timeout='1s\n", "1:21"),
    ],
)
def test_a_value_that_postgres_could_not_use_is_refused_where_it_stands(text: str, place: str) -> None:
    problem = read(text)
    assert isinstance(problem, Problem)
    assert (problem.code, str(problem.place)) == ("directive", f"m/1_x.sql:{place}")
