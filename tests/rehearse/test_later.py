"""A value that a thread makes is waited for where it is needed, and so is what comes behind it."""

import threading
from typing import NoReturn

import pytest

from sbapply.rehearse.later import Later


def refuse() -> NoReturn:
    raise ValueError("not to be had")


def test_the_value_does_not_wait_for_what_comes_behind_it() -> None:
    asked = threading.Event()
    behind: list[bool] = []
    later = Later(lambda: 7, lambda: behind.append(asked.wait(10)))

    assert (later.value(), behind) == (7, [])
    asked.set()
    later.close()

    assert behind == [True]


def test_what_making_it_raised_is_raised_at_each_asking_and_what_comes_behind_is_done() -> None:
    behind: list[str] = []
    later = Later(refuse, lambda: behind.append("done"))
    later.close()

    for _ in range(2):
        with pytest.raises(ValueError, match="not to be had"):
            later.value()
    assert behind == ["done"]


def test_what_came_of_the_rest_is_raised_once_by_whoever_closes_it() -> None:
    later = Later(lambda: 7, refuse)

    assert later.value() == 7
    with pytest.raises(ValueError, match="not to be had"):
        later.close()
    later.close()
