"""Take each clause on whose turn it is out and see a test notice."""

import pytest

from sbapply.apply import interruption, runner
from sbapply.apply.alone import Crossing
from sbapply.apply.sending import Sender
from sbapply.history.progress import Progress
from tests.apply import test_doubts as doubts
from tests.apply import test_turns as turns
from tests.apply import test_words as words
from tests.apply.bench import Bench
from tests.apply.sabotage import Sabotage, Scenario, assert_missed, in_code, instead, named_on_the_page

CLAUSES: dict[str, tuple[Scenario, Sabotage]] = {
    "words are about one claim": (
        words.test_the_same_words_again_say_nothing_of_the_next_statement,
        in_code(Progress, "is_meant", (" and not any(row.attempt for row in self.finished)", "")),
    ),
    "words are about what stood when they were said": (
        words.test_again_does_not_take_a_colleagues_statement_away,
        in_code(runner._Run, "_run_alone", ("self.told.get(claim.word)", "next(iter(self.told.values()), None)")),
    ),
    "looked at before it is sent late": (
        turns.test_what_waited_at_the_door_is_not_sent_where_another_run_sent_it,
        instead(Crossing, "_look_first", lambda _crossing, _effect, _claim: None),
    ),
    "claim of its own known whatever the answer": (
        turns.test_a_claim_whose_answer_was_a_refusal_is_known_as_never_sent,
        in_code(
            Sender,
            "send",
            ("self.unsent |= {step.attempt for step in steps if isinstance(step, ClaimUnit)}", "..."),
        ),
    ),
    "only its own is cancelled": (
        turns.test_ctrl_c_of_who_only_watches_cancels_nobodys_statement,
        in_code(interruption, "_interrupt_alone", ("if claim.attempt not in crossing.sent:", "if False:")),
    ),
    "taken back until it is": (
        turns.test_what_could_not_be_taken_back_after_ctrl_c_is_told,
        in_code(
            interruption, "_give_up", ("while (current", "if (current"), ("if error is not None:", "if False:")
        ),
    ),
    "not sent, not unknown": (
        turns.test_ctrl_c_at_the_door_is_not_applied_and_leaves_no_claim,
        in_code(runner._Run, "_run_alone", ("sender.unsent.add(claim.attempt)", "...")),
    ),
    "a refusal stays in doubt": (
        doubts.test_ctrl_c_cancels_it_and_tells_what_it_did,
        in_code(Sender, "_turned_away", ("(*self._doubtful, request)", "()")),
    ),
}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_on_turns_that_is_taken_out_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, clause: str
) -> None:
    assert_missed(CLAUSES[clause], bench, monkeypatch)


def test_every_clause_on_turns_is_in_the_pages_table() -> None:
    sabotaged = test_a_clause_on_turns_that_is_taken_out_is_missed.__name__
    assert named_on_the_page(__file__) == [(sabotaged, clause) for clause in CLAUSES]
