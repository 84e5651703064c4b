"""Kill pushes at random moments, push again until all is done, and hold the end against an undisturbed push."""

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sbapply.rehearse.server import Server
from tests.reliability.judging import Report
from tests.reliability.mixed import Mixed
from tests.reliability.place import Place, place_on
from tests.reliability.portrait import differences, portrait

# Small requests, so that a push makes many; short waits, so that a rerun does not wait long for the dead.
SETTINGS = """
[patience]
read = 10
settle = 12
[limits]
request_bytes = 30000
lock_timeout = "2s"
history_lock_timeout = "3s"
"""
DELAYS = (0.03, 0.08)
_PUSHES_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """Hold how a push ends that nobody disturbs, and the seconds from its first request to its last answer."""

    portrait: str
    seconds: float
    requests: int


@dataclass(frozen=True, slots=True)
class Killed:
    """Hold how many kills a case saw, how many of them with a request under way, and the pushes it took after."""

    kills: int
    in_flight: int
    pushes: int


def lay_out(place: Place, files: Sequence[Mixed]) -> None:
    """Write the folder and its settings."""
    place.configure(SETTINGS)
    for file in files:
        place.write(file.version, file.kind, file.text)


def push_undisturbed(server: Server, folder: Path, files: Sequence[Mixed]) -> Undisturbed:
    """Push the folder once and return how that ends."""
    with place_on(server, folder, delays=DELAYS) as place:
        lay_out(place, files)
        report = place.push()
        assert report.status == 0, report.said()
        check_counts(place, files)
        line = place.line
        return Undisturbed(portrait(place), line.last_at - line.first_at, len(line.bodies))


def kill_and_go_on(server: Server, folder: Path, files: Sequence[Mixed], whole: Undisturbed, seed: int) -> Killed:
    """Kill one or two pushes at random moments, then push until all is done; fail unless it ends as ``whole``."""
    chance = random.Random(seed)
    with place_on(server, folder, delays=DELAYS, seed=seed) as place:
        lay_out(place, files)
        kills = in_flight = 0
        for _ in range(chance.choice((1, 1, 2))):
            under_way = _kill_once(place, chance.uniform(0, whole.seconds))
            if under_way is None:
                break
            kills += 1
            in_flight += under_way > 0
            if chance.random() < 0.25:
                place.line.wait()
        reports = _push_until_done(place)
        place.line.wait()
        check_counts(place, files)
        found = portrait(place)
        assert found == whole.portrait, f"seed {seed}:\n{differences(whole.portrait, found)}\n{_told(reports)}"
        return Killed(kills, in_flight, len(reports))


def _kill_once(place: Place, seconds: float) -> int | None:
    """Kill a push so long after its first request came; return what was under way, None if it had ended before."""
    place.line.expect()
    process = place.start()
    try:
        assert place.line.arrived.wait(timeout=30), "no request came"
        time.sleep(seconds)
        if process.poll() is not None:
            assert place.await_report(process).status == 0
            return None
        under_way = place.line.under_way()
        process.send_signal(signal.SIGKILL)
        place.line.client_died()
        return under_way
    finally:
        process.kill()
        process.communicate()


def _push_until_done(place: Place) -> list[Report]:
    """Push until a push ends well, and hold each report against the history."""
    reports: list[Report] = []
    while not reports or reports[-1].status != 0:
        assert len(reports) < _PUSHES_AT_MOST, _told(reports)
        reports.append(place.push())
        rows, texts = place.truth().rows, place.texts()
        for version in reports[-1].applied:
            assert rows.get(version) == texts[version], f"{version} is not applied: {reports[-1].said()}"
    return reports


def check_counts(place: Place, files: Sequence[Mixed], *, in_order: bool = True) -> None:
    """Fail unless every unit was run exactly once and every version is in the history, committed in order."""
    truth = place.truth()
    versions = [file.version for file in files]
    assert (list(truth.rows) if in_order else sorted(truth.rows)) == versions
    assert (place.settings_left(), place.left_behind()) == ([], 0)
    expected = {(file.version, part): 1 for file in files for part in range(1, file.parts + 1)}
    assert dict(truth.marks) == expected


def _told(reports: Sequence[Report]) -> str:
    return "\n".join(report.said() for report in reports)
