"""Parse `completion` and print the script."""

from typing import Annotated, Literal

import typer

from sbapply.cli.app import COMPLETION
from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def completion(
    invocation: Invocation,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="bash|zsh|fish|powershell", help="The shell that is to complete."),
    ],
) -> None:
    """Print the script that makes a shell complete sbapply's verbs and options.

    Example: sbapply completion bash
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="sbapply", complete_var=COMPLETION, shell=shell)
    console = invocation.console
    if console.output == "json":
        console.document({"command": "completion", "shell": shell, "script": script, "error": None})
    else:
        console.data(script)
