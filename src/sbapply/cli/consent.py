"""Ask before anything is written."""

from typing import TYPE_CHECKING

from sbapply.cli.invocation import Invocation
from sbapply.errors import ConsentMissing
from sbapply.render.visible import visible

if TYPE_CHECKING:
    from sbapply.verbs.target import Target


def ask_consent(invocation: Invocation, question: str, target: "Target | None") -> None:
    """Ask ``question`` before ``target`` is written to, as its own rule has it; None is for what is local.

    ``--confirm`` with the project's name or ref answers it, and another word there is a no. ``--yes`` answers it
    unless the target is protected. Raises ``ConsentMissing`` for anything but a yes.
    """
    options, console = invocation.options, invocation.console
    names = {target.ref, *((target.name,) if target.name else ())} if target is not None else set()
    if options.confirm is not None and target is not None:
        if options.confirm in names:
            return
        raise ConsentMissing(
            f"--confirm {options.confirm} is not what this project is called, so nothing was changed.",
            f"It is {target.title}.",
        )
    protected = target is not None and target.consent.protected
    if options.yes and not protected:
        return
    if not console.interactive:
        if target is not None and protected:
            raise ConsentMissing(
                f"{target.title} is protected, and --yes is not enough, so nothing was changed.",
                f"Run it with --confirm {target.ref} if it is to write to this project.",
            )
        raise ConsentMissing(
            "There is no terminal to ask on, so nothing was changed.", "Run it with --yes if it is to write."
        )
    asked = visible(question, lines=True)
    if target is not None and target.consent.by_name:
        wanted = visible(target.name or target.ref)
        if console.ask(f"{asked}\nType {wanted} to go on: ").strip() not in names:
            raise ConsentMissing(
                "That is not what the project is called, so nothing was changed.", f"Type {wanted} to go on."
            )
        return
    answer = console.ask(f"{asked} [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise ConsentMissing("The answer was not yes, so nothing was changed.", "Answer y to go on.")
