"""Statements that only the platform takes from role postgres, worded anew for a server of our own."""

import pytest

from sbapply.rehearse.rewording import reword


def test_an_event_trigger_is_made_by_a_call_of_the_same_length() -> None:
    sql = "select 1;\ncreate event trigger watch on sql_drop\n  execute function public.seen();\nselect 2"
    reworded = reword(sql)
    assert reworded == (
        "select 1;\ncall sbapply($$watch on sql_drop\n  execute function public.seen()$$)   ;\nselect 2"
    )
    assert len(reworded) == len(sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create extension postgis version '3.1.4';", "create extension postgis                ;"),
        (
            'CREATE EXTENSION IF NOT EXISTS "pgmq" WITH SCHEMA pgmq VERSION "1.4" CASCADE',
            'CREATE EXTENSION IF NOT EXISTS "pgmq" WITH SCHEMA pgmq               CASCADE',
        ),
        ("alter extension pg_net update to '0.8.0'", "alter extension pg_net update           "),
    ],
)
def test_a_pinned_version_of_a_stand_in_is_left_out(sql: str, expected: str) -> None:
    assert reword(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "create extension hstore version '1.4'",
        "do $$ begin execute 'create event trigger e on sql_drop execute function f()'; end $$",
        "-- create event trigger e on sql_drop execute function f()\nselect 1",
        "comment on table t is 'create extension postgis version ''1'''",
        "create event trigger e on; create event trigger f on sql_drop execute function f()",
        "create event trigger e on sql_drop when tag in ($a$DROP TABLE$a$) execute function f()",
        "create extension pgmq; select version ('x')",
    ],
)
def test_everything_else_is_sent_as_it_is(sql: str) -> None:
    assert reword(sql) == sql
