"""Build indexes of which no claim can know how they will be defined: by its name alone one is anybody's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from sbapply.apply.alone import Told
from sbapply.database import Row
from sbapply.errors import MigrationFailed, SqlError, Unsettled
from tests.apply.bench import Bench
from tests.apply.gateway import Gateway, cut_after, deliver, deliver_deaf, rival, stalled, twice
from tests.apply.parts import SLOW, alone, done, three_parts, with_table

OVER_THE_ROW = alone("create index concurrently t_a on app.t (app.over(t))")
OURS = "CREATE INDEX t_a ON app.t USING btree (app.over(t.*))"
THEIRS = "create index t_a on app.t (b)"


def with_function(bench: Bench) -> None:
    """Make a table, and an expression over its whole row, which fits no likeness of it."""
    with_table(bench)
    bench.superuser.run(
        "set role postgres; create function app.over(app.t) returns int immutable language sql as 'select 1'"
    )


@contextmanager
def without_temporary_tables(bench: Bench) -> Iterator[None]:
    """Keep the role from making temporary tables, once the side tables are there."""
    bench.push(three_parts())
    bench.superuser.run("delete from supabase_migrations.schema_migrations; delete from app.runs")
    bench.superuser.run(
        f"alter database {bench.name} owner to supabase_admin; "
        f"revoke all on database {bench.name} from public, postgres; "
        f"grant connect, create on database {bench.name} to postgres"
    )
    try:
        yield
    finally:
        bench.superuser.run(
            f"grant temporary, connect on database {bench.name} to public; "
            f"alter database {bench.name} owner to postgres"
        )


def told_as_anybodys(bench: Bench, error: object) -> None:
    assert isinstance(error, MigrationFailed), error
    assert "nobody can tell that it is this one" in error.message
    assert (bench.history(), bench.runs()) == ([], ["1a"])
    assert bench.indexes() == ["CREATE INDEX t_a ON app.t USING btree (b)"]


def test_an_index_over_the_whole_row_that_somebody_elses_has_the_name_of_is_not_called_built(
    either_bench: Bench,
) -> None:
    with_function(either_bench)
    outcome = either_bench.push(OVER_THE_ROW, alone=[rival(THEIRS)])
    told_as_anybodys(either_bench, outcome.error)
    either_bench.database.run("drop index app.t_a")
    done(either_bench, either_bench.push(OVER_THE_ROW), runs=["1a", "1c"])
    assert either_bench.indexes() == [OURS]


def test_an_index_that_a_role_without_temporary_tables_did_not_build_is_not_called_built(bench: Bench) -> None:
    with_table(bench)
    with without_temporary_tables(bench):
        outcome = bench.push(alone("create index concurrently t_a on app.t (a)"), alone=[rival(THEIRS)])
        told_as_anybodys(bench, outcome.error)


def test_an_index_over_the_whole_row_is_built_and_recorded_on_its_own_answer(either_bench: Bench) -> None:
    with_function(either_bench)
    done(either_bench, either_bench.push(OVER_THE_ROW), runs=["1a", "1c"])
    assert either_bench.indexes() == [OURS]


@pytest.mark.parametrize("told", Told)
def test_an_index_of_which_nobody_can_tell_is_unknown_until_a_person_says(bench: Bench, told: Told) -> None:
    with_function(bench)
    outcome = bench.push(OVER_THE_ROW, alone=[cut_after])
    assert isinstance(outcome.error, Unsettled), outcome.error
    assert isinstance(bench.push(OVER_THE_ROW).error, Unsettled)
    assert (bench.history(), bench.runs()) == ([], ["1a"])
    if told is Told.AGAIN:
        assert isinstance(bench.push(OVER_THE_ROW, told={"1": told}).error, MigrationFailed)
        bench.database.run("drop index app.t_a")
    done(bench, bench.push(OVER_THE_ROW, told={"1": told}), runs=["1a", "1c"])
    assert bench.indexes() == [OURS]


def test_another_index_is_not_called_ours_where_the_answer_was_lost(bench: Bench) -> None:
    with_function(bench)

    def theirs_and_lost(gateway: Gateway, sql: str) -> Sequence[Row]:
        bench.database.run(THEIRS)
        return cut_after(gateway, sql)

    outcome = bench.push(OVER_THE_ROW, alone=[theirs_and_lost])
    assert isinstance(outcome.error, Unsettled), outcome.error
    assert (bench.history(), bench.runs()) == ([], ["1a"])


def test_an_index_that_its_own_statement_was_seen_to_build_is_known_without_an_answer(either_bench: Bench) -> None:
    with_table(either_bench)
    either_bench.superuser.run(
        f"set role postgres; {SLOW}; insert into app.t values (1, 1), (2, 2), (3, 3); "
        "create function app.over(app.t) returns int immutable language sql as 'select app.slow(1)'"
    )
    outcome = either_bench.push(OVER_THE_ROW, alone=[stalled])
    done(either_bench, outcome, runs=["1a", "1c"])
    assert either_bench.indexes() == [OURS]


def test_an_index_that_was_interrupted_too_late_is_unknown_where_nobody_can_tell(bench: Bench) -> None:
    with_function(bench)

    def built_and_interrupted(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        raise KeyboardInterrupt

    outcome = bench.push(OVER_THE_ROW, alone=[built_and_interrupted])
    assert isinstance(outcome.error, Unsettled), outcome.error
    assert (bench.history(), bench.runs()) == ([], ["1a"])


def test_what_came_twice_is_not_called_somebody_elses(bench: Bench) -> None:
    with_function(bench)
    outcome = bench.push(OVER_THE_ROW, alone=[twice])
    assert isinstance(outcome.error, MigrationFailed), outcome.error
    assert "write IF NOT EXISTS" in outcome.error.next_step
    said_so = alone("create index concurrently if not exists t_a on app.t (app.over(t))")
    done(bench, bench.push(said_so), runs=["1a", "1c"])
    assert bench.indexes() == [OURS]


def test_an_index_that_another_error_was_answered_for_is_not_sent_again(bench: Bench) -> None:
    with_function(bench)

    def built_and_refused(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver(gateway, sql)
        raise SqlError("42501", "permission denied")

    outcome = bench.push(OVER_THE_ROW, alone=[built_and_refused])
    assert isinstance(outcome.error, MigrationFailed), outcome.error
    assert "--done 1" in outcome.error.next_step
    done(bench, bench.push(OVER_THE_ROW, told={"1": Told.DONE}), runs=["1a", "1c"])
