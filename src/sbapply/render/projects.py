"""Show projects, and the one that a folder is linked to."""

from collections.abc import Iterator, Sequence

from sbapply.render.table import table_lines
from sbapply.render.visible import visible
from sbapply.verbs.link import LinkReport
from sbapply.verbs.projects import ListedProject, ProjectsReport


def projects_lines(report: ProjectsReport) -> Iterator[str]:
    """Yield a table; the linked project is marked with an asterisk."""
    if not report.projects:
        yield "The token can see no project."
        return
    *table, _count = table_lines([_row(project) for project in report.projects])
    yield from table
    if any(project.linked for project in report.projects):
        yield ""
        yield "* this folder is linked to it"


def choice_lines(projects: Sequence[ListedProject]) -> Iterator[str]:
    """Yield a numbered line a project, to choose from."""
    width = len(str(len(projects)))
    for number, project in enumerate(projects, start=1):
        yield visible(f"  {number:>{width}}  {project.title}  {project.region}  {_status(project)}")


def link_lines(report: LinkReport) -> Iterator[str]:
    """Yield what the folder is linked to now, and what is to be known of it."""
    before = f" (it was linked to {report.before})" if report.before else ""
    yield visible(f"Linked to {report.project.title} in {report.file}{before}.")
    if report.project.name is None:
        yield "Its name is not known: it is a preview branch, or the token may not look at projects."
    if report.project.state is not None:
        yield visible(f"The project is {report.project.state}.")


def _row(project: ListedProject) -> dict[str, str]:
    return {
        "": "*" if project.linked else "",
        "name": project.name,
        "ref": project.ref,
        "organisation": project.organization_name or project.organization,
        "region": project.region,
        "status": _status(project),
        "Postgres": project.postgres,
    }


def _status(project: ListedProject) -> str:
    return f"{project.status} ({project.state})" if project.state != "up" else project.status
