"""Options that are not given or are plain text are read without pydantic, and to the same end."""

from typing import Any

import pytest
from typer._click.core import Command, Context
from typer._click.exceptions import UsageError
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from sbapply.cli.app import app_for

VALUES = (None, "", "text", "json", "bash", "table", "0001", "two words", "\x00", "é", "\udc80")


def read(parameter: TyperOption | TyperArgument, command: Command, value: Any) -> Any:
    try:
        return parameter.process_value(Context(command), value)
    except UsageError as refused:
        return type(refused), refused.message


@pytest.mark.parametrize("verb", ["push", "status", "query", "repair", "completion", "fetch", "new", "login"])
def test_a_value_is_read_as_typer_alone_reads_it(verb: str) -> None:
    group = get_command(app_for(None))
    assert isinstance(group, TyperGroup)
    command = group.commands[verb]
    assert isinstance(command, TyperCommand)
    parameters = [each for each in command.params if isinstance(each, TyperOption | TyperArgument)]
    alone = [[read(each, command, value) for value in VALUES] for each in parameters]
    command.get_params(Context(command))
    assert all("process_value" in vars(each) for each in parameters)
    assert [[read(each, command, value) for value in VALUES] for each in parameters] == alone
