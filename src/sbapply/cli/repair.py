"""Parse `repair`, call it, render it."""

from typing import Annotated, Literal, cast

import typer

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.cli.rewriting import conclude, steps_of
from sbapply.errors import UsageError

_WORDS = ("applied", "reverted")


@takes_options
def repair(
    invocation: Invocation,
    words: Annotated[
        list[str], typer.Argument(metavar="applied|reverted VERSION...", help="What to record, of which versions.")
    ],
    status: Annotated[
        str | None, typer.Option("--status", metavar="applied|reverted", help="As the official CLI has it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
) -> None:
    """Record versions as applied or not, and run nothing: for a history that tells another story than the schema.

    Example: sbapply repair applied 20260101090000
    """
    from sbapply.cli.target import open_target
    from sbapply.verbs.repair import repair as run

    word, versions = _understood(words, status)
    with open_target(invocation, named=True) as target:
        report = run(target, word, versions, steps_of(invocation), dry_run=dry_run)
    conclude(invocation, report)


def _understood(words: list[str], status: str | None) -> tuple[Literal["applied", "reverted"], list[str]]:
    """Return what to record and of which versions. Raises ``UsageError``."""
    word, versions = (status, words) if status is not None else (words[0], words[1:])
    if word not in _WORDS:
        raise UsageError(f"{word!r} is neither applied nor reverted.", "Run `sbapply repair applied VERSION`.")
    if not versions:
        raise UsageError("No version was named.", f"Run `sbapply repair {word} VERSION`.")
    wrong = next((version for version in versions if not version.isdigit()), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is no version: those are digits.", "Run `sbapply status` to see them.")
    return cast("Literal['applied', 'reverted']", word), versions
