"""Print: results on stdout, everything else on stderr."""

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

from sbapply.database import Json
from sbapply.redaction import redact, redact_known, redact_values
from sbapply.render.actions import inert, inert_json, runs_in_actions
from sbapply.render.visible import visible

Output = Literal["text", "json"]
# How many seconds lie between two lines of one series: a terminal's is written over, a log's is kept.
_ON_A_TERMINAL = 0.1
_IN_A_LOG = 2.0


class Console:
    """Print for one process; ``output`` is ``text`` or ``json``.

    In text mode ``say`` goes to stdout. In json mode stdout belongs to the one document, and ``say`` goes to
    stderr. Everything passes the filter that hides secrets (``redaction``).

    Nothing raises because nobody reads: a push must not end half-way for the sake of its words. ``lost`` is what
    was wrong with stdout when something could not be written there, and None as long as all was.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self._progress = ""
        self._latest = ""
        self._shown: dict[str, float] = {}
        self.lost: OSError | None = None
        self._obeyed = runs_in_actions()

    @property
    def interactive(self) -> bool:
        """Tell whether somebody can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        self._out(self._inert(redact(text)))

    def data(self, text: str) -> None:
        """Print a line of data that was asked for: only this process' own secrets are hidden in it."""
        self._out(redact_known(text))

    def reveal(self, text: str) -> None:
        """Print a line as it is: for the sandbox's own token, which is made to be shown."""
        self._out(text)

    def note(self, text: str) -> None:
        """Print a line about the work on stderr."""
        self._clear()
        self._tell(f"{self._inert(redact(text))}\n")

    def command(self, line: str) -> None:
        """Print a workflow command of our own (``render.actions``) on stderr; secrets are hidden in it."""
        self._clear()
        self._tell(f"{redact(line)}\n")

    def progress(self, text: str, *, series: str | None = None) -> None:
        """Show what is being done: on a terminal one line that is written over, elsewhere a plain line, once.

        Of lines of one ``series`` those are left out that come too soon behind another.
        """
        terminal = sys.stderr.isatty()
        if series is not None and not self._is_due(series, _ON_A_TERMINAL if terminal else _IN_A_LOG):
            return
        if not terminal:
            if text != self._latest:
                self.note(text)
            self._latest = text
            return
        self._clear()
        self._progress = _cut(redact(text))
        self._tell(self._progress)

    def begin(self, series: str) -> None:
        """Count the time to the next line of a ``series`` from now on."""
        self._shown[series] = time.monotonic()

    def _is_due(self, series: str, seconds: float) -> bool:
        """Tell whether the latest line of a series was shown so many seconds ago; if so, this one is the latest."""
        now = time.monotonic()
        latest = self._shown.get(series)
        if latest is not None and now - latest < seconds:
            return False
        self._shown[series] = now
        return True

    def document(self, document: Mapping[str, Json], *, data: bool = False, reveal: bool = False) -> None:
        """Print the one JSON document; ``data`` and ``reveal`` as in the methods of these names."""
        self._clear()
        value: Json = dict(document)
        if not reveal:
            value = redact_values(value, redact_known if data else redact)
        text = json.dumps(value, ensure_ascii=True, indent=2)
        self._print(inert_json(text) if self._obeyed else text)

    def tell_log(self) -> None:
        """Print the program's own log on stderr from now on, through the same filter as everything else."""
        import logging

        note = self.note

        class Told(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                note(f"debug: {visible(self.format(record), lines=True)}")

        log = logging.getLogger("sbapply")
        log.addHandler(Told())
        log.setLevel(logging.DEBUG)

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; end of input is no answer."""
        self._clear()
        try:
            self._tell(redact(question))
            return input()
        except EOFError:
            self._tell("\n")
            return ""
        except KeyboardInterrupt:
            # What is said next does not hang behind the question.
            self._tell("\n")
            raise

    def _inert(self, text: str) -> str:
        """Return a text that GitHub Actions takes for no command, where it reads what is printed."""
        return inert(text) if self._obeyed else text

    def _out(self, text: str) -> None:
        self._clear()
        if self.output == "text":
            self._print(text)
        else:
            self._tell(f"{text}\n")

    def _clear(self) -> None:
        if self._progress:
            self._tell("\r" + " " * len(self._progress) + "\r")
            self._progress = ""

    def _print(self, text: str) -> None:
        """Write a line to stdout, or note that it cannot be."""
        if self.lost is not None:
            return
        try:
            print(text, flush=True)
        except OSError as error:
            self.lost = error
            # What is in the buffer would be tried once more at the end, and fail there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _tell(self, text: str) -> None:
        """Write to stderr, if somebody is there to read it."""
        with suppress(OSError):
            print(text, end="", file=sys.stderr, flush=True)


def _cut(line: str) -> str:
    """Return as much of a line as can be written over: one that wraps stays on the terminal."""
    with suppress(OSError):
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        return line[: width - 1] if width > 1 else line
    return line
