"""`--advisors` lists what a push brought, and what there is, without touching the exit code."""

import json
from collections.abc import Callable

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project

JSON = (("content-type", "application/json"),)


def gone(status: int, body: bytes = b'{"message": "Gone"}') -> Callable[[SandboxRequest], SandboxResponse | None]:
    def answer(request: SandboxRequest) -> SandboxResponse | None:
        return SandboxResponse(status, JSON, body) if "/advisors/" in request.path else None

    return answer


def asked(project: Project) -> list[str]:
    return [request.path.rpartition("/")[2] for request in project.asked if "/advisors/" in request.path]


def test_a_push_lists_only_what_is_new(project: Project) -> None:
    project.database.run("create table old (id int)")
    project.write(v1_a="create table a (id int primary key); create table b (x int references a);")

    status, document = project.json("push", "--yes", "--advisors")

    assert (status, document["outcome"]) == (0, "applied")
    told = document["advisors"]
    assert (told["source"], told["before"], told["after"], told["reason"]) == ("platform", 2, 6, None)
    assert [(each["level"], each["name"], each["object"]) for each in told["new"]] == [
        ("ERROR", "rls_disabled_in_public", "public.a"),
        ("ERROR", "rls_disabled_in_public", "public.b"),
        ("INFO", "no_primary_key", "public.b"),
        ("INFO", "unindexed_foreign_keys", "public.b"),
    ]
    assert all(each["remediation"].startswith("https://") for each in told["new"])
    assert asked(project) == ["security", "performance"] * 2
    assert document["requests"] == len(project.posts) == 3


def test_a_push_without_it_asks_no_advisor(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    _, document = project.json("push", "--yes")
    assert document["advisors"] is None
    assert asked(project) == []


@pytest.mark.parametrize("status", [404, 410, 403])
def test_where_the_endpoint_is_gone_the_same_is_asked_in_sql(project: Project, status: int) -> None:
    project.answer = gone(status)
    project.write(v1_a="create table a (id int primary key);")

    code, document = project.json("push", "--yes", "--advisors")

    told = document["advisors"]
    assert (code, told["source"], told["before"], told["after"]) == (0, "sql", 0, 1)
    assert [each["cache_key"] for each in told["new"]] == ["rls_disabled_in_public_public_a"]
    assert "Gone" in told["note"]
    assert asked(project) == ["security"]
    assert document["requests"] == len(project.posts) == 5


def test_the_endpoint_and_our_own_sql_find_the_same(project: Project) -> None:
    project.database.run("create table a (id int); create view v as select id from a")
    project.write(v1_b="create table b (id int primary key); alter table b enable row level security;")
    _, platform = project.json("push", "--yes", "--advisors")
    project.write(v2_c="create table c (id int); alter table c enable row level security;")
    project.answer = gone(404)
    _, own = project.json("push", "--yes", "--advisors")
    assert own["advisors"]["before"] == platform["advisors"]["after"]


def test_the_findings_are_shown_with_what_to_do(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);")
    done = project.run("push", "--yes", "--advisors")
    assert done.status == 0
    assert "Advisors: 1 new finding (0 before, 1 after, by the platform's advisors)" in done.stdout
    assert "ERROR  RLS Disabled in Public: public.a" in done.stdout
    assert "to do: https://supabase.com/docs/guides/database/database-linter?lint=0013" in done.stdout


def test_advisors_that_give_no_answer_do_not_fail_a_push(project: Project) -> None:
    project.answer = gone(401, b'{"message": "No"}')
    project.write(v1_a="create table a (id int primary key);")
    done = project.run("push", "--yes", "--advisors")
    assert (done.status, project.versions()) == (0, ["1"])
    assert "Advisors: not compared: The API does not accept the token: No" in done.stdout


@pytest.mark.parametrize("suffix", ["md", "html", "xml", "json"])
def test_every_report_holds_what_is_new(project: Project, suffix: str) -> None:
    project.database.run("create table old (id int primary key)")
    project.write(v1_a="create table a (id int primary key);")
    assert project.run("push", "--yes", "--advisors", "--report", f"push.{suffix}").status == 0
    text = (project.folder / f"push.{suffix}").read_text()
    assert "RLS Disabled in Public" in text
    assert "public.a" in text
    assert "public.old" not in text
    assert "?lint=0013_rls_disabled_in_public" in text


@pytest.mark.parametrize(("answer", "source"), [(None, "platform"), (410, "sql")])
def test_verify_lists_all_that_is_found(project: Project, answer: int | None, source: str) -> None:
    project.write(v1_a="create table a (id int primary key);")
    assert project.run("push", "--yes").status == 0
    project.database.run("create table old (id int primary key)")
    if answer is not None:
        project.answer = gone(answer)

    status, document = project.json("verify", "--advisors")

    assert (status, document["outcome"], document["advisors"]["source"]) == (0, "confirmed", source)
    assert [each["object"] for each in document["advisors"]["findings"]] == ["public.a", "public.old"]
    assert document["advisors"]["reason"] is None
    shown = project.run("verify", "--advisors", "--report", "verify.json")
    assert (shown.status, "Advisors: 2 findings" in shown.stdout) == (0, True)
    report = json.loads((project.folder / "verify.json").read_text())
    assert report["advisors"]["findings"] == document["advisors"]["findings"]
    _, without = project.json("verify")
    assert without["advisors"] is None


def test_the_sandbox_has_advisors_of_its_own(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);")
    status, document = project.json("push", "--yes", "--advisors", "--sandbox")
    assert (status, document["advisors"]["source"]) == (0, "platform")
    assert [each["object"] for each in document["advisors"]["new"]] == ["public.a"]
