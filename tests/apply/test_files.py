"""A seed, or the roles, runs once in one transaction with its row, whatever comes between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

import pytest

from sbapply.apply.files import run_roles, run_seed, size_problem
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import (
    FileFailed,
    HistoryMoved,
    Interrupted,
    NothingApplied,
    OutcomeUnknown,
    SqlError,
    Unsettled,
)
from sbapply.history.seeds import FileRefusal, PlannedFile, plan_file, plan_seeds, read_seed_rows
from sbapply.history.state import read_state
from sbapply.migrations.files import Folder
from sbapply.migrations.seeds import SqlFile
from sbapply.verbs.files import Files, send_roles, send_seeds
from sbapply.verbs.target import Target
from tests.apply.bench import CLOCK, PATIENCE, Bench
from tests.apply.gateway import (
    Fault,
    Gateway,
    cut_after,
    deliver_deaf,
    firewall,
    interrupted,
    raising,
    rival,
)
from tests.apply.one_transaction import FAULTS

PATH = "supabase/it's $sbapply$ é.sql"
RUNS = {"a seed": run_seed, "the roles": run_roles}
Runs = Callable[..., None]


def file_of(sql: str, path: str = PATH) -> SqlFile:
    return SqlFile(path, sha256(sql.encode()).hexdigest(), sql)


def planned(sql: str, before: str | None = None) -> PlannedFile:
    found = plan_file(file_of(sql), before)
    assert isinstance(found, PlannedFile), found
    return found


def send(
    bench: Bench,
    what: PlannedFile,
    *faults: Fault,
    runs: Runs = run_seed,
    settle: tuple[Fault, ...] = (),
    patience: Patience = PATIENCE,
    limits: Limits | None = None,
    slept: float = 0.0,
) -> Gateway:
    gateway = Gateway(bench.database, {"write": list(faults), "settle": list(settle)})
    state = read_state(bench.database, patience=5.0)
    try:
        runs(
            gateway,
            what,
            replace(state, server_time=state.server_time - slept),
            notify=lambda _event: None,
            limits=limits or Limits(),
            patience=patience,
            clock=CLOCK,
        )
    finally:
        gateway.wait()
    return gateway


def ran(bench: Bench) -> list[object]:
    rows = bench.database.run("select version from app.runs order by version")
    return [row["version"] for row in rows]


def noted(bench: Bench) -> dict[str, str]:
    return dict(read_seed_rows(bench.database, patience=5.0))


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_it_runs_once(bench: Bench, fault: Fault, runs: Runs) -> None:
    what = planned("insert into app.runs values ('seed')")
    send(bench, what, fault, runs=runs)

    assert ran(bench) == ["seed"]
    assert noted(bench) == ({PATH: what.file.hash} if runs is run_seed else {})


def test_the_roles_run_each_time_they_are_asked_for(bench: Bench) -> None:
    what = planned("insert into app.runs values ('roles')")
    send(bench, what, runs=run_roles)
    send(bench, what, cut_after, runs=run_roles)

    assert ran(bench) == ["roles", "roles"]


def test_a_seed_that_ran_and_changed_is_noted_and_not_run(bench: Bench) -> None:
    send(bench, planned("insert into app.runs values ('old')"))
    before = noted(bench)[PATH]
    what = planned("insert into app.runs values ('new')", before)
    send(bench, what, cut_after)

    assert ran(bench) == ["old"]
    assert noted(bench) == {PATH: what.file.hash}


@pytest.mark.parametrize(
    "meanwhile", ["insert into supabase_migrations.seed_files values ({path}, 'other')", "delete from {table}"]
)
def test_a_row_that_is_no_longer_the_one_that_was_read_stops_it(bench: Bench, meanwhile: str) -> None:
    first = planned("insert into app.runs values ('old')")
    table, path = "supabase_migrations.seed_files", "'" + PATH.replace("'", "''") + "'"
    if meanwhile.startswith("delete"):
        send(bench, first)
        first = planned("select 1", first.file.hash)
    else:
        bench.database.run(
            f"create schema supabase_migrations; create table {table} (path text primary key, hash text)"
        )
    before = ran(bench)

    with pytest.raises(HistoryMoved, match="Somebody else ran"):
        send(bench, first, rival(meanwhile.format(path=path, table=table)))
    assert ran(bench) == before


def test_a_failing_seed_leaves_nothing_and_is_told_with_its_place(bench: Bench) -> None:
    what = planned("insert into app.runs values ('é');\n\ninsert into app.absent values (1);\n")

    with pytest.raises(FileFailed, match="does not exist") as caught:
        send(bench, what)
    assert (ran(bench), noted(bench)) == ([], {})
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (3, 13)
    assert caught.value.file == PATH


@pytest.mark.parametrize(
    "sql",
    [
        "delete from supabase_migrations.seed_files",
        "update supabase_migrations.seed_files set hash = 'x'",
        "drop schema supabase_migrations cascade",
    ],
)
def test_a_seed_that_touches_its_own_row_is_rolled_back(bench: Bench, sql: str) -> None:
    with pytest.raises(FileFailed) as caught:
        send(bench, planned(f"insert into app.runs values ('x'); {sql}"))
    assert ran(bench) == []
    assert "supabase_migrations" in caught.value.next_step


def test_a_seed_may_set_what_it_likes_for_itself(bench: Bench) -> None:
    sql = "set search_path = app; set role anon; reset role; insert into runs values ('x'); select 1 as sbapply"
    send(bench, planned(sql))

    assert ran(bench) == ["x"]


@pytest.mark.parametrize("gone", ["table", "schema"])
def test_the_table_is_made_where_it_is_missing_and_left_alone_where_not(bench: Bench, gone: str) -> None:
    if gone == "table":
        bench.database.run("create schema supabase_migrations")
    send(bench, planned("select 1"))
    send(bench, plan_again(bench, "select 2"))

    columns = bench.database.run(
        "select attname::text as name, attnotnull as filled from pg_attribute "
        "where attrelid = 'supabase_migrations.seed_files'::regclass and attnum > 0 order by attnum"
    )
    assert [tuple(row.values()) for row in columns] == [("path", True), ("hash", True)]


def plan_again(bench: Bench, sql: str) -> PlannedFile:
    (found,) = plan_seeds([file_of(sql, "supabase/b.sql")], noted(bench))
    assert isinstance(found, PlannedFile)
    return found


def test_what_nobody_can_tell_is_not_called_run_or_not_run(bench: Bench) -> None:
    never = (raising(OutcomeUnknown("No answer.")),) * 500

    with pytest.raises(Unsettled):
        send(bench, planned("select 1"), cut_after, settle=never, patience=Patience(read=0.5, settle=0.5))


def test_what_stops_every_request_is_told_and_nothing_is_run(bench: Bench) -> None:
    with pytest.raises(Exception, match="no effect"):
        send(bench, planned("insert into app.runs values ('x')"), *[firewall] * 20)
    assert ran(bench) == []


def test_an_interrupt_says_whether_it_was_run(bench: Bench) -> None:
    with pytest.raises(Interrupted, match=r"was (not )?run") as caught:
        send(bench, planned("insert into app.runs values ('x')"), interrupted)
    assert ("not run" in str(caught.value)) == (ran(bench) == [])


@pytest.mark.parametrize(
    ("sql", "code", "place"),
    [
        ("copy t from stdin;\n1\n\\.\n", "copy-from-stdin", "1:1"),
        ("select 1;\n\\connect x\n", "psql-meta-command", "2:1"),
        ("select 1;\ncommit;\nselect 2;", "several-transactions", "3:1"),
        ("create index concurrently i on t (a);", "several-transactions", "1:1"),
        ("rollback;", "transaction-control", "1:1"),
        ("selekt 1;", "syntax", "1:1"),
    ],
)
def test_what_cannot_be_one_transaction_is_refused_with_its_place(sql: str, code: str, place: str) -> None:
    refused = plan_file(file_of(sql, "supabase/seed.sql"))

    assert isinstance(refused, FileRefusal)
    assert (refused.problem.code, str(refused.problem.place)) == (code, f"supabase/seed.sql:{place}")


def test_a_transaction_of_its_own_around_the_whole_file_is_the_one(bench: Bench) -> None:
    send(bench, planned("begin isolation level serializable;\ninsert into app.runs values ('x');\ncommit;\n"))

    assert ran(bench) == ["x"]


def test_a_seed_larger_than_a_request_is_refused_with_what_to_do() -> None:
    problem = size_problem(planned(f"select '{'x' * 900_000}'"), Limits())

    assert problem is not None
    assert problem.code == "too-large"
    assert "several files" in problem.next_step
    assert size_problem(planned("select 1"), Limits()) is None


def test_seeds_whose_row_holds_their_hash_are_left_out() -> None:
    files = [file_of("select 1", "a.sql"), file_of("select 2", "b.sql"), file_of("select 3", "c.sql")]
    found = plan_seeds(files, {"a.sql": files[0].hash, "b.sql": "another"})

    assert all(isinstance(each, PlannedFile) for each in found)
    told = [(each.file.path, each.only_noted) for each in found if isinstance(each, PlannedFile)]
    assert told == [("b.sql", True), ("c.sql", False)]


def test_roles_that_another_run_of_theirs_followed_are_known_to_have_run(bench: Bench) -> None:
    what = planned("insert into app.runs values ('ours')")

    def another_behind_it(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        for _ in range(3):
            send(bench, planned("insert into app.runs values ('theirs')"), runs=run_roles)
        raise OutcomeUnknown("The connection broke: reset by peer.")

    send(bench, what, another_behind_it, runs=run_roles)
    assert ran(bench) == ["ours", "theirs", "theirs", "theirs"]


def test_what_is_kept_of_the_runs_of_the_roles_stays_small(bench: Bench) -> None:
    for _ in range(40):
        send(bench, planned("select 1"), runs=run_roles)

    (kept,) = bench.ask("select length(hash) from supabase_migrations.sbapply_roles")
    assert int(str(kept)) < 3000


def test_a_seed_that_somebody_noted_otherwise_before_it_could_be_read_is_unknown(bench: Bench) -> None:
    def noted_behind_it(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, sql)
        gateway.database.run("update supabase_migrations.seed_files set hash = 'theirs'")
        raise OutcomeUnknown("The connection broke: reset by peer.")

    with pytest.raises(Unsettled, match="Somebody else"):
        send(bench, planned("insert into app.runs values ('x')"), noted_behind_it)


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_a_clock_that_stood_still_since_the_state_was_read_is_read_anew(bench: Bench, runs: Runs) -> None:
    gateway = send(bench, planned("insert into app.runs values ('x')"), runs=runs, slept=300.0)

    assert ran(bench) == ["x"]
    assert len(gateway.sent()) == 2


def test_a_file_that_only_came_too_late_is_not_said_to_need_correction(bench: Bench) -> None:
    def too_late(_gateway: Gateway, sql: str) -> Sequence[Row]:
        nonce = sql.partition("detail = '")[2][:24]
        raise SqlError("SBA02", "this request came after its deadline and did nothing", detail=nonce)

    with pytest.raises(NothingApplied, match="turned away each time") as caught:
        send(bench, planned("select 1"), *[too_late] * 500, patience=Patience(read=0.5, settle=0.5))
    assert "orrect" not in caught.value.next_step


@pytest.mark.parametrize(
    ("runs", "table"), [(run_seed, "seed_files"), (run_roles, "sbapply_roles")], ids=["a seed", "the roles"]
)
def test_a_session_that_holds_its_table_is_waited_for(bench: Bench, runs: Runs, table: str) -> None:
    send(bench, planned("select 1"), runs=runs)
    what = planned("insert into app.runs values ('x')", noted(bench).get("never"))
    what = replace(what, file=replace(what.file, path="supabase/b.sql"))
    lock = f"lock table supabase_migrations.{table} in share row exclusive mode"
    gateway = Gateway(bench.database)
    gateway.later(0, f"begin; {lock}; select pg_sleep(0.6); commit;")
    send(bench, what, runs=runs, limits=Limits(statement_timeout="200ms"))
    gateway.wait()
    gateway.later(0, f"/* sbapply run=another request=1; */ begin; {lock}; select pg_sleep(2.5); commit;")
    patience = Patience(read=0.5, settle=1.0)
    other = replace(what, file=replace(what.file, path="supabase/c.sql"))
    send(bench, other, runs=runs, limits=Limits(history_lock_timeout="100ms"), patience=patience)
    gateway.wait()

    assert ran(bench) == ["x", "x"]


def test_a_table_of_seeds_that_does_not_take_the_row_is_not_blamed_on_the_file(bench: Bench) -> None:
    send(bench, planned("select 1"))
    bench.database.run("delete from supabase_migrations.seed_files")
    bench.database.run("alter table supabase_migrations.seed_files add ran_by text not null")

    with pytest.raises(FileFailed, match="not the file's") as caught:
        send(bench, planned("insert into app.runs values ('x')"))
    assert "default" in caught.value.next_step
    assert ran(bench) == []


def interrupted_after(gateway: Gateway, sql: str) -> Sequence[Row]:
    deliver_deaf(gateway, sql)
    raise KeyboardInterrupt


def interrupted_before(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise KeyboardInterrupt


UNKNOWN = tuple(raising(OutcomeUnknown("No answer.")) for _ in range(500))


@pytest.mark.parametrize("roles", [False, True], ids=["a seed", "the roles"])
@pytest.mark.parametrize(
    ("fault", "settle", "told"),
    [
        (interrupted_after, (), ("interrupted", "done", "was run")),
        (interrupted_before, (), ("interrupted", "pending", "was not run")),
        (cut_after, UNKNOWN, ("outcome-unknown", "unknown", "settled")),
    ],
    ids=["interrupted behind it", "interrupted before it", "unknown"],
)
def test_the_document_says_of_a_file_what_the_message_says(
    bench: Bench, fault: Fault, settle: tuple[Fault, ...], told: tuple[str, str, str], roles: bool
) -> None:
    gateway = Gateway(bench.database, {"write": [fault], "settle": list(settle)})
    patience = Patience(read=0.5, settle=0.5) if settle else PATIENCE
    target = Target("x" * 20, None, Folder("m", (), ()), gateway, gateway, None, patience, clock=CLOCK)  # type: ignore[arg-type]
    what = planned("insert into app.runs values ('x')")
    files = Files(roles=what) if roles else Files(seeds=(what,))
    state = read_state(bench.database, patience=5.0)
    if roles:
        files, _, error = send_roles(target, files, state, lambda _event: None)
    else:
        files, error = send_seeds(target, files, state, lambda _event: None)

    document = files.to_json()["roles" if roles else "seeds"]
    assert isinstance(document, list)
    assert error is not None
    assert [error.code, *(str(each["state"]) for each in document if isinstance(each, dict))] == [*told[:2]]
    assert told[2] in error.message
    assert (ran(bench) == []) == (told[1] == "pending")


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_what_nobody_can_tell_names_what_tells(bench: Bench, runs: Runs) -> None:
    with pytest.raises(Unsettled) as caught:
        send(
            bench,
            planned("insert into app.runs values ('x')"),
            cut_after,
            runs=runs,
            settle=UNKNOWN,
            patience=Patience(read=0.5, settle=0.5),
        )
    next_step = caught.value.next_step
    if runs is run_seed:
        assert "`sbapply push --include-seed` again" in next_step
        return
    asked = next_step.partition('sbapply query "')[2].partition('"')[0]
    assert bench.ask(asked) == [True]
