"""What became of an index whose drop was claimed is told, and never passed over in silence."""

from collections.abc import Sequence

import pytest

from sbapply.database import Row
from sbapply.errors import Interrupted, MigrationFailed, SbapplyError, SqlError
from tests.apply.bench import Bench
from tests.apply.gateway import Fault, Gateway
from tests.apply.parts import INDEX, alone, done, with_table
from tests.apply.test_leftovers import killed_with_a_claim

DROP = alone("drop index concurrently app.t_a")
EDITED = alone("select 1")
THEIRS = "CREATE INDEX t_a ON app.t USING btree (b)"


@pytest.fixture(autouse=True)
def indexed(bench: Bench) -> None:
    with_table(bench)
    bench.database.run("create index t_a on app.t (a)")


def dropped_and_killed(bench: Bench) -> None:
    bench.database.run(killed_with_a_claim(bench, DROP))


def test_a_drop_that_took_effect_and_is_edited_away_is_refused(bench: Bench) -> None:
    dropped_and_killed(bench)
    for _ in range(2):
        outcome = bench.push(EDITED)
        assert isinstance(outcome.error, MigrationFailed), outcome
        assert "index app.t_a is gone" in outcome.error.message
        assert "as it was" in outcome.error.next_step
        assert (bench.history(), bench.runs()) == ([], ["1a"])


def test_a_drop_that_took_effect_is_recorded_once_its_statement_is_back(bench: Bench) -> None:
    dropped_and_killed(bench)
    assert isinstance(bench.push(EDITED).error, MigrationFailed)

    done(bench, bench.push(DROP), runs=["1a", "1c"])
    assert bench.indexes() == []


def test_a_drop_that_took_effect_may_be_edited_away_once_the_index_is_made_again(bench: Bench) -> None:
    dropped_and_killed(bench)
    bench.database.run("create index t_a on app.t (a)")

    done(bench, bench.push(EDITED), runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]


def test_a_drop_that_was_never_sent_may_be_edited_away(bench: Bench) -> None:
    killed_with_a_claim(bench, DROP)

    done(bench, bench.push(EDITED), runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]


def name_taken(error: BaseException) -> Fault:
    """Return a fault after which somebody else's index has the name of the one that was to be dropped."""

    def fault(gateway: Gateway, _sql: str) -> Sequence[Row]:
        gateway.database.run("create index t_a on app.t (b)")
        raise error

    return fault


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (SqlError("42501", "must be owner of index"), MigrationFailed, "must be owner of index; and index"),
        (KeyboardInterrupt(), Interrupted, "Interrupted; what is listed as applied is applied; index"),
    ],
    ids=["failed", "interrupted"],
)
def test_an_index_whose_name_was_taken_before_it_could_have_it_back_is_told_with_the_other(
    bench: Bench, error: BaseException, expected: type[SbapplyError], said: str
) -> None:
    outcome = bench.push(DROP, alone=[name_taken(error)])
    assert isinstance(outcome.error, expected), outcome
    for each in (said, "app.sbapply_drop_", "cannot have its name back", "app.t_a"):
        assert each in outcome.error.message
    assert "rename" in outcome.error.next_step


def test_the_next_push_drops_the_index_that_was_meant_and_not_the_one_that_took_its_name(bench: Bench) -> None:
    bench.push(DROP, alone=[name_taken(SqlError("42501", "must be owner of index"))])

    done(bench, bench.push(DROP), runs=["1a", "1c"])
    assert bench.indexes() == [THEIRS]


def test_the_index_has_its_name_back_once_that_is_free(bench: Bench) -> None:
    bench.push(DROP, alone=[name_taken(SqlError("42501", "must be owner of index"))])
    assert isinstance(bench.push(EDITED).error, MigrationFailed)
    bench.database.run("drop index app.t_a")

    done(bench, bench.push(EDITED), runs=["1a", "1c"])
    assert bench.indexes() == [INDEX]
