"""List the projects that the token can see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sbapply.database import Json
from sbapply.errors import Forbidden


@dataclass(frozen=True, slots=True)
class ListedProject:
    """Hold a project as lists show it; ``organization`` is a slug, ``state`` says what ``status`` means."""

    ref: str
    name: str
    organization: str
    region: str
    status: str
    state: str
    postgres: str
    organization_name: str = ""
    linked: bool = False

    @property
    def title(self) -> str:
        """Return the project as consent and reports name it."""
        return f"{self.name} ({self.ref})" if self.name else self.ref

    def to_json(self) -> dict[str, Json]:
        """Return the facts."""
        return {
            "ref": self.ref,
            "name": self.name,
            "organization": self.organization,
            "organization_name": self.organization_name or None,
            "region": self.region,
            "status": self.status,
            "postgres": self.postgres,
            "linked": self.linked,
        }


@dataclass(frozen=True, slots=True)
class ProjectsReport:
    """Hold the projects, sorted by organisation and name."""

    projects: tuple[ListedProject, ...]

    @property
    def exit_status(self) -> int:
        """Return 0: there was an answer, if only an empty one."""
        return 0

    def to_json(self) -> dict[str, Json]:
        """Return the document."""
        return {
            "command": "projects",
            "projects": [project.to_json() for project in self.projects],
            "error": None,
        }


def projects(
    list_projects: Callable[[], Sequence[ListedProject]],
    name_organizations: Callable[[], Mapping[str, str]],
    *,
    linked: str | None,
) -> ProjectsReport:
    """List the projects, with the names of their organisations where the token may ask for them.

    ``linked`` is the ref that the folder is linked to. Read-only; two requests. Raises what the two callables
    raise, but for a ``Forbidden`` of the second.
    """
    found = list_projects()
    try:
        names = name_organizations() if found else {}
    except Forbidden:
        names = {}
    listed = (
        replace(project, organization_name=names.get(project.organization, ""), linked=project.ref == linked)
        for project in found
    )
    return ProjectsReport(
        tuple(sorted(listed, key=lambda each: (each.organization_name, each.organization, each.name)))
    )
