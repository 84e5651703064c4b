"""Play what the clauses for migrations of several parts are there for; each asserts the end that is promised."""

from sbapply.apply.alone import Told
from sbapply.apply.outcome import Outcome
from sbapply.config import Limits
from sbapply.errors import HistoryMoved, MigrationFailed, OutcomeUnknown, SqlError, Unsettled
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
    late,
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


def large(rows: int = 400) -> Migration:
    """Return a migration that does not fit into a small request."""
    values = "".join(f"insert into app.t values ({row}, {row});\n" for row in range(rows))
    return migration("1", f"{TABLE}\n{values}")


def done(bench: Bench, outcome: Outcome, *, runs: list[str], history: list[str] | None = None) -> None:
    assert outcome.error is None, outcome.error
    assert (bench.runs(), bench.history(), bench.units()) == (runs, history or ["1"], [])


def with_table(bench: Bench) -> None:
    bench.superuser.run(f"set role postgres; {TABLE}")


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


def an_index_is_built_once(bench: Bench) -> None:
    with_table(bench)
    outcome = bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[twice])
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]


def an_index_without_a_name_is_built_once(bench: Bench) -> None:
    with_table(bench)
    outcome = bench.push(alone("create index concurrently on app.t (a)"), alone=[twice])
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a_idx ON app.t USING btree (a)"]


def an_index_without_a_name_gets_another_where_a_rival_took_the_one_that_was_chosen(bench: Bench) -> None:
    with_table(bench)
    theirs = "create index t_a_idx on app.t (a desc)"
    outcome = bench.push(alone("create index concurrently on app.t (a)"), alone=[rival(theirs)])
    done(bench, outcome, runs=["1a", "1c"])
    assert sorted(map(str, bench.indexes())) == [
        "CREATE INDEX t_a_idx ON app.t USING btree (a DESC)",
        "CREATE INDEX t_a_idx1 ON app.t USING btree (a)",
    ]


def an_index_that_comes_late_changes_nothing(bench: Bench) -> None:
    with_table(bench)
    outcome = bench.push(alone("create index concurrently on app.t (a)"), alone=[late(0.6)])
    bench.gateways[-1].wait()
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a_idx ON app.t USING btree (a)"]


def an_index_whose_answer_is_lost_is_found(bench: Bench) -> None:
    with_table(bench)
    outcome = bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[cut_after])
    done(bench, outcome, runs=["1a", "1c"])
    assert (bench.indexes(), len(bench.gateways[0].sent("alone"))) == ([INDEX], 1)


def an_index_that_was_never_built_is_not_recorded(bench: Bench) -> None:
    """An answer as of a success comes for a statement that nobody ran."""
    with_table(bench)

    def nothing(_gateway: Gateway, _sql: str) -> list[dict[str, int]]:
        return []

    outcome = bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[nothing])
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]


def an_index_of_an_earlier_text_is_not_taken_for_it(bench: Bench) -> None:
    """The request of an earlier text arrives when the new text has just been claimed."""
    with_table(bench)
    old: list[str] = []

    def lost(_gateway: Gateway, sql: str) -> list[dict[str, int]]:
        old.append(sql)
        raise KeyboardInterrupt

    bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[lost])

    def first_the_old_one(gateway: Gateway, sql: str) -> object:
        deliver_deaf(gateway, old[0])
        return deliver(gateway, sql)

    new = alone("create index concurrently t_a on app.t (b)")
    outcome = bench.push(new, alone=[first_the_old_one])  # type: ignore[list-item]
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (b)"]


def a_rebuilt_index_outlives_a_late_drop(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("set role postgres; create index t_a on app.t (a)")
    text = "drop index concurrently app.t_a;\ncreate index concurrently t_a on app.t (a, b)"
    outcome = bench.push(alone(text), alone=[_again_later(0.5)])
    bench.gateways[-1].wait()
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (a, b)"]


def _again_later(seconds: float) -> Fault:
    def fault(gateway: Gateway, sql: str) -> object:
        gateway.later(seconds, sql)
        return deliver(gateway, sql)

    return fault  # type: ignore[return-value]


def an_index_that_cannot_be_built_leaves_nothing(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
    outcome = bench.push(alone("create unique index concurrently t_a on app.t (a)"))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert outcome.error.sql_error is not None
    assert (outcome.error.sql_error.sqlstate, bench.indexes(), bench.runs()) == ("23505", [], ["1a"])
    assert str(outcome.error.place).endswith("_m.sql:2:1")
    rows = [(unit["unit"], unit["finished_at"] is not None) for unit in bench.units() if isinstance(unit, dict)]
    assert rows == [(-2, False), (1, True)]
    bench.superuser.run("delete from app.t")
    done(bench, bench.push(alone("create unique index concurrently t_a on app.t (a)")), runs=["1a", "1c"])


def an_index_that_broke_off_is_built_anew(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")

    def broke_off(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        bench.superuser.run("delete from app.t")
        raise OutcomeUnknown("No answer.")

    outcome = bench.push(alone("create unique index concurrently t_a on app.t (a)"), alone=[broke_off])
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a)"]


def somebody_elses_invalid_index_is_left_alone(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
    deliver_deaf(Gateway(bench.database), "create unique index concurrently t_a on app.t (a)")
    outcome = bench.push(alone("create index concurrently if not exists t_a on app.t (a)"))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a) (invalid)"]
    assert bench.runs() == ["1a"]


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
    commits = f"do $$ begin {counting('1b')} commit; end $$"
    outcome = bench.push(alone(commits), alone=[cut_after])
    assert isinstance(outcome.error, Unsettled), outcome
    again = bench.push(alone(commits))
    assert isinstance(again.error, Unsettled), again
    assert bench.runs() == ["1a", "1b"]
    done(bench, bench.push(alone(commits), told={"1": Told.DONE}), runs=["1a", "1b", "1c"])


def what_did_not_take_effect_is_sent_again_when_told(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; end $$"
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
    outcome = bench.push(large(), limits=SMALL, faults=[deliver, _again_later(0.5)], deadline=5.0)
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


def an_index_that_a_released_claim_built_late_is_ours(bench: Bench) -> None:
    """The claim was given up for an error; a second delivery of its request is through only after that."""
    with_table(bench)
    bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
    sent: list[str] = []

    def noted(gateway: Gateway, sql: str) -> object:
        sent.append(sql)
        return deliver(gateway, sql)

    text = "create unique index concurrently t_a on app.t (a)"
    assert isinstance(bench.push(alone(text), alone=[noted]).error, MigrationFailed)  # type: ignore[list-item]
    bench.superuser.run("delete from app.t")
    deliver_deaf(Gateway(bench.database), sent[0])
    done(bench, bench.push(alone(text)), runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a)"]
