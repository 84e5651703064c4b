"""What a file sets reaches every part of it, in whatever session that runs, and nobody else's."""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from sbapply.database import Patience, Row
from sbapply.errors import MigrationFailed
from sbapply.history.ready import prepare
from sbapply.migrations.files import Migration, Problem
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import TERMINATE, Gateway, deliver, edited
from tests.apply.parts import SLOW, done, with_table

OWN = (
    "select array_to_string(setconfig, ' ') from pg_db_role_setting where setrole = 'postgres'::regrole "
    "and setdatabase = (select oid from pg_database where datname = current_database())"
)
SEEN = (
    "create table app.seen (by text, path text, mine text); grant all on app.seen to public; "
    "grant usage on schema app to public"
)
LOOK = (
    "insert into app.seen values (current_user, current_setting('search_path'), current_setting('my.own', true));"
)


def file(text: str, version: str = "1") -> Migration:
    return migration(version, text, counted=False)


def killed(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise SystemExit


def leave_a_claim(bench: Bench, migration: Migration) -> None:
    """Have a push killed between the claim of a statement that runs alone and its sending."""
    with suppress(SystemExit):
        bench.push(migration, alone=[killed])


def schema_of(bench: Bench, table: str) -> list[object]:
    return list(bench.ask(f"select relnamespace::regnamespace::text from pg_class where relname = '{table}'"))


@pytest.mark.parametrize(
    "text",
    [
        f"set role anon;\ndo $$ begin {LOOK} commit; end $$;\n",
        f"set my.own = 'blue';\ndo $$ begin {LOOK} commit; end $$;\n",
        "set role anon;\ncreate index concurrently t_a on app.t (a);\n",
        "select set_config('search_path', 'app' || '', false);\nvacuum app.t;\ncreate table fresh (a int);\n",
    ],
)
def test_what_would_not_reach_a_statement_that_runs_alone_is_refused_and_nothing_is_sent(
    bench: Bench, text: str
) -> None:
    with_table(bench)
    bench.superuser.run(SEEN)
    assert isinstance(prepare(file(text)), Problem)
    bench.push(file(text))
    assert (bench.gateways[-1].sent(), bench.gateways[-1].sent("alone"), bench.history()) == ([], [], [])


def test_settings_that_reach_a_block_that_commits_are_those_of_the_file(either_bench: Bench) -> None:
    either_bench.superuser.run(SEEN)
    own = "perform set_config('my.own', 'blue', false);"
    text = f"set search_path = app, pg_catalog;\ndo $$ begin {own} {LOOK} commit; {LOOK} end $$;\n"
    done(either_bench, either_bench.push(file(text)), runs=[])
    assert (
        either_bench.ask("select concat_ws(' ', by, path, mine) from app.seen")
        == ["postgres app, pg_catalog blue"] * 2
    )


def test_a_files_own_lock_timeout_holds_for_a_statement_that_runs_alone(either_bench: Bench) -> None:
    bench = either_bench
    with_table(bench)
    text = "set lock_timeout = '200ms';\ncreate index concurrently t_a on app.t (a);\n"
    with bench.holding("lock table app.t in share update exclusive mode"):
        outcome = bench.push(file(text), patience=Patience(5.0, 0.1))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert outcome.error.message == "canceling statement due to lock timeout"
    assert (bench.history(), bench.indexes(), bench.ask(OWN)) == ([], [], [])
    done(bench, bench.push(file(text)), runs=[])


@pytest.mark.parametrize("limit", ["200ms", "1200"])
def test_a_files_own_statement_timeout_holds_for_a_statement_that_runs_alone(
    either_bench: Bench, limit: str
) -> None:
    bench = either_bench
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2), (3, 3)")
    index = "create index concurrently t_a on app.t (app.slow(a));\n"
    outcome = bench.push(file(f"set statement_timeout = '{limit}';\n{index}"))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert outcome.error.message == "canceling statement due to statement timeout"
    assert (bench.history(), bench.indexes(), bench.ask(OWN)) == ([], [], [])
    enough = file(f"set statement_timeout = '{limit}';\nset statement_timeout = '1min';\n{index}", "2")
    bench.clear()
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2), (3, 3)")
    done(bench, bench.push(enough), runs=[], history=["2"])


def test_a_files_own_timeout_goes_before_that_of_its_directive(bench: Bench) -> None:
    with_table(bench)
    text = (
        "-- sbapply: lock_timeout=9s, statement_timeout=9min\nset lock_timeout = '2s';\n"
        "create index concurrently t_a on app.t (a);\n"
    )
    leave_a_claim(bench, file(text))
    assert bench.ask(OWN) == ["lock_timeout=2s statement_timeout=9min"]
    done(bench, bench.push(file(text)), runs=[])
    assert bench.ask(OWN) == []


def test_a_time_limit_that_no_request_could_keep_is_a_second_on_the_role(either_bench: Bench) -> None:
    """A push that is killed leaves it there, and the next one has to be able to begin."""
    bench = either_bench
    with_table(bench)
    text = "set statement_timeout = '50ms';\ncreate index concurrently t_a on app.t (a);\n"
    leave_a_claim(bench, file(text))
    assert bench.ask(OWN) == ["statement_timeout=1s"]
    done(bench, bench.push(file(text)), runs=[])
    assert bench.ask(OWN) == []


def test_a_role_that_is_gone_by_then_is_not_set_again(either_bench: Bench) -> None:
    bench = either_bench
    bench.superuser.run("drop role if exists tmp_owner; alter role postgres createrole")
    text = (
        "create role tmp_owner; grant tmp_owner to postgres; grant create, usage on schema app to tmp_owner;\n"
        "commit;\nset role tmp_owner;\ncreate table app.made (a int);\nreset role;\n"
        "alter table app.made owner to postgres;\ncommit;\n"
        "revoke create, usage on schema app from tmp_owner; drop role tmp_owner;\ncommit;\n"
        "create table app.last (a int);\n"
    )
    done(bench, bench.push(file(text)), runs=[])


def test_each_setting_is_made_again_as_it_was_last_where_the_session_broke_off(bench: Bench) -> None:
    bench.superuser.run(SEEN)
    text = (
        "set search_path = evil;\nset search_path = app, pg_catalog;\nset my.own = 'x';\n"
        "select set_config('my.own', 'blue', false), 1;\ncommit;\n"
        f"set role anon;\nreset role;\n-- second\n{LOOK}\ncommit;\nreset all;\ncommit;\n-- third\n{LOOK}\n"
    )
    ended = edited("-- second", f"-- second\n{TERMINATE}", occurrence=1)
    # The first occurrence is in the text that the row stores.
    again = edited("-- third", f"-- third\n{TERMINATE}", occurrence=2)
    done(bench, bench.push(file(text), faults=[ended, again]), runs=[])
    (before,) = bench.ask("select current_setting('search_path')")
    assert bench.ask("select concat_ws(' ', by, path, mine) from app.seen") == [
        "postgres app, pg_catalog blue",
        f"postgres {before}",
    ]


def test_another_push_runs_under_its_own_settings_while_a_claim_stands(either_bench: Bench) -> None:
    bench = either_bench
    with_table(bench)
    leave_a_claim(bench, file("set search_path = app, pg_catalog;\ncreate index concurrently t_a on t (a);\n"))
    assert bench.ask(OWN) == ["search_path=app, pg_catalog"]
    try:
        outcome = bench.push(
            file("create table fresh (a int);\n", "2"), file("create table fresher (a int);\n", "3")
        )
        assert versions(outcome.applied) == ["2", "3"], outcome
        assert [schema_of(bench, each) for each in ("fresh", "fresher")] == [["public"], ["public"]]
    finally:
        bench.superuser.run("drop table if exists public.fresh, public.fresher")
        bench.superuser.run(f"alter role postgres in database {bench.name} reset all")


def test_another_push_runs_under_its_own_settings_while_a_statement_is_at_work(bench: Bench) -> None:
    with_table(bench)
    alone = file("set search_path = app, pg_catalog;\ncreate index concurrently t_a on t (a);\n")

    def meanwhile(gateway: Gateway, sql: str) -> Sequence[Row]:
        outcome = bench.push(file("create table fresh (a int);\n", "2"))
        assert outcome.error is None, outcome
        return deliver(gateway, sql)

    try:
        assert bench.push(alone, alone=[meanwhile]).error is None
        assert schema_of(bench, "fresh") == ["public"]
        assert (bench.history(), bench.ask(OWN)) == (["1", "2"], [])
    finally:
        bench.superuser.run("drop table if exists public.fresh")


def test_two_statements_that_run_alone_have_each_the_settings_of_its_own_file(either_bench: Bench) -> None:
    """The second file sets nothing; the first, which was killed, finds its own settings again."""
    bench = either_bench
    bench.superuser.run(SEEN)
    block = f"do $$ begin {LOOK} commit; end $$;\n"
    (before,) = bench.ask("select current_setting('search_path')")
    with_table(bench)
    first = file("set search_path = app, pg_catalog;\ncreate index concurrently t_a on t (a);\n")
    leave_a_claim(bench, first)
    done_second = bench.push(file(block, "2"))
    assert done_second.error is None, done_second
    assert bench.ask("select path from app.seen") == [before]
    assert bench.ask(OWN) == ["search_path=app, pg_catalog"]
    done(bench, bench.push(first, include_all=True), runs=[], history=["1", "2"])
    assert bench.ask(OWN) == []


def test_a_lock_timeout_of_another_file_does_not_hold_for_a_statement_that_runs_alone(either_bench: Bench) -> None:
    bench = either_bench
    with_table(bench)
    first = file("set lock_timeout = '200ms';\ncreate index concurrently t_a on app.t (a);\n")
    second = file("create index concurrently t_b on app.t (b);\n", "2")
    leave_a_claim(bench, first)
    leave_a_claim(bench, second)
    assert bench.ask(OWN) == ["lock_timeout=0"]
    assert bench.push(second).error is None
    assert bench.ask(OWN) == ["lock_timeout=200ms"]
    done(bench, bench.push(first, include_all=True), runs=[], history=["1", "2"])
    assert bench.ask(OWN) == []


def test_the_settings_of_a_role_stay_what_they_are_for_other_pushes(bench: Bench) -> None:
    """What was on the role before the claim is what another push finds, not what the server starts with."""
    with_table(bench)
    bench.superuser.run(f"alter role postgres in database {bench.name} set search_path = evil, pg_catalog")
    bench.superuser.run("create schema evil authorization postgres")
    try:
        leave_a_claim(bench, file("set search_path = app;\ncreate index concurrently t_a on t (a);\n"))
        bench.superuser.run(SEEN)
        assert bench.push(file(LOOK, "2")).error is None
        assert bench.ask("select path from app.seen") == ["evil, pg_catalog"]
    finally:
        bench.superuser.run(f"alter role postgres in database {bench.name} reset all")
