"""Do what Ctrl-C does to a program that waits for an answer."""

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

PATIENCE = 20.0


def await_the_prompt(process: "subprocess.Popen[Any]") -> None:
    """Wait until ``process`` waits for an answer.

    A signal in the instant before the read starts would be noticed only after it.
    """
    give_up_at = time.monotonic() + PATIENCE
    while not _sleeps(process) and time.monotonic() < give_up_at:
        time.sleep(0.005)


def interrupt_at_the_prompt(process: "subprocess.Popen[Any]") -> None:
    """Interrupt ``process`` once it waits for an answer."""
    await_the_prompt(process)
    process.send_signal(signal.SIGINT)


def _sleeps(process: "subprocess.Popen[Any]") -> bool:
    stat = Path(f"/proc/{process.pid}/stat")
    return not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "S"
