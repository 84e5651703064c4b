"""The picture shows the tables that matter, and no box covers another."""

import itertools
import os
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sbapply.render.report.document import read_document
from sbapply.render.report.drawing import GAP_X, WIDTH, drawn, fitted, laid_out
from sbapply.render.report.file import report_text
from sbapply.render.report.picture import MOST_COLUMNS, MOST_TABLES, Picture, picture_of
from tests.render.report.samples import claim, column, document, key_claim, table, with_claims

if TYPE_CHECKING:
    from sbapply.database import Json

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def picture(*claims: "dict[str, Json]", made: tuple[str, ...] = ("0002",)) -> Picture:
    return picture_of(read_document(with_claims(list(claims))).claims, made)


def names(found: Picture) -> list[str]:
    return [box.key[1] for box in found.boxes]


def test_what_this_push_made_is_marked_and_what_it_refers_to_is_there() -> None:
    found = picture(
        table("users", version="0001"),
        column("users", "id", version="0001"),
        column("users", "bio"),
        key_claim("users", "users_pkey", "PRIMARY KEY (id)", version="0001"),
        table("teams", version="0001"),
        column("teams", "id", version="0001"),
        table("unrelated", version="0001"),
        table("orders"),
        column("orders", "team"),
        key_claim(
            "orders", "fk", 'FOREIGN KEY ("te am", team) REFERENCES public.teams("I""d", id) ON DELETE CASCADE'
        ),
        key_claim("orders", "who", "FOREIGN KEY (who) REFERENCES auth.users(id)"),
    )
    assert names(found) == ["users", "orders", "teams", "users"]
    boxes = {box.key: box for box in found.boxes}
    assert boxes["public", "orders"].marked
    assert not boxes["public", "users"].marked
    assert [(each.name, each.marked, each.primary) for each in boxes["public", "users"].columns] == [
        ("id", False, True),
        ("bio", True, False),
    ]
    assert not boxes["auth", "users"].known
    first, second = found.references
    assert (first.columns, first.target, first.target_columns) == (
        ("te am", "team"),
        ("public", "teams"),
        ('I"d', "id"),
    )
    assert (second.target, second.marked) == (("auth", "users"), True)


def test_what_differs_is_told_in_the_picture() -> None:
    wrong = column("orders", "id", status="missing")
    fk = key_claim("orders", "fk", "FOREIGN KEY (id) REFERENCES public.orders(id)", status="differs")
    found = picture(table("orders", status="differs"), wrong, fk)
    assert found.boxes[0].wrong
    assert found.boxes[0].columns[0].wrong
    assert found.references[0].wrong
    assert "reference wrong" in drawn(found)


def test_without_a_push_the_newest_tables_are_shown_and_nothing_is_marked() -> None:
    claims = [table(f"t{number:02}", version=f"{number:04}") for number in range(20)]
    found = picture(*claims, made=())
    assert names(found) == [f"t{number:02}" for number in range(8, 20)]
    assert found.left_out == 20 - MOST_TABLES
    assert not [box for box in found.boxes if box.marked]


def test_what_is_gone_and_what_is_no_table_is_not_drawn() -> None:
    gone = table("gone", expected=None, found=None)
    other = claim(kind="function", object="public.f(integer)", key=["public", "f(integer)"])
    strange = claim(kind="column", object="x", key=["x"])
    assert picture(gone, other, strange).boxes == ()


def test_a_wide_table_keeps_what_says_most() -> None:
    old = [column("orders", f"c{number:02}", version="0001") for number in range(30)]
    found = picture(table("orders", version="0001"), *old, column("orders", "new"))
    (box,) = found.boxes
    assert len(box.columns) == MOST_COLUMNS
    assert box.more == 31 - MOST_COLUMNS
    assert box.columns[-1].name == "new"


def test_long_names_are_cut_to_what_fits() -> None:
    assert fitted("short", 10) == "short"
    assert fitted("x" * 30, 10) == "x" * 9 + "…"
    assert fitted("日本日本日本", 8) == "日本日…"
    assert fitted("a\u202eb", 10) == "a\\u202eb"


@pytest.mark.parametrize("seed", range(60))
def test_no_box_covers_another_whatever_refers_to_what(seed: int) -> None:
    chance = random.Random(seed)
    tables = [f"t{number}" for number in range(chance.randint(1, 14))]
    claims = [table(name) for name in tables]
    claims += [column(name, f"c{number}") for name in tables for number in range(chance.randint(0, 24))]
    for number in range(chance.randint(0, 20)):
        definition = f"FOREIGN KEY (c1) REFERENCES public.{chance.choice(tables)}(c0)"
        claims.append(key_claim(chance.choice(tables), f"fk{number}", definition))
    found = picture(*claims)
    placed = laid_out(found)
    assert len(placed) == len(found.boxes) <= MOST_TABLES
    for one, other in itertools.combinations(placed, 2):
        apart = abs(one.x - other.x) >= WIDTH + GAP_X
        assert apart or one.y + one.height < other.y or other.y + other.height < one.y
    assert laid_out(found) == placed
    assert max(each.x for each in placed) <= 4 * (WIDTH + GAP_X)
    chance.shuffle(claims)
    assert {box.key for box in picture(*claims).boxes} == {box.key for box in found.boxes}


@pytest.mark.skipif(
    BROWSER is None and "SBAPPLY_REQUIRE_ALL" not in os.environ,
    reason="there is no chromium, chromium-browser or google-chrome on PATH",
)
@pytest.mark.parametrize(
    "text", ["zq", "zq" + "x" * 3_000, "<b>zq" + " | 日本" * 40], ids=["plain", "long", "wide"]
)
def test_a_browser_shows_the_page_without_scrolling_sideways(tmp_path: Path, text: str) -> None:
    page = tmp_path / "r.html"
    page.write_text(report_text(document(text), ".html"), encoding="utf-8")
    probe = tmp_path / "probe.html"
    probe.write_text(
        '<!doctype html><body style="margin:0">'
        '<iframe src="r.html" style="width:1280px;height:900px;border:0"></iframe>'
        "<script>onload=()=>{const d=frames[0].document.documentElement;"
        "document.title=d.scrollWidth+' '+d.clientWidth+' '+d.scrollHeight}</script>",
        encoding="utf-8",
    )
    dumped = browse(tmp_path, "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom", probe)
    width, client, height = map(int, dumped.partition("<title>")[2].partition("</title>")[0].split())
    assert width <= client <= 1280
    assert height > 900
    picture = tmp_path / "shot.png"
    browse(tmp_path, f"--screenshot={picture}", page)
    assert len(colours(picture)) > 20


def browse(home: Path, *arguments: "str | Path") -> str:
    assert BROWSER is not None
    quiet = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
    *options, page = arguments
    done = subprocess.run(
        [
            BROWSER,
            *quiet,
            "--window-size=1280,1600",
            f"--user-data-dir={home / 'profile'}",
            *map(str, options),
            f"file://{page}",
        ],
        capture_output=True,
        check=True,
        timeout=100,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )
    return done.stdout.decode("utf-8", "replace")


def colours(png: Path) -> set[bytes]:
    """Return the different pixels of a screenshot's rows, as filtered: a blank one has next to none."""
    raw = png.read_bytes()
    assert raw.startswith(b"\x89PNG")
    at, data = 8, b""
    while at < len(raw):
        (size,), kind = struct.unpack(">I", raw[at : at + 4]), raw[at + 4 : at + 8]
        data += raw[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    pixels = zlib.decompress(data)
    return {pixels[place : place + 3] for place in range(0, len(pixels) - 3, 97)}
