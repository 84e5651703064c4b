"""Help: every verb ends with one example that the program itself accepts."""

import shlex
from contextlib import suppress

import pytest
import typer
from typer._click.core import Command
from typer._click.exceptions import ClickException
from typer.core import TyperGroup

from sbapply.cli.app import app_for
from sbapply.cli.arguments import _WITH_VALUE, move_options_behind_verb
from tests.cli.conftest import Program


def verbs() -> dict[str, Command]:
    """Return every verb by the words to type."""
    program = typer.main.get_command(app_for(None))
    assert isinstance(program, TyperGroup)
    found: dict[str, Command] = {}
    for name, command in program.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        found |= {f"{name} {each}".strip(): command for each, command in inner.items()}
    return found


VERBS = verbs()


def words_of(line: str) -> list[str]:
    """Return the words of a command line behind the program's name, the verb first."""
    program, *given = shlex.split(line, comments=True)
    assert program == "sbapply", line
    return move_options_behind_verb(given)


def verb_in(line: str) -> str:
    """Return the verb of a command line, "" where it has none that there is."""
    words = words_of(line)
    return next((name for name in (" ".join(words[:2]), *words[:1]) if name in VERBS), "")


def check_line(line: str) -> str:
    """Parse a whole command line as the program does, run nothing, and return its verb."""
    verb = verb_in(line)
    assert verb, f"{line}: there is no such verb"
    # Help and the like leave while they are parsed.
    with suppress(typer.Exit):
        VERBS[verb].make_context(verb, words_of(line)[len(verb.split()) :])
    return verb


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_ends_with_one_example_of_it_that_is_accepted(verb: str) -> None:
    example = (VERBS[verb].epilog or "").removeprefix("Example: ")
    assert check_line(example) == verb
    # One line of the narrowest terminal, so that it can be copied.
    assert len(f"  Example: {example}") < 80


def test_the_example_is_the_last_line_that_help_prints(program: Program) -> None:
    done = program.run("sandbox", "serve", "--help")
    assert done.stdout.splitlines()[-1] == "  Example: sbapply sandbox serve --port 0"
    assert done.stdout.count("Example") == 1


@pytest.mark.parametrize("line", ["sbapply push --nope", "sbapply pull a b", "sbapply repair", "sbapply plan --to"])
def test_a_line_that_the_program_does_not_take_is_noticed(line: str) -> None:
    with pytest.raises(ClickException):
        check_line(line)


def test_every_option_with_a_value_may_stand_before_the_verb() -> None:
    options = [each for command in VERBS.values() for each in command.params if each.param_type_name == "option"]
    with_value = {name for each in options if not getattr(each, "is_flag", False) for name in each.opts}
    assert with_value == _WITH_VALUE
