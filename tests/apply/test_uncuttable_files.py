"""Push files whose own transactions hold what the server then refuses to run in one."""

import pytest

from sbapply.errors import MigrationFailed
from tests.apply.bench import Bench, migration, versions
from tests.apply.parts import counting

WRAPPED = "begin;\ncall app.p();\ncommit;\n"


def with_procedure(bench: Bench) -> None:
    bench.superuser.run("set role postgres; create procedure app.p() language plpgsql as $$ begin commit; end $$")


def test_a_call_that_commits_within_the_files_own_transaction_is_the_files_failure(either_bench: Bench) -> None:
    with_procedure(either_bench)
    outcome = either_bench.push(migration("1"), migration("2", WRAPPED, counted=False), migration("3"))
    error = outcome.error
    assert isinstance(error, MigrationFailed), error
    assert error.message == (
        "a CALL of a procedure that commits cannot run inside a transaction, and line 1 begins one"
    )
    assert (str(error.place), error.version) == ("supabase/migrations/2_m.sql:2:1", "2")
    assert error.next_step.startswith("Write COMMIT; before it and BEGIN; behind it")
    assert error.sql_error is not None
    assert error.sql_error.sqlstate == "2D000"
    assert (versions(outcome.applied), versions(outcome.pending)) == (["1"], ["2", "3"])
    assert (either_bench.history(), either_bench.runs()) == (["1"], ["1"])


@pytest.mark.parametrize("before", ["commit;\n", "commit;\nselect 1;\ncommit;\n"])
def test_what_is_applied_of_it_is_told(bench: Bench, before: str) -> None:
    with_procedure(bench)
    outcome = bench.push(migration("1", f"{counting('1a')}{before}{WRAPPED}", counted=False))
    assert isinstance(outcome.error, MigrationFailed), outcome.error
    assert "of its" in outcome.error.next_step
    assert (versions(outcome.half), bench.runs()) == (["1"], ["1a"])


def test_a_call_that_commits_outside_of_a_transaction_still_runs_alone(bench: Bench) -> None:
    with_procedure(bench)
    assert bench.push(migration("1", f"{counting('1a')}call app.p();\n", counted=False)).error is None
    assert (bench.history(), bench.runs()) == (["1"], ["1a"])
