"""Verifying asks once where every file is applied, and proves what is applied where one is not."""

from tests.cli.conftest import Project


def pushed(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);", v2_b="create view b as select id from a;")
    assert project.run("push", "--yes").status == 0
    project.asked.clear()


def test_one_request_proves_all_where_every_file_is_applied(project: Project) -> None:
    pushed(project)

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (0, "confirmed")
    assert done.document["requests"] == len(project.posts) == 1
    assert {claim["object"] for claim in done.document["claims"]} >= {"public.a.id", "view public.b"}
    assert [entry["state"] for entry in done.document["history"]["migrations"]] == ["applied", "applied"]


def test_what_is_pending_is_not_claimed(project: Project) -> None:
    pushed(project)
    project.write(v3_c="create table c (id int);")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (0, "confirmed")
    assert done.document["requests"] == len(project.posts) == 2
    assert not [claim for claim in done.document["claims"] if claim["version"] == "3"]


def test_a_pending_file_that_does_not_run_hides_nothing(project: Project) -> None:
    pushed(project)
    project.write(v3_c="select 1 / 0;", v4_d="select from from;")
    project.database.run("drop view b")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (3, "differs")
    assert {claim["object"] for claim in done.document["claims"] if claim["status"] == "missing"} == {
        "public.b",
        "public.b.id",
        "view public.b",
    }


def test_the_state_that_comes_with_a_proof_is_the_one_that_status_reads(project: Project) -> None:
    pushed(project)
    project.database.run("delete from supabase_migrations.schema_migrations where version = '2'")

    done = project.run("verify", "--output", "json")

    states = {entry["version"]: entry["state"] for entry in done.document["history"]["migrations"]}
    assert states == {"1": "applied", "2": "pending"}
    assert {claim["version"] for claim in done.document["claims"]} == {"1"}
