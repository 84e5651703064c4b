"""Run a process on a terminal of its own, as somebody who types does."""

import os
import pty
import select
import subprocess
import time
from typing import Self

from tests.cli.bad_input.world import Ended, World
from tests.prompts import interrupt_at_the_prompt

PATIENCE = 40.0


class Terminal:
    """Hold a process whose input and error are a terminal; its standard output is a pipe."""

    def __init__(self, world: World, words: tuple[str, ...], output: str) -> None:
        self._own, theirs = pty.openpty()
        self.process = world.start(
            world.command(words, output),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self._own)

    def read_until(self, text: str) -> None:
        """Read until ``text`` was shown."""
        give_up_at = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < give_up_at, self.seen
            assert self._read(0.2) or self.process.poll() is None, self.seen

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def interrupt(self) -> None:
        """Do what Ctrl-C does to the process in the foreground, once it waits for an answer."""
        interrupt_at_the_prompt(self.process)

    def finish(self) -> Ended:
        """Read to the end."""
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        while self._read(0.0):
            pass
        return Ended(self.process.returncode, stdout, self.seen.replace("\r\n", "\n"))

    def _read(self, seconds: float) -> bool:
        if not select.select([self._own], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._own, 65536)
        except OSError:
            return False
        self.seen += chunk.decode("utf-8", "replace")
        return bool(chunk)
