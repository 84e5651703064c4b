"""Play what each clause is there for; every scenario asserts the end that the protocol promises."""

import threading
import time
from collections.abc import Sequence

from sbapply.apply.outcome import Outcome, Retrying
from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import (
    ConfigurationError,
    HistoryMoved,
    Interrupted,
    MigrationFailed,
    NothingApplied,
    OutcomeUnknown,
)
from tests.apply.bench import HISTORY, Bench, migration, row_sql, versions
from tests.apply.gateway import (
    TERMINATE,
    Gateway,
    answering,
    claiming,
    cut_after,
    deliver,
    edited,
    late,
    rival,
    stalled,
    twice,
)

ONE, TWO = migration("1"), migration("2")


def all_applied(bench: Bench, outcome: Outcome, *wanted: str) -> None:
    assert outcome.error is None, outcome.error
    assert sorted(versions([*outcome.applied, *outcome.elsewhere])) == [*wanted]
    assert bench.history() == bench.runs() == [*wanted]


def failed(outcome: Outcome, version: str, sqlstate: str) -> None:
    assert type(outcome.error) is MigrationFailed, outcome.error
    assert outcome.error.sql_error is not None
    assert (outcome.error.version, outcome.error.sql_error.sqlstate) == (version, sqlstate)


def several_in_one_request(bench: Bench) -> None:
    all_applied(bench, bench.push(ONE, TWO, migration("3", "select 1 as a")), "1", "2", "3")
    assert [kind for kind, _ in bench.gateways[0].seen] == ["write"]


def a_request_at_work_past_its_deadline_is_waited_for(bench: Bench) -> None:
    outcome = bench.push(migration("1", "select pg_sleep(0.6)"), faults=[stalled])
    all_applied(bench, outcome, "1")
    assert (versions(outcome.applied), bench.writes) == (["1"], 1)


def a_request_that_comes_after_its_deadline_does_nothing(bench: Bench) -> None:
    outcome = bench.push(ONE, faults=[late(0.7, KeyboardInterrupt())])
    assert isinstance(outcome.error, Interrupted)
    assert (outcome.applied, bench.history(), bench.runs()) == ((), [], [])


def two_runners_at_once_see_each_other(bench: Bench) -> None:
    bench.with_history()
    newer = migration("2", "select pg_sleep(0.6)")
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(bench.push(newer)))

    def meanwhile(_gateway: Gateway, sql: str) -> Sequence[Row]:
        thread.start()
        time.sleep(0.2)
        bench.database.run(sql)
        raise OutcomeUnknown("No answer.")

    outcome = bench.push(ONE, faults=[meanwhile])
    thread.join()
    assert outcomes[0].error is None
    assert isinstance(outcome.error, HistoryMoved), outcome
    assert bench.history() == bench.runs() == ["2"]


def a_newer_version_that_came_meanwhile_is_seen(bench: Bench) -> None:
    bench.with_history()
    outcome = bench.push(ONE, faults=[rival(row_sql(migration("9")))])
    assert isinstance(outcome.error, HistoryMoved), outcome
    assert (bench.history(), bench.runs()) == (["9"], [])


def a_newer_version_that_came_while_waiting_for_the_lock_is_seen(bench: Bench) -> None:
    bench.with_history()
    serializable = migration("1", "begin isolation level serializable; insert into app.runs values ('1'); commit;")
    serializable = migration("1", serializable.text.split("\n", 2)[2], counted=False)
    outcome = bench.push(serializable, faults=[_after_a_rivals_transaction])
    assert isinstance(outcome.error, HistoryMoved), outcome
    assert (bench.history(), bench.runs()) == (["9"], [])


def _after_a_rivals_transaction(gateway: Gateway, sql: str) -> Sequence[Row]:
    from psycopg import connect

    with connect(gateway.database.conninfo) as connection:
        connection.execute("lock table supabase_migrations.schema_migrations in share row exclusive mode")
        connection.execute("insert into supabase_migrations.schema_migrations (version) values ('9')")
        done = threading.Timer(0.15, connection.commit)
        done.start()
        try:
            return deliver(gateway, sql)
        finally:
            done.join()


def the_same_text_of_a_rival_is_told_as_the_rivals(bench: Bench) -> None:
    bench.with_history()
    outcome = bench.push(ONE, faults=[rival(row_sql(ONE))])
    assert outcome.error is None, outcome.error
    assert (versions(outcome.applied), versions(outcome.elsewhere), bench.tried("1")) == ([], ["1"], 0)


def a_doubled_delivery_runs_nothing_twice(bench: Bench) -> None:
    bench.with_history()
    all_applied(bench, bench.push(ONE, TWO, faults=[twice]), "1", "2")
    assert (bench.tried("1"), bench.tried("2")) == (1, 1)


def a_row_that_does_not_get_in_stops_its_text(bench: Bench) -> None:
    bench.with_history()
    bench.database.run(
        "create function app.skip() returns trigger language plpgsql as $$ begin return null; end $$;"
        "create trigger skip before insert on supabase_migrations.schema_migrations"
        " for each row execute function app.skip();"
    )
    bench.push(ONE, faults=[cut_after], patience=Patience(read=5.0, settle=0.8))
    assert (bench.tried("1"), bench.runs(), bench.history()) == (0, [], [])


def a_session_that_ends_right_after_a_commit_leaves_row_and_effect(bench: Bench) -> None:
    outcome = bench.push(ONE, TWO, faults=[_ended_after_the_first_text])
    all_applied(bench, outcome, "1", "2")


def _ended_after_the_first_text(gateway: Gateway, sql: str) -> Sequence[Row]:
    place = sql.index("\ncommit;\n", sql.index("\nreset role;\n")) + len("\ncommit;\n")
    return deliver(gateway, sql[:place] + TERMINATE + sql[place:])


def a_session_that_ends_before_a_commit_leaves_neither(bench: Bench) -> None:
    ended = edited("commit;\nbegin;\nreset all", f"{TERMINATE}commit;\nbegin;\nreset all")
    all_applied(bench, bench.push(ONE, TWO, faults=[ended]), "1", "2")


def a_file_may_end_in_a_comment(bench: Bench) -> None:
    outcome = bench.push(migration("1", "select 1 -- the end"), TWO)
    all_applied(bench, outcome, "1", "2")
    assert bench.writes == 1


def a_file_arrives_byte_for_byte(bench: Bench) -> None:
    body = "  create table app.t as select $$one\r\ntwo\t $$::text as a  ;  \r\n"
    all_applied(bench, bench.push(migration("1", body)), "1")
    assert bench.ask("select a from app.t") == ["one\r\ntwo\t "]


def strange_names_and_texts_are_only_text(bench: Bench) -> None:
    name = "it's {version} {stored} \\ $sbapply$"
    body = f"create table app.t as select $any${name}$any$::text as a;"
    all_applied(bench, bench.push(migration("1", body, name=name), TWO), "1", "2")
    found = bench.ask("select name from supabase_migrations.schema_migrations where version = '1'")
    assert (found, bench.ask("select a from app.t")) == ([name], [name])


def a_file_may_leave_another_role(bench: Bench) -> None:
    all_applied(bench, bench.push(migration("1", "set role anon"), TWO), "1", "2")


def a_file_that_deletes_its_row_is_undone(bench: Bench) -> None:
    outcome = bench.push(
        ONE, migration("2", "delete from supabase_migrations.schema_migrations where version = '2'")
    )
    failed(outcome, "2", "SBA04")
    assert bench.history() == bench.runs() == ["1"]


def a_file_that_changes_its_row_is_undone(bench: Bench) -> None:
    change = "update supabase_migrations.schema_migrations set statements = '{x}' where version = '2'"
    failed(bench.push(ONE, migration("2", change)), "2", "SBA04")
    assert bench.history() == bench.runs() == ["1"]


def a_file_that_drops_the_history_is_undone(bench: Bench) -> None:
    failed(bench.push(ONE, migration("2", "drop schema supabase_migrations cascade")), "2", "SBA04")
    assert bench.history() == bench.runs() == ["1"]


def _leaves_nothing(bench: Bench, leave: str, find: str) -> None:
    found = migration("2", f"create table app.found as {find};")
    outcome = bench.push(migration("1", leave), found)
    all_applied(bench, outcome, "1", "2")
    assert bench.ask("select count(*) from app.found") == [0]


def no_setting_is_left(bench: Bench) -> None:
    find = "select 1 as a where current_setting('timezone') = 'Asia/Tokyo'"
    _leaves_nothing(bench, "set timezone = 'Asia/Tokyo'", find)


def no_cursor_is_left(bench: Bench) -> None:
    _leaves_nothing(bench, "declare held cursor with hold for select 1", "select name from pg_cursors")


def no_channel_is_left(bench: Bench) -> None:
    _leaves_nothing(bench, "listen news", "select pg_listening_channels() as name")


def no_plan_is_left(bench: Bench) -> None:
    _leaves_nothing(bench, "prepare plan as select 1", "select name from pg_prepared_statements")


def no_temporary_table_is_left(bench: Bench) -> None:
    find = "select relname from pg_class where relname = 'heap' and relpersistence = 't'"
    _leaves_nothing(bench, "create temp table heap ()", find)


def no_advisory_lock_is_left(bench: Bench) -> None:
    find = "select pid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    _leaves_nothing(bench, "select pg_advisory_lock(7)", find)


def no_role_is_left_by_what_ran_at_the_commit(bench: Bench) -> None:
    leave = """
    create table app.late (a int);
    create function app.become() returns trigger language plpgsql as
      $$ begin perform set_config('role', 'anon', false); return null; end $$;
    create constraint trigger become after insert on app.late deferrable initially deferred
      for each row execute function app.become();
    insert into app.late values (1)
    """
    _leaves_nothing(bench, leave, "select 1 as a where current_user <> 'postgres'")


def a_file_that_deletes_its_row_at_the_commit_is_undone(bench: Bench) -> None:
    outcome = bench.push(ONE, migration("2", _at_the_commit("delete from supabase_migrations.schema_migrations")))
    failed(outcome, "2", "SBA04")
    assert bench.history() == bench.runs() == ["1"]


def a_row_that_is_gone_after_the_commit_is_told_as_that(bench: Bench) -> None:
    """A deferred trigger queues another one, which defers itself, until the check is behind them."""
    later = """set constraints all deferred;
      if new.a < 3 then insert into app.late values (new.a + 1);
      else delete from supabase_migrations.schema_migrations where version = '2'; end if"""
    outcome = bench.push(ONE, migration("2", _at_the_commit(later)))
    failed(outcome, "2", "SBA09")
    assert (versions(outcome.applied), bench.runs()) == (["1"], ["1", "2"])


def _at_the_commit(body: str) -> str:
    """Return a file's SQL that does something when it is committed."""
    return f"""
    create table app.late (a int);
    create function app.late() returns trigger language plpgsql as $$ begin {body}; return null; end $$;
    create constraint trigger late after insert on app.late deferrable initially deferred
      for each row execute function app.late();
    insert into app.late values (1)
    """


def no_session_authorization_is_left(bench: Bench) -> None:
    bench.with_history()
    bench.superuser.run(
        "grant all on schema app to supabase_admin; grant all on all tables in schema app to postgres"
    )
    leave = migration("1", "set session authorization postgres")
    find = "create table app.found as select 1 as a where session_user = 'postgres'"
    outcome = bench.push(leave, migration("2", find), database=bench.superuser)
    assert outcome.error is None, outcome.error
    assert bench.superuser.run("select count(*) as a from app.found") == [{"a": 0}]


def operators_of_a_files_own_are_not_used(bench: Bench) -> None:
    evil = """
    create schema evil;
    create function evil.no(text, text) returns bool language sql immutable as 'select false';
    create operator evil.= (leftarg = text, rightarg = text, function = evil.no);
    set search_path = evil, pg_catalog
    """
    all_applied(bench, bench.push(migration("1", evil), TWO), "1", "2")


def functions_of_a_files_own_are_not_used(bench: Bench) -> None:
    evil = """
    create schema evil;
    create function evil.encode(bytea, text) returns text language sql immutable as $$ select 'x' $$;
    set search_path = evil, pg_catalog
    """
    all_applied(bench, bench.push(migration("1", evil), TWO), "1", "2")


def operators_on_the_roles_own_path_do_not_hide_a_rival(bench: Bench) -> None:
    bench.with_history()
    bench.superuser.run(
        "create schema evil authorization postgres;"
        "create function evil.no(text, text) returns bool language sql immutable as 'select false';"
        "create operator evil.<> (leftarg = text, rightarg = text, function = evil.no);"
        "alter role postgres set search_path = evil, pg_catalog"
    )
    try:
        outcome = bench.push(ONE, faults=[rival(row_sql(migration("9")))])
        assert isinstance(outcome.error, HistoryMoved), outcome
        assert bench.runs() == []
    finally:
        bench.superuser.run("alter role postgres reset search_path")


def a_foreign_row_is_no_proof(bench: Bench) -> None:
    foreign = answering({"sbapply": "0" * 24, "versions": ["1", "2"]}, run=False)
    all_applied(bench, bench.push(ONE, TWO, faults=[foreign]), "1", "2")


def a_row_with_other_versions_is_no_proof(bench: Bench) -> None:
    all_applied(bench, bench.push(ONE, TWO, faults=[claiming("1")]), "1", "2")


def a_limit_of_the_role_does_not_hold_for_a_migration(bench: Bench) -> None:
    bench.superuser.run(f"alter database {bench.name} set statement_timeout = 200")
    try:
        outcome = bench.push(migration("1", "select pg_sleep(0.4)"))
    finally:
        bench.superuser.run(f"alter database {bench.name} reset statement_timeout")
    all_applied(bench, outcome, "1")


def waiting_for_a_rival_counts_for_no_limit_of_the_file(bench: Bench) -> None:
    bench.with_history()
    with bench.holding("lock table supabase_migrations.schema_migrations in share mode") as let_go:
        done = threading.Timer(1.0, let_go)
        done.start()
        outcome = bench.push(migration("1", "-- sbapply: statement_timeout=300ms\nselect 1;", counted=False))
        done.join()
    assert (outcome.error, versions(outcome.applied), bench.history()) == (None, ["1"], ["1"])


def a_migration_does_not_wait_for_a_lock_for_ever(bench: Bench) -> None:
    bench.database.run("create table app.busy ()")
    with bench.holding("lock table app.busy") as let_go:
        done = threading.Timer(1.0, let_go)
        done.start()
        bench.push(migration("1", "drop table app.busy"), limits=Limits(lock_timeout="50ms"))
        done.join()
    assert any(isinstance(event, Retrying) for event in bench.events)


def a_file_runs_in_the_isolation_it_asks_for(bench: Bench) -> None:
    body = "create table app.t as select current_setting('transaction_isolation') as level;"
    asking = migration("1", f"begin isolation level serializable;\n{body}\ncommit;", counted=False)
    assert bench.push(asking).error is None
    assert bench.ask("select level from app.t") == ["serializable"]


def a_history_made_by_another_first_runner_is_used(bench: Bench) -> None:
    all_applied(bench, bench.push(ONE, faults=[rival(HISTORY)]), "1")


def a_history_that_may_not_be_made_is_no_files_fault(bench: Bench) -> None:
    as_anon = edited("set local lock_timeout", "set local role anon;\nset local lock_timeout")
    outcome = bench.push(ONE, faults=[as_anon])
    assert isinstance(outcome.error, NothingApplied), outcome.error


def a_file_that_raises_what_turns_requests_away_is_blamed(bench: Bench) -> None:
    raising = migration("2", "do $$ begin raise exception using errcode = 'SBA06', message = 'denied'; end $$;")
    outcome = bench.push(ONE, raising)
    assert isinstance(outcome.error, MigrationFailed), outcome.error
    assert ([each.version for each in outcome.applied], outcome.elsewhere) == (["1"], ())


def a_whole_history_is_not_made_again(bench: Bench) -> None:
    bench.push(ONE)
    bench.superuser.run(
        "create table app.ddl (tag text); grant all on app.ddl to public;"
        "create function app.note() returns event_trigger language plpgsql as "
        "$$ begin insert into app.ddl values (tg_tag); end $$;"
        "create event trigger test_note on ddl_command_end execute function app.note();"
    )
    try:
        bench.push(ONE, TWO)
    finally:
        bench.superuser.run("drop event trigger test_note")
    assert bench.ask("select tag from app.ddl") == []


def old_string_literals_are_refused(bench: Bench) -> None:
    bench.superuser.run(f"alter database {bench.name} set standard_conforming_strings = off")
    try:
        refused = False
        try:
            bench.push(ONE)
        except ConfigurationError:
            refused = True
    finally:
        bench.superuser.run(f"alter database {bench.name} reset standard_conforming_strings")
    assert refused
    assert bench.gateways[0].seen == []
