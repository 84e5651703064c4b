"""Parse `link`, ask for the project if need be, call it, render it."""

from typing import TYPE_CHECKING, Annotated

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.config import Options, Settings, find_workdir
from sbapply.errors import ConsentMissing, Forbidden, NotFound, ProjectUnknown, UsageError
from sbapply.settings.own import read_settings
from sbapply.settings.targets import choose_project

if TYPE_CHECKING:
    from pathlib import Path

    from sbapply.opening.api import Api
    from sbapply.verbs.link import LinkedProject


@takes_options
def link(
    invocation: Invocation,
    ref: Annotated[str | None, typer.Argument(metavar="REF", help="The project; without it you are asked.")] = None,
) -> None:
    """Tie this folder to a project, for sbapply and the official CLI alike.

    Example: sbapply link abcdefghijklmnopqrst
    """
    from sbapply.cli.target import open_api
    from sbapply.render.projects import link_lines
    from sbapply.verbs.link import link as run

    options = invocation.options
    if options.sandbox:
        raise UsageError("The sandbox needs no link.", "Give --sandbox to the verb that is to run on it.")
    if options.branch is not None:
        raise UsageError(
            "A folder is linked to a project, not to a branch of it.",
            "Give --branch to the verb that is to run on it.",
        )
    workdir = find_workdir(options)
    named = _named(options, ref, workdir)
    if named is None and not invocation.console.interactive:
        raise ProjectUnknown(
            "There is no terminal to ask on which project to link.",
            "Run `sbapply link REF`; `sbapply projects` shows the refs.",
        )
    with open_api(invocation) as api:
        chosen = named or _ask(invocation, api)
        report = run(workdir, chosen, lambda wanted: _look_up(api, wanted))
    for line in link_lines(report):
        invocation.console.say(line)
    invocation.finish(report)


def _named(options: Options, ref: str | None, workdir: "Path") -> str | None:
    """Return the ref on the command line. Raises ``UsageError`` for two of them, or for what is none."""
    if ref is not None and options.project_ref not in (None, ref):
        raise UsageError("Two projects were named.", "Give REF or --project-ref, not both.")
    if options.target is not None:
        if ref is not None:
            raise UsageError("Two projects were named.", "Give REF or --target, not both.")
        return choose_project(options, read_settings(workdir), workdir, environ={}).ref
    given = ref if ref is not None else options.project_ref
    if given is None:
        return None
    if not given.strip():
        raise UsageError("The ref is empty.", "Run `sbapply link REF`; `sbapply projects` shows the refs.")
    return choose_project(Options(project_ref=given), Settings(), workdir, environ={}).ref


def _ask(invocation: Invocation, api: "Api") -> str:
    """Return the ref that somebody chooses by its number or by itself. Raises ``UsageError``."""
    from sbapply.cli.projects import list_projects
    from sbapply.render.projects import choice_lines

    projects = list_projects(api)
    if not projects:
        raise ProjectUnknown("The token can see no project.", "Make one at https://supabase.com/dashboard.")
    for line in choice_lines(projects):
        invocation.console.note(line)
    answer = invocation.console.ask("Link which project? Its number or ref: ").strip()
    chosen = {str(number): project.ref for number, project in enumerate(projects, start=1)}
    chosen |= {project.ref: project.ref for project in projects}
    if not answer:
        raise ConsentMissing("No project was chosen, so nothing was linked.", "Run `sbapply link REF`.")
    if answer not in chosen:
        raise UsageError(f"{answer!r} is none of the projects.", "Answer with a number or a ref from the list.")
    return chosen[answer]


def _look_up(api: "Api", ref: str) -> "LinkedProject":
    """Return what the API says of a ref. Raises ``NotFound`` or ``Forbidden`` if it is not the token's.

    A preview branch is no project (404), and a token may have rights on the database alone (403): then the SQL
    endpoint tells whether the ref is right.
    """
    from sbapply.api.reading import ReadingDatabase
    from sbapply.api.status import Stage, stage_of
    from sbapply.database import ask
    from sbapply.verbs.link import LinkedProject

    try:
        project = api.read(lambda timeout: api.client.project(ref, timeout=timeout))
    except (NotFound, Forbidden) as refusal:
        try:
            ask(ReadingDatabase(api.client, ref), "select 1 as one", patience=api.settings.patience.read)
        except (NotFound, Forbidden):
            raise refusal from None
        return LinkedProject(ref, None, None)
    stage = stage_of(project.status)
    return LinkedProject(ref, project.name, None if stage is Stage.UP else f"{stage.value} ({project.status})")
