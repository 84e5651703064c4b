"""A server that was started before it was needed is the one that is used, and none is left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sbapply.errors import EngineError
from sbapply.rehearse import ahead
from sbapply.rehearse.ahead import EngineAhead
from sbapply.rehearse.server import Server


class Engines:
    """Count engines that came and went."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.started: list[Server] = []
        self.stopped = 0

    @contextmanager
    def __call__(self) -> Iterator[Server]:
        if self.failure is not None:
            raise self.failure
        self.started.append(Server(Path(), len(self.started), 18, Path()))
        try:
            yield self.started[-1]
        finally:
            self.stopped += 1


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    made = Engines()
    monkeypatch.setattr(ahead, "scratch_engine", made)
    return made


def test_the_first_is_the_one_that_was_started_ahead_and_the_next_another(engines: Engines) -> None:
    engine = EngineAhead()
    engine.begin()

    with engine.engine() as first:
        assert engines.stopped == 0
    with engine.engine() as second:
        assert engines.stopped == 1
    engine.close()

    assert [first, second] == engines.started
    assert engines.stopped == 2


def test_one_that_nobody_took_is_stopped(engines: Engines) -> None:
    engine = EngineAhead()
    engine.begin()
    engine.close()

    assert (len(engines.started), engines.stopped) == (1, 1)


def test_what_failed_is_raised_where_the_engine_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "scratch_engine", Engines(EngineError("It does not start.", "Try again.")))
    engine = EngineAhead()
    engine.begin()

    with pytest.raises(EngineError, match="does not start"), engine.engine():
        pass
    engine.close()


def test_a_failure_that_nobody_asked_about_is_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "scratch_engine", Engines(EngineError("It does not start.", "Try again.")))
    engine = EngineAhead()
    engine.begin()
    engine.close()
