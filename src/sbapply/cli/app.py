"""Put the verbs together."""

from typing import Annotated

import typer
from typer._click.core import Command, Context
from typer._click.exceptions import NoArgsIsHelpError
from typer.core import TyperGroup

from sbapply import __version__
from sbapply.cli.complaint import unknown_verb
from sbapply.cli.diff import diff
from sbapply.cli.link import link
from sbapply.cli.login import login
from sbapply.cli.logout import logout
from sbapply.cli.projects import projects
from sbapply.cli.pull import pull
from sbapply.cli.push import push
from sbapply.cli.query import query
from sbapply.cli.rehearse import rehearse
from sbapply.cli.sandbox import sandbox
from sbapply.cli.status import status
from sbapply.cli.verify import verify
from sbapply.cli.whoami import whoami


class Verbs(TyperGroup):
    """Be a group of verbs that tells a missing and an unknown one from a wrong option."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the group's own options. Raises ``NoArgsIsHelpError`` where no verb follows.

        Options stand behind the verb by now (``arguments``), so one that comes first has none.
        """
        own = {name for option in self.get_params(ctx) for name in option.opts}
        if args and args[0].startswith("-") and args[0].partition("=")[0] not in own:
            raise NoArgsIsHelpError(ctx)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return a verb. Raises ``UsageError`` with the nearest one where there is none of that name."""
        found = super().get_command(ctx, cmd_name)
        if found is None and not ctx.resilient_parsing:
            raise unknown_verb(cmd_name, self.commands, ctx)
        return found


app = typer.Typer(
    name="sbapply",
    cls=Verbs,
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


for verb in (login, logout, whoami, projects, link, push, status, verify, diff, rehearse, pull, query):
    app.command()(verb)
app.add_typer(sandbox, name="sandbox", cls=Verbs)
