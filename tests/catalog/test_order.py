"""What is built comes after what it needs, and a cycle is opened where it can be."""

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.catalog.ddl.order import Order, order
from sbapply.catalog.whole import CatalogObject, Identity

BREAKABLE = ("view", "table")


def item(kind: str, name: str, needs: Sequence[Identity] = (), later: Sequence[Identity] = ()) -> CatalogObject:
    return CatalogObject(kind, (name,), {}, needs=(*needs, *later), later=tuple(later))


@st.composite
def graphs(draw: st.DrawFn, *, cycles: bool) -> Sequence[CatalogObject]:
    """Draw objects; what one needs at once are those before it, what it needs later, with ``cycles``, any."""
    kinds = draw(st.lists(st.sampled_from(["view", "table", "function"]), min_size=1, max_size=12))
    names: list[Identity] = [(kind, (str(number),)) for number, kind in enumerate(kinds)]
    made = []
    for number, (kind, (name,)) in enumerate(names):
        at_once = draw(st.sets(st.sampled_from(names[:number]), max_size=3)) if number else set()
        others = [each for each in names if each != (kind, (name,)) and each not in at_once]
        later = (
            draw(st.sets(st.sampled_from(others), max_size=3))
            if cycles and others and kind != "function"
            else set()
        )
        made.append(item(kind, name, sorted(at_once), sorted(later)))
    return draw(st.permutations(made))


def made_before(found: Order, identity: Identity, step: int) -> bool:
    """Say whether the object, or a stand-in for it, is there before the step of this number."""
    return any(each == identity for each, _ in found.steps[:step])


@given(graphs(cycles=False))
@settings(max_examples=200, deadline=None)
def test_everything_comes_after_what_it_needs(wanted: Sequence[CatalogObject]) -> None:
    found = order(wanted, BREAKABLE)

    assert sorted(found.steps) == sorted((each.identity, False) for each in wanted)
    assert found.in_two == set()
    objects = {each.identity: each for each in wanted}
    for step, (identity, _) in enumerate(found.steps):
        assert all((need, False) in found.steps[:step] for need in objects[identity].needs)


@given(graphs(cycles=True))
@settings(max_examples=500, deadline=None)
def test_in_a_cycle_what_can_wait_waits(wanted: Sequence[CatalogObject]) -> None:
    found = order(wanted, BREAKABLE)

    objects = {each.identity: each for each in wanted}
    assert [each for each, stand_in in found.steps if not stand_in] == [
        *dict.fromkeys(each for each, stand_in in found.steps if not stand_in)
    ]
    assert {each for each, stand_in in found.steps if not stand_in} == {*objects}
    assert {each for each, stand_in in found.steps if stand_in} == {*found.in_two}
    for step, (identity, stand_in) in enumerate(found.steps):
        needs = {*objects[identity].needs} - ({*objects[identity].later} if stand_in else set())
        assert all(made_before(found, need, step) for need in needs), (identity, stand_in)
        if identity in found.in_two and not stand_in:
            assert (identity, True) in found.steps[:step]


@given(graphs(cycles=True))
@settings(max_examples=200, deadline=None)
def test_only_what_stands_in_a_cycle_is_made_in_two_steps(wanted: Sequence[CatalogObject]) -> None:
    needs = {each.identity: each.needs for each in wanted}

    assert all(reaches(needs, each, each) for each in order(wanted, BREAKABLE).in_two)


def reaches(needs: Mapping[Identity, Sequence[Identity]], start: Identity, end: Identity) -> bool:
    seen: set[Identity] = set()
    open_ = [*needs[start]]
    while open_:
        each = open_.pop()
        if each == end:
            return True
        if each not in seen:
            seen.add(each)
            open_ += needs[each]
    return False


def test_a_view_is_opened_rather_than_a_table() -> None:
    view, table = ("view", ("v",)), ("table", ("t",))

    found = order([item("view", "v", later=[table]), item("table", "t", later=[view])], BREAKABLE)

    assert found.in_two == {view}
    assert found.steps == [(view, True), (table, False), (view, False)]


def test_what_nothing_opens_stays_as_it_is_given() -> None:
    one, two = ("function", ("a",)), ("function", ("b",))

    found = order([item("function", "a", [two]), item("function", "b", [one])], BREAKABLE)

    assert found.steps == [(one, False), (two, False)]


def test_a_long_chain_takes_no_depth() -> None:
    chain = [item("table", str(n), [("table", (str(n + 1),))] if n < 20_000 else []) for n in range(20_001)]

    steps = order(chain, BREAKABLE).steps

    assert [int(name) for (_, (name,)), _ in steps] == [*range(20_000, -1, -1)]
