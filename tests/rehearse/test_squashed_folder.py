"""A folder of 300 generated files is squashed: both replays are equal, by our catalog and by pg_dump."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.catalog.rebuilding import dump
from tests.cli.conftest import Project, program, project
from tests.conftest import fresh_database
from tests.reliability.folder_generator import generate

__all__ = ["program", "project"]

pytestmark = pytest.mark.timeout(300)

SEED = 20261129
FILES = 300
TABLE = """create table public.orders_{number} (
  id bigint generated always as identity primary key,
  customer text not null,
  before bigint{before},
  placed timestamptz not null default now()
);
create index on public.orders_{number} (customer);
insert into public.orders_{number} (customer) values ('Ada'), ('Grace');
"""
CHANGE = """alter table public.orders_{number} add column note text default 'none';
alter table public.orders_{number} enable row level security;
create policy own on public.orders_{number} for select to authenticated using (customer = current_user);
"""


def write(folder: Path) -> None:
    """Write what the generator has, and behind it tables that refer to each other, and changes of them."""
    folder.rmdir()
    made = len(generate(SEED, folder).migrations)
    for number in range(FILES - made):
        before = f" references public.orders_{number - 2}" if number > 1 and number % 2 == 0 else ""
        text = (CHANGE if number % 2 else TABLE).format(number=number - number % 2, before=before)
        (folder / f"{20270101000000 + number}_orders.sql").write_text(text)


def test_both_replays_of_300_files_are_equal_and_the_project_is_taken_along(
    project: Project, engine_of: Callable[[int], Server]
) -> None:
    write(project.folder / "supabase" / "migrations")
    status, document = project.json("push", "--yes", "--no-rehearse", "--no-verify")
    assert (status, len(document["applied"])) == (0, FILES), document["error"]

    status, document = project.json("squash", "--with-data", "--yes")
    assert (status, len(document["files"])) == (0, FILES), document["error"]
    assert (document["different"], document["not_covered"], document["rows_lost"]) == ([], [], {})
    assert document["rows_carried"] > FILES

    server = engine_of(18)
    [name] = re.findall(r"dbname='?(\w+)", project.database.conninfo)
    with fresh_database(server) as fresh:
        text = (project.folder / document["into"]).read_text("utf-8")
        LocalDatabase(server.conninfo(user="postgres", database=fresh)).run(text)
        without_history = "--exclude-schema=supabase_migrations"
        assert dump(server, fresh) == dump(server, name, without_history)
    assert len(project.versions()) == 1
    assert project.json("status", "--check")[0] == 0
    assert project.json("verify")[1]["outcome"] == "confirmed"
