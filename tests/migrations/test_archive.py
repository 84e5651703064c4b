"""Many files give way to one so that a kill between any two steps loses none of them, and can be finished."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sbapply.errors import UsageError
from sbapply.migrations.archive import Archive, archives_of, lay_by, new_place
from sbapply.migrations.writing import write_new
from tests.migrations.killing import KILLER

MANY = {"1_a.sql": "select 1;\n", "2_b.sql": "select 2;\r\n", "3_c.sql": "select 'ü';"}
ONE = "3_squashed.sql"
CALL = """
from pathlib import Path
from sbapply.migrations.archive import lay_by, new_place
folder = Path(sys.argv[1])
names = sorted(path.name for path in folder.iterdir())
archive = lay_by(new_place(folder), folder, names, "3_squashed.sql", "select 6;")
archive.place()
archive.take_out()
"""
STEPS = 7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "migrations"
    made.mkdir()
    for name, text in MANY.items():
        (made / name).write_bytes(text.encode())
    return made


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def laid_by(folder: Path) -> Archive:
    archive = lay_by(new_place(folder), folder, sorted(MANY), ONE, "select 6;")
    archive.place()
    return archive


@pytest.mark.parametrize("step", range(STEPS + 1))
def test_a_kill_loses_nothing_and_what_it_left_is_finished_or_begun_anew(folder: Path, step: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLER.format(step=step, call=CALL), str(folder)], check=False)
    assert done.returncode == (-signal.SIGKILL if step < STEPS else 0)

    found = next(archives_of(folder), None)
    if found is None or not found.placed:
        assert contents(folder) == MANY
        found = laid_by(folder)
    found.take_out()
    assert contents(folder) == {ONE: "select 6;"}
    assert {name: text for name, text in contents(found.path).items() if name in MANY} == MANY
    assert [path.name for path in folder.parent.glob("migrations-squashed*")] == [found.path.name]


def test_what_was_taken_out_can_be_put_back(folder: Path) -> None:
    archive = laid_by(folder)
    archive.take_out()
    archive.put_back()
    assert contents(folder) == MANY
    assert not archive.path.exists()


def test_a_file_that_changed_meanwhile_stays(folder: Path) -> None:
    archive = laid_by(folder)
    (folder / "2_b.sql").write_text("select 22;")
    assert archive.left == ("1_a.sql", "3_c.sql")
    archive.take_out()
    assert contents(folder) == {"2_b.sql": "select 22;", ONE: "select 6;"}
    with pytest.raises(UsageError, match="is there with another text"):
        archive.put_back()
    assert archive.path.is_dir()


@pytest.mark.parametrize(
    "manifest",
    ["{", "[]", '{"into": "3_squashed.sql", "sha256": "", "files": ["../migrations/1_a.sql"]}', '{"files": 3}'],
)
def test_a_manifest_that_is_none_of_ours_is_not_followed(folder: Path, manifest: str) -> None:
    beside = new_place(folder)
    beside.mkdir()
    (beside / "squash.json").write_text(manifest)
    assert list(archives_of(folder)) == []


def test_a_file_with_another_text_is_never_written_over(folder: Path) -> None:
    assert write_new(folder / "1_a.sql", MANY["1_a.sql"]) is False
    with pytest.raises(UsageError, match="is there with another text"):
        write_new(folder / "1_a.sql", "select 11;")
    assert contents(folder) == MANY
