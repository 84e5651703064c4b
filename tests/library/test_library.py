"""A program pushes, reads and proves by functions that take and give values; nothing is printed or asked."""

import json
import os
import signal
from collections.abc import Iterator
from typing import assert_type

import pytest

from sbapply import (
    ApiClient,
    ConsentMissing,
    DiffReport,
    Event,
    MigrationFailed,
    Plan,
    PlanMoved,
    PlanReport,
    ProjectAsleep,
    PushOutcome,
    PushReport,
    QueryReport,
    Refused,
    RehearseReport,
    SqlError,
    StatusReport,
    Token,
    TokenMalformed,
    TokenMissing,
    Unsettled,
    UsageError,
    VerifyReport,
    diff,
    open_client,
    open_project,
    plan,
    push,
    query,
    rehearse,
    status,
    verify,
)
from sbapply import Project as Opened
from sbapply.apply.outcome import Applied, Sending
from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project, program, project
from tests.cli.test_push import respond, writes

__all__ = ["program", "project"]

A = "create table public.a (id int primary key);"
B = "create table public.b (id int primary key);"


@pytest.fixture
def opened(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Return the fresh project, opened as a program opens it."""
    for name in ("SBAPPLY_API_URL", "SUPABASE_ACCESS_TOKEN", "SUPABASE_PROJECT_REF", "HOME"):
        monkeypatch.setenv(name, project.environment[name])
    with open_project(project.folder) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Hold that nothing is ever printed."""
    yield
    assert capfd.readouterr() == ("", "")


def yes(_plan: Plan) -> bool:
    return True


def test_a_push_applies_and_proves(project: Project, opened: Opened) -> None:
    project.write(v1_a=A, v2_b=B)

    report = assert_type(push(opened, consent=yes), PushReport)

    assert report.error is None
    assert report.outcome is PushOutcome.APPLIED
    assert [receipt.version for receipt in report.applied] == ["1", "2"]
    assert report.verdict is not None
    assert report.verdict.outcome == "confirmed"
    assert report.target.title == f"{project.settings.name} ({project.settings.ref})"
    assert project.versions() == ["1", "2"]
    assert json.loads(json.dumps(report.to_json()))["outcome"] == "applied"


def test_the_reading_verbs_return_their_reports(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    planned = assert_type(plan(opened), PlanReport)
    rehearsed = assert_type(rehearse(opened), RehearseReport)
    push(opened, consent=yes)
    project.write(v2_b=B)
    project.database.run("create table public.stray (id int)")

    listed = assert_type(status(opened), StatusReport)
    proved = assert_type(verify(opened), VerifyReport)
    differing = assert_type(diff(opened), DiffReport)
    found = assert_type(query(opened, "select count(*) as n from public.a"), QueryReport)

    assert [ready.version for ready in planned.plan.ready] == ["1"]
    assert rehearsed.rehearsal is not None
    assert [(entry.version, entry.state.value) for entry in listed.entries] == [("1", "applied"), ("2", "pending")]
    assert proved.outcome == "confirmed"
    assert {each.about[1][-1] for each in differing.drifts} >= {"stray"}
    assert list(found.rows) == [{"n": 0}]


def test_without_consent_nothing_is_changed(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)

    for report in (push(opened), push(opened, consent=lambda _plan: False), push(opened, consent=lambda _plan: "")):
        assert isinstance(report.error, ConsentMissing)
        assert report.applied == ()
    assert not any(writes(request) for request in project.asked)
    assert project.versions() == []


def test_consent_is_asked_with_what_is_to_be_applied(project: Project, opened: Opened) -> None:
    project.write(v1_a=A, v2_b=B)
    asked: list[list[str]] = []

    def consent(found: Plan) -> bool:
        asked.append([ready.version for ready in found.ready])
        return False

    push(opened, consent=consent, to="1", rehearse=False, verify=False)

    assert asked == [["1"]]


def test_what_consent_raises_goes_through_and_nothing_is_changed(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)

    def broken(_plan: Plan) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        push(opened, consent=broken, rehearse=False, verify=False)
    assert not any(writes(request) for request in project.asked)


def test_a_protected_target_wants_its_name(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    (project.folder / "sbapply.toml").write_text(
        f'[targets.live]\nref = "{project.settings.ref}"\nprotected = true\n'
    )
    with open_project(project.folder, project_ref=project.settings.ref) as guarded:
        denied = push(guarded, consent=yes, rehearse=False, verify=False)
        other = push(guarded, consent=lambda _plan: "another", rehearse=False, verify=False)
        assert project.versions() == []
        named = push(guarded, consent=lambda _plan: guarded.ref, rehearse=False, verify=False)

    assert isinstance(denied.error, ConsentMissing)
    assert "protected" in denied.error.message
    assert isinstance(other.error, ConsentMissing)
    assert named.error is None
    assert project.versions() == ["1"]


def test_a_dry_run_needs_no_consent_and_writes_nothing(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    report = push(opened, dry_run=True)
    assert (report.error, report.outcome, len(report.requests)) == (None, PushOutcome.DRY_RUN, 1)
    assert project.versions() == []


def test_events_tell_of_the_way(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    events: list[Event] = []
    push(opened, consent=yes, events=events.append, rehearse=False, verify=False)
    assert [type(event) for event in events] == [Sending, Applied]


def test_who_only_listens_ends_no_push_and_is_told_how_it_ended(project: Project, opened: Opened) -> None:
    project.write(v1_a=A, v2_b=B)

    def failing(_event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised:
        push(opened, consent=yes, events=failing)

    assert project.versions() == ["1", "2"]
    assert raised.value.__notes__ == ["sbapply: the push it listened to ended as applied; applied by it: 1, 2."]


def test_words_are_told_to_who_listens(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    told: list[str] = []
    with open_project(project.folder, progress=told.append) as listened:
        rehearse(listened)
    assert told == ["rehearsing 1 migration on a scratch Postgres"]


def test_a_failed_and_a_refused_push_are_reports(project: Project, opened: Opened) -> None:
    project.write(v1_a=A, v2_b="create table public.a (id int);")
    refused = push(opened, consent=yes)
    failed = push(opened, consent=yes, rehearse=False, verify=False)

    assert (refused.outcome, refused.exit_status, refused.applied) == (PushOutcome.REFUSED, 4, ())
    assert isinstance(failed.error, MigrationFailed)
    assert failed.error.file == "supabase/migrations/2_b.sql"
    assert [receipt.version for receipt in failed.applied] == ["1"]
    assert (project.versions(), project.tables()) == (["1"], ["a"])


def test_what_cannot_be_settled_is_unknown(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    (project.folder / "sbapply.toml").write_text("[patience]\nread = 0.5\nsettle = 0.5\n")
    cut = False

    def answer(request: SandboxRequest) -> SandboxResponse | None:
        nonlocal cut
        cut = cut or writes(request)
        return respond(502, "<html>") if cut else None

    project.answer = answer
    with open_project(project.folder) as impatient:
        report = push(impatient, consent=yes, rehearse=False, verify=False)

    assert isinstance(report.error, Unsettled)
    assert (report.outcome, report.exit_status) == (PushOutcome.UNKNOWN, 5)


def test_an_interrupted_push_is_settled_and_told(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def interrupt(event: Event) -> None:
        if isinstance(event, Sending):
            raise KeyboardInterrupt

    report = push(opened, consent=yes, events=interrupt, rehearse=False, verify=False)

    assert report.outcome is PushOutcome.INTERRUPTED
    assert project.versions() == []
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_saved_plan_is_pushed_as_it_was_approved(project: Project, opened: Opened) -> None:
    project.write(v1_a=A, v2_b=B)
    file = project.folder / "plan.json"
    planned = plan(opened, to="1", out=file)
    assert planned.saved is not None
    with pytest.raises(UsageError, match="include_all"):
        push(opened, consent=yes, plan=file, include_all=True)
    with pytest.raises(UsageError, match="no file"):
        push(opened, consent=yes, plan=project.folder / "absent.json")

    assert [receipt.version for receipt in push(opened, consent=yes, plan=planned.saved).applied] == ["1"]
    moved = push(opened, consent=yes, plan=file)

    assert isinstance(moved.error, PlanMoved)
    assert project.versions() == ["1"]


def test_seeds_run_behind_the_migrations(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    (project.folder / "supabase" / "seed.sql").write_text("insert into public.a values (7);")
    report = push(opened, consent=yes, include_seed=True, verify=False)
    assert report.files.done == ("supabase/seed.sql",)
    assert project.rows("select id from public.a") == [{"id": 7}]


def test_a_query_writes_with_consent_alone(project: Project, opened: Opened) -> None:
    sql = "create table public.a as select 1 as id"
    with pytest.raises(SqlError):
        query(opened, sql)
    for refusing in (None, lambda _sql: False):
        with pytest.raises(ConsentMissing):
            query(opened, sql, write=True, consent=refusing)
    assert project.tables() == []

    query(opened, sql, write=True, consent=lambda asked: asked == sql)

    assert project.tables() == ["a"]


def test_an_assertion_that_could_write_is_raised(project: Project, opened: Opened) -> None:
    (project.folder / "supabase" / "verify").mkdir()
    (project.folder / "supabase" / "verify" / "a.sql").write_text("create table t (id int);")
    with pytest.raises(Refused):
        verify(opened)


def test_a_project_that_sleeps_is_raised_before_anything_is_sent(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    body = {"id": project.settings.ref, "ref": project.settings.ref, "name": "x", "status": "INACTIVE"}

    def answer(request: SandboxRequest) -> SandboxResponse | None:
        return respond(200, body) if request.method == "GET" else None

    project.answer = answer
    with pytest.raises(ProjectAsleep):
        push(opened, consent=yes, rehearse=False)
    assert project.posts == []


def test_verifying_read_only_takes_the_endpoint_that_cannot_write(project: Project, opened: Opened) -> None:
    project.write(v1_a=A)
    push(opened, consent=yes, verify=False, rehearse=False)
    project.asked.clear()
    assert verify(opened, read_only=True).exit_status == 0
    assert {path.rpartition("/")[2] for path in project.posts} == {"read-only"}


def test_a_project_that_is_closed_is_told_so(project: Project, opened: Opened) -> None:
    with open_project(project.folder) as closed:
        pass
    with pytest.raises(UsageError, match="closed"):
        status(closed)


def test_a_token_that_is_given_goes_before_the_environments_and_is_not_shown(
    project: Project, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_ACCESS_TOKEN")
    for token in (project.settings.token, Token(project.settings.token, "a vault")):
        opening = open_project(project.folder, token=token)
        assert project.settings.token not in repr(vars(opening))
        with opening as given:
            assert status(given).entries == ()
            assert project.settings.token not in repr(given)
    with pytest.raises(TokenMissing), open_project(project.folder):
        pytest.fail("there is no token")


def test_what_is_no_token_is_not_repeated() -> None:
    with pytest.raises(TokenMalformed) as raised:
        open_project(token="postgresql://u:verysecret@host/db")
    assert "verysecret" not in str(raised.value)


def test_the_client_asks_the_api_itself(project: Project, opened: Opened) -> None:
    with open_client() as client:
        assert_type(client, ApiClient)
        assert [each.ref for each in client.projects(timeout=20)] == [project.settings.ref]
    assert client.closed
    assert opened.client.project(opened.ref, timeout=20).name == project.settings.name


def test_the_folder_is_read_anew_by_every_call(project: Project, opened: Opened) -> None:
    assert status(opened).entries == ()
    project.write(v1_a=A)
    assert [entry.version for entry in status(opened).entries] == ["1"]
    assert opened.workdir == project.folder.resolve()
    assert os.environ["SUPABASE_PROJECT_REF"] == opened.ref
