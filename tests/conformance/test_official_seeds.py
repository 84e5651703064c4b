"""The official CLI and sbapply see each other's seeds as their own: each runs once, whichever tool comes first."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from scripts.relay import relay_to

from sbapply.rehearse.server import Server
from tests.reliability.place import Place, place_on

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

CONFIG = """
project_id = "app"
[db.seed]
sql_paths = ["./seed.sql", "./seeds/*.sql", "../more/[a-b].sql"]
"""
SEEDS = {
    "supabase/seed.sql": "insert into public.seeded values ('seed');\n",
    "supabase/seeds/10_é.sql": "insert into public.seeded values ('ten');\n",
    "supabase/seeds/9.sql": "insert into public.seeded values ('nine');\n",
    "more/a.sql": "insert into public.seeded values ('a');\n",
    "more/c.sql": "insert into public.seeded values ('not matched');\n",
}
RAN = ["a", "nine", "seed", "ten"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("first", ["official", "sbapply"])
def test_a_seed_that_one_tool_ran_is_the_others_own(
    first: str, tmp_path: Path, engine_of: Callable[[int], Server]
) -> None:
    program = Path(os.environ.get("SBAPPLY_NODE_MODULES", ""), "supabase", "dist", "supabase.js")
    if not program.is_file():
        pytest.fail("Set SBAPPLY_NODE_MODULES to a folder that holds supabase.")
    server = engine_of(18)
    with (
        place_on(server, tmp_path) as place,
        relay_to(server.socket_directory / f".s.PGSQL.{server.port}") as port,
    ):

        def official() -> str:
            return run_official(place, program, port)

        def ours() -> str:
            report = place.push("--include-seed", "--include-roles")
            assert report.status == 0, report.said()
            return report.said()

        tools = (official, ours) if first == "official" else (ours, official)
        lay(place)

        tools[0]()
        noted = rows(place)
        assert [name for name, _ in noted] == sorted(path for path in SEEDS if path != "more/c.sql")
        assert ran(place) == RAN
        tools[1]()
        assert (rows(place), ran(place)) == (noted, RAN)

        # What changed since it ran is noted anew by either, and run by none.
        (place.folder / "supabase" / "seed.sql").write_text("insert into public.seeded values ('changed');\n")
        tools[1]()
        changed = rows(place)
        assert changed != noted
        tools[0]()
        assert (rows(place), ran(place)) == (changed, RAN)

        # And a new file is run by whoever comes first.
        (place.folder / "supabase" / "seeds" / "new.sql").write_text("insert into public.seeded values ('new');\n")
        for tool in (*tools, *tools):
            tool()
        assert ran(place) == sorted([*RAN, "new"])


def lay(place: Place) -> None:
    place.write("1", "seeded", "create table public.seeded (name text);\n")
    for path, text in {**SEEDS, "supabase/config.toml": CONFIG, "supabase/roles.sql": "select 1;\n"}.items():
        file = place.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def run_official(place: Place, program: Path, port: int) -> str:
    remote = f"postgresql://postgres:postgres@127.0.0.1:{port}/{place.name}?sslmode=disable"
    offline = {"SUPABASE_NO_KEYRING": "1", "SUPABASE_TELEMETRY_DISABLED": "1", "SUPABASE_NO_UPDATE_NOTIFIER": "1"}
    done = subprocess.run(
        ["node", str(program), "db", "push", "--yes", "--include-seed", "--include-roles", f"--remote={remote}"],
        env={"PATH": os.environ["PATH"], "HOME": str(place.folder), "DO_NOT_TRACK": "1", **offline},
        cwd=place.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def rows(place: Place) -> list[tuple[str, str]]:
    asked = "select path, hash from supabase_migrations.seed_files"
    return sorted((str(row["path"]), str(row["hash"])) for row in place.superuser.run(asked))


def ran(place: Place) -> list[object]:
    return [row["name"] for row in place.superuser.run("select name from public.seeded order by name")]
