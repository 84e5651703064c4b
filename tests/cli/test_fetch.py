"""Rows of the history that have no file become files; nothing that is there is ever written over."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Project, program, project

if TYPE_CHECKING:
    import subprocess

__all__ = ["program", "project"]

TABLE = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations
  (version text primary key, statements text[], name text);
"""


def record(project: Project, version: str, name: str | None, statements: str) -> None:
    """Write a row as another tool would; ``statements`` is SQL."""
    title = "null" if name is None else f"$n${name}$n$"
    project.database.run(
        f"{TABLE} insert into supabase_migrations.schema_migrations (version, name, statements) "
        f"values ($v${version}$v$, {title}, {statements})"
    )


def files(project: Project) -> dict[str, bytes]:
    folder = project.folder / "supabase" / "migrations"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def states(document: dict[str, object]) -> list[tuple[object, object, object]]:
    listed = document["files"]
    assert isinstance(listed, list)
    return [(each["version"], each["state"], each["file"]) for each in listed]


def test_a_row_without_a_file_becomes_one_and_status_has_nothing_to_do(project: Project) -> None:
    record(project, "1", "a", "array['create table a (id int)', '-- why\nselect 1']")
    (row,) = project.json("status")[1]["migrations"]
    assert row["state"] == "missing-file"
    assert "`sbapply fetch`" in project.run("status").stdout
    project.asked.clear()

    status, document = project.json("fetch")

    assert (status, document["outcome"], document["error"]) == (0, "written", None)
    assert states(document) == [("1", "written", "supabase/migrations/1_a.sql")]
    assert document["requests"] == len(project.posts) == 2
    assert files(project) == {"1_a.sql": b"create table a (id int);\n-- why\nselect 1;\n"}
    assert project.json("status", "--check")[0] == 0


def test_a_dry_run_shows_the_files_and_writes_none(project: Project) -> None:
    record(project, "1", "a", "array['select 1']")

    status, document = project.json("fetch", "--dry-run")

    assert (status, document["outcome"]) == (0, "dry-run")
    assert states(document) == [("1", "to-write", "supabase/migrations/1_a.sql")]
    assert files(project) == {}
    assert "Nothing was written" in project.run("fetch", "--dry-run").stdout


def test_where_every_row_has_a_file_there_is_nothing_to_do(project: Project) -> None:
    project.write(v1_other="select 2;")
    record(project, "1", "a", "array['select 1']")

    status, document = project.json("fetch")

    assert (status, document["outcome"], document["files"], document["requests"]) == (0, "nothing-to-do", [], 1)
    assert files(project) == {"1_other.sql": b"select 2;"}


def test_a_file_that_differs_is_refused_and_nothing_is_written(project: Project) -> None:
    project.write(v1_a="select 2;", v2_b="SELECT 2 ;\n-- as it was\n")
    record(project, "1", "a", "array['select 1']")
    record(project, "2", "b", "array['select 2']")
    record(project, "3", "c", "array['select 3']")

    status, document = project.json("fetch", "--all")

    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "refused")
    assert states(document) == [
        ("1", "differs", "supabase/migrations/1_a.sql"),
        ("2", "same", "supabase/migrations/2_b.sql"),
        ("3", "to-write", "supabase/migrations/3_c.sql"),
    ]
    assert files(project).keys() == {"1_a.sql", "2_b.sql"}

    assert states(project.json("fetch", "3", "2")[1]) == [
        ("2", "same", "supabase/migrations/2_b.sql"),
        ("3", "written", "supabase/migrations/3_c.sql"),
    ]
    assert files(project)["1_a.sql"] == b"select 2;"


def test_the_file_of_a_version_is_found_by_whatever_name_it_has(project: Project) -> None:
    project.write(v1_renamed="select 1")
    record(project, "1", "a", "array['select 1']")
    assert states(project.json("fetch", "1")[1]) == [("1", "same", "supabase/migrations/1_renamed.sql")]


def test_a_row_without_text_is_listed_and_one_that_is_empty_is_written(project: Project) -> None:
    record(project, "1", "a", "null")
    record(project, "2", None, "array[]::text[]")

    status, document = project.json("fetch")

    assert (status, document["outcome"]) == (0, "written")
    assert states(document) == [("1", "no-text", None), ("2", "written", "supabase/migrations/2_.sql")]
    assert files(project) == {"2_.sql": b";\n"}
    assert project.json("status")[1]["migrations"][1]["state"] == "applied"


def test_no_name_leads_out_of_the_folder(project: Project, tmp_path: Path) -> None:
    names = {
        "/../../../out": "1__.._.._.._out.sql",
        "..": "2_...sql",
        "a\nb\x1b[31m\u202ec": "3_a_b_[31m_c.sql",
        "ä ö ☃": "4_ä ö ☃.sql",
        "é" * 200: f"5_{'é' * 124}.sql",
    }
    for version, name in enumerate(names, start=1):
        record(project, str(version), name, "array['select 1']")
    before = {path for path in tmp_path.rglob("*") if path.suffix == ".sql"}

    status, document = project.json("fetch")

    assert (status, document["outcome"]) == (0, "written")
    after = {path for path in tmp_path.rglob("*") if path.suffix == ".sql"}
    assert after - before == {project.folder / "supabase" / "migrations" / file for file in names.values()}
    assert project.json("status", "--check")[0] == 0
    assert "\x1b" not in project.run("fetch", "--all").stdout


def test_versions_that_no_file_can_carry_are_listed(project: Project) -> None:
    versions = ["", "../2", "2_b", "9" * 260, "abc", "٣"]
    for version in versions:
        record(project, version, "a", "array['select 1']")

    status, document = project.json("fetch")

    assert (status, document["outcome"]) == (0, "nothing-to-do")
    assert states(document) == [(version, "no-name", None) for version in versions]
    assert files(project) == {}


def test_two_statements_that_a_comment_makes_one_are_told(project: Project) -> None:
    record(project, "1", "a", "array['select 1 -- one', 'select 2']")
    (fetched,) = project.json("fetch")[1]["files"]
    assert fetched["reason"] == "a semicolon stands behind a comment in it: move it to a line of its own"
    assert files(project) == {"1_a.sql": b"select 1 -- one;\nselect 2;\n"}


def test_a_down_migration_is_not_written_over_and_not_written_twice(project: Project) -> None:
    record(project, "1", "a.down", "array['select 1']")
    assert project.json("fetch")[1]["outcome"] == "written"
    assert [state for _, state, _ in states(project.json("fetch")[1])] == ["same"]
    project.write(**{"v1_a.down": "select 2;"})
    assert project.json("fetch")[0] == 4
    assert files(project) == {"1_a.down.sql": b"select 2;"}


def test_a_project_folder_without_migrations_gets_the_folder(project: Project) -> None:
    (project.folder / "supabase" / "migrations").rmdir()
    record(project, "1", "a", "array['select 1']")
    assert project.run("fetch").status == 0
    assert files(project) == {"1_a.sql": b"select 1;\n"}


def test_a_project_without_a_history_has_nothing_to_fetch(project: Project) -> None:
    assert project.json("fetch", "--all")[1]["outcome"] == "nothing-to-do"


@pytest.mark.parametrize(
    ("words", "message"),
    [(("7",), "7 is not in the history"), (("1", "--all"), "Versions and --all were given")],
)
def test_what_cannot_be_fetched_is_a_wrong_usage(project: Project, words: tuple[str, ...], message: str) -> None:
    record(project, "1", "a", "array['select 1']")

    status, document = project.json("fetch", *words)

    assert (status, document["error"]["code"]) == (2, "usage")
    assert message in document["error"]["message"]
    assert files(project) == {}


def test_a_row_that_changes_while_it_is_read_is_not_written(project: Project) -> None:
    record(project, "1", "a", "array['select 1']")

    def change(_request: object) -> None:
        if len(project.posts) == 2:
            project.database.run("update supabase_migrations.schema_migrations set statements = '{select 2}'")

    project.answer = change

    status, document = project.json("fetch")

    assert (status, document["error"]["code"]) == (1, "read-failed")
    assert files(project) == {}


def test_killed_while_the_texts_are_read_it_leaves_no_file(project: Project) -> None:
    record(project, "1", "a", "array['select 1']")
    started: list[subprocess.Popen[str]] = []

    def kill(_request: object) -> None:
        if len(project.posts) == 2:
            started[0].kill()

    project.answer = kill
    started.append(project.start("fetch"))
    with started[0] as process:
        process.communicate(timeout=60)

    assert (process.returncode, files(project)) == (-signal.SIGKILL, {})
