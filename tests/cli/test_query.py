"""Query, and what every verb owes: no token shown, no control character raw, no traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Program, Project
from tests.cli.test_push import respond


def test_rows_are_a_table_or_a_document(project: Project) -> None:
    done = project.run("query", "select 1 as a, null as b, 'x' as c")
    assert (done.status, done.stdout) == (0, "a | b    | c\n--+------+--\n1 | NULL | x\n(1 row)\n")
    status, document = project.json("query", "select 1 as a")
    assert (status, document["rows"], document["error"]) == (0, [{"a": 1}], None)


def test_sql_comes_from_an_argument_a_file_or_standard_input(project: Project) -> None:
    (project.folder / "q.sql").write_bytes(b"\xef\xbb\xbfselect 2 as a")
    assert project.json("query", "--file", "q.sql")[1]["rows"] == [{"a": 2}]
    assert project.json("query", "-", given="select 3 as a")[1]["rows"] == [{"a": 3}]
    assert project.json("query", given="select 4 as a")[1]["rows"] == [{"a": 4}]
    done = project.run("--output=json", "query", "--", "-- why\nselect 5 as a")
    assert done.document["rows"] == [{"a": 5}]


def test_bytes_that_are_no_text_are_a_usage_error(project: Project) -> None:
    argument = os.fsdecode(b"select '\xff'")
    status, document = project.json("query", argument)
    assert (status, document["error"]["code"]) == (2, "usage")
    (project.folder / "q.sql").write_bytes(b"select '\xff'")
    status, document = project.json("query", "--file", "q.sql")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert project.posts == []


def test_a_read_cannot_write_and_asks_nobody(project: Project) -> None:
    status, document = project.json("query", "create table a (id int)")
    assert (status, document["error"]["code"], document["error"]["sqlstate"]) == (1, "sql", "25006")
    assert project.posts == [f"/v1/projects/{project.settings.ref}/database/query/read-only"]


def test_a_write_needs_consent_and_is_sent_once(project: Project) -> None:
    status, document = project.json("query", "--write", "create table a (id int)")
    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert project.tables() == []
    status, document = project.json("query", "--write", "--yes", "create table a (id int)")
    assert (status, document["rows"], project.tables()) == (0, [], ["a"])


def test_a_statement_that_cannot_run_in_a_transaction_stands_alone_in_a_write(project: Project) -> None:
    project.database.run("create table a (id int)")
    done = project.run("query", "--write", "--yes", "create index concurrently a_id on a (id)")
    assert done.status == 0, done.stderr


def test_a_write_without_an_answer_is_exit_5(project: Project) -> None:
    project.answer = lambda request: respond(502, "gone") if request.method == "POST" else None
    status, document = project.json("query", "--write", "--yes", "create table a (id int)")
    assert (status, document["outcome"], document["error"]["code"]) == (5, "unknown", "outcome-unknown")
    assert len(project.posts) == 1


def test_a_write_that_is_interrupted_is_unknown_not_nothing(project: Project) -> None:
    def hang(request: SandboxRequest) -> SandboxResponse | None:
        time.sleep(1.0 if request.method == "POST" else 0)
        return None

    project.answer = hang
    with project.start("query", "--write", "--yes", "create table a ()", "--output", "json") as process:
        while not project.posts:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(stdout)["outcome"]) == (5, "unknown")


def test_an_sql_error_is_told_with_all_but_the_query(project: Project) -> None:
    done = project.run("query", "select nope from pg_class")
    assert (done.status, done.stdout) == (1, "")
    assert "SQLSTATE 42703" in done.stderr
    assert "nope" in done.stderr


@pytest.mark.parametrize("output", [[], ["--output", "json"]])
def test_control_characters_from_the_database_are_visible_never_raw(project: Project, output: list[str]) -> None:
    sql = "select E'\\x1b[31mred\\u202e\\r\\n' as \"a\x1b]0;b\""
    done = project.run("query", sql, *output)
    assert done.status == 0
    assert not set("\x1b\u202e\r") & set(done.stdout + done.stderr)
    assert "[31mred" in done.stdout
    failing = project.run("query", "do $$ begin raise exception E'\\x1b[31mred'; end $$", *output)
    assert failing.status == 1
    assert "\x1b" not in failing.stdout + failing.stderr
    assert "\\x1b[31mred" in failing.stderr


def test_names_of_files_and_projects_are_visible_never_raw(project: Project) -> None:
    project.write(**{"v1_\x1b[31mred": "select 1;", "\u202egpj-1": ""})
    done = project.run("status")
    assert done.status == 0
    assert not set("\x1b\u202e") & set(done.stdout + done.stderr)


def test_a_closed_stdout_is_no_traceback(project: Project) -> None:
    arguments = [sys.executable, "-m", "sbapply", "query", "select repeat('x', 1000) from generate_series(1, 3000)"]
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -1; echo "${PIPESTATUS[0]}"', "-", *arguments],
        env=project.environment,
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "1")


def test_a_terminal_that_knows_no_umlaut_shows_it_escaped(project: Project) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = project.run("query", "select U&'\\00e9\\+01f600' as a", environment=environment)
    assert done.status == 0
    assert "\\xe9\\U0001f600" in done.stdout


JSON_401 = {"message": "JWT could not be decoded"}
FAILURES: dict[str, tuple[Callable[[], SandboxResponse], int, str]] = {
    "401": (lambda: respond(401, JSON_401), 2, "unauthorised"),
    "403": (lambda: respond(403, {"message": "Forbidden resource"}), 2, "forbidden"),
    "404": (lambda: respond(404, {"message": "Project not found"}), 2, "not-found"),
    "1010": (lambda: respond(403, "error code: 1010"), 2, "forbidden"),
    "redirect": (lambda: respond(302, "", location="https://evil.example/"), 1, "read-failed"),
    "html": (lambda: respond(200, "<html>just a moment</html>"), 1, "read-failed"),
    "502": (lambda: respond(502, "<html>"), 1, "read-failed"),
    "544": (lambda: respond(544, {"message": "Connection terminated due to connection timeout"}), 1, "read-failed"),
    "cut off": (lambda: respond(201, '[{"a": '), 1, "read-failed"),
    "deep": (lambda: respond(201, "[" * 100_000), 1, "read-failed"),
}


@pytest.mark.parametrize(
    ("failure", "verb"),
    [
        *((failure, ["push", "--yes"]) for failure in FAILURES),
        *((failure, ["query", "select 1"]) for failure in ("401", "1010", "redirect", "502")),
    ],
)
def test_a_failing_read_has_its_exit_code_its_document_and_shows_no_token(
    project: Project, failure: str, verb: list[str]
) -> None:
    answer, status, code = FAILURES[failure]
    (project.folder / "sbapply.toml").write_text("[patience]\nread = 0.3\n")
    project.answer = lambda _request: answer()
    done = project.run(*verb, "--output", "json")
    assert (done.status, done.document["error"]["code"]) == (status, code)
    assert done.document["error"]["next"]
    assert project.settings.token not in done.stdout + done.stderr
    if verb[0] == "push":
        assert (done.document["outcome"], done.document["applied"], done.document["pending"]) == ("failed", [], [])


def test_an_api_that_is_down_is_exit_1_within_the_patience(program: Program) -> None:
    (program.folder / "sbapply.toml").write_text("[patience]\nread = 0.3\n")
    environment = {
        "SBAPPLY_API_URL": "http://127.0.0.1:9",
        "SUPABASE_ACCESS_TOKEN": "sbp_secret",
        "SUPABASE_PROJECT_REF": "a" * 20,
    }
    for verb in (["push", "--yes"], ["status"]):
        done = program.run(*verb, "--output", "json", environment=environment)
        assert (done.status, done.document["error"]["code"]) == (1, "read-failed")
        assert "sbp_secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("token", ["sbp_\xe9secret", "sbp_a\nsecret", "sbp_secret\x7f"])
def test_what_is_no_token_is_refused_unsent_and_unshown(project: Project, token: str) -> None:
    done = project.run("status", "--output", "json", environment={"SUPABASE_ACCESS_TOKEN": token})
    assert (done.status, done.document["outcome"]) == (2, "failed")
    assert "secret" not in done.stdout + done.stderr
    assert project.asked == []


def test_the_token_travels_in_one_header_alone(project: Project) -> None:
    assert project.run("status").status == 0
    assert project.asked
    for request in project.asked:
        assert request.header("authorization") == f"Bearer {project.settings.token}"
        assert request.header("user-agent").startswith("sbapply/")
        others = {key: value for key, value in request.headers.items() if key.lower() != "authorization"}
        assert project.settings.token not in f"{request.path} {request.query} {others} {request.body!r}"


@pytest.mark.parametrize("status", [403, 404])
def test_a_project_that_the_token_may_not_look_at_can_still_be_pushed_to(project: Project, status: int) -> None:
    project.write(v1_a="create table a (id int);")
    project.answer = lambda request: respond(status, {"message": "no"}) if request.method == "GET" else None
    done = project.run("push", "--yes", "--no-rehearse", "--output", "json")
    assert (done.status, done.document["outcome"]) == (0, "applied")
    assert done.document["project"] == project.settings.ref


def test_a_paused_project_is_named_before_anything_is_sent(project: Project) -> None:
    body = {"name": "App", "status": "INACTIVE", "region": "x", "database": {"version": "17"}}
    project.answer = lambda request: respond(200, body) if request.method == "GET" else None
    status, document = project.json("push", "--yes")
    assert (status, document["error"]["code"]) == (1, "project-asleep")
    assert project.posts == []


def test_a_rate_limit_is_waited_for_and_then_told(project: Project) -> None:
    (project.folder / "sbapply.toml").write_text("[patience]\nread = 1.5\n")
    limited: list[int] = []

    def limit(request: SandboxRequest) -> SandboxResponse | None:
        limited.append(1)
        body = {"message": "ThrottlerException: Too Many Requests"}
        return respond(429, body, **{"retry-after": "1"}) if len(limited) == 1 else None

    project.answer = limit
    assert project.run("status").status == 0
    assert len(limited) == 2
    project.answer = lambda _request: respond(429, {"message": "x"}, **{"retry-after": "60"})
    status, document = project.json("status")
    assert (status, document["error"]["code"]) == (1, "read-failed")
    assert "rate limit" in document["error"]["message"]
