"""What a report gathers: who ran a verb, from which commit, and how long each request took."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sbapply.apply.outcome import (
    Applied,
    Carrying,
    Part,
    PartApplied,
    Receipt,
    Sending,
    SendingAlone,
    Settling,
    Waiting,
)
from sbapply.database import Row
from sbapply.errors import ProjectAsleep, Unreachable, Unsettled
from sbapply.verbs import report
from sbapply.verbs.report import Commit, commit_of, failure_report, gather
from sbapply.verbs.timing import Stopwatch

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on PATH")
ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@dataclass
class Answering:
    """Answer each request, or raise."""

    error: Exception | None = None
    requests: int = 0
    asked: list[str] = field(default_factory=list)

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        self.requests += 1
        self.asked.append(sql)
        if self.error is not None:
            raise self.error
        return [{"sql": sql}]


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ["git", "-C", str(folder), *identity, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def watch() -> Stopwatch:
    """Return a stopwatch for which a second passes whenever it is looked at."""
    seconds = itertools.count()
    return Stopwatch(lambda: float(next(seconds)))


@needs_git
def test_the_commit_is_named_and_whether_there_is_more_than_it(tmp_path: Path) -> None:
    environment = ENVIRONMENT | {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    project = tmp_path / "p"
    (project / "inner").mkdir(parents=True)
    assert commit_of(project, environment) == Commit(None, reason="not in a git repository")
    git(project, "init", "-q")
    assert commit_of(project, environment) == Commit(None, reason="a git repository without a commit")
    (project / "file").write_text("x")
    git(project, "add", "file")
    git(project, "commit", "-qm", "x")
    made = git(project, "rev-parse", "HEAD")
    assert commit_of(project / "inner", environment) == Commit(made, uncommitted=False)
    (project / "inner" / "new.sql").write_text("y")
    assert commit_of(project, environment) == Commit(made, uncommitted=True)


@needs_git
def test_looking_starts_nothing_that_the_folder_names_and_hands_on_no_token(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "hook").write_text(f"#!/bin/sh\nenv > {tmp_path}/started\n")
    (tmp_path / "hook").chmod(0o755)
    git(tmp_path, "-c", "core.fsmonitor=false", "commit", "-q", "--allow-empty", "-m", "x")
    git(tmp_path, "config", "core.fsmonitor", str(tmp_path / "hook"))
    seen = tmp_path / "bin"
    seen.mkdir()
    (seen / "git").write_text(f'#!/bin/sh\nenv >> {tmp_path}/environment\nexec {shutil.which("git")} "$@"\n')
    (seen / "git").chmod(0o755)
    environment = ENVIRONMENT | {"PATH": f"{seen}:{os.environ['PATH']}", "SUPABASE_ACCESS_TOKEN": "sbp_secret"}
    assert commit_of(tmp_path, environment).hash is not None
    assert not (tmp_path / "started").exists()
    assert "sbp_secret" not in (tmp_path / "environment").read_text()


def test_without_git_or_an_answer_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path, {"PATH": str(tmp_path)}).reason == "git is not there to be asked"
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setattr(report, "_GIT_SECONDS", 0.2)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert commit_of(tmp_path, environment).reason == "git gave no answer in time"


@pytest.mark.parametrize(
    ("status", "uncommitted"),
    [("exit 128", None), ("exec sleep 30", None), ("echo '?? x'", True), ("exit 0", False)],
)
def test_what_git_does_not_tell_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, uncommitted: bool | None
) -> None:
    made = "b" * 40
    answers = f'for each; do :; done\n[ "$each" = HEAD ] && {{ echo {made}; exit; }}\n{status}\n'
    (tmp_path / "git").write_text(f"#!/bin/sh\n{answers}")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setattr(report, "_GIT_SECONDS", 0.5)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert commit_of(tmp_path, environment) == Commit(made, uncommitted)


def test_who_is_what_this_machine_knows_and_where_it_is_from(tmp_path: Path) -> None:
    actions = {
        "GITHUB_ACTOR": "octocat",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "7",
        "USER": "somebody-else",
    }
    found = {each.what: (each.value, each.source) for each in gather(tmp_path, environ=actions).by}
    assert found["CI actor"] == ("octocat", "the environment variable GITHUB_ACTOR")
    assert found["CI run"][0] == "https://github.com/o/r/actions/runs/7"
    assert found["account"][0] != "somebody-else"
    plain = {each.what for each in gather(tmp_path, environ={"GITHUB_SERVER_URL": "https://github.com"}).by}
    assert plain <= {"account", "host"}


def test_every_request_is_measured_and_named_by_what_it_was_for() -> None:
    held = watch()
    database = Answering()
    timed = held.timed(database)
    first, second = Receipt("1", "a"), Receipt("2", "b")
    timed.run("history")
    held.planned()
    timed.run("rows")
    held.notify(Sending(1, ("1", "2"), 100))
    timed.run("both")
    held.notify(Applied(first))
    held.notify(Applied(second))
    timed.run("proof")
    assert [(each.what, each.versions, each.seconds, each.answer) for each in held.requests] == [
        ("read the history", (), 1.0, "rows"),
        ("look before the push", (), 1.0, "rows"),
        ("request 1", ("1", "2"), 1.0, "rows"),
        ("ask for the proof", (), 1.0, "rows"),
    ]
    assert [(each.version, each.together) for each in held.migrations] == [("1", 2), ("2", 2)]
    assert all(each.seconds > 1 for each in held.migrations)
    assert (timed.requests, database.asked) == (4, ["history", "rows", "both", "proof"])


def test_a_migration_of_parts_takes_from_its_first_request_to_its_last() -> None:
    held = watch()
    timed = held.timed(Answering())
    receipt = Receipt("1", "a")
    held.notify(Sending(1, ("1",), 100, Part(receipt, 1, 2)))
    timed.run("one")
    held.notify(PartApplied(Part(receipt, 1, 2)))
    held.notify(SendingAlone(Part(receipt, 2, 2), "CREATE INDEX CONCURRENTLY"))
    timed.run("two")
    held.notify(Settling("no answer"))
    held.notify(Waiting("it runs", 2.0))
    timed.run("settled?")
    held.notify(Carrying(receipt, 1, 2))
    timed.run("piece")
    held.notify(Applied(receipt))
    assert [each.what for each in held.requests] == [
        "request 1, part 1 of 2",
        "alone: CREATE INDEX CONCURRENTLY, part 2 of 2",
        "settle",
        "carry a piece",
    ]
    (migration,) = held.migrations
    assert migration.seconds >= sum(each.seconds for each in held.requests)


def test_a_request_that_fails_is_measured_and_raises_all_the_same() -> None:
    held = watch()
    for error, answer in ((Unreachable("no"), "unreachable"), (ValueError("x"), "ValueError")):
        with pytest.raises(type(error)):
            held.timed(Answering(error)).run("select 1")
        assert held.requests[-1].answer == answer
    stopped = Answering()
    stopped.error = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        held.timed(stopped).run("select 1")
    assert held.requests[-1].answer == "interrupted"


@pytest.mark.parametrize(
    ("command", "error", "outcome", "status"),
    [("push", ProjectAsleep("It sleeps."), "failed", 1), ("verify", Unsettled("Nobody knows."), "unknown", 5)],
)
def test_a_verb_that_came_to_nothing_has_a_report_too(
    tmp_path: Path, command: str, error: ProjectAsleep | Unsettled, outcome: str, status: int
) -> None:
    made = failure_report(command, error, None, gather(tmp_path, environ={}), watch(), ["a note"])
    told = made["report"]
    assert isinstance(told, dict)
    assert (made["command"], made["outcome"], told["exit_status"]) == (command, outcome, status)
    assert told["warnings"] == [{"message": "a note", "file": None, "line": None}]
    assert isinstance(told["verdict"], dict)
    assert told["verdict"]["outcome"] == "not-verified"
    assert list(told)[-1] == "verdict"
