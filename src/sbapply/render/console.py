"""Print: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Mapping
from typing import Literal

from sbapply.database import Json
from sbapply.redaction import redact, redact_known
from sbapply.render.visible import visible

Output = Literal["text", "json"]


class Console:
    """Print for one process; ``output`` is ``text`` or ``json``.

    In text mode ``say`` goes to stdout. In json mode stdout belongs to the one document, and ``say`` goes to
    stderr. Everything passes the filter that hides secrets (``redaction``).
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self._progress = ""
        self._latest = ""

    @property
    def interactive(self) -> bool:
        """Tell whether somebody can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        self._out(redact(text))

    def data(self, text: str) -> None:
        """Print a line of data that was asked for: only this process' own secrets are hidden in it."""
        self._out(redact_known(text))

    def reveal(self, text: str) -> None:
        """Print a line as it is: for the sandbox's own token, which is made to be shown."""
        self._out(text)

    def note(self, text: str) -> None:
        """Print a line about the work on stderr."""
        self._clear()
        print(redact(text), file=sys.stderr, flush=True)

    def progress(self, text: str) -> None:
        """Show what is being done: on a terminal one line that is written over, elsewhere a plain line, once."""
        if not sys.stderr.isatty():
            if text != self._latest:
                self.note(text)
            self._latest = text
            return
        self._clear()
        self._progress = redact(text)
        print(self._progress, end="", file=sys.stderr, flush=True)

    def document(self, document: Mapping[str, Json], *, data: bool = False, reveal: bool = False) -> None:
        """Print the one JSON document; ``data`` and ``reveal`` as in the methods of these names."""
        self._clear()
        text = json.dumps(document, ensure_ascii=True, indent=2)
        print(text if reveal else redact_known(text) if data else redact(text), flush=True)

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
        print(redact(question), end="", file=sys.stderr, flush=True)
        try:
            return input()
        except EOFError:
            print(file=sys.stderr)
            return ""

    def _out(self, text: str) -> None:
        self._clear()
        print(text, file=sys.stdout if self.output == "text" else sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._progress:
            print("\r" + " " * len(self._progress) + "\r", end="", file=sys.stderr, flush=True)
            self._progress = ""
