"""Take a program's word for a yes, as the project's own rule has it."""

from collections.abc import Callable
from typing import TypeVar

from sbapply.errors import ConsentMissing
from sbapply.verbs.target import Target

T = TypeVar("T")


def check_consent(target: Target, agree: Callable[[T], bool | str] | None, what: T) -> None:
    """Ask ``agree`` whether ``what`` may be written to ``target``; anything but a yes raises ``ConsentMissing``.

    True is a yes, as ``--yes`` is, but not for a protected target. So is the project's name or ref, as with
    ``--confirm``; another word is a no.
    """
    if agree is None:
        raise ConsentMissing(
            "Nobody was given to ask for consent, so nothing was changed.",
            "Give consent=…, a function that returns True, or the project's ref.",
        )
    answer = agree(what)
    if isinstance(answer, str):
        if answer and answer in (target.ref, target.name):
            return
        raise ConsentMissing(
            f"{answer!r} is not what the project is called, so nothing was changed.", f"It is {target.title}."
        )
    if answer is not True:
        raise ConsentMissing("Consent was not given, so nothing was changed.", "Return True from consent to go on.")
    if target.consent.protected:
        raise ConsentMissing(
            f"{target.title} is protected, and True is not enough, so nothing was changed.",
            f"Return {target.ref!r} from consent if it is to write to this project.",
        )
