"""The folder: every entry is accounted for, by name and by what can be read of it."""

import os
from pathlib import Path

import pytest

from sbapply.errors import Place, UsageError
from sbapply.migrations.files import Folder, Migration, Problem, duplicated_versions, read_folder


def folder_of(path: Path, **files: bytes) -> Folder:
    for name, content in files.items():
        (path / name).write_bytes(content)
    return read_folder(path, shown="m")


def one_file(path: Path, content: bytes) -> Migration:
    (path / "1_x.sql").write_bytes(content)
    return read_folder(path, shown="m").migrations[0]


def problem_of(path: Path, content: bytes) -> Problem:
    problem = one_file(path, content).problem
    assert problem is not None
    return problem


@pytest.mark.parametrize(
    ("name", "version", "title"),
    [
        ("20240101000000_create_users.sql", "20240101000000", "create_users"),
        ("0001_a.sql", "0001", "a"),
        ("1_.sql", "1", ""),
        ("001_.sql", "001", ""),
        ("99999999999999_end_of_time.sql", "99999999999999", "end_of_time"),
        ("20251234000000_no_date.sql", "20251234000000", "no_date"),
        ("12345678_eight.sql", "12345678", "eight"),
        ("1_two words.sql", "1", "two words"),
        ("1_café_😀.sql", "1", "café_😀"),
        ("1_a.b.sql", "1", "a.b"),
    ],
)
def test_a_name_of_digits_underscore_and_anything_is_a_migration(
    tmp_path: Path, name: str, version: str, title: str
) -> None:
    (tmp_path / name).write_text("select 1;")
    assert read_folder(tmp_path, shown="m") == Folder(
        "m", (Migration(version, title, f"m/{name}", "select 1;"),), ()
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("20240101000000-create_users.sql", "the name does not match <digits>_<name>.sql"),
        ("create_users.sql", "the name does not match <digits>_<name>.sql"),
        ("seed.sql", "the name does not match <digits>_<name>.sql"),
        ("20240101000000.sql", "the name does not match <digits>_<name>.sql"),
        ("v1_a.sql", "the name does not match <digits>_<name>.sql"),
        ("2024_a.SQL", "not a .sql file"),
        ("1_a.sql.bak", "not a .sql file"),
        (".gitkeep", "not a .sql file"),
        ("٣_a.sql", "the name does not match <digits>_<name>.sql"),
        ("1_a.down.sql", "a down migration; sbapply only goes forward"),
        (
            "20211208000000_init.sql",
            "a first <timestamp>_init.sql from before 2021-12-09; the official CLI skips it too",
        ),
    ],
)
def test_an_entry_that_is_no_migration_is_listed_with_its_reason(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_text("select 1;")
    folder = read_folder(tmp_path, shown="m")
    assert folder.migrations == ()
    assert [(each.file, each.reason) for each in folder.skipped] == [(f"m/{name}", reason)]


def test_a_sub_folder_is_listed_with_the_files_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "meta" / "deep").mkdir(parents=True)
    (tmp_path / "meta" / "1_a.sql").write_text("")
    (tmp_path / "meta" / "deep" / "2_b.sql").write_text("")
    (tmp_path / "empty").mkdir()
    skipped = {each.file: each.reason for each in read_folder(tmp_path, shown="m").skipped}
    assert skipped == {
        "m/meta": "a sub-folder, and the 2 .sql files in it are not read; migrations stand directly in the folder",
        "m/empty": "a sub-folder; migrations stand directly in the folder",
    }


def test_an_init_file_is_skipped_only_where_the_official_cli_skips_it(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        **{"20200101000000_a.sql": b"", "20200102000000_init.sql": b"", "20211209000000_init.sql": b""},
    )
    assert [each.version for each in folder.migrations] == ["20200101000000", "20200102000000", "20211209000000"]


def test_a_directory_with_the_name_of_a_migration_is_no_migration_that_could_be_sent(tmp_path: Path) -> None:
    (tmp_path / "1_x.sql").mkdir()
    problem = read_folder(tmp_path, shown="m").migrations[0].problem
    assert problem is not None
    assert (problem.code, problem.place) == ("unreadable", Place("m/1_x.sql", 1, 1))


def test_a_link_to_nowhere_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "1_x.sql").symlink_to(tmp_path / "absent")
    problem = read_folder(tmp_path, shown="m").migrations[0].problem
    assert problem is not None
    assert problem.code == "unreadable"


def test_a_name_that_is_not_utf8_is_a_problem_and_no_crash_later(tmp_path: Path) -> None:
    (Path(tmp_path) / b"1_caf\xe9.sql".decode("utf-8", "surrogateescape")).write_text("select 1;")
    migration = read_folder(tmp_path, shown="m").migrations[0]
    assert migration.problem is not None
    assert migration.problem.code == "not-utf8"
    assert migration.name.encode()


def test_versions_are_ordered_as_text_as_the_history_is(tmp_path: Path) -> None:
    names = ("10_a", "9_a", "20260420_y", "20260420140000_x", "0001_a", "1_a", "20260420140000_a")
    folder = folder_of(tmp_path, **{f"{name}.sql": b"" for name in names})
    assert [f"{each.version}_{each.name}" for each in folder.migrations] == [
        "0001_a",
        "1_a",
        "10_a",
        "20260420_y",
        "20260420140000_a",
        "20260420140000_x",
        "9_a",
    ]


def test_versions_that_several_files_share_are_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **{"1_a.sql": b"", "1_b.sql": b"", "01_a.sql": b"", "2_a.sql": b""})
    assert duplicated_versions(folder.migrations) == {"1"}


def test_text_is_kept_byte_for_byte_but_for_the_byte_order_mark(tmp_path: Path) -> None:
    assert one_file(tmp_path, b"\xef\xbb\xbfselect 1;\r\n").text == "select 1;\r\n"
    assert one_file(tmp_path, b"\xef\xbb\xbf\xef\xbb\xbfselect 1").text == "\ufeffselect 1"
    assert one_file(tmp_path, b"").text == ""
    assert one_file(tmp_path, "-- 😀 é\r\rselect 1".encode()).text == "-- 😀 é\r\rselect 1"


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf16_is_named(tmp_path: Path, mark: bytes) -> None:
    problem = problem_of(tmp_path, mark + "select 1".encode("utf-16-le"))
    assert (problem.code, problem.reason) == ("not-utf8", "it is UTF-16, not UTF-8")


def test_utf16_without_a_mark_is_a_nul_at_its_place(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, "select 1".encode("utf-16-le"))
    assert (problem.code, str(problem.place)) == ("binary", "m/1_x.sql:1:2")


def test_git_crypt_is_named_with_the_way_out(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, b"\x00GITCRYPT\x00\x93\x12")
    assert (problem.code, problem.next_step) == ("encrypted", "Run `git-crypt unlock` first.")


def test_a_nul_byte_is_refused_at_its_line_and_column(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, "select 1;\n-- 😀\x00".encode())
    assert (problem.code, str(problem.place)) == ("binary", "m/1_x.sql:2:5")


def test_a_byte_that_is_not_utf8_is_refused_at_its_line_and_column(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, "select 1;\n-- é ".encode() + b"\xe9 caf\xe9")
    assert (problem.code, problem.reason) == ("not-utf8", "byte 0xe9 is not UTF-8")
    assert str(problem.place) == "m/1_x.sql:2:6"


def test_a_surrogate_in_the_bytes_is_not_utf8(tmp_path: Path) -> None:
    assert problem_of(tmp_path, b"-- \xed\xa0\x80").code == "not-utf8"


def test_a_folder_that_is_absent_or_a_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder m"):
        read_folder(tmp_path / "absent", shown="m")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be read"):
        read_folder(tmp_path / "file", shown="m")


def test_a_pipe_in_the_folder_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1_pipe.sql")
    (migration,) = read_folder(tmp_path).migrations
    assert migration.problem is not None
    assert migration.problem.reason == "it is no ordinary file"
