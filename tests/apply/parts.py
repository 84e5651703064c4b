"""Play what the clauses for migrations of several parts are there for; each asserts the end that is promised."""

import time
from contextlib import suppress

from sbapply.apply.alone import Told
from sbapply.apply.outcome import Outcome
from sbapply.config import Limits
from sbapply.errors import (
    HistoryMoved,
    Interrupted,
    MigrationFailed,
    RateLimited,
    SqlError,
    Unsettled,
)
from sbapply.migrations.files import Migration
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import (
    TERMINATE,
    Fault,
    Gateway,
    cut_after,
    cut_before,
    deliver,
    deliver_deaf,
    edited,
    interrupted,
    raising,
    rival,
    sql_error_after,
    stalled,
    twice,
)

TABLE = "create table app.t (a int, b int);"
INDEX = "CREATE INDEX t_a ON app.t USING btree (a)"
SLOW = (
    "create function app.slow(int) returns int immutable language plpgsql "
    "as $$ begin perform pg_sleep(0.5); return $1; end $$"
)
SMALL = Limits(request_bytes=30_000)


def counting(part: str) -> str:
    """Return SQL that counts one execution of a part."""
    return f"insert into app.runs (version) values ('{part}');\n"


def three_parts(*, second: str = "", third: str = "") -> Migration:
    """Return a migration of three transactions, each of which counts itself."""
    text = f"{counting('1a')}commit;\nbegin;\n{counting('1b')}{second}commit;\n{counting('1c')}{third}"
    return migration("1", text, counted=False)


def alone(statement: str, version: str = "1") -> Migration:
    """Return a migration of one statement that runs alone, between two that count themselves."""
    text = f"{counting(f'{version}a')}{statement};\n{counting(f'{version}c')}"
    return migration(version, text, counted=False)


def called(bench: Bench, *body: str) -> str:
    """Return the CALL of a procedure that ends transactions: only its own answer tells what became of it.

    That it has to run alone is learnt from the server, by a request that fails.
    """
    name = f"work_{abs(hash(body)):x}"
    bench.superuser.run(
        f"set role postgres; create or replace procedure app.{name}() language plpgsql "
        f"as $body$ begin {' '.join(body)} commit; end $body$"
    )
    return f"call app.{name}()"


def large(rows: int = 400) -> Migration:
    """Return a migration that does not fit into a small request."""
    values = "".join(f"insert into app.t values ({row}, {row});\n" for row in range(rows))
    return migration("1", f"{TABLE}\n{values}")


def done(bench: Bench, outcome: Outcome, *, runs: list[str], history: list[str] | None = None) -> None:
    assert outcome.error is None, outcome.error
    assert (bench.runs(), bench.history(), bench.units()) == (runs, history or ["1"], [])


def with_table(bench: Bench) -> None:
    bench.superuser.run(f"set role postgres; {TABLE}")


def again_later(seconds: float) -> Fault:
    def fault(gateway: Gateway, sql: str) -> object:
        gateway.later(seconds, sql)
        return deliver(gateway, sql)

    return fault  # type: ignore[return-value]


# Several transactions


def parts_are_applied_once_each(bench: Bench) -> None:
    done(bench, bench.push(three_parts(), faults=[twice]), runs=["1a", "1b", "1c"])


def a_session_that_ends_between_parts_is_gone_on_from(bench: Bench) -> None:
    ended = edited("-- second", f"-- second\n{TERMINATE}", occurrence=1)
    outcome = bench.push(three_parts(second="-- second\n"), faults=[ended])
    done(bench, outcome, runs=["1a", "1b", "1c"])


def a_part_of_a_rivals_is_seen(bench: Bench) -> None:
    """The version is half applied by somebody else, from another text, when ours arrives."""
    theirs = migration("1", f"{counting('1a')}commit;\nselect 1 / 0;", counted=False)
    assert isinstance(bench.push(theirs).error, MigrationFailed)
    bench.superuser.run("create table app.kept as table supabase_migrations.sbapply_units")
    bench.superuser.run("delete from supabase_migrations.sbapply_units")
    again = "insert into supabase_migrations.sbapply_units select * from app.kept"
    outcome = bench.push(migration("1", "select 2"), faults=[rival(again, by=bench.superuser)])
    assert isinstance(outcome.error, HistoryMoved), outcome
    assert (bench.history(), bench.runs()) == ([], ["1a"])


def a_part_that_deletes_its_row_is_undone(bench: Bench) -> None:
    outcome = bench.push(three_parts(second="delete from supabase_migrations.sbapply_units;"))
    assert isinstance(outcome.error, MigrationFailed)
    assert (bench.history(), bench.runs()) == ([], ["1a"])
    done(bench, bench.push(three_parts()), runs=["1a", "1b", "1c"])


def a_finished_part_that_has_changed_is_refused(bench: Bench) -> None:
    assert isinstance(bench.push(three_parts(third="select 1 / 0;")).error, MigrationFailed)
    changed = migration("1", three_parts().text.replace("'1a'", "'1z'"), counted=False)
    bench.push(changed)
    assert (bench.history(), bench.runs()) == ([], ["1a", "1b"])


def the_rest_of_a_half_applied_file_may_change(bench: Bench) -> None:
    assert isinstance(bench.push(three_parts(third="select 1 / 0;")).error, MigrationFailed)
    done(bench, bench.push(three_parts(third="select 1;")), runs=["1a", "1b", "1c"])


def settings_of_earlier_parts_hold_after_a_new_start(bench: Bench) -> None:
    bench.superuser.run("set role postgres; create table app.seen (path text)")
    look = "insert into app.seen select current_setting('search_path');\n"
    text = f"set search_path = app, pg_catalog;\ncommit;\n{look}commit;\n-- third\n{look}"
    # The first occurrence is in the text that the row stores.
    ended = edited("-- third", f"-- third\n{TERMINATE}", occurrence=2)
    outcome = bench.push(migration("1", text, counted=False), faults=[ended])
    assert outcome.error is None, outcome.error
    assert bench.ask("select path from app.seen") == ["app, pg_catalog"] * 2


# Statements that run alone


def a_statement_at_work_is_waited_for(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1)")
    outcome = bench.push(alone("create index concurrently t_a on app.t (app.slow(a))"), alone=[stalled])
    done(bench, outcome, runs=["1a", "1c"])
    assert len(bench.gateways[0].sent("alone")) == 1


def limits_of_the_role_do_not_hold_for_it_and_are_put_back(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t values (1, 1)")
    limited = f"alter role postgres in database {bench.name} set statement_timeout = '150ms'"
    bench.superuser.run(limited)
    try:
        outcome = bench.push(alone("create index concurrently t_a on app.t (app.slow(a))"))
        done(bench, outcome, runs=["1a", "1c"])
        assert bench.ask("select current_setting('statement_timeout')") == ["150ms"]
    finally:
        bench.superuser.run(f"alter role postgres in database {bench.name} reset statement_timeout")


def what_nobody_can_tell_is_not_sent_again_unasked(bench: Bench) -> None:
    commits = called(bench, counting("1b"))
    outcome = bench.push(alone(commits), alone=[cut_after])
    assert isinstance(outcome.error, Unsettled), outcome
    again = bench.push(alone(commits))
    assert isinstance(again.error, Unsettled), again
    assert bench.runs() == ["1a", "1b"]
    done(bench, bench.push(alone(commits), told={"1": Told.DONE}), runs=["1a", "1b", "1c"])


def what_did_not_take_effect_is_sent_again_when_told(bench: Bench) -> None:
    commits = called(bench, counting("1b"))
    assert isinstance(bench.push(alone(commits), alone=[cut_before]).error, Unsettled)
    done(bench, bench.push(alone(commits), told={"1": Told.AGAIN}), runs=["1a", "1b", "1c"])


def a_procedure_that_commits_is_known_again(bench: Bench) -> None:
    """That it has to run alone was learnt from the server, and stands at the very end of its file."""
    body = f"begin perform nextval('app.tried_1'); {counting('1b')} commit; end"
    bench.superuser.run(f"set role postgres; create procedure app.p() language plpgsql as $$ {body} $$")
    called = migration("1", f"{counting('1a')}call app.p();\n\n-- the end\n", counted=False)
    assert isinstance(bench.push(called, alone=[cut_after]).error, Unsettled)
    assert isinstance(bench.push(called).error, Unsettled)
    done(bench, bench.push(called, told={"1": Told.DONE}), runs=["1a", "1b"])
    # Once in a transaction, which taught it, and once alone.
    assert bench.tried("1") == 2


def what_we_catch_does_not_end_a_session_that_ends_at_errors(bench: Bench) -> None:
    with_table(bench)
    text = f"set exit_on_error = on;\n{counting('1a')}create index concurrently t_a on app.t (a);\n{counting('1c')}"
    done(bench, bench.push(migration("1", text, counted=False)), runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]


def what_ran_alone_does_not_run_again_for_what_stood_behind_it(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; end $$;\n"
    assert isinstance(bench.push(migration("1", f"{commits}select 1 / 0;\n", counted=False)).error, MigrationFailed)
    done(bench, bench.push(migration("1", commits, counted=False)), runs=["1b"])


def a_reset_behind_what_ran_alone_goes_back_to_the_roles_own(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("set role postgres; create table app.seen (path text)")
    (before,) = bench.ask("select current_setting('search_path')")
    text = (
        "set search_path = app;\ncreate index concurrently t_a on t (a);\nreset search_path;\n"
        "insert into app.seen select current_setting('search_path');\n"
    )
    outcome = bench.push(migration("1", text, counted=False))
    assert outcome.error is None, outcome.error
    assert bench.ask("select path from app.seen") == [before]


def what_may_be_sent_again_is(bench: Bench) -> None:
    with_table(bench)
    outcome = bench.push(alone("vacuum app.t"), alone=[cut_before, sql_error_after, cut_after])
    assert isinstance(outcome.error, MigrationFailed) or outcome.error is None
    done(bench, bench.push(alone("vacuum app.t")), runs=["1a", "1c"])


# Files larger than a request


def a_large_file_arrives_whole(bench: Bench) -> None:
    outcome = bench.push(large(), limits=SMALL, faults=[twice] * 12)
    done(bench, outcome, runs=["1"])
    assert bench.ask("select count(*)::int from app.t") == [400]
    assert bench.ask("select count(*)::int from supabase_migrations.sbapply_pieces") == [0]
    stored = bench.ask("select cardinality(statements) from supabase_migrations.schema_migrations")
    assert stored == [403]


def a_piece_that_comes_late_leaves_nothing(bench: Bench) -> None:
    outcome = bench.push(large(), limits=SMALL, faults=[deliver, again_later(0.5)], deadline=5.0)
    bench.gateways[-1].wait()
    done(bench, outcome, runs=["1"])
    assert bench.ask("select count(*)::int from supabase_migrations.sbapply_pieces") == [0]


def a_statement_among_pieces_that_fails_is_named(bench: Bench) -> None:
    broken = migration("1", large().text.replace("values (399, 399)", "values (399, 1 / 0)"), counted=False)
    outcome = bench.push(broken, limits=SMALL)
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert (outcome.error.message, bench.runs(), bench.history()) == ("division by zero", [], [])
    assert str(outcome.error.place) == "supabase/migrations/1_m.sql:403:1", outcome.error.place
    done(bench, bench.push(large(), limits=SMALL), runs=["1"])


def nothing_answers(bench: Bench) -> None:
    """Every settling question and look fails: nothing is said that is not known."""
    outcome = bench.push(three_parts(), faults=[cut_after], settle=[raising(SqlError("53300", "too many"))] * 500)
    assert isinstance(outcome.error, Unsettled)
    assert versions(outcome.applied) == []


def a_block_that_failed_behind_its_commit_is_not_called_undone(bench: Bench) -> None:
    text = f"do $$ begin {counting('1b')} commit; raise exception 'no'; end $$"
    outcome = bench.push(alone(text))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert (outcome.error.message, bench.runs()) == ("no", ["1a", "1b"])
    assert "What it committed before that stays" in outcome.error.next_step
    assert "`sbapply push --again 1:" in outcome.error.next_step
    corrected = alone(f"do $$ begin commit; {counting('1d')} end $$")
    done(bench, bench.push(corrected, told={"1": Told.AGAIN}), runs=["1a", "1b", "1c", "1d"])


def an_interrupted_statement_that_nobody_can_tell_of_is_called_unknown(bench: Bench) -> None:
    body = (counting("1b"), "commit; perform pg_sleep(0.6);", counting("1d"))

    def after(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    for fault, left in ((interrupted, ["1a", "1b"]), (after, ["1a", "1b", "1d"])):
        bench.clear()
        outcome = bench.push(alone(called(bench, *body)), alone=[fault])
        assert isinstance(outcome.error, Unsettled), outcome
        assert "--done 1" in outcome.error.next_step
        assert (bench.runs(), bench.history()) == (left, [])


def what_is_known_to_have_run_is_recorded_when_its_end_is_interrupted(bench: Bench) -> None:
    commits = called(bench, counting("1b"))

    def interrupt(_gateway: Gateway, _sql: str) -> list[dict[str, int]]:
        raise KeyboardInterrupt

    outcome = bench.push(alone(commits), faults=[deliver, deliver, interrupt])
    assert isinstance(outcome.error, Interrupted), outcome
    done(bench, bench.push(alone(commits)), runs=["1a", "1b", "1c"])


def an_edited_statement_that_nobody_can_tell_of_waits_for_a_word(bench: Bench) -> None:
    commits = called(bench, counting("1b"))
    assert isinstance(bench.push(alone(commits), alone=[cut_before]).error, Unsettled)
    edited_since = alone(called(bench, counting("1d")))
    for told in (None, Told.DONE):
        bench.push(edited_since, told={} if told is None else {"1": told})
        assert (bench.runs(), bench.gateways[-1].sent()) == (["1a"], []), told
    done(bench, bench.push(edited_since, told={"1": Told.AGAIN}), runs=["1a", "1c", "1d"])


def an_earlier_text_that_is_still_at_work_is_waited_for(bench: Bench) -> None:
    slow = called(bench, "commit; perform pg_sleep(0.7);", counting("1b"))
    gave_up = bench.push(alone(slow), alone=[cut_before])
    assert isinstance(gave_up.error, Unsettled), gave_up
    gateway = bench.gateways[-1]
    gateway.later(0, gateway.sent("alone")[0])
    time.sleep(0.2)
    seen = "do $$ begin if exists (select from app.runs where version = '1b') then " + counting("1d")
    outcome = bench.push(alone(f"{seen} commit; end if; end $$"), told={"1": Told.AGAIN})
    gateway.wait()
    done(bench, outcome, runs=["1a", "1b", "1c", "1d"])


def limits_that_another_claim_found_on_the_role_are_put_back(bench: Bench) -> None:
    """Two runs give the role their limits, one after the other, and end in the same order, or in the other."""
    own = (
        "select array_to_string(setconfig, ' ') from pg_db_role_setting "
        "where setrole = 'postgres'::regrole "
        "and setdatabase = (select oid from pg_database where datname = current_database())"
    )
    files = [
        migration(
            each,
            f"-- sbapply: lock_timeout={each}s\ncreate index concurrently t_{each} on app.t (a);\n",
            counted=False,
        )
        for each in ("2", "3")
    ]

    def kill(_gateway: Gateway, _sql: str) -> list[dict[str, int]]:
        raise SystemExit

    # While one goes on its own limit stands on the role, whatever the other has done.
    for order, between in (((0, 1), ["lock_timeout=3s"]), ((1, 0), ["lock_timeout=2s"])):
        bench.clear()
        with_table(bench)
        for each in files:
            with suppress(SystemExit):
                bench.push(each, alone=[kill])
        first, second = (files[at] for at in order)
        assert bench.push(first, include_all=True).error is None
        assert bench.ask(own) == between
        outcome = bench.push(second, include_all=True)
        done(bench, outcome, runs=[], history=["2", "3"])
        assert bench.ask(own) == []


def what_the_rate_limit_turned_away_is_sent_once_more(bench: Bench) -> None:
    commits = called(bench, counting("1b"))

    limited = RateLimited("Too many requests.", retry_after=0.05)
    limited.answered = True
    done(bench, bench.push(alone(commits), alone=[raising(limited)]), runs=["1a", "1b", "1c"])


def what_never_left_is_known_to_the_next_push(bench: Bench) -> None:
    commits = called(bench, counting("1b"))

    def claimed_and_interrupted(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    shut = bench.push(alone(commits), alone=[raising(RateLimited("Too many requests.", retry_after=600))])
    assert isinstance(shut.error, RateLimited), shut
    ended = bench.push(alone(commits), faults=[deliver, claimed_and_interrupted])
    assert isinstance(ended.error, Interrupted), ended
    assert not bench.gateways[-1].sent("alone")
    done(bench, bench.push(alone(commits)), runs=["1a", "1b", "1c"])
