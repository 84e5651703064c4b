"""Print: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Mapping
from typing import Literal

from sbapply.database import Json

Output = Literal["text", "json"]


class Console:
    """Print for one process; ``output`` is ``text`` or ``json``.

    In text mode ``say`` goes to stdout. In json mode stdout belongs to the one document, and ``say`` goes to
    stderr.
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
        self._clear()
        print(text, file=sys.stdout if self.output == "text" else sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Print a line about the work on stderr."""
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def progress(self, text: str) -> None:
        """Show what is being done: on a terminal one line that is written over, elsewhere a plain line, once."""
        if not sys.stderr.isatty():
            if text != self._latest:
                self.note(text)
            self._latest = text
            return
        self._clear()
        self._progress = text
        print(text, end="", file=sys.stderr, flush=True)

    def document(self, document: Mapping[str, Json]) -> None:
        """Print the one JSON document."""
        self._clear()
        print(json.dumps(document, ensure_ascii=True, indent=2), flush=True)

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; end of input is no answer."""
        self._clear()
        print(question, end="", file=sys.stderr, flush=True)
        try:
            return input()
        except EOFError:
            print(file=sys.stderr)
            return ""

    def _clear(self) -> None:
        if self._progress:
            print("\r" + " " * len(self._progress) + "\r", end="", file=sys.stderr, flush=True)
            self._progress = ""
