"""Give every verb the options of the contract, and one value that holds them."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, get_type_hints

import typer

from sbapply.cli.paths import place
from sbapply.cli.verb import Verb
from sbapply.config import Options
from sbapply.database import Json
from sbapply.errors import Interrupted, OutputLost
from sbapply.render.console import Console

# What stands before the one line that shows how a verb is called.
EXAMPLE = "Example: "


class Report(Protocol):
    """Be what a verb returns: it serialises, and knows its exit code."""

    @property
    def exit_status(self) -> int:
        """Return the process' exit code."""
        ...

    def to_json(self) -> dict[str, Json]:
        """Return the one document."""
        ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """Hold what a verb was called with, and where it prints."""

    options: Options
    console: Console

    def finish(self, report: Report, *, data: bool = False, unwritten: OutputLost | None = None) -> None:
        """Print the document in json mode and leave with the report's exit code; ``data`` as in ``Console``.

        ``unwritten`` is why a report file is not there, told already: the document and the exit code say so where
        all else went well. Raises ``OutputLost`` where all went well but could not be told; a reader that has gone
        (`| head`) wanted no more.
        """
        if self.console.output == "json":
            document = report.to_json()
            if unwritten is not None and document.get("error") is None:
                from sbapply.verbs.failure import failure_json

                document["error"] = failure_json(unwritten)
            self.console.document(document, data=data)
        lost = self.console.lost
        if lost is not None and not isinstance(lost, BrokenPipeError) and report.exit_status == 0:
            raise OutputLost(
                f"It is done, but the result could not be written to standard output: {lost.strerror}.",
                "Look whether the disk is full; `sbapply status` tells what is applied.",
            )
        if unwritten is not None and report.exit_status == 0:
            raise typer.Exit(unwritten.exit_status)
        raise typer.Exit(report.exit_status)


def _options(
    project_ref: Annotated[
        str | None, typer.Option("--project-ref", metavar="REF", help="The project: 20 lower-case letters.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="The project, as the settings name it.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option("--branch", metavar="NAME", help="A preview branch of the project.")
    ] = None,
    workdir: Annotated[
        Path | None,
        typer.Option("--workdir", metavar="DIR", parser=place, help="The folder that holds supabase/."),
    ] = None,
    api_url: Annotated[
        str | None, typer.Option("--api-url", metavar="URL", help="Another Management API, for a stand-in.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Which stored token to use.")
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Work on this folder's local sandbox instead of a project.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer every question with yes.")] = False,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="NAME", help="Say yes to this project alone, by its name or ref."),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Tell every request on stderr, and show tracebacks; never a secret.")
    ] = False,
    output: Annotated[
        Literal["text", "json"], typer.Option("--output", metavar="text|json", help="How results are printed.")
    ] = "text",
) -> Invocation:
    console = Console(output)
    if debug:
        console.tell_log()
    return Invocation(
        Options(project_ref, workdir, api_url, profile, sandbox, yes, target, branch, confirm), console
    )


def takes_options(verb: Callable[..., None]) -> Callable[..., None]:
    """Let ``verb``, whose first parameter is the invocation, be called with the contract's options too."""
    shared = inspect.signature(_options).parameters
    own = list(inspect.signature(verb).parameters.values())[1:]
    hints = {**get_type_hints(_options, include_extras=True), **get_type_hints(verb, include_extras=True)}

    @functools.wraps(verb)
    def wrapped(**values: Any) -> None:
        invocation = _options(**{name: values.pop(name) for name in shared})
        try:
            verb(invocation, **values)
        except KeyboardInterrupt:
            # Typer would leave in silence. A push that is sending answers Ctrl-C itself (apply.interruption).
            raise Interrupted("Interrupted; nothing was being changed.", "Run the same command again.") from None

    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own, *shared.values())]
    wrapped.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [each.replace(annotation=hints[each.name]) for each in parameters]
    )
    wrapped.__annotations__ = {each.name: hints[each.name] for each in parameters}
    del wrapped.__wrapped__
    return wrapped


def add_verb(app: typer.Typer, verb: Callable[..., None]) -> None:
    """Make ``verb`` a command of ``app``; the example at the end of its docstring stands at the end of its help."""
    text, mark, example = inspect.cleandoc(verb.__doc__ or "").partition(EXAMPLE)
    app.command(cls=Verb, help=text.strip(), epilog=f"{mark}{example}")(verb)
