"""Take each clause of the protocol out and see a scenario notice; with the clause in, the scenario passes."""

import re
from pathlib import Path

import pytest

from sbapply.apply import clauses, script, sending, settle, step
from sbapply.apply.script import Request, build_request
from sbapply.apply.step import RunUnit
from sbapply.config import Limits
from sbapply.history import state
from sbapply.history.ready import Ready
from sbapply.history.state import RemoteState
from tests.apply import evidence
from tests.apply import scenarios as play
from tests.apply.bench import Bench, migration, ready_of
from tests.apply.sabotage import (
    Sabotage,
    Scenario,
    all_of,
    assert_missed,
    in_code,
    in_sql,
    instead,
    reordered,
)

_INSERT = re.compile(r"insert into supabase_migrations.*?do nothing;\n", re.DOTALL)


def _row_after_the_commit(patch: pytest.MonkeyPatch) -> None:
    """Write the row in a transaction of its own behind the migration's."""
    writing = script._version_row
    rows: dict[str, str] = {}

    def unwritten(ready: Ready, attempt: str) -> str:
        found = _INSERT.search(writing(ready, attempt))
        assert found
        rows[ready.version] = found[0]
        return ""

    def closed(ready: Ready) -> str:
        return f";\nreset role;\ncommit;\nbegin;\n{rows[ready.version]}commit;\n"

    patch.setattr(script, "_version_row", unwritten)
    patch.setattr(script, "_close", closed)


def _without_the_last_row(patch: pytest.MonkeyPatch) -> None:
    assert "as sbapply" in clauses.load("last.sql")
    patch.setattr(script, "_last", lambda _nonce, _steps: "")


CLAUSES: dict[str, tuple[Scenario, Sabotage]] = {
    # A request that writes
    "marker": (
        play.a_request_at_work_past_its_deadline_is_waited_for,
        in_sql("deadline.sql", ("/* {marker} */", "/* a request */")),
    ),
    "marker within 1,024 bytes": (
        play.a_request_at_work_past_its_deadline_is_waited_for,
        in_sql("deadline.sql", ("/* {marker} */", f"/* {'x' * 1024} */ /* {{marker}} */")),
    ),
    "deadline (SBA02)": (
        play.a_request_that_comes_after_its_deadline_does_nothing,
        in_sql("deadline.sql", ("raise exception using errcode = 'SBA02', detail = {nonce}, message =", "perform")),
    ),
    "lock of the history": (
        play.two_runners_at_once_see_each_other,
        in_sql("fence.sql", ("lock table supabase_migrations.schema_migrations in share row exclusive mode;", "")),
    ),
    "mode of that lock": (
        play.two_runners_at_once_see_each_other,
        in_sql("fence.sql", ("share row exclusive", "row exclusive")),
    ),
    "lock before the first snapshot": (
        play.a_newer_version_that_came_while_waiting_for_the_lock_is_seen,
        in_sql(
            "fence.sql",
            (
                "lock table supabase_migrations.schema_migrations in share row exclusive mode;",
                "select 1; lock table supabase_migrations.schema_migrations in share row exclusive mode;",
            ),
        ),
    ),
    "comparison of the versions (SBA03)": (
        play.a_newer_version_that_came_meanwhile_is_seen,
        in_sql("fence.sql", ("if found_head operator(pg_catalog.<>) {head} then", "if false then")),
    ),
    "versions this request added": (
        play.several_in_one_request,
        in_code(script, "build_request", ("head.add(step.ready.version)", "pass")),
    ),
    "there already (SBA01)": (
        play.a_doubled_delivery_runs_nothing_twice,
        all_of(
            in_sql(
                "fence.sql",
                ("if exists (", "if false and exists ("),
                ("if found_head operator(pg_catalog.<>) {head} then", "if false then"),
            ),
            in_sql("row_written.sql", ("if not exists (", "if false and not exists (")),
        ),
    ),
    "on conflict do nothing": (
        play.the_same_text_of_a_rival_is_told_as_the_rivals,
        all_of(
            in_sql("fence.sql", ("if exists (", "if false and exists (")),
            in_sql("row.sql", ("on conflict (version) do nothing", "")),
        ),
    ),
    "not inserted (SBA10)": (
        play.a_row_that_does_not_get_in_stops_its_text,
        in_sql("row_written.sql", ("if not exists (", "if false and not exists (")),
    ),
    "row in the transaction, not before it": (
        play.a_session_that_ends_before_a_commit_leaves_neither,
        all_of(
            in_sql("row.sql", ("do nothing;\n", "do nothing;\ncommit;\nbegin;\n")),
            in_sql("row_written.sql", ("if not exists (", "if false and not exists (")),
            in_sql("close.sql", ("if ours is not true then", "if false then")),
        ),
    ),
    "row in the transaction, not after it": (
        play.a_session_that_ends_right_after_a_commit_leaves_row_and_effect,
        _row_after_the_commit,
    ),
    "newline after the text": (
        play.a_file_may_end_in_a_comment,
        in_code(script, "_run", ('f"\\n{after}"', "after")),
    ),
    "text byte for byte": (
        play.a_file_arrives_byte_for_byte,
        in_code(script, "_run", ("ready.body(unit)", 'ready.body(unit).replace("\\r", "")')),
    ),
    "literals are quoted": (
        play.strange_names_and_texts_are_only_text,
        instead(script, "quote_literal", lambda text: f"'{text}'"),
    ),
    "values are filled in once": (
        play.strange_names_and_texts_are_only_text,
        instead(script, "fill", lambda text, **values: _fill_again_and_again(text, values)),
    ),
    "reset role": (play.a_file_may_leave_another_role, in_sql("close.sql", ("reset role;\n", ""))),
    "row still there (SBA04)": (
        play.a_file_that_deletes_its_row_is_undone,
        in_sql("close.sql", ("if ours is not true then", "if false then")),
    ),
    "row still ours (SBA04)": (
        play.a_file_that_changes_its_row_is_undone,
        in_sql("close.sql", ("operator(pg_catalog.=) {digest}", "is not null")),
    ),
    "history still there (SBA04)": (
        play.a_file_that_drops_the_history_is_undone,
        in_sql("close.sql", ("undefined_table or invalid_schema_name or undefined_column", "division_by_zero")),
    ),
    "deferred triggers before the check": (
        play.a_file_that_deletes_its_row_at_the_commit_is_undone,
        in_sql("close.sql", ("set constraints all immediate;\n", "")),
    ),
    "row after the commit (SBA09)": (
        play.a_row_that_is_gone_after_the_commit_is_told_as_that,
        in_sql("reset.sql", ("if not exists (", "if false and not exists (")),
    ),
    "reset all": (play.no_setting_is_left, in_sql("reset.sql", ("reset all;\n", ""))),
    "reset session authorization": (
        play.no_session_authorization_is_left,
        in_sql("reset.sql", ("reset session authorization;\n", "")),
    ),
    "reset role between migrations": (
        play.no_role_is_left_by_what_ran_at_the_commit,
        all_of(
            in_sql("reset.sql", ("reset session authorization;\n", ""), ("reset role;\n", "")),
            in_sql("close.sql", ("set constraints all immediate;\n", "")),
        ),
    ),
    "close all": (play.no_cursor_is_left, in_sql("reset.sql", ("close all;\n", ""))),
    "unlisten": (play.no_channel_is_left, in_sql("reset.sql", ("unlisten *;\n", ""))),
    "deallocate all": (play.no_plan_is_left, in_sql("reset.sql", ("deallocate all;\n", ""))),
    "discard temp": (play.no_temporary_table_is_left, in_sql("reset.sql", ("discard temp;\n", ""))),
    "advisory unlock": (
        play.no_advisory_lock_is_left,
        in_sql("reset.sql", ("select pg_catalog.pg_advisory_unlock_all();\n", "")),
    ),
    "qualified operators after the text": (
        play.operators_of_a_files_own_are_not_used,
        in_sql(
            "close.sql", ("migration.version operator(pg_catalog.=) {version}", "migration.version = {version}")
        ),
    ),
    "qualified functions after the text": (
        play.functions_of_a_files_own_are_not_used,
        in_sql("close.sql", ("pg_catalog.encode(", "encode(")),
    ),
    "qualified operators before the text": (
        play.operators_on_the_roles_own_path_do_not_hide_a_rival,
        in_sql("fence.sql", ("found_head operator(pg_catalog.<>) {head}", "found_head <> {head}")),
    ),
    "last row": (play.several_in_one_request, _without_the_last_row),
    "nonce of the last row": (
        play.a_foreign_row_is_no_proof,
        in_code(sending, "_proof", (' or rows[0].get("sbapply") != request.nonce', "")),
    ),
    "versions of the last row": (
        play.a_row_with_other_versions_is_no_proof,
        in_code(sending, "_proof", (" if ready.version in listed", "")),
    ),
    "statement_timeout": (
        play.a_limit_of_the_role_does_not_hold_for_a_migration,
        in_sql(
            "fence.sql",
            ("set local statement_timeout = 0;\n", ""),
            ("set local statement_timeout = {statement_timeout};\n", ""),
        ),
    ),
    "no statement_timeout for the lock on the history": (
        play.waiting_for_a_rival_counts_for_no_limit_of_the_file,
        in_sql("fence.sql", ("statement_timeout = 0;\n", "statement_timeout = {statement_timeout};\n")),
    ),
    "lock_timeout": (
        play.a_migration_does_not_wait_for_a_lock_for_ever,
        in_sql("fence.sql", ("set local lock_timeout = {lock_timeout};\n", "")),
    ),
    "lock_timeout of the history": (
        evidence.the_history_is_not_waited_for_for_ever_and_asked_for_again,
        in_sql("fence.sql", ("set local lock_timeout = {history_lock_timeout};\n", "")),
    ),
    "options of the file's BEGIN": (
        play.a_file_runs_in_the_isolation_it_asks_for,
        in_sql("fence.sql", ("begin {options};", "begin;")),
    ),
    "history made only when it is missing": (
        play.a_whole_history_is_not_made_again,
        all_of(
            in_code(script, "_creation", ("if not state.has_schema:", "if True:")),
            in_sql("create_schema.sql", ("create schema", "create schema if not exists")),
        ),
    ),
    "history made by another first runner (SBA05)": (
        play.a_history_made_by_another_first_runner_is_used,
        in_sql("create.sql", ("errcode = 'SBA05'", "errcode = '42P06'")),
    ),
    "history that may not be made (SBA06)": (
        play.a_history_that_may_not_be_made_is_no_files_fault,
        in_sql("create.sql", ("errcode = 'SBA06'", "errcode = '42501'")),
    ),
    "nonce in what turns a request away": (
        play.a_file_that_raises_what_turns_requests_away_is_blamed,
        in_code(script.Request, "turned_away", (" and said.detail == self.nonce", "")),
    ),
    "standard_conforming_strings": (
        play.old_string_literals_are_refused,
        in_code(state, "state_of", ('if row["standard_conforming_strings"] != "on":', "if False:")),
    ),
    # An answer is evidence
    "history read after an error": (
        evidence.an_error_after_the_commit_is_not_believed,
        in_code(
            sending.Sender,
            "send",
            ("self._settle(request))", "Settlement(Findings(), (Standing.ABSENT,) * len(request.steps)))"),
        ),
    ),
    "not applied only past the deadline": (
        evidence.a_request_that_may_still_come_is_waited_for,
        in_code(settle, "find_out", ('row["late"] is True and ', "")),
    ),
    "not applied only with no backend at work": (
        play.a_request_at_work_past_its_deadline_is_waited_for,
        in_code(settle, "find_out", (' and row["alive"] == 0', "")),
    ),
    "history read after the backends": (
        evidence.a_commit_after_the_backends_were_read_is_not_missed,
        reordered("settle.sql", "do $sbapply$\n", (0, 2, 1)),
    ),
    "history read in a later snapshot": (
        evidence.a_commit_after_the_clock_was_read_is_not_missed,
        in_sql("settle.sql", ("isolation level read committed", "isolation level repeatable read")),
    ),
    "clock read first": (
        evidence.a_delivery_between_the_questions_is_not_missed,
        reordered("settle.sql", "do $sbapply$\n", (1, 2, 0)),
    ),
    "ours only by its text": (
        evidence.another_text_under_the_version_is_a_conflict,
        in_code(step, "standing_of", ("if stored != ready.digest:", "if False:")),
    ),
    "unknown where nothing can be read": (
        evidence.what_cannot_be_read_is_unknown,
        in_code(
            settle,
            "find_out",
            ("raise _unsettled(error.message) from error", "return Findings(), 0"),
        ),
    ),
    "40P01 again": (evidence.a_deadlock_is_tried_again, instead(sending, "PASSING", {"40001", "55P03"})),
    "40001 again": (
        evidence.a_serialization_failure_is_tried_again,
        instead(sending, "PASSING", {"40P01", "55P03"}),
    ),
    "55P03 again": (evidence.a_lock_timeout_is_tried_again, instead(sending, "PASSING", {"40P01", "40001"})),
    "waiting for a rival is no failure": (
        evidence.the_history_is_not_waited_for_for_ever_and_asked_for_again,
        instead(sending, "PASSING", {"40P01", "40001"}),
    ),
    "attempts without progress are counted": (
        evidence.a_failure_that_always_passes_is_not_sent_for_ever,
        in_code(
            sending.Sender,
            "_record",
            (
                "if self.ledger.record(request.steps, standings, found):",
                "if [self.ledger.record(request.steps, standings, found)]:",
            ),
        ),
    ),
    "Ctrl-C cancels": (
        evidence.ctrl_c_cancels_in_the_database,
        instead(sending.Sender, "_cancel", lambda _run, _request: None),
    ),
}
SCENARIOS = {scenario.__name__: scenario for scenario, _ in CLAUSES.values()}


def _fill_again_and_again(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_the_program_as_it_is_keeps_its_promise(bench: Bench, scenario: Scenario) -> None:
    scenario(bench)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_that_is_taken_out_is_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch, clause: str) -> None:
    assert_missed(CLAUSES[clause], bench, monkeypatch)


PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


def example() -> Request:
    """Return the request that the page shows."""
    notes = migration("20260101090000", "create table notes (id int);\n", name="notes", counted=False)
    whole = RemoteState((), True, True, ("version", "statements", "name"), 170006, "postgres", 0.0, 0.0, 1.0)
    return build_request(
        [RunUnit(ready_of(notes))],
        whole,
        run="5f0c9e6d1b7a4823",
        number=1,
        nonce="c0ffee" * 4,
        deadline=1767258000.25,
        limits=Limits(),
    )


def test_the_page_shows_a_request_as_it_is_built() -> None:
    assert f"```sql\n{example().sql}```" in PAGE.read_text("utf-8")


def test_every_clause_is_in_the_pages_tables_with_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:\[([^`]*)\])?`", PAGE.read_text("utf-8"))
    assert len(named) > len(CLAUSES)
    sabotaged = test_a_clause_that_is_taken_out_is_missed.__name__
    assert [parameter for _, test, parameter in named if test == sabotaged] == list(CLAUSES)
    for file, test, _ in named:
        source = (Path(__file__).parents[2] / file).read_text("utf-8")
        assert f"def {test}(" in source, f"{file} holds no {test}"
