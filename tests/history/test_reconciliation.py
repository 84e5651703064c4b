"""Rows get the versions of the files that hold their texts, with as few changes as there can be."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sbapply.errors import UsageError
from sbapply.history.reconciliation import Reconciliation, reconcile_history
from sbapply.history.rewrite import Change, Relabel, Rewrite, Take
from sbapply.history.state import HistoryRow
from sbapply.migrations.files import read_folder
from tests.history.test_plan import remote


def reconciled(
    path: Path,
    rows: Mapping[str, str | Sequence[str] | None],
    files: Mapping[str, str],
    *,
    drop: Sequence[str] = (),
    by_name: bool = False,
) -> Reconciliation:
    """Reconcile; the keys of ``rows`` are versions and names, a text is stored as ours and a list as it is."""
    for name, text in files.items():
        (path / f"{name}.sql").write_text(text, encoding="utf-8")
    state = remote(**{f"v{key}": text for key, text in rows.items()})
    asked = 0

    def read_stored(versions: Sequence[str]) -> Mapping[str, Sequence[str]]:
        nonlocal asked
        asked += 1
        texts = {key.partition("_")[0]: text for key, text in rows.items()}
        return {version: [text] if isinstance(text := texts[version], str) else text or [] for version in versions}

    found = reconcile_history(
        read_folder(path, shown="m"), state, read_stored=read_stored, drop=drop, by_name=by_name
    )
    assert asked <= 1
    # Whatever is proposed can be done: this raises for what is not in the history.
    assert len(Rewrite(state, found.changes).after()) == len(rows) - len(drop)
    return found


def test_a_row_gets_the_version_and_the_name_of_the_file_with_its_text(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "20260101_by_an_agent": ["-- one\nselect 2; SELECT 3;\n"]}
    found = reconciled(tmp_path, rows, {"1_a": "select 1", "2_b": "select 2;\nselect 3 -- three"})
    assert found.changes == (Relabel("20260101", "2", "b"),)
    assert (found.left, found.blocked) == ((), ())


def test_what_is_as_it_should_be_is_left_alone(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "2_b": ["select 2;"], "3_c": None}
    assert reconciled(tmp_path, rows, {"1_a": "select 1", "2_b": "select  2", "3_c": "x"}).changes == ()
    assert reconciled(tmp_path, {}, {"1_a": "select 1"}).changes == ()


def test_rows_that_have_each_others_versions_are_swapped(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "2_b": "select 2", "3_c": "select 3"}
    files = {"1_b": "select 2", "2_c": "select 3", "3_a": "select 1"}
    assert reconciled(tmp_path, rows, files).changes == (
        Relabel("1", "3", "a"),
        Relabel("2", "1", "b"),
        Relabel("3", "2", "c"),
    )


def test_a_row_moves_on_where_another_makes_room(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "2_b": "select 2"}
    files = {"2_a": "select 1", "3_b": "select 2"}
    assert reconciled(tmp_path, rows, files).changes == (Relabel("1", "2", "a"), Relabel("2", "3", "b"))


def test_the_version_of_a_row_with_another_text_is_not_taken_unless_that_is_dropped(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "2_other": "select 9"}
    found = reconciled(tmp_path, rows, {"2_a": "select 1"})
    assert found.changes == ()
    assert [(each.row.version, each.migration.version) for each in found.blocked] == [("1", "2")]

    found = reconciled(tmp_path, rows, {"2_a": "select 1"}, drop=["2"])
    assert found.changes == (Take("2"), Relabel("1", "2", "a"))


def test_what_is_blocked_blocks_what_is_behind_it(tmp_path: Path) -> None:
    rows = {"1_a": "select 1", "2_b": "select 2", "3_other": "select 9"}
    found = reconciled(tmp_path, rows, {"2_a": "select 1", "3_b": "select 2"})
    assert (found.changes, len(found.blocked)) == ((), 2)


def test_a_row_whose_text_no_file_holds_stays_and_is_told(tmp_path: Path) -> None:
    found = reconciled(tmp_path, {"1_a": "select 1", "5_b": "select 5"}, {"1_a": "select 1", "6_c": "select 6"})
    assert found.changes == ()
    assert [row.version for row in found.left] == ["5"]
    dropped = reconciled(tmp_path, {"1_a": "select 1", "5_b": "select 5"}, {}, drop=["5"])
    assert (dropped.changes, dropped.left) == ((Take("5"),), ())


def test_of_one_text_those_of_one_name_go_together_and_the_rest_in_order(tmp_path: Path) -> None:
    rows = {"10_x": "select 1", "11_b": ["select 1;"], "12_y": "select 1"}
    files = {"1_a": "select 1", "2_b": "select 1"}
    found = reconciled(tmp_path, rows, files)
    assert found.changes == (Relabel("10", "1", "a"), Relabel("11", "2", "b"))
    assert [pair.others for pair in found.pairs] == [("11", "12", "2"), ()]
    assert [row.version for row in found.left] == ["12"]


def test_a_text_without_a_statement_is_paired_by_its_name_only(tmp_path: Path) -> None:
    assert reconciled(tmp_path, {"9_x": ["-- nothing"]}, {"1_a": "-- nothing"}).changes == ()
    found = reconciled(tmp_path, {"9_a": []}, {"1_a": ""})
    assert found.changes == (Relabel("9", "1", "a"),)


def test_a_row_without_text_is_paired_by_its_name_only_if_told_so(tmp_path: Path) -> None:
    rows = {"9_a": None, "10_twice": None, "11_twice": None, "12_nobody": None}
    files = {"1_a": "select 1", "2_twice": "select 2"}
    found = reconciled(tmp_path, rows, files)
    assert (found.changes, len(found.left)) == ((), 4)

    found = reconciled(tmp_path, rows, files, by_name=True)
    assert found.changes == (Relabel("9", "1", "a"),)
    assert [row.version for row in found.left] == ["10", "11", "12"]


def test_files_that_share_a_version_are_left_alone(tmp_path: Path) -> None:
    files = {"1_a": "select 1", "1_b": "select 2"}
    assert reconciled(tmp_path, {"9_a": "select 1"}, files).changes == ()


@pytest.mark.parametrize(
    ("version", "message"), [("7", "7 is not in the history"), ("1", "The row of 1 stands for its file")]
)
def test_what_is_not_there_or_stands_for_its_file_is_not_dropped(
    tmp_path: Path, version: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        reconciled(tmp_path, {"1_a": "select 1"}, {"1_a": "select 1"}, drop=[version])


def test_a_dropped_row_gives_its_file_to_nobody(tmp_path: Path) -> None:
    found = reconciled(tmp_path, {"9_a": "select 1"}, {"1_a": "select 1"}, drop=["9"])
    changes: tuple[Change, ...] = (Take("9"),)
    assert found.changes == changes


def test_a_row_is_paired_once(tmp_path: Path) -> None:
    found = reconciled(tmp_path, {"9_a": "select 1"}, {"1_a": "select 1", "2_a": "select 1"})
    assert found.changes == (Relabel("9", "1", "a"),)
    assert found.pairs[0].row == HistoryRow("9", "a", found.pairs[0].row.digest)
