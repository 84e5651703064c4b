"""Reports, from the outside: files whatever became of the push, and what GitHub Actions is told."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import cast

import pytest

from sbapply.cli.invocation import Invocation
from sbapply.cli.report import reporting
from sbapply.config import Options
from sbapply.render.console import Console
from sbapply.verbs import report as verbs_report
from tests.cli.conftest import Program, Project
from tests.cli.test_push import QUICK, writes
from tests.render.report.test_inert import Page

NAMES = ("r.md", "r.html", "r.xml", "r.json")
FILES = tuple(word for name in NAMES for word in ("--report", name))


def reports(program: Program) -> dict[str, str]:
    """Return the reports that are there, each read as its format is."""
    found = {name: (program.folder / name).read_text(encoding="utf-8") for name in NAMES}
    ET.fromstring(found["r.xml"])
    assert found["r.html"].startswith("<!doctype html>")
    assert json.loads(found["r.json"])["report"]["verdict"]
    assert not list(program.folder.glob(".sbapply-*"))
    return found


def test_a_push_writes_every_format_and_the_same_document(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);", v2_b="create table b (id int references a);")
    done = project.run(*FILES, "push", "--yes", "--output", "json")
    assert done.status == 0, done.stderr
    found = reports(project)
    document = json.loads(found["r.json"])
    told = document.pop("report")
    assert document == done.document
    assert [each["version"] for each in told["timings"]["migrations"]] == ["1", "2"]
    assert len(told["timings"]["requests"]) == document["requests"] == 3
    assert all(each["seconds"] > 0 for each in told["timings"]["requests"])
    assert len(told["claims"]) == document["verification"]["claims"]
    assert all(each["query"] for each in told["claims"])
    assert told["commit"]["reason"] == "not in a git repository" or told["commit"]["hash"]
    assert "Tables of this push" in found["r.html"]
    assert f"{project.settings.name} ({project.settings.ref})" in Page(found["r.html"]).text
    suites = ET.fromstring(found["r.xml"])
    assert [each.get("name") for each in suites][1:] == ["1 a", "2 b", "verdict"]
    assert suites.get("failures") == "0"
    assert "**Verified: " in found["r.md"]


def test_verify_reports_what_differs_and_annotates_nothing_outside_of_actions(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key, n text);")
    assert project.run("push", "--yes").status == 0
    project.database.run("alter table a drop column n; drop table if exists b;")
    done = project.run("verify", *FILES)
    assert done.status == 3
    found = reports(project)
    assert "| ❌ missing | `public.a.n` |" in found["r.md"]
    assert int(ET.fromstring(found["r.xml"]).get("failures", "")) == 2
    assert "DIFFERENT" in found["r.html"]
    assert "::error" not in done.stderr + done.stdout


def test_a_failed_and_a_refused_push_and_one_without_consent_are_reported(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_b="select nope from a;")
    assert project.run("push", "--no-rehearse", *FILES).status == 2
    assert json.loads(reports(project)["r.json"])["error"]["code"] == "consent-missing"
    assert project.run(*QUICK, *FILES).status == 1
    found = reports(project)
    assert json.loads(found["r.json"])["applied"] == [{"version": "1", "name": "a"}]
    assert "`supabase/migrations/2_b.sql:1:8`" in found["r.md"]
    assert [each.get("name") for each in ET.fromstring(found["r.xml"])][1:] == ["1 a", "2 b", "verdict"]
    project.write(v2_b="selec")
    assert project.run(*QUICK, *FILES).status == 4
    assert json.loads(reports(project)["r.json"])["outcome"] == "refused"


@pytest.mark.parametrize("verb", ["push", "verify"])
def test_what_ends_before_there_is_a_project_is_reported_too(program: Program, verb: str) -> None:
    done = program.run(verb, "--project-ref", "a" * 20, *FILES)
    assert done.status == 2
    found = reports(program)
    assert json.loads(found["r.json"])["error"]["code"] == "token-missing"
    assert "Not verified" in found["r.md"]


def test_a_file_that_does_not_run_here_is_a_warning_of_the_report(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    assert project.run(*QUICK).status == 0
    project.write(v1_a="create table a (id nope);")
    assert project.run("verify", *FILES).status == 0
    document = json.loads(reports(project)["r.json"])
    assert (document["project"], document["outcome"]) == (project.settings.ref, "nothing-claimed")
    assert any('type "nope" does not exist' in each["message"] for each in document["report"]["warnings"])


def test_what_is_refused_under_verify_names_the_project(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    folder = project.folder / "supabase" / "verify"
    folder.mkdir()
    (folder / "a.sql").write_text("delete from a;")
    assert project.run("verify", *FILES).status == 4
    document = json.loads(reports(project)["r.json"])
    assert (document["project"], document["error"]["code"]) == (project.settings.ref, "refused")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("r.htm", "Did you mean r.html?"),
        ("r.markdown", "Did you mean r.md?"),
        ("r.jsom", "Did you mean r.json?"),
        ("r.pdf", ".md, .html, .xml (JUnit) or .json"),
        ("report", ".md, .html, .xml (JUnit) or .json"),
        ("there/r.md", "there is no folder there"),
        ("folder.md", "is a folder"),
        ("", "ends in .md"),
    ],
)
def test_a_report_that_cannot_be_is_said_before_anything_is_sent(project: Project, file: str, said: str) -> None:
    (project.folder / "folder.md").mkdir()
    project.write(v1_a="create table a (id int);")
    done = project.run(*QUICK, "--report", file, "--report", "fine.md")
    assert done.status == 2
    assert said in done.stderr
    assert project.asked == []
    assert not (project.folder / "fine.md").exists()
    status, document = project.json(*QUICK, "--report", file)
    assert (status, document["error"]["code"]) == (2, "usage")


@pytest.mark.skipif(
    not Path("/proc/self").exists() or os.getuid() != 0, reason="needs a folder that only seems writable"
)
def test_a_report_that_cannot_be_written_in_the_end_is_told_beside_what_was_done(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    status, document = project.json(*QUICK, "--report", "/proc/r.md", "--report", "r.md")
    assert (status, document["outcome"], document["error"]["code"]) == (1, "applied", "output-lost")
    assert document["applied"] == [{"version": "1", "name": "a"}]
    assert (project.folder / "r.md").exists()
    assert project.versions() == ["1"]


def test_an_interrupted_push_is_reported(project: Project) -> None:
    project.write(v1_a="create table a (id int); select pg_sleep(30);")
    with project.start(*QUICK, *FILES) as process:
        while not project.superuser.run("select 1 from pg_stat_activity where wait_event = 'PgSleep'"):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    found = reports(project)
    assert json.loads(found["r.json"])["outcome"] == "interrupted"
    assert ET.fromstring(found["r.xml"]).get("errors") == "1"


def test_no_report_and_no_annotation_holds_the_token(project: Project) -> None:
    token = project.settings.token
    project.write(v1_a=f"do $$ begin raise exception '{token}' using hint = '{token}'; end $$;")
    summary = project.folder / "summary.md"
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = project.run(*QUICK, *FILES, environment=actions)
    assert done.status == 1
    assert any(map(writes, project.asked))
    for text in (*reports(project).values(), summary.read_text(), done.stdout, done.stderr):
        assert token not in text
        assert token[4:] not in text.replace("\\", "")


def test_github_actions_gets_annotations_and_a_summary_and_stdout_stays_one_document(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_b="select 1;\nselect nope from a;")
    workspace = project.folder.parent
    summary = project.folder / "summary.md"
    summary.write_text("before\n")
    actions = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_ACTOR": "octocat",
    }
    done = project.run(*QUICK, "--output", "json", environment=actions)
    assert (done.status, done.document["outcome"]) == (1, "failed")
    (annotation,) = [line for line in done.stderr.splitlines() if line.startswith("::error")]
    assert annotation.startswith("::error file=app/supabase/migrations/2_b.sql,line=2,col=8,title=sbapply push%3A ")
    assert 'column "nope" does not exist%0ANext: ' in annotation
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n\n# ❌ sbapply push: failed")
    assert "octocat (from the environment variable GITHUB_ACTOR)" in text
    project.write(v2_b="select 1;")
    (project.folder / "supabase" / "migrations" / "1_a.sql").write_text("create table a (id int, edited int);")
    done = project.run("push", "--yes", environment=actions)
    assert done.status == 3
    told = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert [line.partition("::")[2].partition(" ")[0] for line in told] == ["error", "warning"]
    assert "title=sbapply push%3A missing::public.a.edited: expected " in told[0]
    assert "1 a is edited" in told[1]


def test_a_summary_that_cannot_be_written_changes_nothing_of_the_push(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(project.folder / "there" / "summary.md")}
    done = project.run(*QUICK, "--output", "json", environment=actions)
    assert (done.status, done.document["error"]) == (0, None)
    assert "summary.md could not be written" in done.stderr


def test_a_message_that_looks_like_a_command_stays_a_message_in_actions(project: Project) -> None:
    project.write(v1_a="do $$ begin raise exception E'x\\n::add-mask::a\\n ##[error]b'; end $$;")
    done = project.run(*QUICK, environment={"GITHUB_ACTIONS": "true"})
    lines = [line.lstrip() for line in (done.stdout + done.stderr).splitlines()]
    assert [line.partition(" ")[0] for line in lines if line.startswith("::")] == ["::error"]
    assert "##[" not in "".join(line for line in lines if not line.startswith("::error"))


def test_without_a_report_nothing_of_it_is_loaded(program: Program) -> None:
    script = (
        "import sys, sbapply.cli.push, sbapply.cli.verify, sbapply.cli.app\n"
        "print([name for name in sys.modules if 'report' in name and name.startswith('sbapply')])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=program.environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['sbapply.cli.report']"


def test_a_fault_in_a_report_does_not_change_what_became_of_the_verb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verbs_report, "report_document", lambda *_: {})
    invocation = Invocation(Options(), Console("text"))
    with reporting(invocation, "push", [Path("r.md")]) as told:
        lost = told.conclude(cast("verbs_report.Reported", None))
    assert lost is not None
    assert lost.code == "output-lost"
    assert "The report could not be written: KeyError" in capsys.readouterr().err
    assert not Path("r.md").exists()
