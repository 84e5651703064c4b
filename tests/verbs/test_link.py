"""Link a folder: what the official CLI reads is written, and nothing of the former project stays beside it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sbapply.errors import NotFound, UsageError
from sbapply.render.projects import link_lines
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from sbapply.verbs.link import LinkedProject, link, linked_ref
from tests.cli.conftest import Program, Project, program, project
from tests.cli.test_push import respond
from tests.prompts import interrupt_at_the_prompt

__all__ = ["program", "project"]

REF = "a" * 20
OTHER = "b" * 20


def look_up(ref: str) -> LinkedProject:
    return LinkedProject(ref, "App", None)


def place(folder: Path) -> Path:
    return folder / "supabase" / ".temp"


def noted(folder: Path, **notes: str) -> None:
    place(folder).mkdir(parents=True, exist_ok=True)
    for name, text in notes.items():
        (place(folder) / name.replace("_", "-")).write_text(text)


def test_the_ref_is_written_without_a_newline_and_nothing_else(tmp_path: Path) -> None:
    report = link(tmp_path, REF, look_up)
    assert (report.file, report.before) == ("supabase/.temp/project-ref", None)
    assert [path.name for path in place(tmp_path).iterdir()] == ["project-ref"]
    assert (place(tmp_path) / "project-ref").read_bytes() == REF.encode()
    assert linked_ref(tmp_path) == REF


def test_what_was_noted_of_another_project_is_removed_and_the_rest_is_left(tmp_path: Path) -> None:
    noted(tmp_path, project_ref=OTHER, pooler_url="postgresql://old", rest_version="v1", cli_latest="v3", own="x")
    report = link(tmp_path, REF, look_up)
    assert report.before == OTHER
    assert {path.name for path in place(tmp_path).iterdir()} == {"project-ref", "cli-latest", "own"}
    assert OTHER in next(iter(link_lines(report)))


def test_notes_of_the_same_project_stay(tmp_path: Path) -> None:
    noted(tmp_path, project_ref=f"{REF}\n", pooler_url="postgresql://mine")
    assert link(tmp_path, REF, look_up).before is None
    assert (place(tmp_path) / "pooler-url").exists()


def test_a_ref_that_the_api_does_not_know_changes_nothing(tmp_path: Path) -> None:
    noted(tmp_path, project_ref=OTHER, pooler_url="postgresql://old")

    def refuse(_ref: str) -> LinkedProject:
        raise NotFound("what")

    with pytest.raises(NotFound):
        link(tmp_path, REF, refuse)
    assert linked_ref(tmp_path) == OTHER
    assert (place(tmp_path) / "pooler-url").exists()


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / ".temp").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        link(tmp_path, REF, look_up)


def test_a_folder_that_is_linked_to_nothing_says_so(tmp_path: Path) -> None:
    assert linked_ref(tmp_path) is None
    noted(tmp_path, project_ref=" \n")
    assert linked_ref(tmp_path) is None


@pytest.fixture
def unnamed(project: Project) -> Project:
    """Return the program without a project named by the environment."""
    del project.environment["SUPABASE_PROJECT_REF"]
    return project


def test_after_linking_no_verb_needs_a_ref(unnamed: Project) -> None:
    ref = unnamed.settings.ref
    assert unnamed.json("query", "select 1 as a")[1]["error"]["code"] == "project-unknown"
    status, document = unnamed.json("link", ref)
    assert (status, document["project"], document["project_name"]) == (0, ref, "Local sandbox")
    assert unnamed.json("query", "select 1 as a")[1]["rows"] == [{"a": 1}]
    assert unnamed.json("projects")[1]["projects"][0]["linked"] is True


def test_what_the_official_cli_wrote_with_a_newline_is_read(unnamed: Project) -> None:
    noted(unnamed.folder, project_ref=f"{unnamed.settings.ref}\n")
    assert unnamed.json("query", "select 1 as a")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["link"], "project-unknown"),
        (["link", ""], "usage"),
        (["link", "x"], "usage"),
        (["link", REF, "--project-ref", OTHER], "usage"),
        (["link", REF, "--sandbox"], "usage"),
        (["link", REF], "token-missing"),
    ],
)
def test_what_cannot_be_linked_is_exit_2_and_changes_nothing(
    program: Program, arguments: list[str], code: str
) -> None:
    status, document = program.json(*arguments)
    assert (status, document["error"]["code"]) == (2, code)
    assert document["error"]["next"]
    assert not place(program.folder).exists()


def test_somebody_elses_ref_is_refused_with_the_permission_it_may_lack(unnamed: Project) -> None:
    status, document = unnamed.json("link", OTHER)
    assert (status, document["error"]["code"]) == (2, "forbidden")
    assert "project_admin_read" in document["error"]["next"]
    assert not place(unnamed.folder).exists()


@pytest.mark.parametrize("refusal", [403, 404])
def test_a_branch_and_a_project_that_may_not_be_looked_at_are_checked_by_their_database(
    unnamed: Project, refusal: int
) -> None:
    def answer(request: SandboxRequest) -> SandboxResponse | None:
        return respond(refusal, {"message": "no"}) if request.method == "GET" else None

    unnamed.answer = answer
    done = unnamed.run("link", "--project-ref", unnamed.settings.ref)
    assert done.status == 0
    assert "preview branch" in done.stdout
    assert linked_ref(unnamed.folder) == unnamed.settings.ref


def test_a_paused_project_is_linked_and_said_to_be_paused(unnamed: Project) -> None:
    body = {"name": "App", "status": "INACTIVE"}
    unnamed.answer = lambda request: respond(200, body) if request.method == "GET" else None
    done = unnamed.run("link", unnamed.settings.ref)
    assert done.status == 0
    assert "paused (INACTIVE)" in done.stdout


def on_a_terminal(project: Project, answer: str) -> tuple[int, str]:
    """Run `link` on a pseudo-terminal, answer its question, and return its exit code and what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sbapply", "link"],
        env=project.environment,
        cwd=project.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    answered = False
    while True:
        try:
            content = os.read(ours, 4096)
        except OSError:
            break
        if not content:
            break
        shown += content
        if not answered and b"number or ref:" in shown:
            if answer == "\x03":
                # It is nobody's controlling terminal here, so no key becomes a signal.
                interrupt_at_the_prompt(process)
            else:
                os.write(ours, answer.encode())
            answered = True
    os.close(ours)
    return process.wait(30), shown.decode()


@pytest.mark.parametrize("by", ["number", "ref"])
def test_on_a_terminal_it_asks_among_the_projects(unnamed: Project, by: str) -> None:
    answer = "1" if by == "number" else unnamed.settings.ref
    status, shown = on_a_terminal(unnamed, f"{answer}\n")
    assert status == 0, shown
    assert "Local sandbox" in shown
    assert linked_ref(unnamed.folder) == unnamed.settings.ref


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("\n", 2, "nothing was linked"),
        ("7\n", 2, "none of the projects"),
        ("\x04", 2, "nothing was linked"),
        ("\x03", 130, "Interrupted"),
    ],
)
def test_an_answer_that_chooses_nothing_links_nothing(
    unnamed: Project, answer: str, status: int, said: str
) -> None:
    left, shown = on_a_terminal(unnamed, answer)
    assert (left, said in shown) == (status, True), shown
    assert "Traceback" not in shown
    assert linked_ref(unnamed.folder) is None
