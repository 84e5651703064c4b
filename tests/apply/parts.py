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
    OutcomeUnknown,
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


def an_index_of_somebody_elses_that_took_the_name_is_left_to_them(bench: Bench) -> None:
    """Each push says so, also those behind the one that met it while it built."""
    with_table(bench)
    bench.superuser.run("set role postgres; create table app.other (x int)")
    theirs = "create unique index t_a on app.other (x)"
    outcome = bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[rival(theirs)])
    assert isinstance(outcome.error, MigrationFailed), outcome
    for conditional in ("", "if not exists "):
        outcome = bench.push(alone(f"create index concurrently {conditional}t_a on app.t (a)"))
        assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.other USING btree (x)"]
        if not conditional:
            assert isinstance(outcome.error, MigrationFailed), outcome
            assert outcome.error.message == 'relation "t_a" already exists'
    # Postgres takes any relation of that name for the one that is asked for.
    done(bench, outcome, runs=["1a", "1c"])


def an_index_without_a_name_leaves_each_that_somebody_else_made(bench: Bench) -> None:
    with_table(bench)
    theirs = [rival("create index t_a_idx on app.t (a desc)"), rival("create index t_a_idx1 on app.t (b)")]
    outcome = bench.push(alone("create index concurrently on app.t (a)"), alone=theirs)
    done(bench, outcome, runs=["1a", "1c"])
    assert sorted(map(str, bench.indexes())) == [
        "CREATE INDEX t_a_idx ON app.t USING btree (a DESC)",
        "CREATE INDEX t_a_idx1 ON app.t USING btree (b)",
        "CREATE INDEX t_a_idx2 ON app.t USING btree (a)",
    ]


def _killed_before_it_left(bench: Bench, statement: str) -> str:
    """Push a statement that runs alone up to its claim; the program is killed before it is sent, as is given."""
    sent: list[str] = []

    def kill(_gateway: Gateway, sql: str) -> list[dict[str, int]]:
        sent.append(sql)
        raise SystemExit

    with suppress(SystemExit):
        bench.push(alone(statement), alone=[kill])
    return sent[0]


def a_claim_that_never_left_takes_nothing_of_anybody_elses_away(bench: Bench) -> None:
    """The statement is taken out of the file, or asks for another index; theirs has the old one's name."""
    for changed in ("select 1", "create index concurrently t_b on app.t (b)"):
        for theirs in (
            "create unique index t_a on app.other (x)",
            "create unique index t_a on app.t (b, a)",
            "alter table app.t add constraint t_a unique (a)",
        ):
            bench.clear()
            with_table(bench)
            bench.superuser.run("set role postgres; create table app.other (x int)")
            _killed_before_it_left(bench, "create unique index concurrently t_a on app.t (a)")
            bench.superuser.run(f"set role postgres; {theirs}")
            before = bench.indexes()
            done(bench, bench.push(alone(changed)), runs=["1a", "1c"])
            assert [each for each in bench.indexes() if " t_b " not in str(each)] == before


def what_a_claim_of_another_text_built_is_taken_away(bench: Bench) -> None:
    for changed, left in (("select 1", []), ("create index concurrently t_b on app.t (b)", ["t_b"])):
        bench.clear()
        with_table(bench)
        _killed_before_it_left(bench, "create index concurrently t_a on app.t (a)")
        bench.superuser.run("set role postgres; create index t_a on app.t (a)")
        done(bench, bench.push(alone(changed)), runs=["1a", "1c"])
        assert bench.ask("select indexname::text from pg_indexes where schemaname = 'app'") == left


def an_index_that_is_just_what_is_asked_for_is_not_built_again(bench: Bench) -> None:
    """It could not be built, and was then made by hand; or the file was edited without changing what it says."""
    text = "create unique index concurrently t_a on app.t (a)"
    for changed in (text, f"{text} -- now", text.replace("concurrently", "concurrently if not exists")):
        bench.clear()
        with_table(bench)
        bench.superuser.run("insert into app.t values (1, 1), (1, 1)")
        assert isinstance(bench.push(alone(text)).error, MigrationFailed)
        bench.superuser.run("set role postgres; delete from app.t; create unique index t_a on app.t (a)")
        before = bench.ask("select 'app.t_a'::regclass::oid::int")
        done(bench, bench.push(alone(f"{changed}\n")), runs=["1a", "1c"])
        assert bench.ask("select 'app.t_a'::regclass::oid::int") == before
        assert not bench.gateways[-1].sent("alone")


def definitions_are_told_apart_to_the_letter(bench: Bench) -> None:
    """What the server shows of an index holds words that a pattern would take for those before its definition."""
    with_table(bench)
    bench.superuser.run('set role postgres; create table app."o USING n" (a text, b text)')
    theirs = """create index "t ON a" on app."o USING n" (b) where a <> ' USING x'"""
    statement = """create index concurrently "t ON a" on app."o USING n" (a) where a <> ' USING x'"""
    outcome = bench.push(alone(statement), alone=[rival(theirs)])
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert bench.runs() == ["1a"]
    bench.superuser.run('set role postgres; drop index app."t ON a"')
    done(bench, bench.push(alone(statement)), runs=["1a", "1c"])


def a_definition_is_known_whatever_the_session_has_set(bench: Bench) -> None:
    """The claim is made under the file's settings, and what it asked for is looked for under those of the role."""
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; create table app.at (t timestamptz, a int)")
    text = (
        "set search_path = app, pg_catalog;\nset timezone = 'Asia/Tokyo';\nset datestyle = 'German';\n"
        "create index concurrently late on app.at (slow(a)) where t > '2026-01-01T00:00:00Z';\n"
    )

    def kill(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        raise SystemExit

    with suppress(SystemExit):
        bench.push(migration("1", text, counted=False), alone=[kill])
    bench.superuser.run(f"alter role postgres in database {bench.name} reset all")
    outcome = bench.push(migration("1", text, counted=False))
    done(bench, outcome, runs=[])
    assert len(bench.gateways[-1].sent("alone")) == 0


def a_block_that_failed_behind_its_commit_is_not_called_undone(bench: Bench) -> None:
    text = f"do $$ begin {counting('1b')} commit; raise exception 'no'; end $$"
    outcome = bench.push(alone(text))
    assert isinstance(outcome.error, MigrationFailed), outcome
    assert (outcome.error.message, bench.runs()) == ("no", ["1a", "1b"])
    assert "What it committed before that stays" in outcome.error.next_step
    assert "`sbapply push --again 1`" in outcome.error.next_step
    corrected = alone(f"do $$ begin commit; {counting('1d')} end $$")
    done(bench, bench.push(corrected, told={"1": Told.AGAIN}), runs=["1a", "1b", "1c", "1d"])


def an_interrupted_statement_that_nobody_can_tell_of_is_called_unknown(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; perform pg_sleep(0.6); {counting('1d')} end $$"

    def after(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    for fault, left in ((interrupted, ["1a", "1b"]), (after, ["1a", "1b", "1d"])):
        bench.clear()
        outcome = bench.push(alone(commits), alone=[fault])
        assert isinstance(outcome.error, Unsettled), outcome
        assert "--done 1" in outcome.error.next_step
        assert (bench.runs(), bench.history()) == (left, [])


def what_is_known_to_have_run_is_recorded_when_its_end_is_interrupted(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; end $$"

    def interrupt(_gateway: Gateway, _sql: str) -> list[dict[str, int]]:
        raise KeyboardInterrupt

    outcome = bench.push(alone(commits), faults=[deliver, interrupt])
    assert isinstance(outcome.error, Interrupted), outcome
    done(bench, bench.push(alone(commits)), runs=["1a", "1b", "1c"])


def _with_unique_index(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("set role postgres; create unique index t_a on app.t (a)")


def an_index_that_was_not_dropped_has_its_name_back(bench: Bench) -> None:
    _with_unique_index(bench)
    # Without a privilege, so that nothing of it begins; and interrupted before it has begun.
    ends = raising(SqlError("42501", "must be owner of index")), raising(KeyboardInterrupt())
    for fault, expected in zip(ends, (MigrationFailed, Interrupted), strict=True):
        outcome = bench.push(alone("drop index concurrently app.t_a"), alone=[fault])
        assert isinstance(outcome.error, expected), outcome
        assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a)"]
    done(bench, bench.push(alone("drop index concurrently app.t_a")), runs=["1a", "1c"])


def an_index_that_is_dropped_by_half_is_told(bench: Bench) -> None:
    limited = "-- sbapply: statement_timeout=300ms\ndrop index concurrently app.t_a;\n"
    for text, fault, expected in (
        (limited, deliver, MigrationFailed),
        ("drop index concurrently app.t_a;\n", interrupted, Interrupted),
    ):
        bench.clear()
        _with_unique_index(bench)
        dropping = migration("1", text, counted=False)
        with bench.holding("select * from app.t"):
            outcome = bench.push(dropping, alone=[fault])
        assert isinstance(outcome.error, expected), outcome
        assert bench.indexes() == ["CREATE UNIQUE INDEX t_a ON app.t USING btree (a) (invalid)"]
        assert 'index "t_a" broke off halfway and left it invalid' in outcome.error.message, outcome.error
        assert "nothing" not in outcome.error.next_step
        assert "Push again to finish the drop" in outcome.error.next_step
        assert '`reindex index concurrently "app"."t_a"`' in outcome.error.next_step
        done(bench, bench.push(dropping), runs=[])
        assert bench.indexes() == []


def an_edited_statement_that_nobody_can_tell_of_waits_for_a_word(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; end $$"
    assert isinstance(bench.push(alone(commits), alone=[cut_before]).error, Unsettled)
    edited_since = alone(commits.replace("1b", "1d"))
    for told in (None, Told.DONE):
        bench.push(edited_since, told={} if told is None else {"1": told})
        assert (bench.runs(), bench.gateways[-1].sent()) == (["1a"], []), told
    done(bench, bench.push(edited_since, told={"1": Told.AGAIN}), runs=["1a", "1c", "1d"])


def an_earlier_text_that_is_still_at_work_is_waited_for(bench: Bench) -> None:
    slow = f"do $$ begin commit; perform pg_sleep(0.7); {counting('1b')} end $$"
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
    commits = f"do $$ begin {counting('1b')} commit; end $$"

    limited = RateLimited("Too many requests.", retry_after=0.05)
    limited.answered = True
    done(bench, bench.push(alone(commits), alone=[raising(limited)]), runs=["1a", "1b", "1c"])


def what_never_left_is_known_to_the_next_push(bench: Bench) -> None:
    commits = f"do $$ begin {counting('1b')} commit; end $$"

    def claimed_and_interrupted(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    shut = bench.push(alone(commits), alone=[raising(RateLimited("Too many requests.", retry_after=600))])
    assert isinstance(shut.error, RateLimited), shut
    ended = bench.push(alone(commits), faults=[claimed_and_interrupted])
    assert isinstance(ended.error, Interrupted), ended
    assert not bench.gateways[-1].sent("alone")
    done(bench, bench.push(alone(commits)), runs=["1a", "1b", "1c"])


def an_index_of_an_earlier_text_that_is_being_built_is_waited_for(bench: Bench) -> None:
    """The file was edited without changing what it says; the index is then just what is asked for."""
    with_table(bench)
    bench.superuser.run(f"set role postgres; {SLOW}; insert into app.t select n, n from generate_series(1, 5) as n")
    statement = "create index concurrently t_a on app.t (app.slow(a))"
    sent = _killed_before_it_left(bench, statement)
    gateway = Gateway(bench.database)
    gateway.later(0, sent)
    time.sleep(0.3)
    outcome = bench.push(alone(f"{statement} -- now\n"))
    gateway.wait()
    done(bench, outcome, runs=["1a", "1c"])
    assert not bench.gateways[-1].sent("alone")


def an_index_that_comes_late_under_a_name_that_was_given_up_is_taken_away(bench: Bench) -> None:
    with_table(bench)
    kept: list[str] = []

    def taken(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        kept.append(sql)
        gateway.database.run("create index t_a_idx on app.t (a desc)")
        raise OutcomeUnknown("No answer.")

    def then_the_first(gateway: Gateway, sql: str) -> list[dict[str, int]]:
        answer = deliver(gateway, sql)
        gateway.database.run("drop index app.t_a_idx")
        deliver_deaf(gateway, kept[0])
        return list(answer)  # type: ignore[arg-type]

    outcome = bench.push(alone("create index concurrently on app.t (a)"), alone=[taken, then_the_first])
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a_idx1 ON app.t USING btree (a)"]


def an_index_on_a_table_whose_name_the_server_cuts_is_built_once(bench: Bench) -> None:
    long = f"t{'x' * 69}"
    bench.superuser.run(f"set role postgres; create table app.{long} (a int)")
    done(bench, bench.push(alone(f"create index concurrently t_a on app.{long} (a)")), runs=["1a", "1c"])
    assert len(bench.gateways[-1].sent("alone")) == 1
