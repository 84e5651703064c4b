"""Time reading a whole schema: all of it, and beside asking information_schema for a part of it."""

import statistics
import time
from collections.abc import Callable, Sequence

from scripts.bench_line import Line

from sbapply.catalog.whole import differences, read_whole, whole_sql
from sbapply.database import Database
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.wire import LocalDatabase

TABLES = 500

STANDARD = (
    "select * from information_schema.columns",
    "select * from information_schema.table_constraints",
    "select * from information_schema.key_column_usage",
    "select * from information_schema.constraint_column_usage",
    "select * from information_schema.check_constraints",
    "select * from information_schema.role_table_grants",
    "select * from information_schema.column_privileges",
)
"""The same columns, constraints and privileges as a program would ask for them that knows only the standard."""


def reading_the_whole(runs: int = 3) -> Sequence[Line]:
    """Read 500 tables of 10 columns with 1,000 policies, privileges and comments; compare them with themselves."""
    with scratch_engine() as server:
        database = LocalDatabase(server.conninfo())
        for statement in large_schema():
            database.run(statement)
        LocalDatabase(server.conninfo(user="supabase_admin")).run("vacuum analyze")
        before = read_whole(database)
        whole = _median(lambda: differences(before, read_whole(database)), runs)
        # In turn, since a machine is slower for seconds at a time.
        both = [(_timed(lambda: database.run(whole_sql())), _timed(lambda: _ask_each(database))) for _ in range(9)]
        asked, beside = (statistics.median(times) for times in zip(*both, strict=True))
    return (
        Line("500 tables read, parsed, compared", f"{whole:.2f} s", "", whole, 1.5),
        Line("the question for them", f"{asked:.2f} s", f"information_schema {beside:.2f} s", asked / beside, 0.3),
    )


def large_schema() -> Sequence[str]:
    """Return statements that make the schema."""
    columns = ", ".join(
        f"c{n} {kind}" for n, kind in enumerate(("text", "int", "numeric(10,2)", "timestamptz") * 2)
    )
    names = range(TABLES)
    return (
        "create role bench_reader",
        *(
            ";".join(
                f"create table public.t{n} (id bigint primary key, "
                f"owner_id uuid not null default gen_random_uuid(), "
                f"{columns}, check (c1 > 0), unique (c0, c1)"
                + (f", foreign key (id) references public.t{n - 1} (id)" if n else "")
                + f"); alter table public.t{n} enable row level security;"
                f"create policy mine on public.t{n} using (owner_id = (select auth.uid()));"
                f"create policy theirs on public.t{n} for select to authenticated using (c1 > 1 and c0 <> 'x');"
                f"create index on public.t{n} (c3);"
                f"grant select on public.t{n} to bench_reader; grant update (c0) on public.t{n} to bench_reader;"
                f"revoke all on public.t{n} from anon;"
                f"comment on table public.t{n} is 'table {n}'; comment on column public.t{n}.c1 is 'how many';"
                f"create view public.v{n} as select id, c0 from public.t{n} where c1 > {n}"
                for n in some
            )
            for some in (names[at : at + 50] for at in range(0, TABLES, 50))
        ),
    )


def _ask_each(database: Database) -> None:
    for question in STANDARD:
        database.run(question)


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _median(call: Callable[[], object], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
