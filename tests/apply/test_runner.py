"""Say what a push does when nothing is broken, and when a migration or another session is."""

import time
from collections.abc import Sequence

import pytest

from sbapply.apply.outcome import Applied, Retrying, Sending, Waiting
from sbapply.apply.script import build_request
from sbapply.apply.step import RunUnit
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import (
    HistoryConflict,
    HistoryMoved,
    MigrationFailed,
    NothingApplied,
    OutcomeUnknown,
    ReadFailed,
    SqlError,
)
from sbapply.history.state import read_state
from tests.apply.bench import HISTORY, PATIENCE, Bench, migration, ready_of, row_sql, versions
from tests.apply.gateway import Gateway, cut_after, deliver, edited, raising, rival

FOUR = [migration(str(number)) for number in range(1, 5)]


def failed(error: object) -> MigrationFailed:
    assert type(error) is MigrationFailed, error
    return error


def test_several_migrations_travel_in_one_request(either_bench: Bench) -> None:
    outcome = either_bench.push(*FOUR)
    assert outcome.error is None
    assert versions(outcome.applied) == either_bench.history() == either_bench.runs() == ["1", "2", "3", "4"]
    assert (outcome.pending, outcome.elsewhere) == ((), ())
    assert [kind for kind, _ in either_bench.gateways[0].seen] == ["write"]
    assert versions([each.receipt for each in either_bench.events if isinstance(each, Applied)]) == [*"1234"]


def test_a_row_holds_the_statements_and_the_name_as_the_official_cli_keeps_them(bench: Bench) -> None:
    bench.push(
        migration("1", "-- why\ncreate table app.a ();\n\ncreate table app.b ();", name="two", counted=False)
    )
    assert bench.ask("select to_jsonb(m) from supabase_migrations.schema_migrations m") == [
        {"version": "1", "name": "two", "statements": ["-- why\ncreate table app.a ()", "create table app.b ()"]}
    ]


def test_what_does_not_fit_into_one_request_goes_in_several(bench: Bench) -> None:
    large = [migration(str(number), f"-- {'x' * 2000}") for number in range(1, 5)]
    outcome = bench.push(*large, limits=Limits(request_bytes=20_000))
    assert (outcome.error, bench.runs()) == (None, ["1", "2", "3", "4"])
    assert 1 < bench.writes < 5
    assert all(len(sql.encode()) < 20_000 for sql in bench.gateways[0].sent())


@pytest.mark.parametrize("position", [1, 2, 4])
def test_those_before_a_failing_migration_stay_and_the_rest_is_not_run(either_bench: Bench, position: int) -> None:
    folder = list(FOUR)
    folder[position - 1] = migration(str(position), "create table app.made ();\nselect 'é🙂', 1 from  nowhere;\n")
    outcome = either_bench.push(*folder)
    before = [str(number) for number in range(1, position)]
    assert versions(outcome.applied) == either_bench.history() == either_bench.runs() == before
    assert versions(outcome.pending) == [str(number) for number in range(position, 5)]
    assert either_bench.ask("select to_regclass('app.made')::text") == [None]
    error = failed(outcome.error)
    assert (error.version, error.file) == (str(position), f"supabase/migrations/{position}_m.sql")
    assert (error.place and (error.place.line, error.place.column)) == (4, 22)
    assert error.sql_error is not None
    assert error.sql_error.sqlstate == "42P01"
    assert all(either_bench.tried(str(number)) == 0 for number in range(position + 1, 5))


def test_a_failure_that_only_the_commit_finds_names_its_migration_without_a_place(bench: Bench) -> None:
    deferred = (
        "create table app.k (a int unique deferrable initially deferred);\ninsert into app.k values (1), (1);"
    )
    outcome = bench.push(FOUR[0], migration("2", deferred), FOUR[2])
    error = failed(outcome.error)
    assert (error.version, error.place, versions(outcome.applied)) == ("2", None, ["1"])
    assert bench.runs() == bench.history() == ["1"]


# The local grammar is 18's, so VIRTUAL passes here and is refused by 15 as a whole request.
VIRTUAL = "create table app.v (a int, b int generated always as (a * 2) virtual);"


def test_what_stands_before_a_syntax_error_of_the_servers_own_grammar_is_applied(bench_15: Bench) -> None:
    outcome = bench_15.push(FOUR[0], FOUR[1], migration("3", VIRTUAL), FOUR[3])
    error = failed(outcome.error)
    assert (error.version, error.place and error.place.line, error.place and error.place.column) == (
        "3",
        3,
        1 + VIRTUAL.index("virtual"),
    )
    assert versions(outcome.applied) == bench_15.runs() == bench_15.history() == ["1", "2"]
    assert versions(outcome.pending) == ["3", "4"]
    assert bench_15.tried("3") == 0


def unplaced(gateway: Gateway, sql: str) -> Sequence[Row]:
    """Deliver it, and lose the position, as where the server's LINE and caret do not follow."""
    try:
        return deliver(gateway, sql)
    except SqlError as error:
        raise SqlError(error.sqlstate, error.message) from error


def test_a_syntax_error_without_a_place_is_found_by_sending_one_at_a_time(bench_15: Bench) -> None:
    outcome = bench_15.push(FOUR[0], FOUR[1], migration("3", VIRTUAL), FOUR[3], faults=[unplaced] * 5)
    error = failed(outcome.error)
    assert (error.version, error.place, versions(outcome.applied)) == ("3", None, ["1", "2"])
    assert bench_15.runs() == ["1", "2"]


def test_a_refused_request_whose_place_is_behind_the_text_is_not_blamed_on_the_first(bench_15: Bench) -> None:
    cut = VIRTUAL.removesuffix(");")
    open_end = migration("2", f"{cut}, c int)\n  partition by range (a)")
    outcome = bench_15.push(FOUR[0], open_end)
    assert (failed(outcome.error).version, versions(outcome.applied)) == ("2", ["1"])


def test_a_failure_before_one_that_is_refused_as_a_whole_is_the_one_that_is_told(bench_15: Bench) -> None:
    outcome = bench_15.push(FOUR[0], migration("2", "select 1 / 0;"), migration("3", VIRTUAL))
    error = failed(outcome.error)
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("2", "22012")
    assert versions(outcome.pending) == ["2", "3"]
    assert bench_15.history() == ["1"]


def test_a_version_with_another_text_is_a_conflict_and_never_called_applied(bench: Bench) -> None:
    theirs = row_sql(FOUR[1], statements=["select 'theirs'"])
    outcome = bench.push(*FOUR, faults=[rival(HISTORY, theirs)])
    assert isinstance(outcome.error, HistoryConflict)
    assert (outcome.error.exit_status, outcome.error.version) == (1, "2")
    assert (outcome.applied, outcome.elsewhere) == ((), ())
    assert bench.history() == ["2"]
    assert bench.runs() == []


def test_what_a_rival_applied_with_the_same_text_is_told_as_the_rivals(bench: Bench) -> None:
    outcome = bench.push(*FOUR, faults=[rival(HISTORY, row_sql(FOUR[0]), row_sql(FOUR[1]))])
    assert outcome.error is None
    assert (versions(outcome.elsewhere), versions(outcome.applied)) == (["1", "2"], ["3", "4"])
    assert bench.runs() == ["3", "4"]


def test_the_same_text_as_the_only_pending_one_leaves_nothing_to_do(bench: Bench) -> None:
    bench.with_history()
    outcome = bench.push(FOUR[0], faults=[rival(row_sql(FOUR[0]))])
    assert (outcome.error, versions(outcome.elsewhere), outcome.applied) == (None, ["1"], ())
    assert bench.tried("1") == 0


def test_a_newer_version_of_somebody_elses_stops_what_has_become_out_of_order(bench: Bench) -> None:
    outcome = bench.push(*FOUR[:3], faults=[rival(HISTORY, row_sql(migration("9")))])
    assert isinstance(outcome.error, HistoryMoved)
    assert (outcome.applied, versions(outcome.pending)) == ((), ["1", "2", "3"])
    assert bench.history() == ["9"]
    assert bench.runs() == []


def test_an_older_version_of_somebody_elses_only_costs_one_more_request(bench: Bench) -> None:
    outcome = bench.push(*FOUR[1:], faults=[rival(HISTORY, row_sql(migration("1")))])
    assert outcome.error is None
    assert (versions(outcome.applied), bench.history(), bench.runs()) == (["2", "3", "4"], [*"1234"], [*"234"])
    assert bench.writes == 2


def test_a_history_that_goes_on_moving_ends_the_push_without_blaming_a_file(bench: Bench) -> None:
    bench.with_history()
    moving = [rival(row_sql(migration(f"0{number}"))) for number in range(9)]
    patience = Patience(read=5.0, settle=1.2)
    outcome = bench.push(FOUR[0], faults=moving, patience=patience)
    assert isinstance(outcome.error, NothingApplied)
    assert "SBA" not in outcome.error.message
    assert (versions(outcome.pending), bench.runs()) == (["1"], [])


@pytest.mark.parametrize("state", ["40P01", "40001", "55P03"])
def test_what_may_pass_is_sent_again(bench: Bench, state: str) -> None:
    # nextval is not rolled back: the first attempt fails, the second goes through.
    body = (
        f"do $$ begin if nextval('app.tried_9') = 1 then raise exception using errcode = '{state}'; end if; end $$"
    )
    outcome = bench.push(FOUR[0], migration("2", body), FOUR[2])
    assert (outcome.error, bench.runs(), bench.writes) == (None, ["1", "2", "3"], 2)
    assert (bench.tried("1"), bench.tried("2")) == (1, 2)


def test_what_never_passes_is_told_as_that_migrations_failure(bench: Bench) -> None:
    body = "do $$ begin raise exception using errcode = '40P01'; end $$"
    outcome = bench.push(FOUR[0], migration("2", body), patience=Patience(read=5.0, settle=1.2))
    error = failed(outcome.error)
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("2", "40P01")
    assert bench.runs() == ["1"]


def test_waiting_for_a_rival_at_work_is_no_failure_however_long_it_takes(bench: Bench) -> None:
    bench.with_history()
    slow = migration("1", "select pg_sleep(3)")
    gateway = Gateway(bench.database)
    request = build_request(
        [RunUnit(ready_of(slow))],
        read_state(bench.database, patience=5.0),
        run="rival",
        number=1,
        nonce="n",
        deadline=time.time() + 60,
        limits=Limits(),
    )
    gateway.later(0, request.sql)
    time.sleep(0.1)
    patience = Patience(read=5.0, settle=1.2)
    outcome = bench.push(slow, FOUR[1], limits=Limits(history_lock_timeout="100ms"), patience=patience)
    assert outcome.error is None
    assert sorted(versions([*outcome.elsewhere, *outcome.applied])) == ["1", "2"]
    assert bench.runs() == ["1", "2"]
    assert any(isinstance(event, Waiting) and "another push" in event.reason for event in bench.events)
    gateway.wait()


def test_a_lock_that_is_not_let_go_fails_the_migration_after_its_lock_timeout(bench: Bench) -> None:
    bench.database.run("create table app.busy ()")
    with bench.holding("lock table app.busy in share mode"):
        outcome = bench.push(
            FOUR[0],
            migration("2", "drop table app.busy"),
            limits=Limits(lock_timeout="50ms"),
            patience=Patience(read=5.0, settle=1.2),
        )
    error = failed(outcome.error)
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("2", "55P03")
    assert (bench.runs(), versions(outcome.applied)) == (["1"], ["1"])
    assert any(isinstance(event, Retrying) for event in bench.events)


def test_a_session_that_holds_the_history_and_lets_go_is_waited_for(bench: Bench) -> None:
    bench.with_history()
    with bench.holding("lock table supabase_migrations.schema_migrations in share mode") as let_go:
        outcome = bench.push(
            FOUR[0],
            limits=Limits(history_lock_timeout="50ms"),
            notify=lambda event: let_go() if isinstance(event, Retrying) else None,
        )
    assert (outcome.error, bench.runs()) == (None, ["1"])


def test_an_internal_error_of_the_server_is_told_once_it_is_settled(bench: Bench) -> None:
    body = "do $$ begin raise exception using errcode = 'XX000', message = 'bad page'; end $$"
    outcome = bench.push(FOUR[0], migration("2", body))
    assert failed(outcome.error).version == "2"
    assert (bench.runs(), bench.writes) == (["1"], 1)


def test_a_cancelled_statement_is_told_once_it_is_settled(bench: Bench) -> None:
    outcome = bench.push(FOUR[0], migration("2", "set local statement_timeout = 50; select pg_sleep(5)"))
    error = failed(outcome.error)
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("2", "57014")
    assert bench.runs() == ["1"]


def test_a_history_that_cannot_be_made_is_not_blamed_on_a_file(bench: Bench) -> None:
    outcome = bench.push(
        FOUR[0], faults=[edited("set local lock_timeout", "set local role anon;\nset local lock_timeout")]
    )
    assert isinstance(outcome.error, NothingApplied)
    assert "history table could not be made" in outcome.error.message
    assert (bench.history(), bench.runs()) == ([], [])


def test_the_first_migrations_failure_on_an_empty_project_is_blamed_on_it(bench: Bench) -> None:
    outcome = bench.push(migration("1", "create table app.runs ()"), FOUR[1])
    error = failed(outcome.error)
    assert (error.version, error.sql_error and error.sql_error.sqlstate) == ("1", "42P07")
    assert (bench.history(), bench.runs()) == ([], [])


def test_a_request_that_is_interesting_is_announced(bench: Bench) -> None:
    bench.push(*FOUR[:2])
    sending = [event for event in bench.events if isinstance(event, Sending)]
    assert [(each.number, each.versions) for each in sending] == [(1, ("1", "2"))]
    assert sending[0].bytes == len(bench.gateways[0].sent()[0].encode())


def test_nothing_is_sent_where_nothing_is_pending(bench: Bench) -> None:
    bench.push(FOUR[0])
    outcome = bench.push(FOUR[0])
    assert (outcome.error, outcome.applied, bench.writes, PATIENCE.read) == (None, (), 1, 5.0)
    assert ready_of(FOUR[0]).version == "1"


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("create view app.v as select a from app.t", "alter table app.t alter a type bigint;\n"),
        ("select 1", "do $$ begin execute 'selec 1'; end $$;\n"),
    ],
    ids=["0A000", "42601"],
)
def test_a_first_part_that_fails_with_a_state_of_the_grammar_ends_the_push(
    bench: Bench, before: str, first: str
) -> None:
    bench.database.run(f"create table app.t (a int); {before}")
    outcome = bench.push(migration("1", f"{first}commit;\nbegin;\nselect 2;\ncommit;\n", counted=False))
    assert isinstance(outcome.error, MigrationFailed)
    assert (bench.writes, bench.history()) == (2, [])


def test_a_row_that_another_tool_wrote_for_the_same_text_is_that_tools(bench: Bench) -> None:
    text = migration("1", "select 1;\nselect 2;\n", counted=False)
    theirs = row_sql(text, statements=[text.text])
    outcome = bench.push(text, faults=[rival(HISTORY, theirs)])
    assert (outcome.error, versions(outcome.elsewhere), outcome.applied) == (None, ["1"], ())


def test_a_row_without_text_that_came_meanwhile_is_a_conflict(bench: Bench) -> None:
    bench.with_history()
    theirs = "insert into supabase_migrations.schema_migrations (version, name) values ('1', 'm')"
    outcome = bench.push(FOUR[0], faults=[rival(theirs)])
    assert isinstance(outcome.error, HistoryConflict)
    assert (outcome.applied, outcome.elsewhere) == ((), ())


def test_a_state_that_cannot_be_read_after_something_was_applied_does_not_say_that_nothing_was(
    bench: Bench,
) -> None:
    bench.with_history()
    outcome = bench.push(
        *FOUR[:2],
        migration("3", "select 1 / 0;"),
        faults=[cut_after],
        read=[raising(OutcomeUnknown("No answer."))] * 500,
        patience=Patience(read=0.5, settle=3.0),
    )
    assert isinstance(outcome.error, ReadFailed)
    assert versions(outcome.applied) == bench.history() == ["1", "2"]
    assert "What is listed as applied is applied" in outcome.error.next_step


NO_DEFAULT = "alter table supabase_migrations.schema_migrations add created_by text not null"
NOT_OURS = (
    "alter table supabase_migrations.schema_migrations owner to supabase_admin;"
    "grant select on supabase_migrations.schema_migrations to postgres"
)
WRITTEN_AGAIN = """
alter table supabase_migrations.schema_migrations add created_by text;
create function app.again() returns trigger language plpgsql as $$ begin
  begin
    update supabase_migrations.schema_migrations set created_by = 'x' where version = new.version;
  exception when others then null;
  end;
  return null;
end $$;
create trigger again after insert on supabase_migrations.schema_migrations
  for each row execute function app.again();
"""


@pytest.mark.parametrize(
    ("sql", "cure"),
    [(NO_DEFAULT, "default"), (NOT_OURS, "grant"), (WRITTEN_AGAIN, "trigger")],
    ids=["a column without a default", "no right to write", "a trigger that writes the row again"],
)
def test_a_history_that_does_not_take_the_row_is_not_blamed_on_the_file(bench: Bench, sql: str, cure: str) -> None:
    bench.with_history()
    bench.superuser.run(f"set role postgres; {sql}" if cure == "trigger" else sql)
    outcome = bench.push(FOUR[0])

    error = failed(outcome.error)
    assert cure in error.next_step
    assert "orrect the file" not in error.next_step
    assert (bench.writes, bench.runs(), bench.history()) == (1, [], [])


def test_a_file_that_names_the_history_itself_may_be_what_it_does_not_take(bench: Bench) -> None:
    bench.with_history()
    text = f"{NO_DEFAULT} default 'x'; update supabase_migrations.schema_migrations set created_by = null;"
    outcome = bench.push(migration("1", text))

    assert "orrect the file" in failed(outcome.error).next_step
