"""Advice is what is new since before a push, from whoever can be asked, and never makes a push fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sbapply.advise.finding import Finding, new_findings
from sbapply.database import Patience
from sbapply.errors import ConsentMissing, Forbidden, NotFound, OutcomeUnknown, Unauthorised
from sbapply.history.plan import Plan
from sbapply.migrations.files import read_folder
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verbs.advisors import ask_advisors, ask_again
from sbapply.verbs.pushed import PushReport
from sbapply.verbs.target import Target
from tests.conftest import new_database
from tests.verbs.test_push import Counted, Rehearsing, Spoken, run


def finding(key: str, level: str = "INFO") -> Finding:
    return Finding(key, key.title(), level, ("SECURITY",), "public", "a", "d", "why", "https://x", key)


@dataclass
class Platform:
    """Be the platform's advisors: each answer, or error, in turn, and the last for ever."""

    answers: list[Sequence[Finding] | BaseException]
    asked: list[str] = field(default_factory=list)

    def __call__(self, advisor: str, timeout: float, /) -> Sequence[Finding]:
        assert timeout > 0
        self.asked.append(advisor)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def target(engine_of: Callable[[int], Server], tmp_path: Path) -> Target:
    server = engine_of(18)
    database = Counted(LocalDatabase(server.conninfo(user="postgres", database=new_database(server))))
    (tmp_path / "1_a.sql").write_text("create table a (id int primary key);")
    folder = read_folder(tmp_path, shown="m")
    return Target("a" * 20, "App", folder, database, database, Rehearsing(), Patience(read=0.3, settle=0.3))


def advised(target: Target, *answers: Sequence[Finding] | BaseException) -> tuple[Target, Platform]:
    platform = Platform(list(answers))
    return replace(target, platform_advisor=platform), platform


def pushed(target: Target) -> PushReport:
    return run(target, advisors=True)


def test_what_was_there_before_is_not_new_and_the_gravest_comes_first() -> None:
    before = [finding("old", "ERROR"), finding("gone")]
    after = [finding("b", "INFO"), finding("old", "WARN"), finding("c", "WARN"), finding("d", "ERROR")]
    assert [each.name for each in new_findings(before, after)] == ["d", "c", "b"]


def test_findings_without_a_key_are_told_apart_by_what_they_are_about() -> None:
    one = replace(finding("x"), cache_key="")
    assert new_findings([one], [one, replace(one, object="b"), replace(one, name="y")]) == (
        replace(one, object="b"),
        replace(one, name="y"),
    )


def test_a_push_tells_what_is_new_of_both_advisors(target: Target) -> None:
    target, platform = advised(target, [finding("old")], [], [finding("old")], [finding("new")])
    report = pushed(target)
    assert report.advisors is not None
    assert [each.name for each in report.advisors.new] == ["new"]
    assert platform.asked == ["security", "performance", "security", "performance"]
    assert report.exit_status == 0
    told = report.to_json()["advisors"]
    assert isinstance(told, dict)
    assert (told["source"], told["before"], told["after"], told["reason"]) == ("platform", 1, 2, None)


@pytest.mark.parametrize("gone", [NotFound("gone"), Forbidden("not yours"), OutcomeUnknown("?", lasting=True)])
def test_our_own_rules_are_asked_where_the_platform_has_no_answer(target: Target, gone: Exception) -> None:
    target, platform = advised(target, gone)
    report = pushed(target)
    assert report.advisors is not None
    assert [each.name for each in report.advisors.new] == ["rls_disabled_in_public"]
    assert report.advisors.before.source == "sql"
    assert report.advisors.before.note
    assert platform.asked == ["security"]


def test_who_was_asked_before_is_asked_after(target: Target) -> None:
    target, _ = advised(target, [], [], NotFound("gone in the meantime"))
    report = pushed(target)
    assert report.advisors is not None
    assert (report.advisors.new, report.advisors.reason) == ((), "gone in the meantime")
    assert (report.outcome.value, report.exit_status) == ("applied", 0)
    told = report.to_json()["advisors"]
    assert isinstance(told, dict)
    assert (told["before"], told["after"], told["new"]) == (0, None, [])


def test_nobody_is_asked_again_where_nobody_answered_before(target: Target) -> None:
    target, platform = advised(target, Unauthorised("who?"))
    report = pushed(target)
    assert report.advisors is not None
    assert (report.advisors.reason, report.exit_status) == ("who?", 0)
    assert platform.asked == ["security"]


def test_rules_that_give_no_answer_are_said(target: Target) -> None:
    def fail(sql: str) -> None:
        if "advisors" in sql[:40]:
            raise OutcomeUnknown("no answer")

    database = target.database
    assert isinstance(database, Counted)
    database.fail = fail
    advice = ask_advisors(target)
    assert (advice.source, advice.findings) == ("sql", ())
    assert "no answer" in advice.reason
    assert ask_again(target, advice).new == ()


def test_a_ctrl_c_while_the_advisors_are_asked_again_leaves_what_was_applied(target: Target) -> None:
    target, _ = advised(target, [], [], KeyboardInterrupt())
    report = pushed(target)
    assert ([each.version for each in report.applied], report.exit_status) == (["1"], 130)
    assert report.advisors is not None
    assert report.advisors.reason == "interrupted"


def test_a_push_that_applies_nothing_asks_no_second_time(target: Target) -> None:
    def refuse(_plan: Plan) -> None:
        raise ConsentMissing("Nobody said yes.")

    target, platform = advised(target, [])
    report = run(target, Spoken(consent=refuse), advisors=True)
    assert report.advisors is not None
    assert report.advisors.reason == "nothing was applied"
    assert len(platform.asked) == 2


def test_where_there_is_nothing_to_push_nobody_is_asked(target: Target) -> None:
    target, platform = advised(target, [])
    pushed(target)
    platform.asked.clear()
    assert pushed(target).advisors is None
    assert run(target, advisors=True, dry_run=True).advisors is None
    assert platform.asked == []
