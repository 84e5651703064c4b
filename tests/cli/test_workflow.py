"""The workflow of docs/deploy.md works as it stands, line by line."""

import re
import shlex
from pathlib import Path

from tests.cli.conftest import Project

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")
LINES = re.findall(r"^ +run: (.+)$", PAGE, re.MULTILINE)


def test_the_lines_of_the_workflow_take_a_folder_to_a_proved_project_with_reports(project: Project) -> None:
    project.write(
        v1_a="create table a (id int primary key);", v2_b="alter table a add word text not null default '';"
    )
    summary = project.folder / "summary.md"
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTOR": "somebody"}
    install, *commands = LINES
    assert install.startswith("pip install ")
    assert len(commands) == 6

    for line in commands:
        program, *arguments = shlex.split(line)
        assert program == "sbapply"
        done = project.run(*arguments, environment=environment)
        assert done.status == 0, f"{line}\n{done.stdout}{done.stderr}"

    assert project.versions() == ["1", "2"]
    assert all((project.folder / name).stat().st_size for name in ("report.html", "report.xml", "verified.json"))
    assert "somebody" in summary.read_text("utf-8")


def test_the_workflow_gives_the_token_only_through_the_environment() -> None:
    assert "SUPABASE_ACCESS_TOKEN: ${{ secrets.SUPABASE_ACCESS_TOKEN }}" in PAGE
    assert not [line for line in LINES if "TOKEN" in line]
