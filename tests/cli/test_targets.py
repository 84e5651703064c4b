"""Projects are named in the settings, protected there, and branches are found by their names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.sandbox.handler import SandboxHandler
from sbapply.sandbox.settings import SandboxBranch
from tests.cli.conftest import Project
from tests.conftest import new_database

QUICK = ("--no-rehearse", "--no-verify")
OTHER = "o" * 20
BRANCH = "b" * 20


def settle_on(project: Project, content: str) -> None:
    del project.environment["SUPABASE_PROJECT_REF"]
    (project.folder / "sbapply.toml").write_text(content)


def guarded(project: Project) -> None:
    settle_on(project, f'[targets.live]\nref = "{project.settings.ref}"\nprotected = true\n')
    project.write(v1_a="create table a (id int);")


@pytest.mark.parametrize("place", ["before the verb", "behind it"])
def test_a_target_is_named_before_or_behind_the_verb(project: Project, place: str) -> None:
    settle_on(project, f'[targets.live]\nref = "{project.settings.ref}"\n')
    words = ("--target", "live", "status") if place == "before the verb" else ("status", "--target", "live")

    status, document = project.json(*words)

    assert (status, document["project"]) == (0, project.settings.ref)


def test_a_remote_of_the_official_configuration_is_a_target(project: Project) -> None:
    settle_on(project, "")
    config = f'[remotes.live]\nproject_id = "{project.settings.ref}"\n'
    (project.folder / "supabase" / "config.toml").write_text(config)

    assert project.json("status", "--target", "live")[0] == 0


def test_a_default_target_stands_for_the_option(project: Project) -> None:
    settle_on(project, f'default_target = "live"\n[targets.live]\nref = "{project.settings.ref}"\n')

    assert project.json("status")[1]["project"] == project.settings.ref


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status", "--target", "lvie"), "usage"),
        (("status", "--target", "live", "--project-ref", OTHER), "usage"),
        (("link", OTHER, "--target", "live"), "usage"),
        (("link", "--branch", "x"), "usage"),
        (("status", "--sandbox", "--branch", "x"), "usage"),
        (("status",), "project-unknown"),
    ],
)
def test_what_names_no_project_or_two_is_a_wrong_usage(project: Project, words: tuple[str, ...], code: str) -> None:
    settle_on(project, f'[targets.live]\nref = "{project.settings.ref}"\n')

    status, document = project.json(*words)

    assert (status, document["error"]["code"]) == (2, code)
    assert project.asked == []


def test_a_folder_is_linked_to_a_target(project: Project) -> None:
    settle_on(project, f'[targets.live]\nref = "{project.settings.ref}"\n')

    assert project.json("link", "--target", "live")[0] == 0
    assert (project.folder / "supabase" / ".temp" / "project-ref").read_text() == project.settings.ref


def test_a_targets_limits_hold_for_it(project: Project) -> None:
    settle_on(
        project, f'[targets.live]\nref = "{project.settings.ref}"\n[targets.live.limits]\nlock_timeout = "7s"\n'
    )
    project.write(v1_a="create table a (id int);")

    _, document = project.json("push", "--target", "live", "--dry-run")

    assert document["would_send"][0]["parts"][0]["lock_timeout"] == "7s"


@pytest.mark.parametrize("named", [("--target", "live"), ("--project-ref",)])
def test_a_protected_project_is_not_written_to_by_yes_alone(project: Project, named: tuple[str, ...]) -> None:
    guarded(project)
    words = named if len(named) > 1 else (*named, project.settings.ref)

    status, document = project.json("push", *words, "--yes", *QUICK)

    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert project.settings.ref in document["error"]["next"]
    assert project.versions() == []


@pytest.mark.parametrize("by", ["name", "ref"])
def test_a_protected_project_is_written_to_by_its_name_or_ref(project: Project, by: str) -> None:
    guarded(project)
    word = project.settings.name if by == "name" else project.settings.ref

    assert project.run("push", "--target", "live", "--confirm", word, *QUICK).status == 0
    assert project.versions() == ["1"]


def test_another_projects_name_is_no_consent_protected_or_not(project: Project) -> None:
    project.write(v1_a="create table a (id int);")

    status, document = project.json("push", "--yes", "--confirm", "Another", *QUICK)

    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert project.versions() == []


@pytest.mark.parametrize("verb", [("repair", "reverted", "1"), ("query", "--write", "create table b (id int)")])
def test_every_verb_that_writes_heeds_the_rule(project: Project, verb: tuple[str, ...]) -> None:
    guarded(project)
    assert project.run("push", "--target", "live", "--confirm", project.settings.ref, *QUICK).status == 0

    assert project.run(*verb, "--target", "live", "--yes").status == 2
    assert (project.versions(), project.tables()) == (["1"], ["a"])
    assert project.run(*verb, "--target", "live", "--confirm", project.settings.ref).status == 0


def test_reading_a_protected_project_needs_no_consent(project: Project) -> None:
    guarded(project)

    assert project.run("status", "--target", "live").status == 0
    assert project.run("push", "--target", "live", "--dry-run").status == 0


def with_branch(project: Project, server: Server, **changes: Any) -> LocalDatabase:
    """Give the project a branch called develop, and return the branch's database."""
    name = new_database(server)

    def conninfo(role: str) -> str:
        return server.conninfo(user=role, database=name)

    branch = replace(SandboxBranch("develop", BRANCH, conninfo, git_branch="feature/x"), **changes)
    handler = SandboxHandler(
        replace(project.settings, branches=(branch,)), lambda role: project_conninfo(project, role)
    )
    project.answer = handler
    return LocalDatabase(conninfo("postgres"))


def project_conninfo(project: Project, role: str) -> str:
    return (project.database if role == "postgres" else project.superuser).conninfo


@pytest.mark.parametrize("name", ["develop", "feature/x"])
def test_a_branch_is_written_to_by_its_name_and_its_project_is_not(
    project: Project, engine_of: Callable[[int], Server], name: str
) -> None:
    branch = with_branch(project, engine_of(18))
    project.write(v1_a="create table a (id int);")

    status, document = project.json("push", "--branch", name, "--yes", *QUICK)

    assert (status, document["project"], document["project_name"]) == (0, BRANCH, "develop")
    assert document["parent_project"] == project.settings.ref
    assert branch.run("select to_regclass('a')::text as a")[0]["a"] == "a"
    assert project.versions() == []
    assert project.json("status", "--branch", name, "--check")[0] == 0


def test_an_unknown_branch_is_answered_with_those_there_are(
    project: Project, engine_of: Callable[[int], Server]
) -> None:
    with_branch(project, engine_of(18))

    status, document = project.json("status", "--branch", "develpo")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert document["error"]["next"] == "Did you mean develop? There are develop."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "CREATING_PROJECT", "project_status": "COMING_UP"}, "is being created"),
        ({"project_status": "INACTIVE"}, "is paused"),
        ({"project_status": "PAUSING"}, "is being paused"),
    ],
)
def test_a_branch_that_is_not_up_is_said(
    project: Project, engine_of: Callable[[int], Server], changes: dict[str, str], said: str
) -> None:
    with_branch(project, engine_of(18), **changes)

    status, document = project.json("status", "--branch", "develop")

    assert (status, document["error"]["code"]) == (1, "project-asleep")
    assert said in document["error"]["message"]


def test_a_branch_that_the_platform_is_at_work_on_is_warned_of(
    project: Project, engine_of: Callable[[int], Server]
) -> None:
    with_branch(project, engine_of(18), status="RUNNING_MIGRATIONS")

    done = project.run("status", "--branch", "develop")

    assert done.status == 0
    assert "still running the migrations of branch develop" in done.stderr


def test_a_protected_project_does_not_protect_its_branches(
    project: Project, engine_of: Callable[[int], Server]
) -> None:
    guarded(project)
    with_branch(project, engine_of(18))

    assert project.run("push", "--target", "live", "--branch", "develop", "--yes", *QUICK).status == 0
    assert project.versions() == []
