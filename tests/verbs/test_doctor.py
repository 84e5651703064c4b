"""Doctor: every look is judged for itself, and none keeps the next from being taken."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sbapply.errors import (
    EngineError,
    Forbidden,
    KeyringMissing,
    LocalMissing,
    NotFound,
    ProjectAsleep,
    ReadFailed,
    SbapplyError,
    TokenMissing,
    Unauthorised,
    Unreachable,
    UsageError,
)
from sbapply.render.doctor import doctor_lines
from sbapply.verbs.account import Account
from sbapply.verbs.doctor import DoctorReport, Finding, Verdict, doctor
from sbapply.verbs.examined import (
    ApiSeen,
    DatabaseSeen,
    EngineSeen,
    FolderSeen,
    HomeSeen,
    KeyringSeen,
    ProgramSeen,
    ProjectNamed,
    ProjectSeen,
    SettingsSeen,
    database_seen,
)
from sbapply.verbs.whoami import TokenOrigin

if TYPE_CHECKING:
    from sbapply.database import Row

REF = "abcdefghijklmnopqrst"
READ = DatabaseSeen("17.6", "supabase_read_only_user", read_only=True, history=True, ahead=0.1, seconds=0.2)
WRITTEN = DatabaseSeen("17.6", "postgres", read_only=False, history=True, ahead=0.1, seconds=0.2)
API = ApiSeen("https://api.supabase.com", 0.3, 0.2, account=Account("a@b.example", "a", "1"))

SOUND: dict[str, Any] = {
    "program": ProgramSeen("0.1.0", "3.13.1", "Linux"),
    "folder": FolderSeen("/app", 3),
    "settings": SettingsSeen(None, (), ()),
    "project": ProjectNamed(REF, "SUPABASE_PROJECT_REF"),
    "token": TokenOrigin("keyring", "the OS keyring", "keyring.backends.SecretService.Keyring"),
    "keyring": KeyringSeen("keyring.backends.SecretService.Keyring", holds=True, plain=False),
    "api": API,
    "state": ProjectSeen(f"App ({REF})", "ACTIVE_HEALTHY"),
    "reading": READ,
    "writing": WRITTEN,
    "engine": EngineSeen("18.6", 18, "/wheel/bin", named=False, driver=True),
    "home": HomeSeen("/home/a/.cache/sbapply", 9 * 2**30, in_memory=True),
    "official": None,
}
SUBJECTS = {
    "program": "sbapply",
    "api": "API",
    "engine": "rehearsals",
    "home": "local files",
    "official": "official CLI",
}


@dataclass
class Around:
    """Answer each look with what is given for it; an exception is raised."""

    given: dict[str, Any] = field(default_factory=dict)
    sandbox: bool = False
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[[], Any]:
        def look() -> Any:
            self.asked.append(name)
            found = (SOUND | self.given)[name]
            if isinstance(found, Exception):
                raise found
            return found

        return look


def examined(**given: Any) -> DoctorReport:
    around: Any = Around(given)
    return doctor(around)


def finding(report: DoctorReport, subject: str) -> Finding:
    (found,) = [each for each in report.findings if each.subject == subject]
    return found


def verdict(report: DoctorReport, subject: str) -> str:
    return finding(report, subject).verdict.value


def test_where_all_is_sound_every_finding_is_fine() -> None:
    report = examined()
    assert {each.verdict for each in report.findings} == {Verdict.FINE}
    assert (report.exit_status, report.to_json()["outcome"], report.project) == (0, "fine", REF)
    assert list(doctor_lines(report))[-1] == "Nothing is wrong."


@pytest.mark.parametrize("name", sorted(SOUND))
@pytest.mark.parametrize("error", [UsageError("No.", "Do this."), ReadFailed("No.", "Do this."), KeyError("x")])
def test_whatever_one_look_raises_the_rest_is_looked_at(name: str, error: Exception) -> None:
    report = examined(**{name: error})
    failed = finding(report, SUBJECTS.get(name, name))
    assert failed.verdict in (Verdict.NOTE, Verdict.WRONG)
    assert failed.next
    assert [each.subject for each in report.findings] == [each.subject for each in examined().findings]
    # What is on this machine is looked at in any case.
    assert {verdict(report, each) for each in ("rehearsals", "local files", "official CLI")} <= {
        "fine",
        failed.verdict.value,
    }


@pytest.mark.parametrize(
    ("name", "error", "expected"),
    [
        ("token", TokenMissing("None.", "Run `sbapply login`."), "wrong"),
        ("keyring", KeyringMissing("None.", "Set the variable."), "note"),
        ("engine", LocalMissing("Not installed.", "pip install 'sbapply[local]'"), "note"),
        ("engine", EngineError("It does not run.", "Take another."), "wrong"),
        ("home", EngineError("It cannot be written.", "Set SBAPPLY_HOME."), "wrong"),
        ("state", Forbidden("No.", "Ask."), "note"),
        ("state", NotFound("No.", "Check."), "note"),
        ("reading", Forbidden("No.", "Ask."), "wrong"),
        ("writing", Forbidden("No.", "It needs database_write."), "note"),
        ("writing", ReadFailed("No.", "Again."), "wrong"),
    ],
)
def test_what_somebody_can_do_without_is_a_note(name: str, error: SbapplyError, expected: str) -> None:
    report = examined(**{name: error})
    found = finding(report, SUBJECTS.get(name, name))
    assert (found.verdict.value, found.next) == (expected, error.next_step)
    assert report.exit_status == (1 if expected == "wrong" else 0)


def test_a_token_that_may_neither_read_nor_write_is_wrong_twice() -> None:
    report = examined(reading=Forbidden("No.", "Ask."), writing=Forbidden("No.", "Ask."))
    assert (verdict(report, "reading"), verdict(report, "writing"), verdict(report, "database")) == (
        "wrong",
        "wrong",
        "not-looked",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"api": Unreachable("No connection.", "Check the network.")},
        {"api": ApiSeen("u", 0.1, 0.0, Unauthorised("Refused.", "Make a new one."))},
        {"token": TokenMissing("None.", "Log in.")},
        {"project": UsageError("None.", "Name one.")},
    ],
)
def test_without_a_way_to_the_project_nothing_of_it_is_asked(given: dict[str, Any]) -> None:
    around: Any = Around(given)
    report = doctor(around)
    assert not {"state", "reading", "writing"} & set(around.asked)
    assert {verdict(report, each) for each in ("state", "reading", "writing", "database")} == {"not-looked"}
    assert report.exit_status == 1


def test_a_project_that_sleeps_is_told_of_and_its_database_not_asked() -> None:
    asleep = ProjectAsleep("It is paused.", "Restore it.")
    around: Any = Around({"state": ProjectSeen("App", "INACTIVE", asleep)})
    report = doctor(around)
    assert (verdict(report, "state"), finding(report, "state").next) == ("wrong", "Restore it.")
    assert verdict(report, "writing") == "not-looked"
    assert "writing" not in around.asked


def test_a_branch_that_is_not_known_is_not_asked_for_its_database() -> None:
    around: Any = Around({"state": UsageError("There is no branch x.", "Check.")})
    assert verdict(doctor(around), "state") == "wrong"
    assert "reading" not in around.asked


def test_a_database_that_refuses_writes_is_wrong_by_the_endpoint_that_writes_alone() -> None:
    full = DatabaseSeen("17.6", "postgres", read_only=True, history=True, ahead=0, seconds=0.1)
    assert verdict(examined(writing=full), "database") == "wrong"
    assert verdict(examined(writing=Forbidden("No.", "Ask.")), "database") == "fine"


@pytest.mark.parametrize(
    ("api", "database", "expected"),
    [
        (0.4, -0.6, "fine"),
        (-29, 20, "fine"),
        (40, 45, "note"),
        (0, 3600, "note"),
        (3600, 3601, "wrong"),
        (-3600, -3600, "wrong"),
        (None, -3600, "wrong"),
        (None, 1, "fine"),
    ],
)
def test_our_clock_is_wrong_where_no_other_agrees_with_it(
    api: float | None, database: float, expected: str
) -> None:
    seen = DatabaseSeen("17.6", "postgres", read_only=False, history=True, ahead=database, seconds=0.1)
    report = examined(api=ApiSeen("u", 0.1, api), writing=seen)
    assert verdict(report, "clock") == expected


def test_where_no_clock_was_heard_ours_is_not_judged() -> None:
    assert verdict(examined(api=Unreachable("No.", "Check.")), "clock") == "not-looked"


@pytest.mark.parametrize(
    ("subject", "given", "expected"),
    [
        ("folder", {"folder": FolderSeen("/app", 2, unreadable=1)}, "note"),
        ("folder", {"folder": FolderSeen("/app", missing=UsageError("There is none.", ""))}, "note"),
        ("token", {"token": TokenOrigin("official-file", "the file x", None, "It is plain.")}, "note"),
        ("keyring", {"keyring": KeyringSeen("keyrings.alt.file.PlaintextKeyring", holds=True, plain=True)}, "note"),
        ("keyring", {"keyring": KeyringSeen(None, holds=False, plain=False)}, "note"),
        ("API", {"api": ApiSeen("u", 8.0, 0.0)}, "note"),
        ("state", {"state": ProjectSeen("App", "ACTIVE_UNHEALTHY")}, "note"),
        ("state", {"state": ProjectSeen("App", "RUNNING", warning="Migrations still run.")}, "note"),
        ("rehearsals", {"engine": EngineSeen("14.2", 14, "/bin", named=True, driver=True)}, "wrong"),
        ("rehearsals", {"engine": EngineSeen("18.6", 18, "/bin", named=True, driver=False)}, "note"),
        ("local files", {"home": HomeSeen("/x", 2**20, in_memory=False)}, "note"),
        ("local files", {"home": HomeSeen("/x", 2**20, in_memory=True)}, "fine"),
        ("official CLI", {"official": "supabase 2.1.0, /usr/bin/supabase"}, "fine"),
    ],
)
def test_each_part_is_judged_by_what_it_is(subject: str, given: dict[str, Any], expected: str) -> None:
    assert verdict(examined(**given), subject) == expected


def test_what_a_server_says_is_printed_with_its_control_characters_made_visible() -> None:
    lines = list(doctor_lines(examined(state=ProjectSeen("A\x1b[31mpp", "ACTIVE_HEALTHY"))))
    assert not [line for line in lines if "\x1b" in line]


def test_the_database_s_clock_is_held_against_the_middle_of_the_request() -> None:
    row: Row = {"version": "17.6", "role": "postgres", "read_only": False, "clock": 1012.0, "history": False}
    assert database_seen([row], between=(1000.0, 1004.0)).ahead == 10.0
    with pytest.raises(ReadFailed):
        database_seen([], between=(0.0, 1.0))


def test_the_page_tells_of_every_subject_in_order() -> None:
    text = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
    assert re.findall(r"^\| `([^`]+)`", text, re.MULTILINE) == [each.subject for each in examined().findings]
