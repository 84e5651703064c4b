"""Edit a file after a push that ended without an outcome, while its request arrives late: no false "applied"."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.cases import AT_ONCE, Record
from tests.reliability.editing import Arrival, Case, Edit, Edition, Fate, play
from tests.reliability.whole import WHOLE
from tests.reliability.world import Yard

SAMPLE_OF = 7
# A share of the cases runs side by side in one test.
SHARES = 11 if WHOLE else 2


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Yard:
    return Yard(engine_of(18), tmp_path_factory.mktemp("worlds"))


def _mark(number: int) -> str:
    return f"insert into app.marks (version, part) values ('20260301000000', {number});\n"


def _blocks(*numbers: int) -> Edition:
    return Edition("".join(f"begin;\n{_mark(number)}commit;\n" for number in numbers), frozenset(numbers))


def _built(statement: str, last: int, **indexes: str) -> Edition:
    """Return an edition that builds an index between two marks, of which the first is the same in all of them."""
    return Edition(f"{_mark(1)}{statement}{_mark(last)}", frozenset({1, last}), indexes)


def _rebuilt(column: str, last: int) -> Edition:
    text = "drop index concurrently app.things_rebuilt;\n"
    text += f"create index concurrently things_rebuilt on app.things ({column});\n"
    return Edition(f"{text}{_mark(last)}", frozenset({last}), {"things_rebuilt": f"({column})"})


_ON_CODE = _built("create index concurrently things_named on app.things (code);\n", 2, things_named="(code)")
_UNNAMED = _built("create index concurrently on app.things (code);\n", 2, things_code_idx="(code)")
# The requests of a push: 1 reads, 2 writes; where a statement runs alone, 2 claims it, 3 is it, 4 finishes it.
EDITS = (
    Edit("plain", Edition(_mark(1), frozenset({1})), Edition(_mark(11), frozenset({11})), 2),
    Edit("several units, a later one edited", _blocks(1, 2, 3), _blocks(1, 12, 3), 2),
    Edit("several units, the first one edited", _blocks(1, 2, 3), _blocks(11, 2, 3), 2),
    *(
        Edit(
            f"an index of the same name on another column, {what} kept",
            _ON_CODE,
            _built("create index concurrently things_named on app.things (amount);\n", 12, things_named="(amount)"),
            kept,
        )
        for kept, what in ((2, "its claim"), (3, "itself"), (4, "its end"))
    ),
    Edit(
        "an index that gets another name",
        _ON_CODE,
        _built("create index concurrently things_other on app.things (code);\n", 12, things_other="(code)"),
        3,
    ),
    Edit("an index that is taken out", _ON_CODE, _built("", 12), 3),
    Edit(
        "an index without a name, on another column",
        _UNNAMED,
        _built("create index concurrently on app.things (amount);\n", 12, things_amount_idx="(amount)"),
        3,
    ),
    Edit("dropped and rebuilt otherwise, the drop kept", _rebuilt("code", 1), _rebuilt("amount", 11), 3),
    Edit("dropped and rebuilt otherwise, the build kept", _rebuilt("code", 1), _rebuilt("amount", 11), 5),
)
CASES = [Case(edit, fate, arrival) for edit in EDITS for fate in Fate for arrival in Arrival]


CHOSEN = CASES if WHOLE else CASES[::SAMPLE_OF]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cases", [CHOSEN[at::SHARES] for at in range(SHARES)], ids=lambda cases: cases[0].name)
def test_a_late_request_and_an_edited_file_never_make_a_false_report(
    cases: Sequence[Case], yard: Yard, record_property: Record
) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        going = [(case, pool.submit(play, yard, case)) for case in cases]
    failures = [f"{case.name}: {error!r}" for case, each in going if (error := each.exception()) is not None]
    assert not failures, f"{len(failures)} of {len(going)}:\n" + "\n\n".join(failures)
    record_property("figure", ["edits between", len(going)])
    ends = Counter(f"{case.fate}, {case.arrival}: {each.result()}" for case, each in going)
    for end, count in sorted(ends.items()):
        record_property("figure", [f"second pushes, {end}", count])
