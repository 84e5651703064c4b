"""Files are written whole, all of them or none, and never over one that is there."""

import errno
import os
from pathlib import Path

import pytest

from sbapply.errors import UsageError
from sbapply.migrations.writing import file_name_of, write_new_files


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_are_written_and_the_folder_with_them(tmp_path: Path) -> None:
    write_new_files(tmp_path / "a" / "b", {"1_a.sql": "select 1;\r\n", "2_b.sql": ""})
    assert (tmp_path / "a" / "b" / "1_a.sql").read_bytes() == b"select 1;\r\n"
    assert contents(tmp_path / "a" / "b").keys() == {"1_a.sql", "2_b.sql"}


def test_one_that_is_there_stays_and_none_is_written(tmp_path: Path) -> None:
    (tmp_path / "2_b.sql").write_text("mine")
    with pytest.raises(UsageError, match=r"2_b\.sql"):
        write_new_files(tmp_path, {"1_a.sql": "select 1;", "2_b.sql": "theirs", "3_c.sql": ""})
    assert contents(tmp_path) == {"2_b.sql": "mine"}


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        write_new_files(tmp_path, {"1_a.sql": "select 1;"})
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def full(source: Path, path: Path) -> None:
        if path.name.startswith("2"):
            raise OSError(errno.ENOSPC, "No space left on device")
        link(source, path)

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(UsageError, match="No space left"):
        write_new_files(tmp_path, {"1_a.sql": "select 1;", "2_b.sql": "select 2;"})
    assert contents(tmp_path) == {}


def test_interrupted_between_two_files_the_first_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def interrupted(source: Path, path: Path) -> None:
        if path.name.startswith("2"):
            raise KeyboardInterrupt
        link(source, path)

    monkeypatch.setattr(os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_new_files(tmp_path, {"1_a.sql": "select 1;", "2_b.sql": "select 2;"})
    assert contents(tmp_path) == {"1_a.sql": "select 1;"}


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "migrations").write_text("")
    with pytest.raises(UsageError, match="migrations"):
        write_new_files(tmp_path / "migrations", {"1_a.sql": ""})


@pytest.mark.parametrize(
    ("version", "name", "file"),
    [
        ("20260101000000", "add notes", "20260101000000_add notes.sql"),
        ("1", "", "1_.sql"),
        ("1", "a/b\\c", "1_a_b_c.sql"),
        ("1", "x" * 300, f"1_{'x' * 249}.sql"),
        ("1a", "b", None),
        ("²", "b", None),
    ],
)
def test_a_row_has_one_file_name_or_none(version: str, name: str, file: str | None) -> None:
    assert file_name_of(version, name) == file
