"""Rows of the history are written and removed by name, after they were shown, and nothing is run."""

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project
from tests.cli.killing import kill_in_the_middle, sql_of
from tests.cli.test_push import respond


def history(project: Project) -> list[tuple[object, ...]]:
    asked = "select version, name, statements from supabase_migrations.schema_migrations order by version"
    return [(row["version"], row["name"], row["statements"]) for row in project.database.run(asked)]


def pushed(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_b="create table b (id int);\nselect 1;")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify", "--to", "1").status == 0
    project.asked.clear()


@pytest.mark.parametrize(
    "words", [("applied", "2"), ("--status", "applied", "2")], ids=["ours", "the official CLI's"]
)
def test_a_version_is_recorded_as_applied_with_the_text_of_its_file(
    project: Project, words: tuple[str, ...]
) -> None:
    pushed(project)

    status, document = project.json("repair", *words, "--yes")

    assert (status, document["outcome"], document["requests"]) == (0, "rewritten", 2)
    assert document["changes"] == [{"change": "write", "version": "2", "name": "b", "statements": 2}]
    assert history(project)[1] == ("2", "b", ["create table b (id int)", "select 1"])
    assert project.database.run("select to_regclass('b') as b")[0]["b"] is None
    assert project.json("status", "--check")[0] == 0


def test_a_version_is_removed_and_becomes_pending(project: Project) -> None:
    pushed(project)

    done = project.run("repair", "reverted", "1", "--yes")

    assert done.status == 0
    assert "remove   1 a" in done.stdout
    assert history(project) == []
    assert project.database.run("select to_regclass('a') as a")[0]["a"] == "a"


def test_a_dry_run_shows_it_and_writes_nothing(project: Project) -> None:
    pushed(project)

    status, document = project.json("repair", "reverted", "1", "--dry-run")

    assert (status, document["outcome"], document["requests"]) == (0, "dry-run", 1)
    assert len(history(project)) == 1


def test_without_consent_nothing_is_written(project: Project) -> None:
    pushed(project)

    status, document = project.json("repair", "reverted", "1")

    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert len(history(project)) == 1


def test_what_is_so_already_is_said(project: Project) -> None:
    pushed(project)

    status, document = project.json("repair", "applied", "1", "--yes")
    assert (status, document["outcome"]) == (0, "nothing-to-do")
    assert document["notes"] == ["1 is applied with this text already."]
    assert project.json("repair", "reverted", "7", "--yes")[1]["notes"] == ["7 is not in the history already."]


def test_an_edited_file_can_be_recorded_as_it_is_now(project: Project) -> None:
    pushed(project)
    project.write(v1_a="create table a (id bigint);")

    status, document = project.json("repair", "applied", "1", "--yes")

    assert (status, [change["change"] for change in document["changes"]]) == (0, ["replace"])
    assert history(project) == [("1", "a", ["create table a (id bigint)"])]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("applied", "9"), "No file in supabase/migrations has the version 9"),
        (("applied",), "No version was named"),
        (("undone", "1"), "'undone' is neither applied nor reverted"),
        (("reverted", "1; drop"), "is no version"),
    ],
)
def test_what_cannot_be_repaired_is_a_wrong_usage(project: Project, words: tuple[str, ...], message: str) -> None:
    pushed(project)

    status, document = project.json("repair", *words, "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert message in document["error"]["message"]


def test_a_file_without_readable_text_is_not_recorded_as_an_empty_one(project: Project) -> None:
    pushed(project)
    file = project.folder / "supabase" / "migrations" / "2_b.sql"
    file.write_bytes("create table b (id int);".encode("utf-16"))

    status, document = project.json("repair", "applied", "2", "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert "2_b.sql has no text to record: it is UTF-16" in document["error"]["message"]
    assert project.versions() == ["1"]


def test_a_half_applied_version_can_be_recorded_or_forgotten(project: Project) -> None:
    project.write(v1_a="create table a (id int);\ncommit;\nselect 1/0;")
    assert project.run("push", "--yes", "--no-rehearse").status == 1

    assert project.json("repair", "reverted", "1", "--yes")[0] == 0
    left = project.database.run("select count(*)::int as count from supabase_migrations.sbapply_units")
    assert left[0]["count"] == 0
    assert project.json("status")[1]["migrations"][0]["state"] == "pending"


def writes(request: SandboxRequest) -> bool:
    return b"delete from supabase_migrations.schema_migrations" in request.body


def test_what_it_read_changed_meanwhile_and_nothing_is_written(project: Project) -> None:
    pushed(project)

    def come_between(request: SandboxRequest) -> SandboxResponse | None:
        if writes(request):
            project.answer = lambda _request: None
            project.database.run("update supabase_migrations.schema_migrations set name = 'other'")
        return None

    project.answer = come_between
    status, document = project.json("repair", "reverted", "1", "--yes")

    assert (status, document["outcome"], document["error"]["code"]) == (1, "failed", "history-moved")
    assert [row[:2] for row in history(project)] == [("1", "other")]


@pytest.mark.parametrize("times", [1, 2], ids=["run once", "run twice"])
def test_an_answer_that_was_lost_after_the_commit_is_settled(project: Project, times: int) -> None:
    pushed(project)

    def lose_the_answer(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request):
            return None
        project.answer = lambda _request: None
        project.database.run(sql_of(request))
        # The second delivery of one that went through is answered, and does nothing.
        return None if times == 2 else respond(502, "<html>gone</html>")

    project.answer = lose_the_answer
    status, document = project.json("repair", "reverted", "1", "--yes")

    assert (status, document["outcome"]) == (0, "rewritten")
    assert sum(map(writes, project.asked)) == 1
    assert history(project) == []


@pytest.mark.parametrize("reached", [True, False], ids=["that arrived", "that did not"])
def test_killed_in_the_middle_of_a_request_nothing_is_half_done(project: Project, reached: bool) -> None:
    project.write(v1_a="create table a (id int);", v2_b="create table b (id int);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    kill_in_the_middle(project, "repair", "reverted", "1", "2", "--yes", of=writes, reached=reached)

    assert project.versions() == ([] if reached else ["1", "2"])
    assert project.json("repair", "reverted", "1", "2", "--yes")[0] == 0
    assert project.versions() == []
