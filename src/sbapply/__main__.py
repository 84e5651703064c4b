"""Start sbapply: parse, run the verb, and render every error in one place."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sbapply.errors import SbapplyError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run sbapply as a process and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    # CI ends a job with SIGTERM: it is answered as Ctrl-C is, so that what was sent is settled and told.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = _show_version() if given == ["--version"] else _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


def _open_streams() -> None:
    """Make standard output and error ones that can be written to, whatever the caller left of them."""
    # Where the caller closed one (`>&-`), what would be said there is said to nobody.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no é must not end a push half-way.
            stream.reconfigure(errors="backslashreplace")


def _show_version() -> int:
    # The one answer that needs no parser: importing it costs 60 ms.
    from sbapply import __version__

    sys.stdout.write(f"sbapply {__version__}\n")
    return 0


def _run(given: list[str]) -> int:
    from sbapply.cli.arguments import move_options_behind_verb, output_of, verb_of

    arguments = move_options_behind_verb(given)
    from typer._click.exceptions import ClickException, NoArgsIsHelpError

    from sbapply.cli.app import app_for
    from sbapply.cli.complaint import complaint_of
    from sbapply.errors import Interrupted, SbapplyError

    error: SbapplyError
    try:
        return int(app_for(verb_of(arguments))(args=arguments, prog_name="sbapply", standalone_mode=False) or 0)
    except SbapplyError as raised:
        error = raised
    except ClickException as raised:
        error = complaint_of(raised, verb_of(arguments))
        if isinstance(raised, NoArgsIsHelpError) and output_of(given) == "text":
            sys.stderr.write(f"{raised.message}\n")
    except KeyboardInterrupt:
        error = Interrupted("Interrupted before anything was asked.", "Run the same command again.")
    except BrokenPipeError:
        raise
    except Exception as raised:  # noqa: BLE001 - whatever it is, a secret in its traceback must not be printed
        from sbapply.verbs.failure import fault_of

        error = fault_of(raised)
    return _tell(error, output_of(given), verb_of(arguments), debug="--debug" in given)


def _tell(error: "SbapplyError", output: Literal["text", "json"], verb: str | None, *, debug: bool) -> int:
    from sbapply.render.console import Console
    from sbapply.render.failure import failure_lines, traceback_lines
    from sbapply.verbs.failure import failure_document

    console = Console(output)
    if debug:
        for line in traceback_lines(error):
            console.note(line)
    for line in failure_lines(error):
        console.note(line)
    if output == "json":
        console.document(failure_document(verb, error))
    return error.exit_status


if __name__ == "__main__":
    main()
