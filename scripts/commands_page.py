"""Write docs/commands.md from the program: every verb with its help, its options and its example."""

from collections.abc import Iterator
from pathlib import Path

import typer
from typer._click.core import Command, Context
from typer.core import TyperGroup

from sbapply.cli.app import app_for

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
_HEAD = """# Every command

Made from the program by `make docs`: what `sbapply VERB --help` prints. Options may stand before the verb too.
"""
_COMPLETION = """
## Completion

`sbapply completion SHELL` prints the script for a shell; where it is loaded, Tab completes verbs and options:

```sh
source <(sbapply completion bash)                 # in ~/.bashrc
source <(sbapply completion zsh)                  # in ~/.zshrc, behind compinit
sbapply completion fish | source                  # in ~/.config/fish/config.fish
```

In PowerShell: `sbapply completion powershell | Out-String | Invoke-Expression`, in the file `$PROFILE`.

## Colours

sbapply prints none, on a terminal neither, so there is nothing for `NO_COLOR` to take away. Off a terminal, as in
CI, what goes on is told in plain lines: of many like each other (pieces, files of a rehearsal) one in two seconds.
"""


def verbs() -> Iterator[tuple[str, Command]]:
    """Yield every verb by the words to type, in the order in which help lists them."""
    program = typer.main.get_command(app_for(None))
    assert isinstance(program, TyperGroup)
    for name, command in program.commands.items():
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {each}", inner) for each, inner in command.commands.items())
        else:
            yield name, command


def page() -> str:
    """Return the page."""
    every = dict(verbs())
    options = [set(_rows(name, command)) for name, command in every.items()]
    shared = set.intersection(*options)
    lines = [_HEAD]
    for name, command in every.items():
        lines += _section(name, command, shared)
    first, command = next(iter(every.items()))
    lines += ["## Options of every verb", "", *_table(row for row in _rows(first, command) if row in shared)]
    return "\n".join(lines) + _COMPLETION


def _section(name: str, command: Command, shared: set[tuple[str, str]]) -> Iterator[str]:
    context = _context(name, command)
    yield f"## {name}"
    yield ""
    yield (command.help or "").replace("\n", " ")
    yield ""
    yield "```sh"
    yield (command.epilog or "").removeprefix("Example: ")
    yield "```"
    yield ""
    shown = [param for param in command.get_params(context) if not getattr(param, "hidden", False)]
    pieces = [piece for param in shown for piece in param.get_usage_pieces(context)]
    own = [row for row in _rows(name, command) if row not in shared]
    arguments = _arguments(name, command)
    if pieces:
        yield f"Usage: `sbapply {' '.join((name, '[OPTIONS]', *pieces))}`"
        yield ""
    if own or arguments:
        yield from _table([*arguments, *own])


def _table(rows: "Iterator[tuple[str, str]] | list[tuple[str, str]]") -> Iterator[str]:
    yield "| option | does |"
    yield "|---|---|"
    for names, text in rows:
        yield f"| `{_cell(names)}` | {_cell(text)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rows(name: str, command: Command) -> list[tuple[str, str]]:
    context = _context(name, command)
    records = [param.get_help_record(context) for param in command.get_params(context) if _is_option(param)]
    return [record for record in records if record is not None]


def _arguments(name: str, command: Command) -> list[tuple[str, str]]:
    context = _context(name, command)
    params = [param for param in command.get_params(context) if not _is_option(param)]
    records = [param.get_help_record(context) for param in params if not getattr(param, "hidden", False)]
    # Behind the name typer says that it is text.
    return [(names.partition(" <")[0], text) for names, text in filter(None, records)]


def _is_option(param: object) -> bool:
    return getattr(param, "param_type_name", "") == "option"


def _context(name: str, command: Command) -> Context:
    return Context(command, info_name=name)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
