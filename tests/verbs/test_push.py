"""Push as a function: what a rehearsal, a proof or an answer that fails makes of the report."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sbapply.catalog.whole import WholeCatalog
from sbapply.database import Database, Patience, Row
from sbapply.errors import (
    ConsentMissing,
    EngineError,
    Interrupted,
    LocalMissing,
    MigrationFailed,
    OutcomeUnknown,
    Place,
    Refused,
    RehearsalFailed,
    SbapplyError,
    SqlError,
    Unsettled,
    UsageError,
)
from sbapply.history.plan import Plan
from sbapply.migrations.files import Migration, read_folder
from sbapply.migrations.seeds import SqlFile
from sbapply.rehearse.rehearsal import Rehearsal
from sbapply.rehearse.server import Server
from sbapply.rehearse.squashing import Squashed
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verbs.failure import failure_document, failure_json
from sbapply.verbs.files import WantedFiles
from sbapply.verbs.push import PushOptions, PushSteps, push
from sbapply.verbs.pushed import PushReport
from sbapply.verbs.query import query
from sbapply.verbs.target import Target
from tests.conftest import new_database


@dataclass
class Counted:
    """Count the requests of a database; ``fail`` may raise instead of letting one through."""

    database: LocalDatabase
    fail: Callable[[str], None] = lambda _sql: None
    requests: int = 0

    def run(self, sql: str, *, timeout: float | None = None) -> Sequence[Row]:
        self.requests += 1
        self.fail(sql)
        return self.database.run(sql, timeout=timeout)


@dataclass
class Spoken:
    """Note what a push says to whoever started it."""

    shown: list[Plan] = field(default_factory=list)
    rehearsed: list[str] = field(default_factory=list)
    consent: Callable[[Plan], None] = lambda _plan: None

    def steps(self) -> PushSteps:
        return PushSteps(self.shown.append, self.consent, self.rehearsed.append, lambda _event: None)


@dataclass(frozen=True)
class Rehearsing:
    """Claim nothing; ``replays`` and ``clones`` is what a replay or a clone ends with instead."""

    replays: BaseException | None = None
    clones: BaseException | None = None

    def replay(self, migrations: Sequence[Migration], pending: Collection[str] = ()) -> Rehearsal:
        del pending
        if self.replays is not None:
            raise self.replays
        return Rehearsal(tuple((migration.version, ()) for migration in migrations), tuple, 18)

    def clone(self, database: Database, pending: Sequence[Migration]) -> Rehearsal:
        del database
        if self.clones is not None:
            raise self.clones
        return Rehearsal(tuple((migration.version, ()) for migration in pending), tuple, 18)

    def replayed(self, migrations: Sequence[Migration]) -> WholeCatalog:
        raise AssertionError("a push does not compare")

    def differences(self, catalog: WholeCatalog, migration: Migration) -> tuple[str, ...]:
        raise AssertionError("a push does not pull")

    def squashed(self, migrations: Sequence[Migration], into: Migration, *, with_data: bool) -> Squashed:
        raise AssertionError("a push does not squash")


def failed(message: str, version: str, *, doubt: str = "") -> RehearsalFailed:
    failure = RehearsalFailed(message, version=version, place=Place("m/1_a.sql", 2, 3))
    failure.doubt = doubt
    return failure


@pytest.fixture
def database(engine_of: Callable[[int], Server]) -> Counted:
    server = engine_of(18)
    return Counted(LocalDatabase(server.conninfo(user="postgres", database=new_database(server))))


@pytest.fixture
def target(database: Counted, tmp_path: Path) -> Target:
    (tmp_path / "1_a.sql").write_text("create table a (id int);")
    folder = read_folder(tmp_path, shown="m")
    patience = Patience(read=0.3, settle=0.3)
    return Target("a" * 20, "App", folder, database, database, Rehearsing(), patience)


def run(target: Target, spoken: Spoken | None = None, **options: bool) -> PushReport:
    return push(target, PushOptions(**options), (spoken or Spoken()).steps())  # type: ignore[arg-type]


def with_rehearsal(target: Target, replays: BaseException, clones: BaseException | None = None) -> Target:
    return replace(target, rehearser=Rehearsing(replays, clones))


def test_a_push_shows_its_plan_and_applies_it(target: Target) -> None:
    spoken = Spoken()
    report = run(target, spoken)
    assert (report.outcome.value, report.exit_status) == ("applied", 0)
    assert [len(plan.ready) for plan in spoken.shown] == [1]
    assert target.title == f"App ({'a' * 20})"


@pytest.mark.parametrize(
    ("replays", "clones", "note"),
    [
        (LocalMissing("no extra"), None, "not rehearsed: no extra"),
        (EngineError("no disk"), None, "not rehearsed: no disk"),
        (failed("no", "0"), failed("applied long ago", "0"), "not rehearsed: m/1_a.sql:2:3: applied long ago"),
        (
            failed("no", "1"),
            failed("no extension", "1", doubt="it lacks it"),
            "not rehearsed: m/1_a.sql:2:3: no extension (it lacks it; the push goes on)",
        ),
    ],
    ids=[
        "no engine here",
        "an engine that fails",
        "an applied one fails",
        "a pending one fails for want of ours",
    ],
)
def test_a_rehearsal_that_says_nothing_of_the_project_is_told_and_push_goes_on(
    target: Target, replays: SbapplyError, clones: SbapplyError | None, note: str
) -> None:
    spoken = Spoken()
    report = run(with_rehearsal(target, replays, clones), spoken)
    assert (report.outcome.value, report.exit_status) == ("applied", 0)
    assert spoken.rehearsed == [note]
    assert report.to_json()["rehearsal"] == note
    verification = report.to_json()["verification"]
    assert isinstance(verification, dict)
    assert verification["outcome"] == "not-verified"


@pytest.mark.parametrize("clones", [failed("no column b", "1"), EngineError("no disk")], ids=["too", "cannot tell"])
def test_a_pending_file_that_the_project_would_refuse_too_is_refused_before_anything_is_sent(
    target: Target, database: Counted, clones: SbapplyError
) -> None:
    report = run(with_rehearsal(target, failed("no column b", "1"), clones))
    assert (report.outcome.value, report.exit_status, database.requests) == ("refused", 4, 1)
    assert report.error is not None
    assert (report.error.message, str(report.error.place)) == ("no column b", "m/1_a.sql:2:3")
    assert [each.version for each in report.pending] == ["1"]


def test_a_pending_file_that_fails_in_a_replay_and_not_on_a_clone_is_pushed(target: Target) -> None:
    report = run(with_rehearsal(target, failed("no table t", "1")))
    assert (report.outcome.value, report.rehearsal_note) == ("applied", "")


def test_a_no_is_in_the_report_with_what_stays_pending(target: Target, database: Counted) -> None:
    report = run(target, Spoken(consent=lambda _plan: (_ for _ in ()).throw(ConsentMissing("no"))))
    assert (report.exit_status, [each.version for each in report.pending]) == (2, ["1"])
    assert database.requests == 1


def test_a_read_that_fails_is_in_the_report_with_its_requests(target: Target, database: Counted) -> None:
    def fail(_sql: str) -> None:
        raise OutcomeUnknown("bad gateway")

    database.fail = fail
    report = run(target)
    document = report.to_json()
    assert (report.exit_status, document["outcome"], document["applied"]) == (1, "failed", [])
    assert document["requests"] == database.requests >= 1


def test_a_proof_that_cannot_be_had_does_not_undo_what_was_applied(target: Target, database: Counted) -> None:
    def fail(sql: str) -> None:
        if "verification" in sql:
            raise OutcomeUnknown("bad gateway")

    database.fail = fail
    report = run(target)
    assert (report.outcome.value, report.exit_status, len(report.applied)) == ("applied", 0, 1)
    assert "bad gateway" in report.unverified


def test_ctrl_c_while_verifying_keeps_what_was_applied(target: Target, database: Counted) -> None:
    def fail(sql: str) -> None:
        if "verification" in sql:
            raise KeyboardInterrupt

    database.fail = fail
    report = run(target)
    assert (report.exit_status, [each.version for each in report.applied]) == (130, ["1"])
    assert report.unverified


@pytest.mark.parametrize("what", ["roles", "seeds"])
@pytest.mark.parametrize("reached", [True, False], ids=["behind the commit", "before it was sent"])
def test_ctrl_c_at_a_file_beside_the_migrations_lists_it_as_what_it_is(
    target: Target, database: Counted, what: str, *, reached: bool
) -> None:
    file = SqlFile("supabase/x.sql", "0" * 64, "create table by_the_file (id int);")
    wanted = WantedFiles(roles=file) if what == "roles" else WantedFiles(seeds=(file,))

    def fail(sql: str) -> None:
        if sql.startswith("/* sbapply run=") and "by_the_file" in sql:
            if reached:
                database.database.run(sql)
            raise KeyboardInterrupt

    database.fail = fail
    target = replace(target, patience=Patience(read=5.0, settle=5.0))
    report = push(target, PushOptions(files=wanted), Spoken().steps())

    document = report.to_json()
    files = document[what]
    assert isinstance(files, list)
    assert [each["state"] for each in files if isinstance(each, dict)] == ["done" if reached else "pending"]
    assert (report.exit_status, document["outcome"]) == (130, "interrupted")
    assert len(report.applied) == (0 if what == "roles" else 1)
    made = database.database.run("select to_regclass('by_the_file') is not null as made")[0]["made"]
    assert made is reached


def test_ctrl_c_during_a_query_that_writes_is_unknown(target: Target, database: Counted) -> None:
    def fail(_sql: str) -> None:
        raise KeyboardInterrupt

    database.fail = fail
    with pytest.raises(Unsettled, match="interrupted"):
        query(target, "delete from t", write=True)
    assert database.requests == 1


def test_a_query_that_reads_is_asked_again_and_one_that_writes_is_not(target: Target, database: Counted) -> None:
    def fail(_sql: str) -> None:
        if database.requests == 1:
            raise OutcomeUnknown("cut off")

    database.fail = fail
    target = Target(target.ref, None, target.folder, database, database, Rehearsing(), Patience(read=5.0))
    assert list(query(target, "select 1 as a").rows) == [{"a": 1}]
    database.requests = 0
    with pytest.raises(Unsettled, match="cut off"):
        query(target, "select 1 as a", write=True)
    assert database.requests == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unsettled("x"), "unknown"),
        (Interrupted("x"), "interrupted"),
        (Refused("x"), "refused"),
        (UsageError("x"), "failed"),
        (SqlError("42P01", "x"), "failed"),
    ],
)
def test_a_document_without_a_report_has_the_contracts_words(error: SbapplyError, outcome: str) -> None:
    assert failure_document("status", error).keys() == {"command", "project", "outcome", "error"}
    document = failure_document("push", error)
    assert document["outcome"] == outcome
    assert (document["applied"], document["pending"], document["requests"]) == ([], [], 0)
    assert document["verification"]


def test_an_error_tells_what_postgres_said_and_no_place_that_does_not_follow() -> None:
    said = SqlError("P0001", "no", detail="d", hint="h")
    told = failure_json(MigrationFailed("no", "Correct it.", version="1", file="m/1_a.sql", sql_error=said))
    assert told == {
        "code": "migration-failed",
        "message": "no",
        "next": "Correct it.",
        "version": "1",
        "file": "m/1_a.sql",
        "line": None,
        "column": None,
        "sqlstate": "P0001",
        "detail": "d",
        "hint": "h",
    }


def test_assertions_that_got_no_answer_are_not_run_and_the_push_and_its_proof_stay(
    target: Target, database: Counted, tmp_path: Path
) -> None:
    (tmp_path / "2_b.sql").write_text(
        "-- sbapply:assert select set_config('a.b', 'c', true)\n-- sbapply:assert true\n"
    )
    target = replace(target, folder=read_folder(tmp_path, shown="m"))

    def fail(sql: str) -> None:
        if "sbapply.asked'" in sql:
            raise OutcomeUnknown("nobody knows")

    database.fail = fail
    report = run(target)
    assert (report.outcome.value, report.exit_status) == ("applied", 0)
    assert report.verdict is not None
    [result] = report.assertions
    assert (result.status, result.version, str(result.place)) == ("not-run", "2", "m/2_b.sql:2:19")
    assert "nobody knows" in result.found
