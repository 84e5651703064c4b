"""Parse `sandbox serve` and `sandbox reset`, call them, render them."""

from typing import Annotated

import typer

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation, add_verb, takes_options

sandbox = typer.Typer(help="Serve or reset the local stand-in for a project.", no_args_is_help=True)


@takes_options
def serve(
    invocation: Invocation,
    port: Annotated[
        int,
        typer.Option("--port", metavar="PORT", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one."),
    ] = 8080,
) -> None:
    """Serve this folder's sandbox as the Management API until Ctrl-C.

    Example: sbapply sandbox serve --port 0
    """
    from sbapply.config import find_workdir
    from sbapply.sandbox.handler import SandboxHandler
    from sbapply.sandbox.place import sandbox_server
    from sbapply.sandbox.server import serve as listen
    from sbapply.sandbox.settings import Sandbox

    console = invocation.console
    with sandbox_server(find_workdir(invocation.options)) as server:
        settings = Sandbox(postgres_version=server.version)

        def ready(url: str) -> None:
            if console.output == "json":
                console.document(
                    {"command": "sandbox serve", "url": url, "project": settings.ref, "token": settings.token},
                    reveal=True,
                )
            else:
                console.say(f"Serving the sandbox as the Management API on {url}; Ctrl-C stops it.")
                console.say(f"export SBAPPLY_API_URL={url}")
                console.say(f"export SUPABASE_PROJECT_REF={settings.ref}")
                console.reveal(f"export SUPABASE_ACCESS_TOKEN={settings.token}")

        listen(SandboxHandler(settings, lambda role: server.conninfo(user=role)), port=port, on_ready=ready)


@takes_options
def reset(invocation: Invocation) -> None:
    """Delete this folder's sandbox and all data in it.

    Example: sbapply sandbox reset --yes
    """
    from sbapply.config import find_workdir
    from sbapply.sandbox.place import reset_sandbox

    workdir = find_workdir(invocation.options)
    ask_consent(invocation, f"Delete the sandbox of {workdir} and all data in it?", None)
    reset_sandbox(workdir)
    if invocation.console.output == "json":
        invocation.console.document({"command": "sandbox reset", "outcome": "removed", "error": None})
    else:
        invocation.console.say("The sandbox is removed; the next --sandbox call makes a new one.")


add_verb(sandbox, serve)
add_verb(sandbox, reset)
