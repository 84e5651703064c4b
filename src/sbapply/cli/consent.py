"""Ask before anything is written."""

from sbapply.cli.invocation import Invocation
from sbapply.errors import ConsentMissing
from sbapply.render.visible import visible


def ask_consent(invocation: Invocation, question: str) -> None:
    """Ask ``question``; ``--yes`` answers it. Raises ``ConsentMissing`` for anything but a yes."""
    if invocation.options.yes:
        return
    if not invocation.console.interactive:
        raise ConsentMissing(
            "There is no terminal to ask on, so nothing was changed.", "Run it with --yes if it is to write."
        )
    answer = invocation.console.ask(f"{visible(question, lines=True)} [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise ConsentMissing("The answer was not yes, so nothing was changed.", "Answer y to go on.")
