"""Play what keeps indexes that are built and dropped concurrently; each asserts the end that is promised."""

import time
from contextlib import suppress

from sbapply.errors import (
    Interrupted,
    MigrationFailed,
    OutcomeUnknown,
    SqlError,
)
from tests.apply.bench import Bench, migration
from tests.apply.gateway import (
    Gateway,
    cut_after,
    deliver,
    deliver_deaf,
    interrupted,
    late,
    raising,
    rival,
    twice,
)
from tests.apply.parts import INDEX, SLOW, again_later, alone, done, with_table


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
    outcome = bench.push(alone(text), alone=[again_later(0.5)])
    bench.gateways[-1].wait()
    done(bench, outcome, runs=["1a", "1c"])
    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (a, b)"]


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
