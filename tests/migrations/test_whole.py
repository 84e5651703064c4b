"""The whole of a file: whatever its statements are, its units give all of it back, and can be gone on with."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.migrations.files import Problem
from sbapply.migrations.statements import SplitText, split_text
from sbapply.migrations.text import skip_blank
from sbapply.migrations.unit import Hints, Unit
from tests.migrations.cutting import outcome

PLAIN = (
    *("select 1", "select 'x', '😀'", "set a.b = 'é'", "set local a.b = 1", "set role r", "reset all"),
    *("savepoint s", "rollback to s", "set transaction isolation level serializable", "lock table t", "call p()"),
    *("create type e as enum ('a')", "alter type e add value 'x'", "do $$ begin perform 'x'; end $$"),
    *("create temp table tmp (a int)", "drop table tmp", "select 1 -- why\n + 1"),
)
LONE = (
    *(
        "vacuum",
        "create index concurrently on t (a)",
        "drop index concurrently i",
        "discard all",
        "create database d",
    ),
    "do $$ begin commit; end $$",
)
GAPS = ("", " ", "\n", "-- why; 😀\n", "/* begin; */", "\r\n")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return a file of blocks, statements and boundaries, with blanks and comments between them."""
    gap = st.sampled_from(GAPS)
    block = st.lists(st.sampled_from(PLAIN), max_size=4).map(lambda inside: ["begin", *inside, "commit"])
    chain = st.lists(st.sampled_from(PLAIN), max_size=3).map(
        lambda inside: ["start transaction isolation level serializable", "commit and chain", *inside, "end"]
    )
    other = st.sampled_from((*PLAIN, *LONE, "commit")).map(lambda statement: [statement])
    parts = draw(st.lists(st.one_of(other, block, chain), max_size=10))
    statements = [statement for part in parts for statement in part]
    text = "".join(f"{draw(gap)}{statement}{draw(gap)};" for statement in statements) + draw(gap)
    return text[:-1] if text.endswith(";") and draw(st.booleans()) else text


HINTS = st.builds(Hints, lone=st.frozensets(st.integers(0, 8), max_size=2), commit_enums=st.booleans())


@given(text=texts(), hints=HINTS, apart=st.booleans())
@settings(max_examples=300, deadline=None)
def test_units_lose_nothing_and_can_be_gone_on_with_at_every_reach(text: str, hints: Hints, apart: bool) -> None:
    split = split_text(text)
    boundaries = {at for at, each in enumerate(split.statements) if _bounds(split.source(each))}
    hints = Hints(hints.lone - boundaries, hints.commit_enums)
    units = outcome(text, hints=hints, apart=apart)
    if isinstance(units, Problem):
        assert units.code in ("no-transaction", "session-state"), units
        return
    _check_text(split, units)
    reaches = [unit.reach for unit in units]
    assert reaches == sorted(set(reaches))
    assert reaches[-1] == len(text)
    for number, unit in enumerate(units[:-1], start=1):
        assert outcome(text, hints=hints, apart=apart, done=unit.reach) == units[number:]


def _check_text(split: SplitText, units: tuple[Unit, ...]) -> None:
    """Hold that only boundaries, options, blanks and comments are between the units, and nothing is in two."""
    offset = 0
    for unit in units:
        assert offset <= unit.start <= unit.end <= unit.reach
        assert all(each.start >= unit.start for each in split.statements[unit.first : unit.last])
        assert all(each.end <= unit.end for each in split.statements[unit.first : unit.last])
        _check_between(split, offset, unit.start)
        offset = unit.end
    _check_between(split, offset, len(split.text))


def _check_between(split: SplitText, start: int, end: int) -> None:
    told = {each.start: (each.end, split.source(each)) for each in split.statements}
    ends = {at: end for at, (end, source) in told.items() if _bounds(source) or _gives_options(source)}
    offset = skip_blank(split.text, start)
    while offset < end:
        assert split.text[offset] == ";" or offset in ends, split.text[start:end]
        offset = skip_blank(split.text, ends.get(offset, offset + 1))


def _gives_options(source: str) -> bool:
    return source.startswith("set transaction")


def _bounds(source: str) -> bool:
    return source.startswith(("begin", "start transaction", "commit", "end"))
