"""Later traces replace earlier ones, and the verdict counts what is left."""

from sbapply.verify.claims import ClaimKind, Trace, readable, supersede
from sbapply.verify.verdict import ClaimResult, Status, Verdict
from tests.verify.conftest import Derive


def trace(version: str, kind: ClaimKind, *key: str, gone: bool = False, counts: bool = False) -> Trace:
    return Trace(version, kind, key, gone, counts)


def test_a_later_trace_of_the_same_fact_replaces_the_earlier() -> None:
    first = trace("1", "column", "s", "t", "a", counts=True)
    later = trace("2", "column", "s", "t", "a")

    [left] = supersede([first, later])

    assert (left.version, left.counts_rows) == ("2", True)


def test_traces_of_another_kind_with_the_same_name_stay() -> None:
    traces = (trace("1", "column", "s", "t", "a"), trace("2", "index", "s", "t", "a"))

    assert supersede(traces) == traces


def test_a_dropped_table_leaves_one_trace() -> None:
    gone = trace("2", "table", "s", "t", gone=True)
    other = trace("1", "column", "s", "other", "a")

    left = supersede([trace("1", "table", "s", "t"), trace("1", "column", "s", "t", "a"), other, gone])

    assert left == (other, gone)


def test_a_table_that_is_made_again_after_a_drop_keeps_what_is_said_of_it_then() -> None:
    traces = [
        trace("1", "column", "s", "t", "a"),
        trace("2", "table", "s", "t", gone=True),
        trace("3", "table", "s", "t"),
        trace("3", "column", "s", "t", "b"),
    ]

    assert supersede(traces) == (traces[2], traces[3])


def test_a_dropped_check_takes_its_probe_along() -> None:
    key = ("s", "t", "c")
    gone = trace("2", "constraint", *key, gone=True)

    assert supersede([trace("1", "constraint", *key), trace("1", "probe", *key), gone]) == (gone,)


def test_names_are_quoted_only_where_a_reader_needs_it() -> None:
    assert readable("column", ("public", "meal_plans", "title")) == "public.meal_plans.title"
    assert readable("probe", ("public", 'T"x', "c")) == 'public."T""x".c (probe)'


def test_a_migration_without_a_change_claims_nothing_and_asks_nothing(derive: Derive) -> None:
    assert derive([("0001", "select 1")]) == ()


def test_a_dropped_object_is_claimed_absent(derive: Derive) -> None:
    claims = derive(
        [
            (
                "0001",
                "create table public.t (a integer, b integer constraint c check (b > 0)); create table public.u ()",
            ),
            ("0002", "alter table public.t drop b; drop table public.u"),
        ]
    )

    absent = {(item.version, item.object) for item in claims if item.expected is None}
    assert absent == {("0002", "public.t.b"), ("0002", "public.t.c"), ("0002", "public.u")}
    assert not [item for item in claims if item.kind == "probe"]


def test_a_table_made_again_is_claimed_again(derive: Derive) -> None:
    claims = derive(
        [
            ("0001", "create table public.t (a integer)"),
            ("0002", "drop table public.t"),
            ("0003", "create table public.t (b integer)"),
        ]
    )

    assert {item.version for item in claims} == {"0003"}
    assert all(item.expected is not None for item in claims)


def result(status: Status, kind: str = "column") -> ClaimResult:
    return ClaimResult("1", "x", kind, ("x",), "e", "f", status)


def test_the_verdict_counts_and_is_never_confirmed_by_nothing() -> None:
    verdict = Verdict((result("confirmed"), result("missing"), result("not-visible"), result("not-probed")))
    assert verdict.summary() == {
        "outcome": "differs",
        "claims": 4,
        "confirmed": 1,
        "differs": 1,
        "not_probed": 2,
    }
    assert Verdict((result("not-probed"),)).outcome == "nothing-claimed"
    assert Verdict((result("confirmed", "history"),)).outcome == "nothing-claimed"
    assert Verdict((result("confirmed"), result("not-probed", "probe"))).outcome == "confirmed"
