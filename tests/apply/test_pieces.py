"""Refuse beforehand, and by name, what cannot be run from the pieces of a file larger than a request."""

import pytest

from sbapply.apply.batch import carriage_problem
from sbapply.config import Limits
from sbapply.migrations.files import Migration
from tests.apply.bench import Bench, migration, ready_of
from tests.apply.parts import SMALL, TABLE, large


def large_with(statement: str) -> Migration:
    return migration("1", f"{large().text}{statement};\n", counted=False)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("select 1 as a into app.made", "SELECT INTO"),
        ("with x as (select 1 as a) select a\ninto app.made from x", "SELECT INTO"),
        ("savepoint a", "SAVEPOINT"),
        ("copy app.t to stdout", "COPY TO STDOUT"),
    ],
)
def test_what_execute_refuses_is_refused_with_its_place(bench: Bench, statement: str, what: str) -> None:
    ready = ready_of(large_with(statement))
    problem = carriage_problem(ready, SMALL)
    assert problem is not None
    assert (problem.code, str(problem.place)) == ("too-large", "supabase/migrations/1_m.sql:404:1")
    assert problem.reason.startswith(f"{what} cannot be run")
    assert carriage_problem(ready, Limits()) is None
    # It is what the server would say of it, once all pieces are there.
    outcome = bench.push(large_with(statement), limits=SMALL)
    assert outcome.error is not None
    assert (bench.history(), bench.runs()) == ([], [])


def test_options_that_lead_the_file_are_no_reason_to_refuse_it() -> None:
    leading = "set transaction isolation level serializable, not deferrable;\n"
    values = large().text.partition(TABLE)[2]
    assert carriage_problem(ready_of(migration("1", f"{leading}{values}", counted=False)), SMALL) is None
