"""Put the verbs together."""

from typing import Annotated

import typer

from sbapply import __version__
from sbapply.cli.link import link
from sbapply.cli.login import login
from sbapply.cli.logout import logout
from sbapply.cli.projects import projects
from sbapply.cli.push import push
from sbapply.cli.query import query
from sbapply.cli.sandbox import sandbox
from sbapply.cli.status import status
from sbapply.cli.verify import verify
from sbapply.cli.whoami import whoami

app = typer.Typer(
    name="sbapply",
    help="Change a Supabase project's Postgres over HTTPS alone, exactly once, and prove the result.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sbapply {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


for verb in (login, logout, whoami, projects, link, push, status, verify, query):
    app.command()(verb)
app.add_typer(sandbox, name="sandbox")
