"""Fixtures for rows of bad input."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from tests.cli.bad_input.world import World, files_below

_TOKEN = re.compile(rb"sbp_[0-9a-f]{40}")


@pytest.fixture(scope="session")
def tokens(sbapply_home: Path) -> Iterator[set[str]]:
    """Return a set for the tokens of all worlds; at the end the home that they share must hold none of them.

    What is still in its scratch room then are the servers that play the projects: what a migration says is there.
    """
    used: set[str] = set()
    yield used
    for path in files_below(sbapply_home):
        if (sbapply_home / "scratch") in path.parents:
            continue
        assert not used & {token.decode() for token in _TOKEN.findall(path.read_bytes())}, path


@pytest.fixture
def world(
    tmp_path: Path, sbapply_home: Path, engine_of: Callable[[int], Server], tokens: set[str]
) -> Iterator[World]:
    """Return a machine of its own for one process."""
    with ExitStack() as stack:
        made = World(tmp_path, engine_of(18), stack, sbapply_home)
        tokens.add(made.token)
        yield made
