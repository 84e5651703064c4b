"""Seed files are found and named as the official CLI does it."""

from hashlib import sha256
from pathlib import Path

import pytest

from sbapply.migrations.seeds import read_roles, read_seeds


def lay(workdir: Path, *paths: str) -> None:
    for path in paths:
        place = workdir / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"-- {path}\n")


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (("./seed.sql",), ["supabase/seed.sql"]),
        (("seed.sql", "./seed.sql"), ["supabase/seed.sql"]),
        (("./seeds/*.sql",), ["supabase/seeds/.d.sql", "supabase/seeds/10_a.sql", "supabase/seeds/9_b.sql"]),
        (("seeds/9*", "seeds/1*"), ["supabase/seeds/9_b.sql", "supabase/seeds/10_a.sql"]),
        (("seeds/[^1]_?.sql",), ["supabase/seeds/9_b.sql"]),
        (("*/deep/*.sql",), ["supabase/seeds/deep/c.sql"]),
        (("seeds",), [f"supabase/seeds/{each}" for each in (".d.sql", "10_a.sql", "9_b.sql", "deep/c.sql")]),
        (("../data/*.sql",), ["data/e.sql"]),
        ((), []),
    ],
)
def test_patterns_are_matched_part_by_part_and_every_file_runs_once(
    tmp_path: Path, patterns: tuple[str, ...], found: list[str]
) -> None:
    inner = (".d.sql", "10_a.sql", "9_b.sql", "deep/c.sql", "notes.txt")
    lay(tmp_path, "supabase/seed.sql", "data/e.sql", *(f"supabase/seeds/{each}" for each in inner))

    folder = read_seeds(tmp_path, patterns)

    assert [file.path for file in folder.files] == found
    assert folder.unmatched == ()


def test_a_pattern_that_matches_nothing_is_told(tmp_path: Path) -> None:
    folder = read_seeds(tmp_path, ("./seed.sql", "seeds/*.sql", ""))

    assert (folder.files, folder.unmatched) == ((), ("./seed.sql", "seeds/*.sql", ""))


def test_a_hash_is_of_the_bytes_and_the_text_is_without_the_mark(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbfselect 1;\r\n"
    lay(tmp_path, "supabase/seed.sql")
    (tmp_path / "supabase" / "seed.sql").write_bytes(raw)

    (file,) = read_seeds(tmp_path, ("seed.sql",)).files

    assert (file.hash, file.text) == (sha256(raw).hexdigest(), "select 1;\r\n")


def test_a_file_that_is_no_text_carries_its_problem(tmp_path: Path) -> None:
    lay(tmp_path, "supabase/seed.sql")
    (tmp_path / "supabase" / "seed.sql").write_bytes(b"select '\xff';")

    (file,) = read_seeds(tmp_path, ("seed.sql",)).files

    assert file.problem is not None
    assert (file.problem.code, str(file.problem.place)) == ("not-utf8", "supabase/seed.sql:1:9")


def test_the_roles_are_one_file_or_none(tmp_path: Path) -> None:
    assert read_roles(tmp_path) is None
    lay(tmp_path, "supabase/roles.sql")
    roles = read_roles(tmp_path)
    assert roles is not None
    assert roles.path == "supabase/roles.sql"
