"""Rows get the versions of the files that hold their texts, after they were shown; nothing is run or lost."""

from collections.abc import Sequence

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project
from tests.cli.killing import kill_in_the_middle, sql_of
from tests.cli.test_push import respond
from tests.cli.test_repair import history

A, B, C = "create table a (id int);", "create table b (id int);", "create table c (id int);"


def stored(project: Project, *rows: tuple[str, str | None, Sequence[str] | None]) -> None:
    """Write rows of the history as another tool leaves them, and what they stand for."""
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    for version, name, statements in rows:
        values = ", ".join(
            "null"
            if text is None
            else f"$row${text}$row$"
            if isinstance(text, str)
            else f"array[$row${text[0]}$row$]"
            for text in (version, name, statements)
        )
        project.database.run(
            f"insert into supabase_migrations.schema_migrations (version, name, statements) values ({values})"
        )
        for text in statements or ():
            project.database.run(text)
    project.asked.clear()


def an_agents_row(project: Project) -> None:
    """Leave one file applied, and one whose text an agent applied under a version of its own."""
    project.write(v1_a=A)
    stored(project, ("20260101120000", "by_an_agent", [f"-- as asked for\n{B.upper()}\n"]))
    project.write(v2_b=B, v3_c=C)


def relabels(request: SandboxRequest) -> bool:
    return b"update supabase_migrations.schema_migrations" in request.body


def test_status_explains_it_and_names_the_command(project: Project) -> None:
    an_agents_row(project)

    status, document = project.json("status", "--check")
    done = project.run("status")

    assert (status, document["requests"]) == (3, 2)
    assert [(each["version"], each["state"]) for each in document["migrations"]] == [
        ("1", "applied"),
        ("2", "relabelled"),
        ("20260101120000", "missing-file"),
        ("3", "pending"),
    ]
    assert "2_b.sql has its text" in document["migrations"][2]["reason"]
    assert "its text is applied as 20260101120000 by_an_agent" in done.stdout
    assert "Next: `sbapply reconcile`" in done.stdout
    assert "sbapply fetch" not in done.stdout


@pytest.mark.parametrize("options", [(), ("--include-all",), ("--dry-run",)])
def test_push_refuses_what_would_run_twice(project: Project, options: tuple[str, ...]) -> None:
    an_agents_row(project)

    status, document = project.json("push", "--yes", "--no-rehearse", *options)

    assert (status, document["outcome"], document["error"]["version"]) == (4, "refused", "2")
    assert "relabelled" in [refusal["code"] for refusal in document["refusals"]]
    assert "sbapply reconcile" in document["error"]["next"]
    assert project.versions() == ["1", "20260101120000"]


def test_the_row_gets_the_files_version_and_name_and_keeps_its_text(project: Project) -> None:
    an_agents_row(project)
    before = history(project)

    status, document = project.json("reconcile", "--yes")

    assert (status, document["outcome"], document["requests"]) == (0, "rewritten", 3)
    assert document["changes"] == [
        {"change": "relabel", "version": "20260101120000", "name": "by_an_agent", "to": "2", "to_name": "b"}
    ]
    assert history(project) == [before[0], ("2", "b", before[1][2])]
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    assert project.json("status", "--check")[0] == 0
    assert project.json("reconcile")[1]["outcome"] == "nothing-to-do"


def test_rows_that_have_each_others_versions_are_swapped(project: Project) -> None:
    project.write(v1_a=A, v2_b=B)
    stored(project)
    project.write(v1_a=B, v2_b=A)
    assert {each["state"] for each in project.json("status")[1]["migrations"]} == {"edited"}

    assert project.json("reconcile", "--yes")[0] == 0

    assert [(version, texts) for version, _, texts in history(project)] == [("1", [B[:-1]]), ("2", [A[:-1]])]
    assert project.json("status", "--check")[0] == 0


def test_a_dry_run_shows_it_and_writes_nothing(project: Project) -> None:
    an_agents_row(project)

    done = project.run("reconcile", "--dry-run")

    assert done.status == 0
    assert "relabel  20260101120000 by_an_agent -> 2 b" in done.stdout
    assert "Local sandbox (sandboxsandboxsandbx)" in done.stdout
    assert not any(map(relabels, project.asked))
    assert project.versions() == ["1", "20260101120000"]


def test_without_consent_nothing_is_written(project: Project) -> None:
    an_agents_row(project)

    status, document = project.json("reconcile")

    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert not any(map(relabels, project.asked))


def test_a_row_without_a_file_goes_only_if_it_is_named(project: Project) -> None:
    an_agents_row(project)
    stored_before = history(project)
    project.database.run(
        "insert into supabase_migrations.schema_migrations values ('9', array['select 9'], 'nine')"
    )

    status, document = project.json("reconcile", "--yes")
    assert (status, document["without_file"]) == (0, [{"version": "9", "name": "nine", "text": True}])
    assert "sbapply reconcile --drop 9" in document["notes"][0]
    assert project.versions() == ["1", "2", "9"]

    status, document = project.json("reconcile", "--drop", "9", "--yes")
    assert (status, document["changes"]) == (0, [{"change": "remove", "version": "9", "name": "nine"}])
    assert len(history(project)) == len(stored_before)


def test_a_row_that_stands_for_its_file_is_not_dropped(project: Project) -> None:
    an_agents_row(project)

    status, document = project.json("reconcile", "--drop=1", "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert project.versions() == ["1", "20260101120000"]


def test_a_row_without_text_is_taken_for_the_file_of_its_name_if_told_so(project: Project) -> None:
    project.write(v1_a=A)
    stored(project, ("20260101120000", "b", None))
    project.write(v2_b=B)

    assert "--by-name" in project.json("reconcile", "--yes")[1]["notes"][0]
    assert project.versions() == ["1", "20260101120000"]
    status, document = project.json("--by-name", "reconcile", "--yes")
    assert (status, document["notes"]) == (
        0,
        ["20260101120000: the history holds no text of it; it was paired by its name alone."],
    )
    assert project.versions() == ["1", "2"]


def test_what_it_read_changed_meanwhile_and_nothing_is_written(project: Project) -> None:
    an_agents_row(project)

    def come_between(request: SandboxRequest) -> SandboxResponse | None:
        if relabels(request):
            project.answer = lambda _request: None
            project.database.run("insert into supabase_migrations.schema_migrations (version) values ('7')")
        return None

    project.answer = come_between
    status, document = project.json("reconcile", "--yes")

    assert (status, document["error"]["code"]) == (1, "history-moved")
    assert project.versions() == ["1", "20260101120000", "7"]


def test_an_answer_that_was_lost_after_the_commit_is_settled(project: Project) -> None:
    an_agents_row(project)

    def lose_the_answer(request: SandboxRequest) -> SandboxResponse | None:
        if relabels(request):
            project.answer = lambda _request: None
            project.database.run(sql_of(request))
            return respond(502, "<html>gone</html>")
        return None

    project.answer = lose_the_answer
    status, document = project.json("reconcile", "--yes")

    assert (status, document["outcome"]) == (0, "rewritten")
    assert sum(map(relabels, project.asked)) == 1
    assert project.versions() == ["1", "2"]


@pytest.mark.parametrize("reached", [True, False], ids=["that arrived", "that did not"])
def test_killed_in_the_middle_of_a_request_nothing_is_half_done(project: Project, reached: bool) -> None:
    an_agents_row(project)
    kill_in_the_middle(project, "reconcile", "--yes", of=relabels, reached=reached)

    assert project.versions() == (["1", "2"] if reached else ["1", "20260101120000"])
    assert project.json("reconcile", "--yes")[0] == 0
    assert project.versions() == ["1", "2"]
    assert project.tables() == ["a", "b"]


def test_a_version_that_a_shell_would_run_is_quoted_in_the_command_that_is_named(project: Project) -> None:
    odd = "$(touch x)"
    project.write(v1_a="create table a (id int);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.database.run(
        "insert into supabase_migrations.schema_migrations (version, name, statements) "
        f"values ('{odd}', 'x', array['select 1'])"
    )

    assert f"`sbapply reconcile --drop '{odd}'` forgets it" in project.run("reconcile", "--dry-run").stdout
