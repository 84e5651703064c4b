"""Name what EXECUTE refuses, and nothing else."""

import pytest

from sbapply.migrations.executing import refused_by_execute


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("savepoint a", "SAVEPOINT"),
        ("rollback \n to a", "ROLLBACK TO"),
        ("SET  TRANSACTION read only", "SET TRANSACTION"),
        ("select 1 as a into app.made", "SELECT INTO"),
        ("SELECT a\nINTO TEMP made FROM t", "SELECT INTO"),
        ("with x as (select 1 as a) select a into app.made from x", "SELECT INTO"),
        ("(select 1 as a into app.made)", "SELECT INTO"),
        ("select 1 as a into app.made union all select 2 union select 3", "SELECT INTO"),
        ("copy app.t to stdout", "COPY TO STDOUT"),
        ("copy (select 1) to stdout (format csv)", "COPY TO STDOUT"),
    ],
)
def test_what_execute_refuses_is_named(source: str, what: str) -> None:
    refused = refused_by_execute(source)
    assert refused is not None
    assert refused[0] == what


@pytest.mark.parametrize(
    "source",
    [
        "",
        "-- a comment",
        "select 'into'",
        "insert into t select 1",
        "with x as (insert into t values (1) returning a) select a from x",
        "with x as (select 1) insert into t select * from x",
        "create table made as select 1",
        "do $$ declare a int; begin select 1 into a; end $$",
        "explain analyze select 1 into app.made",
        "copy app.t to '/tmp/stdout'",
        "set transaction_timeout = 0",
        "beginning",
    ],
)
def test_what_execute_runs_is_not_named(source: str) -> None:
    assert refused_by_execute(source) is None
