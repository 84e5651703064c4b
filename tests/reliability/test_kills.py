"""Kill pushes of forty files of every kind at random moments: the next ones converge, nothing twice or lost."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from tests.reliability.killing import Undisturbed, kill_and_go_on, push_undisturbed
from tests.reliability.mixed import mixed_folder

FILES = mixed_folder(40)
# A pushing process mostly waits, so three at once run well on two cores.
AT_ONCE = 3
ROUNDS, KILLS_A_ROUND = (10, 30) if os.environ.get("SBAPPLY_WHOLE") else (1, 15)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, engine_of: Callable[[int], Server]) -> Undisturbed:
    """Return how the push ends that nobody disturbs, as slow as the killed ones beside each other are."""
    folder = tmp_path_factory.mktemp("undisturbed")
    server = engine_of(18)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pushes = [pool.submit(push_undisturbed, server, folder / str(n), FILES) for n in range(AT_ONCE)]
        ends = [push.result() for push in pushes]
    assert len({end.portrait for end in ends}) == 1
    return min(ends, key=lambda end: end.seconds)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_killed_push_is_finished_by_the_next(
    round_number: int,
    undisturbed: Undisturbed,
    tmp_path: Path,
    engine_of: Callable[[int], Server],
    record_property: Callable[[str, object], None],
) -> None:
    server = engine_of(18)
    kills = in_flight = pushes = case = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while kills < KILLS_A_ROUND:
            seeds = [round_number * 1000 + case + n for n in range(AT_ONCE)]
            case += AT_ONCE
            cases = [pool.submit(kill_and_go_on, server, tmp_path / str(n), FILES, undisturbed, n) for n in seeds]
            for killed in [each.result() for each in cases]:
                kills += killed.kills
                in_flight += killed.in_flight
                pushes += killed.pushes
    assert in_flight * 3 >= kills
    for label, number in (
        ("kills", kills),
        ("kills with a request in flight", in_flight),
        ("folders that were finished after kills", case),
        ("pushes that finished them", pushes),
    ):
        record_property("figure", [label, number])
