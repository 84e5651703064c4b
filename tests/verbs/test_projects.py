"""List projects: with their organisations, sorted, the linked one marked."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sbapply.errors import Forbidden, Unauthorised
from sbapply.render.projects import choice_lines, projects_lines
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from sbapply.verbs.projects import ListedProject, ProjectsReport, projects
from tests.cli.conftest import Program, Project, program, project
from tests.cli.test_push import respond

__all__ = ["program", "project"]


def listed(ref: str, name: str, organization: str = "org", status: str = "ACTIVE_HEALTHY") -> ListedProject:
    state = "up" if status == "ACTIVE_HEALTHY" else "paused"
    return ListedProject(ref * 20, name, organization, "eu-central-1", status, state, "17.6")


def test_projects_are_sorted_by_organisation_and_name_with_its_name() -> None:
    found = [listed("c", "Zoo", "one"), listed("b", "App", "two"), listed("a", "App", "one")]
    report = projects(lambda: found, lambda: {"one": "Wonder", "two": "Acme"}, linked="b" * 20)
    assert [(each.organization_name, each.name, each.linked) for each in report.projects] == [
        ("Acme", "App", True),
        ("Wonder", "App", False),
        ("Wonder", "Zoo", False),
    ]


def test_a_token_that_may_not_ask_for_organisations_sees_their_slugs() -> None:
    def refuse() -> Mapping[str, str]:
        raise Forbidden("no")

    report = projects(lambda: [listed("a", "App", "slug")], refuse, linked=None)
    assert report.to_json()["projects"] == [
        {
            "ref": "a" * 20,
            "name": "App",
            "organization": "slug",
            "organization_name": None,
            "region": "eu-central-1",
            "status": "ACTIVE_HEALTHY",
            "postgres": "17.6",
            "linked": False,
        }
    ]
    assert "slug" in "\n".join(projects_lines(report))


def test_any_other_error_is_not_swallowed() -> None:
    def refuse() -> Mapping[str, str]:
        raise Unauthorised("who")

    with pytest.raises(Unauthorised):
        projects(lambda: [listed("a", "App")], refuse, linked=None)


def test_the_table_shows_six_columns_and_marks_the_linked_project_and_the_paused_one() -> None:
    found = [listed("a", "App"), listed("b", "Old\x1b[31m", status="INACTIVE")]
    report = projects(lambda: found, lambda: {"org": "Acme"}, linked="a" * 20)
    head, _, first, second, _, legend = projects_lines(report)
    assert [part.strip() for part in head.split("|")] == [
        "",
        "name",
        "ref",
        "organisation",
        "region",
        "status",
        "Postgres",
    ]
    assert first.startswith("*")
    assert "INACTIVE (paused)" in second
    assert "\x1b" not in second
    assert "linked" in legend


def test_no_project_is_said_and_no_table_shown() -> None:
    assert list(projects_lines(ProjectsReport(()))) == ["The token can see no project."]


def test_a_choice_is_numbered() -> None:
    lines = list(choice_lines([listed("a", "App"), listed("b", "Old", status="INACTIVE")]))
    assert lines[0].split()[0] == "1"
    assert "INACTIVE (paused)" in lines[1]


def test_the_program_lists_the_projects_of_the_api(project: Project) -> None:
    status, document = project.json("projects")
    assert (status, document["command"], document["error"]) == (0, "projects", None)
    (found,) = document["projects"]
    assert (found["ref"], found["name"], found["linked"]) == (project.settings.ref, "Local sandbox", False)
    assert project.posts == []
    assert "Local sandbox" in project.run("projects").stdout


def test_no_folder_and_no_project_are_needed_to_list_them(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.folder = elsewhere
    del project.environment["SUPABASE_PROJECT_REF"]
    assert project.json("projects")[0] == 0
    assert project.json("projects", "--workdir", "absent")[1]["error"]["code"] == "usage"


def test_without_a_token_the_way_to_one_is_told(program: Program) -> None:
    status, document = program.json("projects")
    assert (status, document["error"]["code"]) == (2, "token-missing")


def test_what_the_api_refuses_is_told_with_the_permission(project: Project) -> None:
    def refuse(request: SandboxRequest) -> SandboxResponse | None:
        return respond(403, {"message": "Forbidden resource"})

    project.answer = refuse
    status, document = project.json("projects")
    assert (status, document["error"]["code"]) == (2, "forbidden")
    assert "projects_read" in document["error"]["next"]
