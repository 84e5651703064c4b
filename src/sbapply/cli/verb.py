"""Read what a verb was called with; only what has to be read loads pydantic, with which typer reads everything."""

from functools import partial
from typing import Any

from typer._click.core import Command, Context, Parameter
from typer.core import TyperArgument, TyperCommand, TyperOption


class ReadsLittle(Command):
    """Be a command whose options cost nothing where they were not given, or are plain text."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the parameters, each made to read little."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if isinstance(parameter, TyperOption | TyperArgument):
                # An instance's own goes before its class': typer makes the parameters, and takes no class for them.
                vars(parameter)["process_value"] = partial(_read, parameter)
        return parameters


class Verb(ReadsLittle, TyperCommand):
    """Be a verb that reads little."""


def _read(parameter: TyperOption | TyperArgument, ctx: Context, value: Any) -> Any:
    """Return a value as typer would: importing pydantic to learn that it is what it was takes 70 ms."""
    many = parameter.multiple or parameter.nargs != 1
    absent = value is None and not parameter.required
    if not absent and (many or not _is_read(parameter, value)):
        return type(parameter).process_value(parameter, ctx, value)
    if absent and many:
        value = ()
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)


def _is_read(parameter: TyperOption | TyperArgument, value: Any) -> bool:
    """Tell whether a value is text that the verb takes as it is."""
    described = parameter.type_descriptor
    if described.parameter_info.parser is not None or not isinstance(value, str):
        return False
    # Text that is no Unicode (an argument's bytes may be anything) is refused by pydantic.
    return value.isascii() and (described.annotation is str or value in (described.choices or ()))
