"""A plan says what a push would do, and one that was saved is pushed exactly, or not at all."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project
from tests.cli.test_push import respond, writes

SAVED = ("plan", "--no-rehearse", "-o", "plan.json")
PUSHED = ("push", "--plan", "plan.json", "--yes", "--no-rehearse", "--no-verify")


def approved(project: Project, *options: str) -> Path:
    """Apply a first migration and save the plan of a second."""
    project.write(v1_a="create table a (id int primary key, word text);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v2_b="create table b (id int);")
    done = project.run(*SAVED, *options)
    assert done.status == 0, done.stderr
    project.asked.clear()
    return project.folder / "plan.json"


def edited(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    edit(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def test_a_plan_tells_requests_changes_and_locks_and_changes_nothing(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);")
    assert project.run("push", "--yes", "--no-verify").status == 0
    project.write(v2_b="-- sbapply: lock_timeout=2s\nalter table a add word text;")
    project.asked.clear()

    status, document = project.json("plan")

    assert (status, document["outcome"], document["saved"]) == (0, "planned", None)
    assert [each["version"] for each in document["pending"]] == ["2"]
    (request,) = document["would_send"]
    assert (request["parts"][0]["lock_timeout"], request["bytes"] > 0) == ("2s", True)
    (migration,) = document["migrations"]
    assert "public.a.word" in [each["object"] for each in migration["changes"]]
    assert [each["version"] for each in migration["claims"]] == ["2"] * len(migration["claims"])
    assert document["locks"][0]["tables"][0]["lock"] == "ACCESS EXCLUSIVE"
    assert document["locks"][0]["tables"][0]["bytes"] is not None
    assert document["requests"] == len(project.posts) == 2
    assert not any(map(writes, project.asked))
    assert project.versions() == ["1"]


def test_text_shows_the_same(project: Project) -> None:
    project.write(v1_a="create table a (id int);")

    done = project.run("plan")

    assert done.status == 0
    for words in (
        "0 applied, 1 to apply",
        "1: in a transaction with its row",
        "made  public.a",
        "Nothing was changed",
    ):
        assert words in done.stdout
    assert project.tables() == []


def test_without_work_it_says_so_and_ends_with_0(project: Project) -> None:
    status, document = project.json(*SAVED)
    assert (status, document["outcome"]) == (0, "nothing-to-do")
    assert project.json(*PUSHED)[1]["outcome"] == "nothing-to-do"


def test_what_a_push_would_refuse_ends_with_4_and_saves_nothing(project: Project) -> None:
    project.write(v1_a="create table a (id int); insert into a values (null);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v2_b="alter table a alter id set not null;")

    status, document = project.json(*SAVED)

    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "refused")
    assert document["data"][0]["status"] == "violated"
    assert not (project.folder / "plan.json").exists()
    project.write(v2_b="select 1 from;")
    assert project.json(*SAVED)[1]["error"]["line"] == 1
    project.write(v2_b="alter table nowhere add word text;")
    assert project.json("plan", "-o", "plan.json")[1]["error"]["code"] == "rehearsal-failed"
    assert not (project.folder / "plan.json").exists()


def test_what_was_saved_is_pushed_with_one_request_more(project: Project) -> None:
    file = approved(project)
    project.write(v3_c="create table c (id int);")
    assert project.run("plan", "--to", "2", "--no-rehearse", "--out", "plan.json").status == 0
    project.asked.clear()

    status, document = project.json(*PUSHED)

    assert (status, document["outcome"]) == (0, "applied")
    assert document["applied"] == [{"version": "2", "name": "b"}]
    assert document["requests"] == len(project.posts) == 3
    assert project.versions() == ["1", "2"]
    assert json.loads(file.read_text())["to"] == "2"


def test_the_file_holds_digests_and_no_text_row_or_token(project: Project) -> None:
    project.write(v1_a="create table a (id int); insert into a values (4711), (4711);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v2_b="create unique index a_id on a (id); -- a word of the file")

    assert project.run("plan", "-o", "plan.json", "--ignore-data").status == 0

    text = (project.folder / "plan.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert [each["status"] for each in document["findings"]["data"]] == ["violated"]
    assert document["findings"]["locks"][0]["lock"] == "SHARE"
    assert document["schema"]["objects"]["table public.a"]
    for secret in ("4711", "a word of the file", project.environment["SUPABASE_ACCESS_TOKEN"]):
        assert secret not in text
    assert project.run("push", "--plan", "plan.json", "--yes").status == 1
    assert project.versions() == ["1"]


MOVED: list[tuple[str, Callable[[Project], object], str]] = [
    ("a file changed", lambda at: at.write(v2_b="create table b (id bigint);"), "2_b.sql has changed"),
    ("a file came", lambda at: at.write(v3_c="create table c (id int);"), "3_c.sql was added"),
    ("a file went", lambda at: (at.folder / "supabase/migrations/2_b.sql").unlink(), "2_b.sql is gone"),
    (
        "a row came",
        lambda at: at.database.run("insert into supabase_migrations.schema_migrations values ('4', '{}', 'd')"),
        "the row 4 was added to the history",
    ),
    (
        "a row went",
        lambda at: at.database.run("delete from supabase_migrations.schema_migrations"),
        "the row 1 was removed from the history",
    ),
    (
        "a row changed",
        lambda at: at.database.run("update supabase_migrations.schema_migrations set statements = '{select 1}'"),
        "the row 1 was changed in the history",
    ),
    (
        "the schema changed",
        lambda at: at.database.run("alter table a drop column word; create function f() returns int return 1"),
        "the schema changed: 2 objects: function public.f(), table public.a.",
    ),
    (
        "rights changed",
        lambda at: at.database.run("revoke select on a from anon"),
        "the schema changed: 1 object: table public.a.",
    ),
    (
        "a setting changed",
        lambda at: (at.folder / "sbapply.toml").write_text('[limits]\nlock_timeout = "9s"\n'),
        "lock_timeout is 9s now, it was 5s",
    ),
]


@pytest.mark.parametrize(("move", "message"), [row[1:] for row in MOVED], ids=[row[0] for row in MOVED])
def test_what_moved_since_is_named_and_nothing_is_pushed(
    project: Project, move: Callable[[Project], object], message: str
) -> None:
    approved(project)
    move(project)
    before = project.versions()

    status, document = project.json(*PUSHED)

    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "plan-moved")
    assert message in document["error"]["message"]
    assert "sbapply plan -o" in document["error"]["next"]
    assert not any(map(writes, project.asked))
    assert project.versions() == before


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda it: it.update(project="abcdefghijklmnopqrst"), "made for the project abcdefghijklmnopqrst"),
        (lambda it: it.update(made_by="0.0.1"), "made by sbapply 0.0.1"),
        (lambda it: it["schema"].update(server_version=150004), "it was 15.4"),
    ],
)
def test_another_project_program_or_server_is_not_what_was_approved(
    project: Project, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    edited(approved(project), edit)

    status, document = project.json(*PUSHED)

    assert (status, document["error"]["code"]) == (4, "plan-moved")
    assert message in document["error"]["message"]


def test_rows_that_defeat_it_since_are_a_refusal_also_where_rows_were_to_be_ignored(project: Project) -> None:
    approved(project)
    project.write(v2_b="alter table a alter word set not null;")
    assert project.run(*SAVED, "--ignore-data").status == 0
    project.database.run("insert into a values (1, null)")

    status, document = project.json(*PUSHED)

    assert (status, document["error"]["code"]) == (4, "plan-moved")
    assert "public.a.word holds 1 null" in document["error"]["message"]


def test_a_part_that_was_applied_since_is_told(project: Project) -> None:
    project.write(v1_a="create table a (id int);\ncommit;\nselect 1/0;")
    assert project.run(*SAVED).status == 0
    assert project.run("push", "--yes", "--no-rehearse").status == 1

    status, document = project.json(*PUSHED)

    assert (status, document["error"]["code"]) == (4, "plan-moved")
    assert "parts of 1 were applied" in document["error"]["message"]


def test_consent_is_asked_for_a_plan_too(project: Project) -> None:
    approved(project)
    status, document = project.json("push", "--plan", "plan.json", "--no-rehearse")
    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert project.versions() == ["1"]


def test_a_dry_run_of_a_plan_says_whether_it_still_holds(project: Project) -> None:
    approved(project)
    assert project.json("push", "--plan", "plan.json", "--dry-run")[1]["outcome"] == "dry-run"
    project.write(v2_b="select 2;")
    assert project.json("push", "--plan", "plan.json", "--dry-run")[0] == 4
    assert project.versions() == ["1"]


def test_what_another_run_applies_after_the_check_stops_it(project: Project) -> None:
    approved(project)

    def overtake(request: SandboxRequest) -> SandboxResponse | None:
        if writes(request) and "9" not in project.versions():
            project.database.run("insert into supabase_migrations.schema_migrations values ('9', '{}', 'z')")
        return None

    project.answer = overtake
    status, document = project.json(*PUSHED)

    assert (status, document["error"]["code"]) == (1, "history-moved")
    assert "(9)" in document["error"]["message"]
    assert project.versions() == ["1", "9"]
    assert project.tables() == ["a"]


def test_an_answer_that_is_lost_after_the_commit_is_settled(project: Project) -> None:
    approved(project)
    lost: list[SandboxRequest] = []

    def lose(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request) or lost:
            return None
        lost.append(request)
        project.database.run(json.loads(request.body)["query"])
        return respond(502, "<html>bad gateway</html>")

    project.answer = lose
    status, document = project.json(*PUSHED)

    assert (status, document["applied"]) == (0, [{"version": "2", "name": "b"}])
    assert project.versions() == ["1", "2"]


def test_a_push_that_is_killed_leaves_the_row_with_its_effect_or_neither(project: Project) -> None:
    approved(project)
    project.write(v2_b="select pg_sleep(1); create table b (id int);")
    assert project.run(*SAVED).status == 0

    with project.start(*PUSHED) as process:
        while not any(map(writes, project.asked)):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=30)
    running = "select 1 as one from pg_stat_activity where state = 'active' and query ~ 'sbapply [r]un='"
    while project.superuser.run(running):
        time.sleep(0.05)

    done = "2" in project.versions()
    assert ("b" in project.tables()) == done
    assert project.json(*PUSHED)[0] == (4 if done else 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no file plan.json"),
        ("no json", "is no plan"),
        ('{"dependencies": {}}', "is no plan"),
        ('{"sbapply_plan": 2}', "of another sbapply"),
        ('{"sbapply_plan": 1, "made_by": 7}', "is no whole plan: made_by"),
    ],
)
def test_a_file_that_is_no_plan_is_a_wrong_usage(project: Project, text: str | None, message: str) -> None:
    if text is not None:
        (project.folder / "plan.json").write_text(text, encoding="utf-8")

    status, document = project.json(*PUSHED)

    assert (status, document["error"]["code"]) == (2, "usage")
    assert message in document["error"]["message"]
    assert project.posts == []


def test_options_that_a_plan_holds_cannot_be_given_beside_it(project: Project) -> None:
    approved(project)
    for option in (("--to", "2"), ("--include-all",), ("--ignore-data",)):
        status, document = project.json(*PUSHED, *option)
        assert (status, document["error"]["code"]) == (2, "usage")
        assert option[0] in document["error"]["message"]


@pytest.mark.parametrize("option", ["--include-seed", "--include-roles"])
def test_what_no_plan_holds_is_not_run_beside_one(project: Project, option: str) -> None:
    approved(project)
    for name in ("seed.sql", "roles.sql"):
        (project.folder / "supabase" / name).write_text("select 1;", encoding="utf-8")

    status, document = project.json(*PUSHED, option)

    assert (status, document["error"]["code"]) == (2, "usage")
    assert project.posts == []


def test_an_older_plan_is_written_over_and_nothing_else(project: Project) -> None:
    file = approved(project)
    older = file.read_text(encoding="utf-8")
    project.write(v3_c="create table c (id int);")
    assert project.run(*SAVED).status == 0
    assert file.read_text(encoding="utf-8") != older
    file.write_text('{"name": "app"}', encoding="utf-8")

    status, document = project.json(*SAVED)

    assert (status, document["error"]["code"]) == (2, "usage")
    assert file.read_text(encoding="utf-8") == '{"name": "app"}'
    assert project.json("plan", "-o", "no/plan.json")[0] == 2
    assert [each.name for each in project.folder.iterdir() if "plan" in each.name] == ["plan.json"]
