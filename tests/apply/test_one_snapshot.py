"""Ask about a project in the very moment in which the last part of a migration is committed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest

from sbapply.apply.script import build_request
from sbapply.apply.settle import settle
from sbapply.apply.step import RunUnit
from sbapply.config import Limits
from sbapply.database import Clock
from sbapply.errors import MigrationFailed
from sbapply.history.state import HISTORY_COLUMNS, RemoteState, read_state
from tests.apply.bench import PATIENCE, Bench, migration, ready_of, row_sql

FAILING = migration("1", "create table app.a ();\ncommit;\nselect 1 / 0;", counted=False)
# A rival's last part: it holds what tells of parts until somebody waits for it, then it is done in one commit.
LAST_PART = """
begin;
lock table supabase_migrations.sbapply_units in access exclusive mode;
do $$
begin
  for turn in 1 .. 2000 loop
    exit when exists (
      select from pg_locks
      where relation = 'supabase_migrations.sbapply_units'::regclass and not granted
    );
    perform pg_sleep(0.005);
  end loop;
end
$$;
{row}
delete from supabase_migrations.sbapply_units;
commit;
"""
HELD = """
select exists (
  select from pg_locks
  where relation = 'supabase_migrations.sbapply_units'::regclass and mode = 'AccessExclusiveLock' and granted
)
"""
Question: TypeAlias = Callable[[Bench], bool]


def the_state_knows_it(bench: Bench) -> bool:
    state = read_state(bench.database, patience=5.0)
    return "1" in state.versions or bool(state.units)


def settling_knows_it(bench: Bench) -> bool:
    state = RemoteState((), True, True, HISTORY_COLUMNS, 180_000, "postgres", 0.0, 0.0, 0.0)
    request = build_request(
        [RunUnit(ready_of(FAILING))], state, run="r", number=1, nonce="n", deadline=0.0, limits=Limits()
    )
    found = settle(bench.database, request, patience=PATIENCE, clock=Clock(), notify=print).found
    return "1" in found.versions or bool(found.units)


@pytest.mark.parametrize("knows", [the_state_knows_it, settling_knows_it])
def test_a_version_is_half_applied_or_applied_and_never_neither(either_bench: Bench, knows: Question) -> None:
    assert isinstance(either_bench.push(FAILING).error, MigrationFailed)
    assert len(either_bench.units()) == 1
    with ThreadPoolExecutor() as pool:
        rival = pool.submit(either_bench.database.run, LAST_PART.format(row=row_sql(FAILING)))
        while not either_bench.ask(HELD)[0]:
            time.sleep(0.01)
        known = knows(either_bench)
        rival.result()
    assert either_bench.history() == ["1"]
    assert known
