"""Let several pushes race on one project and hold each one's report against what came of it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sbapply.rehearse.server import Server
from tests.reliability.judging import Report, stored_texts
from tests.reliability.mixed import Mixed
from tests.reliability.place import Place, place_on
from tests.reliability.portrait import portrait

PROCESSES = 8
# A process that has to wait for seven others at their migrations is not to give up before they are done.
SETTINGS = """
[patience]
read = 15
settle = 20
[limits]
request_bytes = 20000
lock_timeout = "2s"
history_lock_timeout = "5s"
"""
DELAYS = (0.0, 0.05)
# How a push may end that a rival disturbed: with all it was asked for, or with one of these.
DEFINITE = frozenset({"history-moved", "refused"})


@dataclass(frozen=True, slots=True)
class Raced:
    """Hold how often the processes ended how, by exit code and the error's code."""

    ends: Counter[str]
    seconds: float


def race(server: Server, root: Path, folders: Sequence[Sequence[Mixed]], *, seed: int, base: Sequence[Mixed] = ()) -> Raced:
    """Push each of ``folders`` with a process of its own, all at once, then whatever is left, and judge it all.

    ``base`` is pushed before, by nobody's rival. The first requests of all are held until all are there.
    """
    chance = random.Random(seed)
    everything = sorted({file for files in (base, *folders) for file in files}, key=lambda file: file.version)
    with place_on(server, root / "all", delays=DELAYS, seed=seed, starters=1) as place:
        if base:
            assert push_folder(place, root / "base", base).status == 0
        place.line.hold(len(folders))
        processes = []
        for number, files in enumerate(folders):
            folder = lay_out(root / str(number), files)
            processes.append((folder, place.start(folder=folder)))
        chance.shuffle(processes)
        reports = [(folder, place.await_report(process)) for folder, process in processes]
        judge(place, reports)
        last = push_folder(place, root / "last", everything, "--include-all")
        assert last.status == 0, _told([*reports, (root, last)])
        check_counts(place, everything, _told(reports))
        return Raced(Counter(f"exit {report.status} {report.code or ''}".strip() for _, report in reports), 0.0)
