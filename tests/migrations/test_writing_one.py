"""Files are written whole or not at all, and never over another one."""

from pathlib import Path

import pytest

from sbapply.errors import UsageError
from sbapply.migrations.writing import write_new, write_over


def test_a_new_file_has_its_bytes_and_its_folder_is_made(tmp_path: Path) -> None:
    write_new(tmp_path / "in" / "a.sql", "select 1;\r\n")
    assert (tmp_path / "in" / "a.sql").read_bytes() == b"select 1;\r\n"
    write_new(tmp_path / "in" / "a.sql", "select 1;\r\n")
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a.sql"]


def test_another_file_of_the_name_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not written over"):
        write_new(tmp_path / "a.sql", "other")
    assert (tmp_path / "a.sql").read_text(encoding="utf-8") == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_cannot_be_written_leaves_nothing_and_the_older_one(tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(UsageError, match=r"plan\.json cannot be written"):
        write_over(tmp_path / "plan.json", "{}")
    with pytest.raises(UsageError, match="cannot be written"):
        write_over(tmp_path / "no" / "plan.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_the_older_one_is_replaced(tmp_path: Path) -> None:
    write_over(tmp_path / "plan.json", "1")
    write_over(tmp_path / "plan.json", "2")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == "2"
