"""Parse `projects`, call it, render it."""

from typing import TYPE_CHECKING

from sbapply.cli.invocation import Invocation, takes_options

if TYPE_CHECKING:
    from sbapply.opening.api import Api
    from sbapply.verbs.projects import ListedProject


@takes_options
def projects(invocation: Invocation) -> None:
    """List the projects that the token can see, and mark the linked one.

    Example: sbapply projects --output json
    """
    from sbapply.cli.target import open_api
    from sbapply.render.projects import projects_lines
    from sbapply.verbs.link import linked_ref
    from sbapply.verbs.projects import projects as run

    with open_api(invocation) as api:

        def names() -> dict[str, str]:
            found = api.read(lambda timeout: api.client.organizations(timeout=timeout))
            return {organization.slug: organization.name for organization in found}

        linked = linked_ref(api.workdir) if api.workdir is not None else None
        report = run(lambda: list_projects(api), names, linked=linked)
    for line in projects_lines(report):
        invocation.console.say(line)
    invocation.finish(report)


def list_projects(api: "Api") -> "list[ListedProject]":
    """Return the projects that the token can see. Raises as ``database.persist``."""
    from sbapply.api.status import stage_of
    from sbapply.verbs.projects import ListedProject

    return [
        ListedProject(
            project.ref,
            project.name,
            project.organization,
            project.region,
            project.status,
            stage_of(project.status).value,
            project.postgres,
        )
        for project in api.read(lambda timeout: api.client.projects(timeout=timeout))
    ]
