"""Push, from the outside: the contract's document, exit codes and what is left in the project."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Program, Project
from tests.prompts import await_the_prompt

QUICK = ("push", "--yes", "--no-rehearse", "--no-verify")
REPOSITORY = Path(__file__).parents[2]


def respond(status: int, body: object, **headers: str) -> SandboxResponse:
    content = body if isinstance(body, str) else json.dumps(body)
    return SandboxResponse(status, tuple(headers.items()), content.encode())


def writes(request: SandboxRequest) -> bool:
    return b"sbapply run=" in request.body


def test_the_document_of_a_push_is_the_contracts(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);", v2_b="create table b (id int);")
    done = project.run("push", "--yes", "--output", "json")
    assert done.status == 0, done.stderr
    document = done.document
    assert (document["command"], document["project"]) == ("push", project.settings.ref)
    assert document["outcome"] == "applied"
    assert document["applied"] == [{"version": "1", "name": "a"}, {"version": "2", "name": "b"}]
    assert (document["pending"], document["error"]) == ([], None)
    assert document["requests"] == len(project.posts) == 3
    verification = document["verification"]
    assert verification["outcome"] == "confirmed"
    assert verification["claims"] == verification["confirmed"] > 2
    assert verification["differs"] == verification["not_probed"] == 0
    assert (project.versions(), project.tables()) == (["1", "2"], ["a", "b"])
    assert "Applied 1 a" in done.stderr


def test_options_stand_before_the_verb_as_well(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    before = ("--yes", "--no-rehearse", "--workdir", str(project.folder), "--output", "json")
    done = project.run(*before, "--project-ref", project.settings.ref, "push")
    assert (done.status, done.document["outcome"]) == (0, "applied")


def test_a_failing_migration_is_named_with_its_place_and_the_rest_stays_pending(project: Project) -> None:
    project.write(
        v1_a="create table a (id int);",
        v2_b="-- 😀 é\nselect '😀', 1;\n\tselect nope from a;\n",
        v3_c="create table c (id int);",
    )
    status, document = project.json(*QUICK)
    assert (status, document["outcome"]) == (1, "failed")
    assert document["applied"] == [{"version": "1", "name": "a"}]
    assert document["pending"] == [{"version": "2", "name": "b"}, {"version": "3", "name": "c"}]
    error = document["error"]
    assert (error["code"], error["version"], error["sqlstate"]) == ("migration-failed", "2", "42703")
    assert (error["file"], error["line"], error["column"]) == ("supabase/migrations/2_b.sql", 3, 9)
    assert set(error) >= {"code", "message", "next", "version", "file", "line", "column", "sqlstate", "hint"}
    assert project.versions() == ["1"]


def test_an_error_without_a_position_has_its_file_and_no_invented_line(project: Project) -> None:
    project.write(v1_a="do $$ begin raise exception 'no' using hint = 'try', detail = 'why'; end $$;")
    status, document = project.json(*QUICK)
    error = document["error"]
    assert (status, error["sqlstate"], error["hint"]) == (1, "P0001", "try")
    assert (error["file"], error["version"]) == ("supabase/migrations/1_a.sql", "1")
    assert (error["line"], error["column"]) == (None, None)
    assert (project.versions(), project.tables()) == ([], [])


@pytest.mark.parametrize(
    ("files", "line", "column"),
    [
        ({"v1_a": "select 1;\nselec 2;"}, 2, 1),
        ({"v1_a": "copy t from stdin;\n1\n\\.\n"}, 1, 1),
        ({"v1_a": "select 1;\n\\restrict x\n"}, 2, 1),
        ({"v1_a": "select 1;\n rollback;"}, 2, 2),
        ({"v1_a": "", "v1_b": ""}, 1, 1),
        ({"v1_a": "select 1 -- \x00"}, 1, 13),
    ],
)
def test_what_cannot_be_pushed_is_refused_before_anything_is_sent(
    project: Project, files: dict[str, str], line: int, column: int
) -> None:
    project.write(v0_fine="create table fine (id int);", **files)
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "refused")
    assert document["error"]["file"] == "supabase/migrations/1_a.sql"
    assert (document["error"]["line"], document["error"]["column"]) == (line, column)
    assert document["applied"] == []
    assert not any(map(writes, project.asked))
    assert project.versions() == []


def test_out_of_order_is_refused_without_include_all(project: Project) -> None:
    project.write(v2_b="create table b (id int);")
    assert project.run(*QUICK).status == 0
    project.write(v1_a="create table a (id int);", v3_c="create table c (id int);")
    status, document = project.json(*QUICK)
    assert (status, document["outcome"]) == (4, "refused")
    assert "--include-all" in document["error"]["next"]
    assert project.versions() == ["2"]
    status, document = project.json(*QUICK, "--include-all")
    assert (status, [each["version"] for each in document["applied"]]) == (0, ["1", "3"])


def test_edited_missing_and_skipped_are_listed_and_push_goes_on(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_gone="create table gone (id int);")
    assert project.run(*QUICK).status == 0
    (project.folder / "supabase/migrations/2_gone.sql").unlink()
    project.write(**{"v1_a": "create table a (id bigint);", "v3_c": "create table c (id int);", "4-security": ""})
    done = project.run(*QUICK, "--output", "json")
    assert (done.status, done.document["outcome"]) == (0, "applied")
    listed = {each["version"] or each["file"]: each["state"] for each in done.document["listed"]}
    assert listed == {"1": "edited", "2": "missing-file", "supabase/migrations/4-security.sql": "skipped"}
    assert "4-security.sql" in done.stderr
    assert project.versions() == ["1", "2", "3"]


def test_a_file_off_the_pattern_is_named_in_text_too(project: Project) -> None:
    project.write(**{"4-security": "", "v1_a.down": ""})
    done = project.run(*QUICK)
    assert done.status == 0
    assert "4-security.sql" in done.stdout
    assert "down migration" in done.stdout


def test_to_stops_behind_a_version(project: Project) -> None:
    project.write(v1_a="create table a ();", v2_b="create table b ();", v3_c="selec")
    status, document = project.json(*QUICK, "--to", "2")
    assert (status, [each["version"] for each in document["applied"]]) == (0, ["1", "2"])
    done = project.run(*QUICK, "--to", "2")
    assert "what was asked for is applied; 1 behind --to are left" in done.stdout
    status, document = project.json(*QUICK, "--to", "7")
    assert (status, document["error"]["code"]) == (2, "usage")


def test_a_dry_run_sends_nothing_that_writes(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    status, document = project.json("push", "--dry-run")
    assert (status, document["outcome"], document["requests"]) == (0, "dry-run", 1)
    assert document["pending"] == [{"version": "1", "name": "a"}]
    assert len(project.posts) == 1
    assert not any(map(writes, project.asked))
    assert (project.versions(), project.tables()) == ([], [])


def test_a_dry_run_on_the_project_gives_each_file_a_session_like_a_fresh_one(project: Project) -> None:
    project.write(v1_a="set local search_path = ''; set role anon;", v2_b="create table a (id int);")
    status, document = project.json(*QUICK, "--dry-run-remote")
    assert (status, document["outcome"]) == (0, "dry-run")


def test_what_one_transaction_cannot_show_is_refused(project: Project) -> None:
    project.write(v1_a="create type mood as enum ('a');")
    assert project.json(*QUICK)[0] == 0
    project.write(v2_b="alter type mood add value 'b';", v3_c="select 'b'::mood;")
    status, document = project.json(*QUICK, "--dry-run-remote")
    assert (status, document["outcome"], document["error"]["file"]) == (4, "refused", "supabase/migrations/3_c.sql")
    assert "has to be committed before it is used" in document["error"]["message"]
    assert project.json(*QUICK)[1]["outcome"] == "applied"


def test_a_dry_run_on_the_project_runs_it_and_leaves_nothing(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_b="insert into a values (1);")
    status, document = project.json(*QUICK, "--dry-run-remote")
    assert (status, document["outcome"]) == (0, "dry-run")
    assert any(map(writes, project.asked))
    assert (project.versions(), project.tables()) == ([], [])
    project.write(v3_c="insert into a values ('x');")
    status, document = project.json(*QUICK, "--dry-run-remote")
    assert (status, document["outcome"], document["error"]["sqlstate"]) == (1, "failed", "22P02")
    assert document["error"]["file"] == "supabase/migrations/3_c.sql"
    assert document["error"]["line"] == 1
    assert (project.versions(), project.tables()) == ([], [])


def test_without_verifying_the_result_is_called_not_verified(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    status, document = project.json(*QUICK, "--no-verify")
    assert (status, document["outcome"], document["requests"]) == (0, "applied", 2)
    assert document["verification"]["outcome"] == "not-verified"
    assert document["verification"]["confirmed"] == 0


def test_with_nothing_pending_there_is_nothing_to_do(project: Project) -> None:
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["applied"]) == (0, "nothing-to-do", [])


def test_an_edited_statement_that_nobody_can_tell_of_is_sent_as_it_is_when_told_to(project: Project) -> None:
    work = "create procedure make_{0}() language plpgsql as $$ begin commit; create table {0} (); end $$;"
    project.write(v0_p=work.format("a") + work.format("b"))
    assert project.run(*QUICK).status == 0
    project.write(v1_a="call make_a();")
    project.answer = lambda request: respond(502, "gone") if b"/* sbapply attempt=" in request.body else None
    status, document = project.json(*QUICK)
    assert (status, document["outcome"]) == (5, "unknown")
    project.answer = lambda _request: None
    project.write(v1_a="call make_b();")
    for told in ([], ["--done", "1"]):
        status, document = project.json(*QUICK, *told)
        assert (status, document["outcome"]) == (4, "refused")
        assert "put that part of the file back as it was" in document["error"]["next"]
        assert re.search("`--again 1:[0-9a-f]{8}` sends it as it is now", document["error"]["next"])
    assert project.tables() == []
    status, document = project.json(*QUICK, "--again", "1")
    assert (status, document["outcome"]) == (0, "applied"), document["error"]
    assert (project.versions(), project.tables()) == (["0", "1"], ["b"])


def test_an_empty_and_a_comment_only_file_get_their_row(project: Project) -> None:
    project.write(v1_a="", v2_b="-- applied elsewhere", v3_c="\ufeffselect 1;\r\n")
    assert project.run(*QUICK).status == 0
    rows = project.rows("select version, statements from supabase_migrations.schema_migrations order by 1")
    assert [(row["version"], row["statements"]) for row in rows] == [
        ("1", []),
        ("2", ["-- applied elsewhere"]),
        ("3", ["select 1"]),
    ]


def test_a_mutation_behind_its_back_is_exit_3(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key, n int not null);")
    assert project.run(*QUICK).status == 0
    project.superuser.run("alter table public.a drop column n")
    status, document = project.json("push", "--yes")
    assert (status, document["outcome"]) == (3, "nothing-to-do")
    assert document["verification"]["outcome"] == "differs"
    status, document = project.json("verify")
    assert (status, document["outcome"]) == (3, "differs")
    wrong = {claim["object"]: claim["status"] for claim in document["claims"] if claim["status"] != "confirmed"}
    assert wrong["public.a.n"] == "missing"
    assert all(
        {"version", "object", "expected", "found", "status", "query"} <= set(claim) for claim in document["claims"]
    )
    assert document["history"]


def test_status_tells_every_state_and_check_makes_work_a_difference(project: Project) -> None:
    project.write(v1_a="select 1;", v3_c="select 3;", v5_gone="select 5;")
    assert project.run(*QUICK).status == 0
    (project.folder / "supabase/migrations/5_gone.sql").unlink()
    project.write(
        **{"v3_c": "select 4;", "v4_d": "", "v6_e": "", "v7_f": "", "v7_g": "", "v8_h": "\\i x", "9-j": ""}
    )
    status, document = project.json("status")
    assert status == 0
    assert [(each["version"], each["state"]) for each in document["migrations"]] == [
        ("1", "applied"),
        ("3", "edited"),
        ("4", "out-of-order"),
        ("5", "missing-file"),
        ("6", "pending"),
        ("7", "duplicate"),
        ("7", "duplicate"),
        ("8", "unreadable"),
        (None, "skipped"),
    ]
    assert all(set(each) == {"version", "name", "file", "state", "reason"} for each in document["migrations"])
    assert project.run("status", "--check").status == 3


def test_status_check_is_content_when_all_is_applied(project: Project) -> None:
    project.write(v1_a="select 1;")
    assert project.run(*QUICK).status == 0
    assert project.run("status", "--check").status == 0


def test_verify_before_the_first_push_claims_nothing_and_says_so(project: Project) -> None:
    project.write(v1_a="select 1;")
    done = project.run("verify")
    assert done.status == 0
    assert "Nothing was claimed" in done.stdout
    assert "Verified" not in done.stdout


def test_without_a_terminal_and_without_yes_nothing_is_changed(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    for given in ("", "y\n"):
        done = project.run("push", "--no-rehearse", "--output", "json", given=given)
        assert (done.status, done.document["error"]["code"]) == (2, "consent-missing")
        assert done.document["pending"] == [{"version": "1", "name": "a"}]
        assert done.document["requests"] == 1
    assert not any(map(writes, project.asked))
    assert project.tables() == []


def on_a_terminal(project: Project, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run the program on a terminal, answer its question, and return its exit code and all it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sbapply", *arguments],
        env=project.environment,
        cwd=project.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),  # noqa: PLW1509
    )
    os.close(theirs)
    shown, answered = b"", False
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        if not select.select([ours], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        shown += part
        if b"[y/N]" in shown and not answered:
            answered = True
            await_the_prompt(process)
            os.write(ours, answer)
    # Closed before, it would hang up on a program that is about to end.
    status = process.wait(timeout=60)
    os.close(ours)
    return status, shown.decode("utf-8", "replace")


def test_on_a_terminal_the_question_names_project_and_ref_and_no_changes_nothing(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    for answer, status in ((b"n\n", 2), (b"\n", 2), (b"\x04", 2), (b"\x03", 130)):
        found, shown = on_a_terminal(project, answer, "push", "--no-rehearse")
        assert found == status
        assert f"Apply 1 migration to {project.settings.name} ({project.settings.ref})?" in shown
        assert "Traceback" not in shown
    assert not any(map(writes, project.asked))
    assert project.tables() == []
    found, shown = on_a_terminal(project, b"y\n", "push", "--no-rehearse")
    assert (found, project.tables()) == (0, ["a"])


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupt_while_a_migration_runs_cancels_it_and_is_exit_130(
    project: Project, end: signal.Signals
) -> None:
    project.write(v1_a="create table a (id int); select pg_sleep(30);")
    with project.start(*QUICK, "--output", "json") as process:
        while not project.superuser.run("select 1 from pg_stat_activity where wait_event = 'PgSleep'"):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(end)
        stdout, stderr = process.communicate(timeout=30)
    document = json.loads(stdout)
    assert process.returncode == 130, stderr
    assert (document["outcome"], document["error"]["code"]) == ("interrupted", "interrupted")
    assert document["pending"] == [{"version": "1", "name": "a"}]
    assert (project.versions(), project.tables()) == ([], [])


def test_ctrl_c_before_anything_was_sent_is_exit_130_with_a_document(project: Project) -> None:
    project.write(v1_a="create table a (id int);")

    def hang(request: SandboxRequest) -> SandboxResponse | None:
        time.sleep(1.0 if request.method == "POST" else 0)
        return None

    project.answer = hang
    with project.start(*QUICK, "--output", "json") as process:
        while not project.posts:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    document = json.loads(stdout)
    assert (process.returncode, document["outcome"]) == (130, "interrupted")
    assert (document["applied"], project.versions()) == ([], [])
    assert "Traceback" not in stderr


def test_an_answer_that_proves_nothing_is_settled_and_called_applied(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    lost: list[SandboxRequest] = []

    def lose_the_answer(request: SandboxRequest) -> SandboxResponse | None:
        if not writes(request) or lost:
            return None
        lost.append(request)
        project.database.run(json.loads(request.body)["query"])
        return respond(502, "<html>bad gateway</html>")

    project.answer = lose_the_answer
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["applied"]) == (0, "applied", [{"version": "1", "name": "a"}])
    assert project.versions() == ["1"]


def test_what_cannot_be_settled_is_exit_5_and_says_how_to_find_out(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    (project.folder / "sbapply.toml").write_text("[patience]\nread = 0.4\nsettle = 0.4\n")
    project.answer = lambda request: (
        respond(502, "gone") if any(map(writes, project.asked)) and request.method == "POST" else None
    )
    status, document = project.json(*QUICK)
    assert (status, document["outcome"], document["error"]["code"]) == (5, "unknown", "outcome-unknown")
    assert "sbapply status" in document["error"]["next"]


def test_two_sandbox_pushes_at_once_share_one_server_and_the_second_has_nothing_to_do(program: Program) -> None:
    program.write(v1_a="create table a (id int);")
    first = program.start("push", "--sandbox", "--yes", "--no-rehearse", "--output", "json")
    second = program.start("push", "--sandbox", "--yes", "--no-rehearse", "--output", "json")
    documents = []
    for process in (first, second):
        with process:
            stdout, stderr = process.communicate(timeout=60)
            assert process.returncode == 0, stderr
            documents.append(json.loads(stdout))
    by_this = [document for document in documents for each in document["applied"] if "by" not in each]
    assert len(by_this) == 1
    status, document = program.json("push", "--sandbox", "--yes")
    assert (status, document["outcome"]) == (0, "nothing-to-do")
    assert document["verification"]["outcome"] == "confirmed"
    done = program.run(
        "query", "--sandbox", "select count(*) as n from supabase_migrations.schema_migrations", "--output", "json"
    )
    assert done.document["rows"] == [{"n": 1}]
    status, document = program.json("sandbox", "--yes", "reset")
    assert (status, document["outcome"]) == (0, "removed")
    status, document = program.json("status", "--sandbox")
    assert [each["state"] for each in document["migrations"]] == ["pending"]
    assert program.json("sandbox", "reset", "--yes")[0] == 0


def test_the_projects_own_migrations_go_onto_a_project(project: Project) -> None:
    shutil.copytree(REPOSITORY / "supabase/migrations", project.folder / "supabase/migrations", dirs_exist_ok=True)
    status, document = project.json(*QUICK)
    assert (status, document["outcome"]) == (0, "applied")
    assert project.versions() == ["0001", "0046"]
