"""Let what a failed statement has left be impossible to clear: why it failed is told all the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg import Connection, connect

from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import MigrationFailed, OutcomeUnknown, SqlError, Unsettled
from tests.apply.bench import Bench
from tests.apply.gateway import Fault, Gateway, deliver, raising
from tests.apply.parts import INDEX, alone, done, with_table

SHORT = Limits(lock_timeout="100ms")
LITTLE = Patience(read=5.0, settle=1.0)
UNIQUE = "create unique index concurrently t_a on app.t (a)"


@contextmanager
def busy_afterwards(bench: Bench, answer: Fault = deliver) -> Iterator[Fault]:
    """Give a fault behind whose answer somebody is at work on the table, until the block ends."""
    held: list[Connection[object]] = []

    def fault(gateway: Gateway, sql: str) -> Sequence[Row]:
        try:
            return answer(gateway, sql)
        finally:
            connection = connect(bench.database.conninfo)
            connection.execute("lock table app.t in row exclusive mode")
            held.append(connection)

    try:
        yield fault
    finally:
        for connection in held:
            connection.close()


def test_a_build_that_failed_is_told_where_its_invalid_index_cannot_be_dropped(either_bench: Bench) -> None:
    with_table(either_bench)
    either_bench.superuser.run("insert into app.t values (1, 1), (1, 2)")
    with busy_afterwards(either_bench) as fault:
        outcome = either_bench.push(alone(UNIQUE), alone=[fault], limits=SHORT, patience=LITTLE)
    error = outcome.error
    assert isinstance(error, MigrationFailed), error
    assert error.sql_error is not None
    assert error.sql_error.sqlstate == "23505"
    assert 'could not create unique index "t_a"' in error.message
    assert 'an index "t_a" that it may have left invalid is not taken away' in error.message
    assert "lock timeout" in error.message
    assert str(error.place) == "supabase/migrations/1_m.sql:2:1"
    assert "app.t" in error.next_step
    assert either_bench.indexes() == [f"{INDEX} (invalid)".replace("INDEX", "UNIQUE INDEX", 1)]
    either_bench.superuser.run("delete from app.t")
    done(either_bench, either_bench.push(alone(UNIQUE)), runs=["1a", "1c"])


def test_a_drop_that_failed_is_told_where_its_index_cannot_have_its_name_back(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("set role postgres; create index t_a on app.t (a)")
    dropping = alone("drop index concurrently app.t_a")
    refused = raising(SqlError("42501", "must be owner of index"))
    renaming_fails = raising(SqlError("55P03", "canceling statement due to lock timeout"))
    outcome = bench.push(dropping, alone=[refused], faults=[deliver, *[renaming_fails] * 100], patience=LITTLE)
    assert isinstance(outcome.error, MigrationFailed), outcome.error
    assert outcome.error.message.startswith("must be owner of index; ")
    assert 'the index "t_a" has the name "sbapply_drop_' in outcome.error.message


def test_what_cannot_be_settled_stays_unknown_and_says_what_failed_before(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("insert into app.t values (1, 1), (1, 2)")
    lost = raising(OutcomeUnknown("No answer."))
    outcome = bench.push(alone(UNIQUE), faults=[deliver, lost], settle=[lost] * 500, patience=LITTLE)
    assert isinstance(outcome.error, Unsettled), outcome.error
    assert 'could not create unique index "t_a"' in outcome.error.message
