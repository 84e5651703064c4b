"""A yes is what the target's rule says it is: a letter, the project's name, or that name given beforehand."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from sbapply.cli.consent import ask_consent
from sbapply.cli.invocation import Invocation
from sbapply.config import Consent, Options
from sbapply.errors import ConsentMissing
from sbapply.verbs.target import Target

if TYPE_CHECKING:
    from sbapply.render.console import Console

REF = "a" * 20


@dataclass
class Terminal:
    """Be a console on which somebody gives one answer."""

    answer: str = ""
    interactive: bool = True
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answer


def target_of(consent: Consent, name: str | None = "My app") -> Target:
    return Target(REF, name, None, None, None, None, consent=consent)  # type: ignore[arg-type]


def agreed(
    terminal: Terminal, consent: Consent, options: Options | None = None, name: str | None = "My app"
) -> bool:
    invocation = Invocation(options or Options(), cast("Console", terminal))
    try:
        ask_consent(invocation, "Do it?", target_of(consent, name))
    except ConsentMissing:
        return False
    return True


PLAIN, NAMED, GUARDED = Consent(), Consent(by_name=True), Consent(by_name=True, protected=True)


@pytest.mark.parametrize(
    ("consent", "answer", "yes"),
    [
        *[(PLAIN, answer, True) for answer in ("y", " Yes ")],
        *[(PLAIN, answer, False) for answer in ("", "n", "My app", REF)],
        *[(rule, answer, True) for rule in (NAMED, GUARDED) for answer in ("My app", f" {REF} ")],
        *[(rule, answer, False) for rule in (NAMED, GUARDED) for answer in ("", "y", "yes", "my app", "My")],
    ],
)
def test_on_a_terminal_the_answer_is_a_letter_or_the_name(consent: Consent, answer: str, yes: bool) -> None:
    terminal = Terminal(answer)

    assert agreed(terminal, consent) == yes
    assert len(terminal.asked) == 1


def test_a_project_without_a_name_is_typed_by_its_ref() -> None:
    terminal = Terminal("")

    assert not agreed(terminal, NAMED, name=None)
    assert f"Type {REF}" in terminal.asked[0]


@pytest.mark.parametrize(
    ("consent", "options", "yes"),
    [
        (PLAIN, Options(yes=True), True),
        (NAMED, Options(yes=True), True),
        (GUARDED, Options(yes=True), False),
        (PLAIN, Options(), False),
        *[(rule, Options(confirm=name), True) for rule in (PLAIN, NAMED, GUARDED) for name in ("My app", REF)],
        *[(rule, Options(yes=True, confirm="App"), False) for rule in (PLAIN, NAMED, GUARDED)],
        (GUARDED, Options(yes=True, confirm=""), False),
    ],
)
def test_without_a_terminal_an_option_has_to_say_it(consent: Consent, options: Options, yes: bool) -> None:
    terminal = Terminal(interactive=False)

    assert agreed(terminal, consent, options) == yes
    assert terminal.asked == []


def test_with_yes_a_protected_project_is_still_asked_for_on_a_terminal() -> None:
    assert agreed(Terminal("My app"), GUARDED, Options(yes=True))
    assert not agreed(Terminal("y"), GUARDED, Options(yes=True))


def test_the_confirmed_name_is_no_answer_to_what_is_local() -> None:
    invocation = Invocation(Options(confirm=REF), cast("Console", Terminal(interactive=False)))

    with pytest.raises(ConsentMissing):
        ask_consent(invocation, "Delete it?", None)
