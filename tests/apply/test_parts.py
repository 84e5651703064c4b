"""Take each clause for migrations of several parts out and see a scenario notice."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from sbapply.apply import alone, batch, carriage, lone, script, step
from sbapply.history import ready
from sbapply.history.progress import Progress
from tests.apply import carriages
from tests.apply import parts as play
from tests.apply.bench import Bench
from tests.apply.sabotage import Sabotage, all_of, in_code, in_sql, instead

Scenario: TypeAlias = Callable[[Bench], None]

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
        play.an_index_without_a_name_is_built_once,
        in_code(lone, "lone_sql", ("lone.index is None", "False")),
    ),
    "index in its final name": (
        play.an_index_that_comes_late_changes_nothing,
        in_code(lone, "lone_sql", ('str(claim.note["index"])', '"sbapply_" + claim.attempt')),
    ),
    "effect read after a lost answer": (
        play.an_index_whose_answer_is_lost_is_found,
        in_code(alone, "judge", ("if not look.present:", "if True:")),
    ),
    "effect checked before the row (SBA07)": (
        play.an_index_that_was_never_built_is_not_recorded,
        in_sql(
            "finish_build.sql",
            ("if target is null or not usable then", "if false then"),
            ("if same is false then", "if false then"),
        ),
    ),
    "index ours only by its definition": (
        play.an_index_of_an_earlier_text_is_not_taken_for_it,
        in_sql(
            "compare.sql",
            ("    same := null;\n    begin", "    same := null;\n    if false then begin"),
            ("    end;\n", "    end; end if;\n"),
        ),
    ),
    "drop under a name of the attempt": (
        play.a_rebuilt_index_outlives_a_late_drop,
        all_of(
            in_code(lone, "lone_sql", ('str(claim.note["renamed"])', 'str(claim.note["index"])')),
            in_sql("claim_drop.sql", ("if target is not null then", "if false then")),
            instead(lone, "_index_of", lambda claim: {"schema": "'app'", "index": "'t_a'"}),
        ),
    ),
    "claim that was given up is remembered": (
        play.an_index_that_a_released_claim_built_late_is_ours,
        in_sql("claim_build.sql", ("if usable is not null and released then", "if false then")),
    ),
    "invalid index goes with its claim": (
        play.an_index_that_cannot_be_built_leaves_nothing,
        in_sql("release_build.sql", ("if exists (", "if false and exists (")),
    ),
    "invalid index is no effect": (
        play.an_index_that_broke_off_is_built_anew,
        all_of(
            in_code(alone, "judge", ("if not look.valid:", "if False:")),
            in_sql("finish_build.sql", ("or not usable", "")),
        ),
    ),
    "only an index of our own is dropped": (
        play.somebody_elses_invalid_index_is_left_alone,
        in_sql("claim_build.sql", ("if taken is not null and usable is false then", "if false then")),
    ),
    "waited for while it is at work": (
        play.a_statement_at_work_is_waited_for,
        in_code(alone.Crossing, "_watch", ("if look.alive == 0 and not look.building:", "if True:")),
    ),
    "time limits from the role, put back": (
        play.limits_of_the_role_do_not_hold_for_it_and_are_put_back,
        instead(lone, "_settings_back", lambda _claim: ""),
    ),
    "nothing blind where nobody can tell": (
        play.what_nobody_can_tell_is_not_sent_again_unasked,
        in_code(alone, "judge", ("return Next.NOBODY_KNOWS", "return Next.SEND")),
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
    play.an_index_is_built_once,
    play.an_index_without_a_name_gets_another_where_a_rival_took_the_one_that_was_chosen,
    play.the_rest_of_a_half_applied_file_may_change,
    play.what_did_not_take_effect_is_sent_again_when_told,
    play.what_may_be_sent_again_is,
    play.a_statement_among_pieces_that_fails_is_named,
    play.nothing_answers,
]
SCENARIOS = {scenario.__name__: scenario for scenario in [*(scenario for scenario, _ in CLAUSES.values()), *ALONE]}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_parts_keep_their_promise(either_bench: Bench, scenario: Scenario) -> None:
    scenario(either_bench)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_for_parts_that_is_taken_out_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, clause: str
) -> None:
    scenario, sabotage = CLAUSES[clause]
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        scenario(bench)


def test_every_clause_for_parts_is_in_the_pages_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
    named = re.findall(r"`tests/apply/test_parts\.py::(\w+)\[([^`]*)\]`", page)
    sabotaged = test_a_clause_for_parts_that_is_taken_out_is_missed.__name__
    assert named == [(sabotaged, clause) for clause in CLAUSES]
