"""Say what is wrong with a command line: the parser's complaint with a next step that fits."""

from collections.abc import Collection
from difflib import get_close_matches

from typer._click.core import Context
from typer._click.exceptions import ClickException, NoArgsIsHelpError, NoSuchOption
from typer._click.exceptions import UsageError as WrongUse

from sbapply.errors import SbapplyError, TokenMalformed, UsageError


def complaint_of(raised: ClickException, verb: str | None) -> SbapplyError:
    """Return the error for what the parser found wrong; a suggestion stands in its next step.

    ``verb`` is the command line's first word: not every complaint says which verb it is about.
    """
    context = raised.ctx if isinstance(raised, WrongUse) else None
    path = path_of(context) if context is not None else " ".join(filter(None, ("sbapply", verb)))
    if isinstance(raised, NoArgsIsHelpError):
        return UsageError(f"No verb was given to `{path}`.", f"Run `{path} --help` to see what there is.")
    more = f"`{path} --help` shows what it takes."
    if isinstance(raised, NoSuchOption):
        if raised.option_name.startswith("--token"):
            return token_on_command_line()
        close = sorted(raised.possibilities or ())
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        return UsageError(f"`{path}` has no option {raised.option_name}.", f"{meant}{more}")
    return UsageError(raised.format_message().replace("Value error, ", ""), more)


def unknown_verb(word: str, known: Collection[str], context: Context) -> UsageError:
    """Return the error for a verb that there is not."""
    path = path_of(context)
    close = get_close_matches(word, known, n=1)
    meant = f"Did you mean `{path} {close[0]}`? " if close else ""
    return UsageError(f"`{path}` has no verb {word!r}.", f"{meant}`{path} --help` shows them all.")


def path_of(context: Context) -> str:
    """Return the words to type for a verb or a group of them, however this process was started."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(("sbapply", *words))


def token_on_command_line() -> TokenMalformed:
    """Return the error for a token in an argument, whatever it stands behind; it is not repeated."""
    return TokenMalformed(
        "A token on the command line is seen by every program and stays in the shell's history; it was not used.",
        "If it was a real one, revoke it at https://supabase.com/dashboard/account/tokens; then run "
        "`sbapply login` and answer, or pipe a new one into `sbapply login --stdin`.",
    )
