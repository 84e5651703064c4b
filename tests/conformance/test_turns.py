"""Let sbapply and the official CLI take turns on one project: each reads the other's rows as its own."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sbapply.database import Row
from sbapply.rehearse.server import Server
from tests.conformance.official import Official, listed, official_cli
from tests.conformance.turns import MIGRATIONS
from tests.reliability.hostile import HISTORY
from tests.reliability.place import Place, place_on

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

# The official CLI takes a second to start.
LONGEST_TURN = 1 if os.environ.get("SBAPPLY_WHOLE") else 3


@pytest.fixture
def place(engine_of: Callable[[int], Server], tmp_path: Path) -> Iterator[Place]:
    with place_on(engine_of(18), tmp_path / "here") as made:
        yield made


@pytest.fixture
def official(engine_of: Callable[[int], Server], place: Place) -> Iterator[Official]:
    with official_cli(engine_of(18), place.name) as made:
        yield made


def turns(chance: random.Random) -> Iterator[tuple[bool, list[str]]]:
    """Yield whether it is ours, and which versions come with it, until none is left."""
    left = list(MIGRATIONS)
    while left:
        count = chance.randint(1, LONGEST_TURN)
        yield chance.random() < 0.5, left[:count]
        del left[:count]


def new_folder(place: Place, name: str) -> Path:
    folder = place.folder.parent / name
    (folder / "supabase" / "migrations").mkdir(parents=True)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "supabase" / "migrations").iterdir()}


def start_ours(place: Place, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sbapply", *arguments, "--output", "json"],
        env=place.environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def ours(place: Place, folder: Path, *arguments: str) -> dict[str, Any]:
    with start_ours(place, folder, *arguments) as process:
        said, told = process.communicate(timeout=120)
    assert process.returncode == 0, said + told
    document = json.loads(said)
    assert isinstance(document, dict)
    return document


def check_both_list_the_same(place: Place, official: Official, folder: Path, applied: set[str]) -> None:
    """Hold what each tool lists for ``folder`` against the other and against what is applied."""
    process = start_ours(place, folder, "status")
    theirs = listed(official.run(folder, "migration", "list", "--output-format", "json"))
    with process:
        said, _ = process.communicate(timeout=120)
    entries = json.loads(said)["migrations"]
    states = {each["version"]: (each["file"] is not None, each["state"]) for each in entries}
    behind = {"pending", "out-of-order"}
    assert {version: (here, state not in behind) for version, (here, state) in states.items()} == theirs
    assert {version for version, (_, there) in theirs.items() if there} == applied
    assert {state for version, (_, state) in states.items() if version in applied} <= {"applied"}


def history(place: Place) -> list[Row]:
    return list(place.superuser.run(f"select version, name, statements from {HISTORY} order by version"))


@pytest.mark.timeout(400)
def test_each_reads_the_rows_of_the_other_as_its_own(place: Place, official: Official) -> None:
    whole = new_folder(place, "whole")
    for version, (name, text) in MIGRATIONS.items():
        (whole / "supabase" / "migrations" / f"{version}_{name}.sql").write_bytes(text.encode())
    applied: set[str] = set()
    for by_us, versions in turns(random.Random(7)):
        for version in versions:
            place.write(version, *MIGRATIONS[version])
        if by_us:
            report = place.push()
            assert report.status == 0, report.said()
        else:
            official.run(place.folder, "db", "push", "--yes")
        applied |= set(versions)
        check_both_list_the_same(place, official, whole, applied)
    check_fetched_files(place, official)
    check_repairs(place, official)


def check_fetched_files(place: Place, official: Official) -> None:
    """Let both fetch into empty folders: the files are equal, and each tool takes the other's for applied."""
    by_us, by_them = new_folder(place, "fetched-by-us"), new_folder(place, "fetched-by-them")
    document = ours(place, by_us, "fetch")
    assert [each["state"] for each in document["files"]] == ["written"] * len(MIGRATIONS)
    official.run(by_them, "migration", "fetch")
    assert files(by_us) == files(by_them)
    assert len(files(by_us)) == len(MIGRATIONS)
    assert ours(place, by_them, "status", "--check")["error"] is None
    assert [each["state"] for each in ours(place, by_them, "fetch", "--all")["files"]] == ["same"] * len(MIGRATIONS)


def check_repairs(place: Place, official: Official) -> None:
    """Take rows away with one tool and put them back with the other, both ways: nothing is changed by it."""
    before = history(place)
    applied = set(MIGRATIONS)
    chosen = random.Random(7).sample(sorted(applied), 6)
    ours(place, place.folder, "repair", "reverted", *chosen, "--yes")
    check_both_list_the_same(place, official, place.folder, applied - set(chosen))
    official.run(place.folder, "migration", "repair", "--status", "applied", *chosen, "--yes")
    check_both_list_the_same(place, official, place.folder, applied)
    assert history(place) == before
    official.run(place.folder, "migration", "repair", "--status", "reverted", *chosen, "--yes")
    check_both_list_the_same(place, official, place.folder, applied - set(chosen))
    ours(place, place.folder, "repair", "applied", *chosen, "--yes")
    check_both_list_the_same(place, official, place.folder, applied)
    assert history(place) == before
