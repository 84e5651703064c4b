"""Servers that are thrown away live in memory where there is room for them and nobody said otherwise."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sbapply.rehearse import engine, memory
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.home import Home, open_home
from sbapply.rehearse.memory import is_roomy, memory_room

pytestmark = pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this machine has no folder in memory")


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a base folder, and one in the place of the machine's memory."""
    folder = Path(tempfile.mkdtemp(prefix="sbapply-test-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "memory").mkdir()
    monkeypatch.setattr(memory, "_MEMORY", folder / "memory")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(base: Path, sbapply_home: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Give a home that nobody named, with the templates of the session's."""
    templates = open_home().base / "templates"
    templates.mkdir(exist_ok=True)
    (base / "templates").symlink_to(templates)
    home = Home(base, open_home().account)
    monkeypatch.setattr(engine, "open_home", lambda: home)
    return home


def roomy(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    return lambda said: monkeypatch.setattr(engine, "is_roomy", lambda _room: said)


def test_a_scratch_server_lives_in_memory_where_there_is_room(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy(monkeypatch)(True)
    with scratch_engine() as server:
        assert server.directory.is_relative_to(home.base / "memory")
    assert not list((home.base / "memory").glob("*/*"))


def test_it_lives_on_disk_where_there_is_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy(monkeypatch)(False)
    with scratch_engine() as server:
        assert server.directory.is_relative_to(home.base / "scratch")


def test_what_was_left_in_memory_is_removed_by_the_next_one_wherever_that_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = memory_room(home)
    assert room is not None
    (room / "left").mkdir()
    roomy(monkeypatch)(False)
    with scratch_engine():
        assert not list(room.iterdir())


def test_a_home_that_somebody_named_holds_everything(base: Path) -> None:
    assert memory_room(Home(base, open_home().account, named=True)) is None


def test_a_folder_that_is_not_ours_is_not_used(home: Home) -> None:
    room = memory_room(home)
    assert room is not None
    room.rmdir()
    room.symlink_to(home.base)
    assert memory_room(home) is None
    room.unlink()
    room.mkdir()
    room.chmod(0o777)
    assert memory_room(home) is None
    room.chmod(0o755 if home.account.dropped else 0o700)
    assert memory_room(home) == room


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_nor_is_one_of_another_account(home: Home) -> None:
    room = memory_room(home)
    assert room is not None
    os.chown(room, 12345, 12345)
    assert memory_room(home) is None


def test_a_containers_limit_counts(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_NEEDED", 2**20)
    limit, used = base / "memory.max", base / "memory.current"
    used.write_text("1000000\n")
    monkeypatch.setattr(memory, "_LIMITS", ((limit, used),))
    for said, expected in (("max", True), ("100000000000000", True), ("2000000", False)):
        limit.write_text(f"{said}\n")
        assert is_roomy(base) is expected
