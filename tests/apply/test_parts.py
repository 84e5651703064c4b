"""Take each clause for migrations of several parts out and see a scenario notice."""

import pytest

from sbapply.apply import alone, batch, carriage, interruption, lone, runner, script, step
from sbapply.history import plan, ready
from sbapply.history.progress import Progress
from tests.apply import carriages, indexes
from tests.apply import parts as play
from tests.apply.bench import Bench
from tests.apply.sabotage import (
    Sabotage,
    Scenario,
    all_of,
    assert_missed,
    in_code,
    in_sql,
    instead,
    named_on_the_page,
)

GREEDY = "pg_catalog.substring(pg_catalog.pg_get_indexdef(target), '^.* USING ')"
_progress_without_claims = all_of(
    in_sql(
        "fence.sql",
        (
            "    where part.version operator(pg_catalog.=) {version};\n  end if;",
            "    where part.version operator(pg_catalog.=) {version} and part.unit > 0;\n  end if;",
        ),
    ),
    in_code(Progress, "as_text", ("for row in self.rows", "for row in self.rows if row.unit > 0")),
)
_unread_pieces = in_sql(
    "run_carried.sql", ("if found_digest operator(pg_catalog.<>) {digest} then", "if false then")
)

CLAUSES: dict[str, tuple[Scenario, Sabotage]] = {
    "progress of the version (SBA03)": (
        play.a_part_of_a_rivals_is_seen,
        in_sql(
            "fence.sql", ("if coalesce(found_units, '') operator(pg_catalog.<>) {progress} then", "if false then")
        ),
    ),
    "row of a part in its transaction": (
        play.a_session_that_ends_between_parts_is_gone_on_from,
        all_of(
            in_sql("unit_row.sql", ("clock_timestamp());\n", "clock_timestamp());\ncommit;\nbegin;\n")),
            in_sql("close_unit.sql", ("if ours is not true then", "if false then")),
        ),
    ),
    "row of a part still there (SBA04)": (
        play.a_part_that_deletes_its_row_is_undone,
        in_sql("close_unit.sql", ("if ours is not true then", "if false then")),
    ),
    "rows of parts go with the version's": (
        play.parts_are_applied_once_each,
        instead(script, "_cleared", lambda _ready: ""),
    ),
    "finished part unchanged": (
        play.a_finished_part_that_has_changed_is_refused,
        in_code(ready, "_finished_part", ("if sha256(prefix).hexdigest() != last.digest:", "if False:")),
    ),
    "settings are repeated": (
        play.settings_of_earlier_parts_hold_after_a_new_start,
        in_code(script, "_run", ("replayed = _settings(ready)", 'replayed = ""')),
    ),
    "name chosen at the claim": (
        indexes.an_index_without_a_name_is_built_once,
        in_code(lone, "lone_sql", ("lone.index is None", "False")),
    ),
    "index in its final name": (
        indexes.an_index_that_comes_late_changes_nothing,
        in_code(lone, "lone_sql", ('str(claim.note["index"])', '"sbapply_" + claim.attempt')),
    ),
    "effect read after a lost answer": (
        indexes.an_index_whose_answer_is_lost_is_found,
        in_code(alone, "judge", ("if not look.present:", "if True:")),
    ),
    "effect checked before the row (SBA07)": (
        indexes.an_index_that_was_never_built_is_not_recorded,
        in_sql(
            "finish_build.sql",
            ("if target is null or not usable then", "if false then"),
            ("if on_table operator", "if false and on_table operator"),
        ),
    ),
    "index ours only by its definition": (
        indexes.an_index_of_an_earlier_text_is_not_taken_for_it,
        all_of(
            in_sql(
                "look.sql",
                (
                    "on_table operator(pg_catalog.=) {table} and definition operator(pg_catalog.=) {wanted},",
                    "null::pg_catalog.bool,",
                ),
            ),
            in_sql("finish_build.sql", ("if on_table operator", "if false and on_table operator")),
        ),
    ),
    "index of an earlier text is replaced": (
        indexes.an_index_of_an_earlier_text_is_not_taken_for_it,
        in_sql("look.sql", ("    ours := exists (", "    ours := false and exists (")),
    ),
    "claim that was given up has its own index alone": (
        indexes.an_index_of_somebody_elses_that_took_the_name_is_left_to_them,
        in_sql(
            "claim_build.sql",
            ("when target is null or on_table operator(pg_catalog.<>) earlier.owner", "when target is null"),
            ("elsif not needed and on_table operator(pg_catalog.=) earlier.owner and (", "elsif true or ("),
        ),
    ),
    "claim of an earlier text has its own index alone": (
        indexes.a_claim_that_never_left_takes_nothing_of_anybody_elses_away,
        in_sql(
            "release_build.sql",
            ("on_table operator(pg_catalog.=) {table}", "target is not null"),
            ("definition operator(pg_catalog.=) {wanted} or", "true or"),
        ),
    ),
    "index under a name that was given up goes": (
        indexes.an_index_that_comes_late_under_a_name_that_was_given_up_is_taken_away,
        in_sql("finish_build.sql", ("    continue when", "    continue when true or")),
    ),
    "index that a constraint needs stays": (
        indexes.a_claim_that_never_left_takes_nothing_of_anybody_elses_away,
        in_sql("hold_index.sql", ("  needed := exists (", "  needed := false and exists (")),
    ),
    "index of a statement that is gone goes with its claim": (
        indexes.what_a_claim_of_another_text_built_is_taken_away,
        instead(batch, "_is_looked_for", lambda *_: True),
    ),
    "index that is just what is asked for stays": (
        indexes.an_index_that_is_just_what_is_asked_for_is_not_built_again,
        in_sql("claim_build.sql", ("    if usable and on_table", "    if false and usable and on_table")),
    ),
    "looked at under a lock": (
        indexes.an_index_of_an_earlier_text_that_is_being_built_is_waited_for,
        in_sql("hold_index.sql", ("  if exists (", "  if false and exists (")),
    ),
    "definition to the letter": (
        indexes.definitions_are_told_apart_to_the_letter,
        in_sql(
            "define_index.sql",
            (
                "pg_catalog.length(pg_catalog.format(",
                f"pg_catalog.length(coalesce({GREEDY}, pg_catalog.format(",
            ),
            (")) operator(pg_catalog.+) 1", "))) operator(pg_catalog.+) 1"),
        ),
    ),
    "definition shown alike": (
        indexes.a_definition_is_known_whatever_the_session_has_set,
        in_sql(
            "define_index.sql",
            ("perform pg_catalog.set_config(showing.name, showing.value, true)", "perform showing.name"),
        ),
    ),
    "drop under a name of the attempt": (
        indexes.a_rebuilt_index_outlives_a_late_drop,
        all_of(
            in_code(lone, "lone_sql", ('str(claim.note["renamed"])', 'str(claim.note["index"])')),
            in_sql("claim_drop.sql", ("if target is not null then", "if false then")),
            instead(lone, "_index_of", lambda claim: {"schema": "'app'", "index": "'t_a'"}),
        ),
    ),
    "name back where nothing was dropped": (
        indexes.an_index_that_was_not_dropped_has_its_name_back,
        in_code(
            interruption,
            "_interrupt_alone",
            ("case Next.SEND if effect in (Effect.DROP, Effect.ONCE):", "case Next.SEND if False:"),
        ),
    ),
    "drop by half is told": (
        indexes.an_index_that_is_dropped_by_half_is_told,
        in_code(alone, "judge", ("if is_half_dropped(claim, look):", "if False:")),
    ),
    "claim that was given up is remembered": (
        indexes.an_index_that_a_released_claim_built_late_is_ours,
        in_sql(
            "release.sql",
            ("    then pg_catalog.jsonb_build_array(", "    and false then pg_catalog.jsonb_build_array("),
        ),
    ),
    "invalid index goes with its claim": (
        indexes.an_index_that_cannot_be_built_leaves_nothing,
        in_sql("release_build.sql", ("  if on_table operator", "  if false and on_table operator")),
    ),
    "invalid index is no effect": (
        indexes.an_index_that_broke_off_is_built_anew,
        all_of(
            in_code(alone, "judge", ("if look.valid else Next.RELEASE", "")),
            in_sql("finish_build.sql", ("or not usable", "")),
        ),
    ),
    "only an index of our own is dropped": (
        indexes.somebody_elses_invalid_index_is_left_alone,
        in_sql("claim_build.sql", ("elsif usable is false then", "elsif false then")),
    ),
    "waited for while it is at work": (
        play.a_statement_at_work_is_waited_for,
        in_code(alone.Crossing, "_watch", ("if look.alive == 0 and not look.building:", "if True:")),
    ),
    "time limits from the role, put back": (
        play.limits_of_the_role_do_not_hold_for_it_and_are_put_back,
        instead(lone, "_settings_back", lambda _claim: ""),
    ),
    "limits that another claim found": (
        play.limits_that_another_claim_found_on_the_role_are_put_back,
        in_sql("settings_claim.sql", ("part.finished_at is null and", "false and")),
    ),
    "limits of a claim that lives": (
        play.limits_that_another_claim_found_on_the_role_are_put_back,
        in_sql("settings_back.sql", ("other.finished_at is null and", "false and")),
    ),
    "nothing blind where nobody can tell": (
        play.what_nobody_can_tell_is_not_sent_again_unasked,
        in_code(alone, "_judge_once", ("else Next.NOBODY_KNOWS", "else Next.SEND")),
    ),
    "unknown after Ctrl-C too": (
        play.an_interrupted_statement_that_nobody_can_tell_of_is_called_unknown,
        in_code(
            interruption,
            "_interrupt_alone",
            ("        return nobody_knows(current, claim)\n", "        return None\n"),
        ),
    ),
    "recorded after Ctrl-C where it is known": (
        play.what_is_known_to_have_run_is_recorded_when_its_end_is_interrupted,
        in_code(interruption, "_interrupt_alone", ("Next.FINISH if claim.attempt", "Next.MOVED if claim.attempt")),
    ),
    "edited only with a word": (
        play.an_edited_statement_that_nobody_can_tell_of_waits_for_a_word,
        instead(plan, "claim_problem", lambda _ready: None),
    ),
    "earlier text ended first": (
        play.an_earlier_text_that_is_still_at_work_is_waited_for,
        instead(alone.Crossing, "outlast", lambda *_: None),
    ),
    "429 is no delivery": (
        play.what_the_rate_limit_turned_away_is_sent_once_more,
        in_code(alone.Crossing, "cross", ("isinstance(cause, RateLimited) or ", "")),
    ),
    "claim of what never left is given up": (
        play.what_never_left_is_known_to_the_next_push,
        in_code(
            runner._Run,
            "_run_alone",
            (
                "self.release = None if shut is None else Release(claim, error=shut)\n        return None",
                "return shut",
            ),
        ),
    ),
    "claim of what was not sent is given up after Ctrl-C": (
        play.what_never_left_is_known_to_the_next_push,
        instead(interruption, "_give_up_unsent", lambda _sender: None),
    ),
    "session of its own behind the role's settings": (
        play.a_reset_behind_what_ran_alone_goes_back_to_the_roles_own,
        instead(batch, "_ends_the_session", lambda _step: False),
    ),
    "claim known again": (
        play.a_procedure_that_commits_is_known_again,
        instead(ready, "_with_claim", lambda hints, *_: hints),
    ),
    "pieces only under their claim": (
        play.a_piece_that_comes_late_leaves_nothing,
        in_sql("carry.sql", ("if not found then", "if false then")),
    ),
    "each piece once": (
        play.a_large_file_arrives_whole,
        in_code(step, "standing_of", ("if (step.attempt, step.batch) in found.batches", "if not found.batches")),
    ),
    "errors that are caught end nothing": (
        play.what_we_catch_does_not_end_a_session_that_ends_at_errors,
        in_sql("caught.sql", ("set local exit_on_error = off;\n", "")),
    ),
    "claims belong to the progress": (
        carriages.a_claim_that_comes_again_behind_its_release_does_nothing,
        _progress_without_claims,
    ),
    "carriage belongs to the progress": (
        carriages.a_carriage_that_is_claimed_twice_keeps_its_pieces,
        all_of(_progress_without_claims, _unread_pieces),
    ),
    "pieces are those of the file (SBA11)": (carriages.pieces_that_are_gone_are_carried_again, _unread_pieces),
    "pieces of one cut": (
        carriages.pieces_of_another_cut_are_not_taken_for_these,
        all_of(in_code(carriage, "claim_carriage", ('carried.note.get("cut") == cut', "True")), _unread_pieces),
    ),
}
ALONE: list[Scenario] = [
    carriages.a_carriage_that_somebody_else_has_claimed_is_claimed_anew,
    carriages.a_carriage_outgrown_by_the_limit_is_forgotten,
    carriages.two_who_take_a_claim_from_each_other_come_to_an_end,
    play.what_ran_alone_does_not_run_again_for_what_stood_behind_it,
    indexes.an_index_is_built_once,
    indexes.an_index_without_a_name_gets_another_where_a_rival_took_the_one_that_was_chosen,
    play.the_rest_of_a_half_applied_file_may_change,
    play.what_did_not_take_effect_is_sent_again_when_told,
    play.what_may_be_sent_again_is,
    play.a_statement_among_pieces_that_fails_is_named,
    play.nothing_answers,
    indexes.an_index_on_a_table_whose_name_the_server_cuts_is_built_once,
    play.a_block_that_failed_behind_its_commit_is_not_called_undone,
    indexes.an_index_without_a_name_leaves_each_that_somebody_else_made,
]
SCENARIOS = {scenario.__name__: scenario for scenario in [*(scenario for scenario, _ in CLAUSES.values()), *ALONE]}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_parts_keep_their_promise(either_bench: Bench, scenario: Scenario) -> None:
    scenario(either_bench)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_for_parts_that_is_taken_out_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, clause: str
) -> None:
    assert_missed(CLAUSES[clause], bench, monkeypatch)


def test_every_clause_for_parts_is_in_the_pages_table() -> None:
    sabotaged = test_a_clause_for_parts_that_is_taken_out_is_missed.__name__
    assert named_on_the_page(__file__) == [(sabotaged, clause) for clause in CLAUSES]
