"""One file comes into the place of many, and one row into that of theirs; nothing is left half done."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import pytest

from sbapply.migrations.statements import split_text
from sbapply.quoting import quote_literal
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Done, Project
from tests.migrations.killing import KILLER

FILES = {
    "v1_notes": """create table notes (id int primary key, body varchar check (body in ('It''s', 'no')));
insert into notes values (1, 'It''s');""",
    "v2_mood": "create type mood as enum ('calm');\nalter table notes add column mood mood default 'calm';",
    "v3_wild": "alter type mood add value 'wild';\ncommit;\ncreate index wild on notes (id) where mood = 'wild';",
    "v4_later": "create table later (id int);",
}
SQUASHED = "3_squashed.sql"


@pytest.fixture
def pushed(project: Project) -> Project:
    """Return the project with three files applied, and one that is not."""
    project.write(**FILES)
    project.database.run("create schema supabase_migrations")
    project.database.run(
        "create table supabase_migrations.schema_migrations "
        "(version text primary key, statements text[], name text)"
    )
    for file, text in list(FILES.items())[:3]:
        project.database.run(text)
        version, _, name = file.removeprefix("v").partition("_")
        record(project, version, name, split_text(text).stored())
    return project


def record(project: Project, version: str, name: str, texts: Iterable[str]) -> None:
    values = ", ".join(map(quote_literal, (version, name)))
    array = ", ".join(map(quote_literal, texts))
    project.database.run(
        "insert into supabase_migrations.schema_migrations (version, name, statements) "
        f"values ({values}, array[{array}])"
    )


def files(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / "supabase" / "migrations").iterdir())


def archives(project: Project) -> list[Path]:
    return sorted((project.folder / "supabase").glob("migrations-squashed-*"))


def untouched(project: Project) -> bool:
    names = ["1_notes.sql", "2_mood.sql", "3_wild.sql", "4_later.sql"]
    return files(project) == names and project.versions() == ["1", "2", "3"] and not archives(project)


def squashed(project: Project) -> bool:
    [archive] = archives(project)
    kept = sorted(path.name for path in archive.iterdir())
    return (
        files(project) == [SQUASHED, "4_later.sql"]
        and project.versions() == ["3"]
        and kept == ["1_notes.sql", "2_mood.sql", "3_wild.sql", "squash.json"]
    )


def type_in(project: Project, command: str) -> Done:
    """Run a command as it was printed."""
    program = f"{shlex.quote(sys.executable)} -m sbapply"
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("sbapply repair", f"{program} repair --yes", 1)],
        env=project.environment,
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_one_file_and_one_row_stand_for_many_and_there_is_a_way_back(pushed: Project) -> None:
    before = pushed.rows("select * from supabase_migrations.schema_migrations order by version")
    status, document = pushed.json("squash", "--yes")

    assert (status, document["outcome"], document["different"], document["requests"]) == (0, "rewritten", [], 2)
    assert [change["change"] for change in document["changes"]] == ["remove", "remove", "replace"]
    assert squashed(pushed)
    assert pushed.json("status")[1]["migrations"][0]["state"] == "applied"
    assert pushed.json("verify")[1]["outcome"] == "confirmed"
    assert pushed.rows("select body from notes") == [{"body": "It's"}]
    assert pushed.run("push", "--yes").status == 0
    assert pushed.json("status", "--check")[0] == 0

    for command in document["way_back"]:
        assert type_in(pushed, command).status == 0
    assert files(pushed) == ["1_notes.sql", "2_mood.sql", "3_wild.sql", "4_later.sql"]
    assert pushed.json("status", "--check")[0] == 0
    assert pushed.rows("select * from supabase_migrations.schema_migrations order by version")[:3] == before


def test_rows_that_only_the_files_make_are_named_and_can_be_kept(pushed: Project) -> None:
    done = pushed.run("squash", "--dry-run")
    assert done.status == 0
    assert untouched(pushed)
    assert "Nothing was written" in done.stdout
    assert "public.notes: 1" in done.stdout
    assert "1 INSERT in 1 file change rows" in done.stdout
    assert "(the first is supabase/migrations/1_notes.sql:2:1)" in done.stdout

    status, document = pushed.json("squash", "--with-data", "--yes")
    assert (status, document["rows_lost"], document["rows_carried"]) == (0, {}, 1)
    text = (pushed.folder / "supabase" / "migrations" / SQUASHED).read_text("utf-8")
    assert """('1', 'It''s', 'calm')""" in text


def test_assertions_are_carried(project: Project) -> None:
    project.write(
        v1_a="-- sbapply:assert set local role anon\n-- sbapply:assert current_user = 'anon'\nselect 1;",
        v2_b="-- sbapply:assert current_user = 'postgres'\ncreate table b (id int);",
    )
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    assert project.json("squash", "--yes")[1]["assertions"] == 4
    status, document = project.json("verify")
    assert (status, document["outcome"]) == (0, "confirmed")
    assert document["assertions"]


def test_without_consent_nothing_is_written(pushed: Project) -> None:
    status, document = pushed.json("squash")
    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert untouched(pushed)


def test_a_name_that_is_too_long_for_a_file_is_a_wrong_usage(project: Project) -> None:
    status, document = project.json("squash", "--name", "n" * 250, "--yes")
    assert (status, document["error"]["code"], project.asked) == (2, "usage", [])


@pytest.mark.parametrize(
    ("change", "message", "cure"),
    [
        ("edit", "2 is not applied as its file says, it is edited", "repair applied 2"),
        ("lose", "2 is not applied as its file says, it is missing-file", "sbapply fetch"),
        ("add", "25 is not applied as its file says, it is out-of-order", "sbapply push"),
    ],
)
def test_what_is_not_applied_as_it_stands_is_not_squashed(
    pushed: Project, change: str, message: str, cure: str
) -> None:
    if change == "edit":
        pushed.write(v2_mood="create type mood as enum ('grim');")
    elif change == "lose":
        (pushed.folder / "supabase" / "migrations" / "2_mood.sql").unlink()
    else:
        pushed.write(v25_late="select 1;")
    status, document = pushed.json("squash", "--yes")
    assert (status, document["error"]["code"]) == (4, "refused")
    assert message in document["error"]["message"]
    assert cure in document["error"]["next"]
    assert pushed.versions() == ["1", "2", "3"]


def test_a_name_under_which_the_one_would_be_skipped_is_refused(project: Project) -> None:
    project.write(v20200101000000_a="create table a (id int);", v20200102000000_b="create table b (id int);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    before = files(project)

    status, document = project.json("squash", "--name", "init", "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert "20200102000000_init.sql would be skipped" in document["error"]["message"]
    assert (files(project), archives(project), len(project.versions())) == (before, [], 2)


def test_where_there_is_one_file_there_is_nothing_to_do(pushed: Project) -> None:
    status, document = pushed.json("squash", "--to", "1", "--yes")
    assert (status, document["outcome"]) == (0, "nothing-to-do")
    assert pushed.json("squash", "--to", "7")[0] == 2
    assert pushed.json("squash", "--name", "../up")[0] == 2
    assert untouched(pushed)


def test_a_schema_that_cannot_be_written_is_refused(project: Project) -> None:
    project.write(
        v1_a="create role reader login password 'x';\ncreate table a (id int);",
        v2_b="select lo_create(47110);",
    )
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    status, document = project.json("squash", "--yes")
    assert (status, document["error"]["code"]) == (4, "refused")
    assert "large object 47110: it is missing" in " ".join(document["different"])
    assert files(project) == ["1_a.sql", "2_b.sql"]
    assert project.json("squash", "--yes", "--accept-differences")[0] == 0
    # The role is the cluster's, which other tests use too.
    project.superuser.run("drop role reader")


def writes(request: SandboxRequest) -> bool:
    return request.method == "POST" and b"delete from supabase_migrations" in request.body.lower()


def rival_of(project: Project) -> Callable[[SandboxRequest], None]:
    """Return an answer that lets somebody else write a row just before the changes come."""

    def rival(request: SandboxRequest) -> None:
        if writes(request):
            project.answer = lambda _request: None
            project.database.run("insert into supabase_migrations.schema_migrations (version) values ('35')")

    return rival


def test_a_history_that_moved_meanwhile_leaves_everything_as_it_was(pushed: Project) -> None:
    pushed.answer = rival_of(pushed)
    status, document = pushed.json("squash", "--yes")
    assert (status, document["error"]["code"]) == (1, "history-moved")
    pushed.database.run("delete from supabase_migrations.schema_migrations where version = '35'")
    assert untouched(pushed)


def test_an_answer_that_is_lost_after_the_commit_is_settled(pushed: Project) -> None:
    def lose(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request):
            return None
        pushed.answer = lambda _request: None
        pushed.through(request)
        return SandboxResponse(502, (("content-type", "text/html"),), b"<html>Bad Gateway</html>")

    pushed.answer = lose
    assert pushed.json("squash", "--yes")[0] == 0
    assert squashed(pushed)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_run_that_is_killed_while_the_request_is_under_way_is_finished_by_the_next(
    pushed: Project, delivered: bool
) -> None:
    def kill(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request):
            return None
        pushed.answer = lambda _request: None
        if delivered:
            pushed.through(request)
        os.kill(process.pid, signal.SIGKILL)
        return SandboxResponse(502, (), b"")

    pushed.answer = kill
    with pushed.start("squash", "--yes") as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL

    if not delivered:
        states = {each["state"] for each in pushed.json("status")[1]["migrations"]}
        assert "out-of-order" not in states
    status, document = pushed.json("squash", "--yes")
    assert (status, document["goes_on"]) == (0, not delivered)
    assert squashed(pushed)


@pytest.mark.parametrize("step", [2, 4], ids=["before the one file is there", "before the last of the many went"])
def test_a_run_that_is_killed_between_two_files_is_finished_by_the_next(pushed: Project, step: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLER.format(step=step, call="main()"), "squash", "--yes"],
        env=pushed.environment,
        cwd=pushed.folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert pushed.versions() == ["1", "2", "3"]
    # Nothing that is applied is ever pending in between.
    document = pushed.json("push", "--yes", "--no-rehearse", "--dry-run")[1]
    assert [each["version"] for each in document["pending"]] == ["4"]

    assert pushed.run("squash", "--yes").status == 0
    assert squashed(pushed)


def test_another_project_of_the_folder_is_taken_along(pushed: Project) -> None:
    rows = pushed.rows("select version, name, statements from supabase_migrations.schema_migrations")
    assert pushed.run("squash", "--yes").status == 0
    pushed.database.run("delete from supabase_migrations.schema_migrations")
    for row in rows:
        record(pushed, str(row["version"]), str(row["name"]), cast("list[str]", row["statements"]))

    pushed.answer = rival_of(pushed)
    assert pushed.json("squash", "--yes")[1]["error"]["code"] == "history-moved"
    pushed.database.run("delete from supabase_migrations.schema_migrations where version = '35'")
    # The first project's history is squashed, so the files stay as they are.
    assert files(pushed) == [SQUASHED, "4_later.sql"]

    status, document = pushed.json("squash", "--yes")
    assert (status, document["goes_on"], document["different"]) == (0, True, None)
    assert squashed(pushed)


def test_a_pinned_version_of_an_extension_is_no_difference(project: Project) -> None:
    project.write(
        v1_a="create extension citext with schema extensions version '1.4';",
        v2_b="create table a (word extensions.citext);",
    )
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0

    status, document = project.json("squash", "--yes")

    assert (status, document["outcome"], document["different"]) == (0, "rewritten", [])
    assert project.json("verify")[1]["outcome"] == "confirmed"
