"""Open what a verb works on, as the command line names it."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from sbapply.cli.invocation import Invocation
from sbapply.opening import target
from sbapply.opening.connection import Listeners
from sbapply.opening.target import MIGRATIONS, Needs
from sbapply.verbs.target import Target

if TYPE_CHECKING:
    from sbapply.opening.api import Api

__all__ = ["MIGRATIONS", "open_api", "open_target"]


def open_target(
    invocation: Invocation,
    *,
    named: bool = False,
    migrations: bool = True,
    rehearses: bool = False,
    asserts: bool = False,
    advises: bool = False,
) -> AbstractContextManager[Target]:
    """Open the target that the options name, and close it at the end; the keywords are those of ``Needs``."""
    needs = Needs(named, migrations, rehearses, asserts, advises)
    return target.open_target(invocation.options, _listeners(invocation), needs)


def open_api(invocation: Invocation) -> "AbstractContextManager[Api]":
    """Open the API for a verb that needs no project, and close it at the end."""
    from sbapply.opening import api

    return api.open_api(invocation.options, _listeners(invocation))


def _listeners(invocation: Invocation) -> Listeners:
    console = invocation.console

    def rehearsing(number: int, count: int, version: str) -> None:
        if number == 1:
            # That it begins was told just before.
            console.begin("rehearsing")
        console.progress(f"rehearsing {number} of {count}: {version}", series="rehearsing")

    return Listeners(console.note, console.progress, rehearsing)
