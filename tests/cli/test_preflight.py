"""The rows of a project before a push, from the outside."""

from tests.cli.conftest import Project
from tests.cli.test_push import QUICK, writes

ORDERS = (
    "create table orders (id int primary key, total int);insert into orders values (1, null), (2, 5), (3, null);"
)
DEMAND = "alter table orders alter total set not null;"


def test_a_push_that_the_rows_would_defeat_is_exit_4_and_shows_them(project: Project) -> None:
    project.database.run(ORDERS)
    project.write(v1_a=DEMAND)
    done = project.run(*QUICK)
    assert done.status == 4
    assert done.stdout.splitlines()[-4:] == [
        "Data, would fail: public.orders.total holds 2 nulls, and supabase/migrations/1_a.sql:1 sets it NOT NULL",
        "    id = 1",
        "    id = 3",
        "Not applied: 1",
    ]
    assert "--ignore-data" in done.stderr
    assert not any(map(writes, project.asked))
    assert project.versions() == []


def test_the_document_holds_the_answers_and_one_more_request(project: Project) -> None:
    project.database.run(ORDERS)
    project.write(v1_a=DEMAND)
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["requests"]) == (4, "refused", 2)
    (answer,) = document["data"]
    assert (answer["status"], answer["count"], answer["sample"]) == ("violated", 2, [{"id": "1"}, {"id": "3"}])
    error = document["error"]
    assert (error["code"], error["version"], error["file"]) == ("refused", "1", "supabase/migrations/1_a.sql")
    status, document = project.json("push", "--dry-run")
    assert (status, len(document["data"])) == (4, 1)
    project.database.run("update orders set total = 0 where total is null")
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["requests"]) == (0, "applied", 3)
    assert [each["status"] for each in document["data"]] == ["holds"]


def test_ignore_data_shows_what_was_found_and_pushes(project: Project) -> None:
    project.database.run(ORDERS)
    project.write(v1_a="create table fine (id int);", v2_b=DEMAND)
    status, document = project.json(*QUICK, "--ignore-data")
    assert (status, document["outcome"], document["error"]["sqlstate"]) == (1, "failed", "23502")
    assert [each["status"] for each in document["data"]] == ["violated"]
    assert project.versions() == ["1"]
