"""Run a process on a terminal of its own, as somebody who types does."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.cli.bad_input.world import Ended, World

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
        """Do what Ctrl-C does to the process in the foreground, once it waits for an answer.

        A signal in the instant before the read starts would be noticed only after it.
        """
        give_up_at = time.monotonic() + PATIENCE
        while not self._sleeps() and time.monotonic() < give_up_at:
            time.sleep(0.005)
        self.process.send_signal(signal.SIGINT)

    def finish(self) -> Ended:
        """Read to the end."""
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        while self._read(0.0):
            pass
        return Ended(self.process.returncode, stdout, self.seen.replace("\r\n", "\n"))

    def _sleeps(self) -> bool:
        stat = Path(f"/proc/{self.process.pid}/stat")
        return not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "S"

    def _read(self, seconds: float) -> bool:
        if not select.select([self._own], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._own, 65536)
        except OSError:
            return False
        self.seen += chunk.decode("utf-8", "replace")
        return bool(chunk)
