"""Over thousands of files saved again: what changes nothing is no edit, and what changes anything is one."""

from collections.abc import Callable
from functools import lru_cache

import pytest

from sbapply.history.compare import Wording, same_wording, wording_of
from tests.history.edit_changes import CHANGES
from tests.history.edit_generator import Edit, changed, resaved
from tests.history.edit_resaves import RESAVES

EACH = 2_000


@lru_cache(maxsize=64)
def stored_wording(stored: tuple[str, ...]) -> Wording:
    return wording_of(stored)


def is_same(edit: Edit) -> bool:
    return same_wording(stored_wording(edit.stored), wording_of([edit.file]))


def shown(kind: str, wrong: list[Edit]) -> str:
    """Say how many there were, and show the first."""
    first = "".join(f"\nstored {each.stored!r}\nfile   {each.file!r}" for each in wrong[:3])
    return f"{kind}: {len(wrong)} of {EACH:,} ({len(wrong) / EACH:.2%}){first}"


@pytest.mark.parametrize("kind", RESAVES)
def test_saving_again_is_never_called_an_edit(kind: str, record_property: Callable[[str, object], None]) -> None:
    wrong = [edit for edit in resaved(kind, EACH) if not is_same(edit)]

    record_property("figure", [f"files saved again, {kind}", EACH])
    record_property("figure", [f"files saved again, {kind}, wrongly called edited", len(wrong)])
    assert not wrong, shown(kind, wrong)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_that_matters_is_always_called_an_edit(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    wrong = [edit for edit in changed(kind, EACH) if is_same(edit)]

    record_property("figure", [f"files edited, {kind}", EACH])
    record_property("figure", [f"files edited, {kind}, not called edited", len(wrong)])
    assert not wrong, shown(kind, wrong)


def test_the_generator_gives_the_same_edits_again() -> None:
    assert list(resaved("everything", 50)) == list(resaved("everything", 50))
    assert list(changed("literal", 50)) == list(changed("literal", 50))
    assert list(resaved("cuts", 50)) != list(resaved("blanks", 50))
