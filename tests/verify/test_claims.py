"""Later claims replace earlier ones, and the verdict counts what is left."""

from sbapply.verify.claims import REFUSAL, Claim, ClaimKind, readable, supersede
from sbapply.verify.verdict import ClaimResult, Status, Verdict
from tests.verify.conftest import Derive


def claim(version: str, kind: ClaimKind, *key: str, expected: str | None = "fact", counts: bool = False) -> Claim:
    return Claim(version, readable(kind, key), kind, key, expected, counts)


def test_a_later_claim_about_the_same_fact_replaces_the_earlier() -> None:
    first = claim("1", "column", "s", "t", "a", expected="old", counts=True)
    later = claim("2", "column", "s", "t", "a", expected="new")

    [left] = supersede([first, later])

    assert (left.version, left.expected, left.counts_rows) == ("2", "new", True)


def test_claims_of_another_kind_with_the_same_name_stay() -> None:
    claims = (claim("1", "column", "s", "t", "a"), claim("2", "index", "s", "t", "a"))

    assert supersede(claims) == claims


def test_a_dropped_table_leaves_one_claim() -> None:
    gone = claim("2", "table", "s", "t", expected=None)
    other = claim("1", "column", "s", "other", "a")

    left = supersede([claim("1", "table", "s", "t"), claim("1", "column", "s", "t", "a"), other, gone])

    assert left == (other, gone)


def test_a_dropped_check_takes_its_probe_along() -> None:
    key = ("s", "t", "c")
    probe = Claim("1", readable("probe", key), "probe", key, REFUSAL)
    gone = claim("2", "constraint", *key, expected=None)

    assert supersede([claim("1", "constraint", *key), probe, gone]) == (gone,)


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
    return ClaimResult("1", "x", kind, "e", "f", status, "select")


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
