"""Put the verbs together; only the one that is called is loaded."""

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer._click.core import Command, Context
from typer._click.exceptions import NoArgsIsHelpError
from typer.core import TyperGroup

from sbapply import __version__
from sbapply.cli.complaint import unknown_verb
from sbapply.cli.invocation import add_verb
from sbapply.cli.verb import ReadsLittle

# Each is a function of its name in the module of its name, in the order in which help lists them.
_VERBS = (
    *("login", "logout", "whoami", "projects", "link"),
    *("new", "plan", "push", "status", "verify", "diff", "rehearse", "pull", "query"),
    *("repair", "reconcile", "fetch", "rebase", "baseline", "squash"),
    *("doctor", "completion"),
)
_GROUPS = ("sandbox",)
# What a shell's script sets when it asks for words; typer makes the name of the program's.
COMPLETION = "_SBAPPLY_COMPLETE"


class Verbs(ReadsLittle, TyperGroup):
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


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sbapply {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


def app_for(verb: str | None) -> typer.Typer:
    """Return the program with ``verb`` alone, which saves a fifth of its start, or with all where it is none."""
    app = typer.Typer(
        name="sbapply",
        cls=Verbs,
        help="Change a Supabase project's Postgres over HTTPS alone, exactly once, and prove the result.",
        no_args_is_help=True,
        # `completion` gives the scripts: typer's own options guess the shell, write into its files, and colour.
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    if COMPLETION in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    every = verb not in (*_VERBS, *_GROUPS)
    for name in _VERBS:
        if every or name == verb:
            add_verb(app, _loaded(name))
    for name in _GROUPS:
        if every or name == verb:
            app.add_typer(_loaded(name), name=name, cls=Verbs)
    return app


def _loaded(name: str) -> Any:
    return getattr(import_module(f"sbapply.cli.{name}"), name)
