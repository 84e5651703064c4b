"""Let sbapply and the official CLI push the same folder at the same time: every version once, true reports."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sbapply.rehearse.server import Server
from tests.conformance.official import official_cli
from tests.reliability.judging import Report, hold_against
from tests.reliability.killing import check_counts
from tests.reliability.mixed import mixed_folder
from tests.reliability.place import Place, place_on
from tests.reliability.racing import DELAYS, SETTINGS

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

OURS, THEIRS = 4, 4
ROUNDS = 20 if os.environ.get("SBAPPLY_WHOLE") else 3
# A file with its own COMMIT is not atomic with its row in the official CLI's hands.
FILES = mixed_folder(8, ("plain", "data", "change", "body"))
# What a rival that takes no lock of ours can do to a push: be first with a version, or move the history.
DEFINITE = frozenset({"history-moved", "history-conflict", "migration-failed", "refused"})


@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_sbapply_and_the_official_cli_at_once_apply_every_version_once(
    number: int, tmp_path: Path, engine_of: Callable[[int], Server], record_property: Callable[[str, object], None]
) -> None:
    server = engine_of(18)
    ends: Counter[str] = Counter()
    with (
        place_on(server, tmp_path, delays=DELAYS, seed=number) as place,
        official_cli(server, place.name) as official,
    ):
        place.configure(SETTINGS)
        for file in FILES:
            place.write(file.version, file.kind, file.text)
        starts: list[Callable[[], subprocess.Popen[str]]] = [place.start] * OURS
        starts += [lambda: official.start(place.folder, "db", "push", "--yes")] * THEIRS
        chance = random.Random(number)
        chance.shuffle(starts)
        place.line.hold(OURS, until_let_go=True)
        started = [(start == place.start, start()) for start in starts]
        _wait_for_official(place)
        time.sleep(chance.uniform(0, 0.4))
        place.line.let_go()
        ours: list[Report] = []
        for by_us, process in started:
            if by_us:
                ours.append(place.await_report(process))
                ends[f"sbapply: exit {ours[-1].status} {ours[-1].code or ''}".strip()] += 1
            else:
                status, said = _await_official(process)
                ends[f"official CLI: exit {status}"] += 1
                assert status in (0, 1), said
        truth = place.truth()
        for report in ours:
            assert report.status == 0 or report.code in DEFINITE, report.said()
            for version in report.applied:
                assert truth.rows.get(version) == place.texts()[version], report.said()
        last = place.push()
        assert last.status == 0, "\n".join(report.said() for report in [*ours, last])
        hold_against(last, place.truth(), place.texts(), {file.version: file.parts for file in FILES}, frozenset())
        check_counts(place, FILES)
    for end, count in ends.items():
        record_property("figure", [f"at once with the official CLI, {end}", count])


def _wait_for_official(place: Place) -> None:
    """Wait until the first of the official ones, which take a second to start, is connected."""
    give_up_at = time.monotonic() + 30
    count = (
        "select count(*)::int as n from pg_stat_activity "
        "where datname = current_database() and usename = 'postgres'"
    )
    while place.superuser.run(count)[0]["n"] == 0:
        assert time.monotonic() < give_up_at, "the official CLI did not connect"
        time.sleep(0.01)


def _await_official(process: "subprocess.Popen[str]") -> tuple[int, str]:
    with process:
        said, _ = process.communicate(timeout=60)
    return process.returncode, said
