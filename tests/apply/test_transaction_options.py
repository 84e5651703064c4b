"""Send files that begin by saying what kind of transaction they want."""

import pytest

from tests.apply.bench import Bench, migration
from tests.apply.parts import SMALL

KIND = "current_setting('transaction_isolation') || ' ' || current_setting('transaction_deferrable')"
NOTE = f"insert into app.runs select {KIND};\n"


@pytest.mark.parametrize(
    ("leading", "kind"),
    [
        ("set transaction isolation level serializable, read write, not deferrable;", "serializable off"),
        ("set transaction not deferrable;", "read committed off"),
        ("set transaction deferrable;\nset transaction isolation level serializable;", "serializable on"),
        ("-- why\nset transaction read write;\nset transaction deferrable;", "read committed on"),
        ("begin isolation level repeatable read, not deferrable;", "repeatable read off"),
    ],
)
def test_options_that_lead_a_transaction_are_heeded(either_bench: Bench, leading: str, kind: str) -> None:
    for text in (
        f"begin;\n{leading}\n{NOTE}commit;\n",
        f"{leading}\n{NOTE}{'commit;' if 'begin' in leading else ''}",
    ):
        either_bench.clear()
        outcome = either_bench.push(migration("1", text, counted=False), migration("2", NOTE, counted=False))
        assert outcome.error is None, outcome.error
        assert either_bench.history() == ["1", "2"]
        assert either_bench.runs() == sorted([kind, "read committed off"])


def test_options_lead_each_transaction_of_a_file_for_itself(bench: Bench) -> None:
    text = (
        f"begin;\nset transaction isolation level serializable, not deferrable;\n{NOTE}commit;\n"
        f"begin;\n{NOTE}commit;\nset transaction isolation level repeatable read, deferrable;\n{NOTE}"
    )
    outcome = bench.push(migration("1", text, counted=False))
    assert outcome.error is None, outcome.error
    assert bench.runs() == sorted(["serializable off", "read committed off", "repeatable read on"])


def test_what_is_stored_is_the_text_with_its_options(bench: Bench) -> None:
    leading = "set transaction isolation level serializable, not deferrable"
    assert bench.push(migration("1", f"{leading};\n{NOTE}", counted=False)).error is None
    assert bench.ask("select statements[1] from supabase_migrations.schema_migrations") == [leading]


def test_options_that_lead_a_file_larger_than_a_request_are_heeded(bench: Bench) -> None:
    values = "".join(f"insert into app.runs values ('{row:05}');\n" for row in range(600))
    text = f"begin;\nset transaction isolation level serializable, not deferrable;\n{NOTE}{values}commit;\n"
    outcome = bench.push(migration("1", text, counted=False), limits=SMALL)
    assert outcome.error is None, outcome.error
    assert (len(bench.runs()), bench.runs()[-1]) == (601, "serializable off")


def test_options_alone_make_no_transaction(bench: Bench) -> None:
    text = f"-- sbapply: transaction=none\nset transaction isolation level serializable, not deferrable;\n{NOTE}"
    assert bench.push(migration("1", text, counted=False)).error is None
    assert (bench.history(), bench.runs()) == (["1"], ["read committed off"])
