"""Doctor as a process: what it finds of a machine and a project, within bounds and without a secret."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from sbapply.sandbox.handler import SandboxHandler, SandboxRequest, SandboxResponse
from tests.cli.conftest import Done, Program, Project

SUBJECTS = [
    *("sbapply", "folder", "settings", "project", "token", "keyring", "API", "state", "reading", "writing"),
    *("database", "clock", "rehearsals", "local files", "official CLI"),
]


def found(done: Done) -> dict[str, dict[str, Any]]:
    findings = done.document["findings"]
    assert [each["subject"] for each in findings] == SUBJECTS
    return {each["subject"]: each for each in findings}


def examined(program: Program, *options: str, **environment: str) -> tuple[Done, dict[str, dict[str, Any]]]:
    done = program.run("doctor", "--output", "json", *options, environment=environment)
    assert done.status == (1 if done.document["outcome"] == "wrong" else 0)
    return done, found(done)


def posing_as(project: Project, **settings: Any) -> None:
    """Let the project be another from now on, its token the same."""
    name = project.database.conninfo

    def conninfo(role: str) -> str:
        return name.replace("user=postgres", f"user={role}")

    other = SandboxHandler(replace(project.settings, **settings), conninfo)
    project.answer = other


def test_on_a_sound_project_nothing_is_wrong_and_nothing_is_written(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    done, findings = examined(project)
    assert (done.status, done.document["project"]) == (0, project.settings.ref)
    assert {each["verdict"] for each in findings.values()} <= {"fine", "note"}
    assert "from SUPABASE_PROJECT_REF" in findings["project"]["found"]
    assert "1 migration" in findings["folder"]["found"]
    assert "SUPABASE_ACCESS_TOKEN" in findings["token"]["found"]
    assert "as postgres" in findings["writing"]["found"]
    assert "no history yet" in findings["database"]["found"]
    assert findings["clock"]["found"] == "the API's is as ours, the database's is as ours"
    assert len(project.asked) == 4
    sent = [json.loads(request.body)["query"] for request in project.asked if request.method == "POST"]
    assert sent
    assert all(sql.startswith("select ") for sql in sent)
    assert project.versions() == project.tables() == []


def test_as_text_it_ends_with_how_many_things_are_wrong(project: Project) -> None:
    done = project.run("doctor")
    assert done.status == 0
    assert done.stdout.splitlines()[-1] == "Nothing is wrong."
    done = project.run("doctor", environment={"SUPABASE_ACCESS_TOKEN": "sbp_" + "0" * 40})
    assert done.status == 1
    assert done.stdout.splitlines()[-1] == "1 thing is wrong."
    assert "Next: " in done.stdout


def test_a_keyring_that_keeps_nothing_is_a_note_even_where_the_token_is_from_the_environment(
    project: Project,
) -> None:
    _, findings = examined(project)
    assert findings["keyring"]["verdict"] == "note"
    assert findings["keyring"]["next"]


def test_no_token_and_no_project_are_each_told_with_the_command_that_cures_it(project: Project) -> None:
    environment = {name: value for name, value in project.environment.items() if not name.startswith("SUPABASE_")}
    bare = Program(project.folder, environment)
    done, findings = examined(bare)
    assert done.status == 1
    assert "sbapply login" in findings["token"]["next"]
    assert "link" in findings["project"]["next"]
    # That there is an API is found without a token too.
    assert findings["API"]["verdict"] == "fine"
    assert {findings[each]["verdict"] for each in ("state", "reading", "writing")} == {"not-looked"}


def test_a_token_that_may_only_read_is_told_what_it_needs_to_push(project: Project) -> None:
    posing_as(project, token_permissions=frozenset({"database_read"}))
    done, findings = examined(project)
    assert done.status == 0
    assert findings["API"]["verdict"] == "fine"
    assert (findings["state"]["verdict"], findings["writing"]["verdict"]) == ("note", "note")
    assert "project_admin_read" in findings["state"]["next"]
    assert "database_write" in findings["writing"]["next"]
    assert findings["reading"]["verdict"] == "fine"


def test_a_token_of_somebody_else_is_wrong_where_it_cannot_read(project: Project) -> None:
    _, findings = examined(project, "--project-ref", "a" * 20)
    assert findings["reading"]["verdict"] == "wrong"
    assert "database_read" in findings["reading"]["next"]


def test_a_paused_project_is_wrong_with_the_way_to_wake_it(project: Project) -> None:
    posing_as(project, status="INACTIVE")
    done, findings = examined(project)
    assert done.status == 1
    assert "Restore it" in findings["state"]["next"]
    assert findings["writing"]["verdict"] == "not-looked"
    assert not project.posts


def test_a_server_that_answers_nonsense_hides_no_other_finding(project: Project) -> None:
    project.answer = lambda _request: SandboxResponse(200, (("content-type", "text/html"),), b"<p>Sign in</p>")
    done, findings = examined(project)
    assert done.status == 1
    assert findings["API"]["verdict"] == "wrong"
    assert findings["rehearsals"]["verdict"] == "fine"


def test_an_api_that_does_not_answer_costs_no_more_than_the_patience_of_each_request(project: Project) -> None:
    (project.folder / "sbapply.toml").write_text("[patience]\nread = 1\n")

    def hang(request: SandboxRequest) -> None:
        if request.path != "/v1/profile":
            time.sleep(6)

    project.answer = hang
    started = time.monotonic()
    done, findings = examined(project)
    assert time.monotonic() - started < 15
    assert done.status == 1
    assert {findings[each]["verdict"] for each in ("state", "reading", "writing")} == {"wrong"}


def test_without_a_connection_that_is_told_and_what_needs_it_not_looked_at(project: Project) -> None:
    done, findings = examined(project, "--api-url", "http://127.0.0.1:9")
    assert done.status == 1
    assert findings["API"]["verdict"] == "wrong"
    assert findings["writing"]["verdict"] == findings["clock"]["verdict"] == "not-looked"
    assert not project.asked


def test_settings_that_cannot_be_used_are_wrong_and_leave_the_project_open(project: Project) -> None:
    (project.folder / "sbapply.toml").write_text("[patience]\nraed = 1\n")
    _, findings = examined(project)
    assert findings["settings"]["verdict"] == "wrong"
    assert findings["project"]["verdict"] == "not-looked"
    assert findings["API"]["verdict"] == "fine"


@pytest.mark.parametrize(("options", "source"), [(("--target", "here"), "--target here"), ((), "default_target")])
def test_a_target_is_named_as_where_the_project_comes_from(
    project: Project, options: tuple[str, ...], source: str
) -> None:
    text = f'default_target = "here"\n[targets.here]\nref = "{project.settings.ref}"\n'
    (project.folder / "sbapply.toml").write_text(text)
    _, findings = examined(project, *options, SUPABASE_PROJECT_REF="")
    assert source in findings["project"]["found"]
    assert "targets here" in findings["settings"]["found"]


def test_the_sandbox_can_be_looked_at_too(program: Program) -> None:
    done, findings = examined(program, "--sandbox")
    assert done.status == 0
    assert findings["keyring"]["verdict"] == "not-looked"
    assert findings["writing"]["verdict"] == "fine"


def test_a_postgres_that_is_none_is_wrong_and_an_official_cli_is_named(project: Project) -> None:
    bin_folder = project.folder / "bin"
    bin_folder.mkdir()
    official = bin_folder / "supabase"
    official.write_text("#!/bin/sh\nenv >&2\necho 2.98.7\n")
    official.chmod(0o755)
    _, findings = examined(
        project, SBAPPLY_PG_BIN=str(bin_folder), PATH=f"{bin_folder}:{project.environment['PATH']}"
    )
    assert findings["rehearsals"]["verdict"] == "wrong"
    assert "SBAPPLY_PG_BIN" in findings["rehearsals"]["next"]
    assert findings["official CLI"]["found"] == f"supabase 2.98.7, {official}"


def test_the_token_stands_nowhere_in_what_is_printed(project: Project) -> None:
    secret = project.settings.token

    def tell(request: SandboxRequest) -> SandboxResponse | None:
        if request.path.startswith("/v1/projects"):
            body = json.dumps({"message": f"no, {request.header('authorization')}"}).encode()
            return SandboxResponse(403, (("content-type", "application/json"),), body)
        return None

    project.answer = tell
    for options in ((), ("--output", "json"), ("--debug",)):
        done = project.run("doctor", *options)
        assert done.status == 1
        assert secret not in done.stdout + done.stderr
