"""Parse `login`, call it, render it."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from sbapply.cli.complaint import token_on_command_line
from sbapply.cli.invocation import Invocation, takes_options

if TYPE_CHECKING:
    from sbapply.auth.token import Token


@takes_options
def login(
    invocation: Invocation,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the token from standard input.")] = False,
    word: Annotated[str | None, typer.Argument(hidden=True)] = None,
    token: Annotated[str | None, typer.Option("--token", hidden=True)] = None,
) -> None:
    """Keep an access token in the OS keyring, once a machine; ask the API first whose it is.

    Example: sbapply login --profile work
    """
    from sbapply.auth.entry import entry_for
    from sbapply.auth.machine import this_machine
    from sbapply.auth.store import Keyring, KeyringStore
    from sbapply.cli.account import identify_with, profile_of
    from sbapply.render.account import login_lines
    from sbapply.verbs.login import login as run

    if word is not None or token is not None:
        # Taken here only so that the parser does not repeat it in its complaint.
        raise token_on_command_line()
    profile = profile_of(invocation)
    entry = entry_for(stdin=stdin, interactive=invocation.console.interactive)
    identify = identify_with(invocation)
    store = KeyringStore(Keyring(this_machine()))

    def check() -> bool:
        entry.check()
        return store.read(profile) is not None

    report = run(
        profile,
        check=check,
        enter=entry.read,
        identify=identify,
        keep=lambda given: store.keep(profile, given).backend,
        warn=_warnings,
    )
    for warning in report.warnings:
        invocation.console.note(f"Warning: {warning}")
    for line in login_lines(report):
        invocation.console.say(line)
    invocation.finish(report)


def _warnings(token: "Token", backend: str) -> tuple[str, ...]:
    from sbapply.auth.store import keeps_no_secret
    from sbapply.auth.token import VARIABLE
    from sbapply.auth.words import is_unusual

    warnings = []
    if is_unusual(token.reveal()):
        warnings.append("The token has another shape than those known so far; the API knows it all the same.")
    if keeps_no_secret(backend):
        warnings.append(f"{backend} keeps the token in plain text; it was named in PYTHON_KEYRING_BACKEND.")
    if os.environ.get(VARIABLE, "").strip():
        warnings.append(f"{VARIABLE} is set and goes before what was stored.")
    return tuple(warnings)
