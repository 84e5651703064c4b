"""A project that has no migrations is adopted: a file, and its row, and nothing is run."""

import os
import signal
import subprocess

import pytest

from sbapply.quoting import quote_literal
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project

BY_HAND = """
create table notes (id bigint generated always as identity primary key, day date not null);
create view days as select day from notes;
insert into storage.buckets (id, name) values ('pictures', 'pictures');
"""


def files(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / "supabase" / "migrations").iterdir())


def with_history(project: Project) -> None:
    project.database.run("create schema supabase_migrations")
    project.database.run(
        "create table supabase_migrations.schema_migrations "
        "(version text primary key, statements text[], name text)"
    )
    project.database.run(
        "insert into supabase_migrations.schema_migrations values ('1', array['create table notes ()'], '../up')"
    )


def writes(request: SandboxRequest) -> bool:
    return request.method == "POST" and b"insert into supabase_migrations" in request.body.lower()


def test_a_project_without_a_history_is_adopted(project: Project) -> None:
    project.database.run(BY_HAND)
    status, document = project.json("baseline", "--name", "start", "--yes")

    assert (status, document["outcome"], document["different"], document["requests"]) == (0, "rewritten", [], 3)
    assert (document["objects"]["table"], document["objects"]["bucket"]) == (1, 1)
    [file] = files(project)
    assert file.endswith("_start.sql")
    assert project.versions() == [file.partition("_")[0]]
    assert project.json("status", "--check")[0] == 0
    assert project.json("diff")[1]["outcome"] == "equal"
    assert project.json("baseline", "--yes")[1]["outcome"] == "nothing-to-do"


def test_it_asks_first_and_a_dry_run_writes_nothing(project: Project) -> None:
    project.database.run(BY_HAND)
    done = project.run("baseline", "--dry-run")
    assert done.status == 0
    assert "Replayed: all" in done.stdout
    assert project.json("baseline", "--no-rehearse")[1]["error"]["code"] == "consent-missing"
    assert (files(project), project.versions()) == ([], [])


def test_rows_without_files_are_kept_unless_they_are_to_be_replaced(project: Project) -> None:
    project.database.run(BY_HAND)
    with_history(project)
    status, document = project.json("baseline", "--no-rehearse", "--yes")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert "sbapply fetch" in document["error"]["next"]
    assert (files(project), project.versions()) == ([], ["1"])

    status, document = project.json("baseline", "--replace", "--no-rehearse", "--yes")
    assert status == 0
    assert project.versions() == [files(project)[0].partition("_")[0]]
    [kept] = (project.folder / "supabase").glob("migrations-replaced-*/*")
    assert (kept.name, kept.read_text()) == ("1_.._up.sql", "create table notes ();\n\n")


def test_what_was_replaced_comes_back_by_the_commands_that_are_told(project: Project) -> None:
    with_history(project)
    project.database.run(
        "update supabase_migrations.schema_migrations "
        "set name = 'up', statements = array['create table notes () -- first', 'select 1']"
    )
    done = project.run("baseline", "--replace", "--no-rehearse", "--yes")
    assert done.status == 0
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    for command in commands[commands.index(next(each for each in commands if "repair reverted" in each)) :]:
        program, _, words = command.partition(" ")
        if program == "sbapply":
            assert project.run(*words.split(), "--yes").status == 0
        else:
            subprocess.run(command, shell=True, cwd=project.folder, check=True)

    assert (files(project), project.versions()) == (["1_up.sql"], ["1"])
    [row] = project.database.run("select statements from supabase_migrations.schema_migrations")
    assert row["statements"] == ["create table notes () -- first", "select 1"]


@pytest.mark.parametrize("version", ["../../../over", "{outside}/over", "1a"])
def test_a_row_whose_version_no_file_can_carry_is_not_kept_somewhere_else(project: Project, version: str) -> None:
    with_history(project)
    outside = project.folder / "outside"
    put = version.format(outside=outside)
    project.database.run(f"update supabase_migrations.schema_migrations set version = {quote_literal(put)}")

    status, document = project.json("baseline", "--replace", "--no-rehearse", "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert put in document["error"]["message"]
    assert (files(project), project.versions(), outside.exists()) == ([], [put], False)
    assert (
        list(project.folder.parent.glob("over*")) == list((project.folder / "supabase").glob("*-replaced-*")) == []
    )


def test_a_folder_with_migrations_is_not_for_a_baseline(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    status, document = project.json("baseline", "--no-rehearse", "--yes")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert files(project) == ["1_a.sql"]


def test_a_replay_that_is_not_equal_is_refused(project: Project) -> None:
    project.database.run("create table notes (id int); insert into notes values (1);")
    project.database.run("create materialized view share as select 1 / count(*) as share from notes")
    status, document = project.json("baseline", "--yes")
    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "refused")
    assert "division by zero" in document["different"][0]
    assert (files(project), project.versions()) == ([], [])

    assert project.json("baseline", "--yes", "--accept-differences", "--no-rehearse")[0] == 0


def test_a_history_that_moved_meanwhile_leaves_everything_as_it_was(project: Project) -> None:
    project.database.run(BY_HAND)

    def rival(request: SandboxRequest) -> SandboxResponse | None:
        if writes(request):
            project.answer = lambda _request: None
            with_history(project)
        return None

    project.answer = rival
    status, document = project.json("baseline", "--no-rehearse", "--yes")
    assert (status, document["error"]["code"]) == (1, "history-moved")
    assert (files(project), project.versions()) == ([], ["1"])


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "the answer lost"])
@pytest.mark.parametrize("delivered", [True, False], ids=["after the commit", "before it"])
def test_what_happens_to_the_request_leaves_nothing_half_done(
    project: Project, killed: bool, delivered: bool
) -> None:
    project.database.run(BY_HAND)

    def broken(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request):
            return None
        project.answer = lambda _request: None
        if delivered:
            project.through(request)
        if killed:
            os.kill(process.pid, signal.SIGKILL)
        return SandboxResponse(502, (), b"")

    project.answer = broken
    with project.start("baseline", "--no-rehearse", "--yes") as process:
        process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if killed else 0)
    [file] = files(project)

    assert project.json("baseline", "--no-rehearse", "--yes")[0] == 0
    assert files(project) == [file]
    assert project.versions() == [file.partition("_")[0]]
