"""A token that may only read is enough to read, and a project that sleeps is named."""

import json
from collections.abc import Callable

import httpx
import pytest

from sbapply.api.client import ApiClient, ProjectDatabase
from sbapply.api.reading import ReadingDatabase
from sbapply.auth.token import Token
from sbapply.errors import DatabaseUnreachable, Forbidden, OutcomeUnknown, ProjectAsleep

REF = "abcdefghijklmnopqrst"
WRITING = f"/v1/projects/{REF}/database/query"
READING = f"{WRITING}/read-only"
UNREACHABLE = {"message": "Failed to run sql query: Connection terminated due to connection timeout"}

Answer = Callable[[], httpx.Response]


def client_of(answers: dict[str, Answer], asked: list[str]) -> ApiClient:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answers[request.url.path]()

    return ApiClient(Token("sbp_x", "a test"), transport=httpx.MockTransport(answer))


def said(status: int, body: object) -> Answer:
    return lambda: httpx.Response(status, content=json.dumps(body).encode())


def test_a_token_that_may_write_reads_where_it_may_write() -> None:
    asked: list[str] = []
    with client_of({WRITING: said(201, [{"a": 1}])}, asked) as client:
        database = ReadingDatabase(client, REF)
        assert database.run("select 1") == [{"a": 1}]
    assert (asked, database.requests) == ([WRITING], 1)


def test_a_403_sends_this_read_and_all_later_ones_to_the_other_endpoint() -> None:
    asked: list[str] = []
    answers = {WRITING: said(403, {"message": "Forbidden resource"}), READING: said(201, [{"a": 1}])}
    with client_of(answers, asked) as client:
        database = ReadingDatabase(client, REF)
        for _ in range(3):
            assert database.run("select 1") == [{"a": 1}]
    assert asked == [WRITING, READING, READING, READING]
    assert database.requests == 4


def test_a_token_without_any_right_on_the_database_is_told_which_it_needs() -> None:
    asked: list[str] = []
    refusal = said(403, {"message": "Forbidden resource"})
    with client_of({WRITING: refusal, READING: refusal}, asked) as client, pytest.raises(Forbidden) as caught:
        ReadingDatabase(client, REF).run("select 1")
    assert "the permission database_read." in caught.value.next_step


def test_a_write_is_never_sent_to_the_other_endpoint() -> None:
    asked: list[str] = []
    with client_of({WRITING: said(403, {"message": "no"})}, asked) as client, pytest.raises(Forbidden) as caught:
        ProjectDatabase(client, REF).run("create table a ()")
    assert asked == [WRITING]
    assert "database_read and database_write" in caught.value.next_step


@pytest.mark.parametrize("status", ["INACTIVE", "PAUSING", "RESTORING", "RESTARTING"])
def test_a_database_that_gives_no_answer_because_its_project_sleeps_says_so(status: str) -> None:
    asked: list[str] = []
    answers = {
        WRITING: said(544, UNREACHABLE),
        f"/v1/projects/{REF}": said(200, {"name": "App", "status": status}),
    }
    with client_of(answers, asked) as client, pytest.raises(ProjectAsleep) as caught:
        ReadingDatabase(client, REF).run("select 1", timeout=5.0)
    assert f"App ({REF})" in caught.value.message
    assert status in caught.value.message
    assert f"https://supabase.com/dashboard/project/{REF}" in caught.value.next_step


@pytest.mark.parametrize(
    "project",
    [
        said(404, {"message": "Project not found"}),
        said(403, {"message": "Forbidden resource"}),
        said(502, "x"),
        said(200, {"name": "App", "status": "ACTIVE_HEALTHY"}),
    ],
)
def test_a_database_that_gives_no_answer_for_another_reason_stays_unknown(project: Answer) -> None:
    answers = {WRITING: said(544, UNREACHABLE), f"/v1/projects/{REF}": project}
    with client_of(answers, []) as client, pytest.raises(DatabaseUnreachable):
        ReadingDatabase(client, REF).run("select 1", timeout=5.0)


def test_a_write_that_gets_544_is_unknown_whatever_the_project_does() -> None:
    asked: list[str] = []
    with client_of({WRITING: said(544, UNREACHABLE)}, asked) as client, pytest.raises(OutcomeUnknown):
        ProjectDatabase(client, REF).run("create table a ()")
    assert asked == [WRITING]
