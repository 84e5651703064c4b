"""What only a project's rows defeat is found before anything is sent, and what they do not raises nothing."""

from pathlib import Path

import pytest

from sbapply.errors import MigrationFailed, Refused
from sbapply.history.state import read_state
from sbapply.migrations.files import read_folder
from sbapply.rehearse.rehearsal import Rehearsal
from sbapply.verbs.push import PushOptions, PushSteps, push
from sbapply.verbs.pushed import PushReport
from sbapply.verbs.target import Target
from tests.preflight.cases import CLEAN, DEFEATED, PROJECT
from tests.preflight.conftest import Project


def pushed(project: Project, folder: Path, text: str, **options: bool) -> PushReport:
    """Push a first file that is the project, if it is not there yet, and a second with this text."""
    if not (folder / "1_a.sql").exists():
        (folder / "1_a.sql").write_text(PROJECT)
        report = run(project, folder)
        assert report.outcome.value == "applied", report.error
        assert not report.data.answers
        project.superuser.run("analyze")
    (folder / "2_b.sql").write_text(text)
    project.sent.clear()
    return run(project, folder, **options)


def run(project: Project, folder: Path, **options: bool) -> PushReport:
    def rehearse(_: object) -> Rehearsal:
        raise AssertionError

    found = read_folder(folder, shown="m")
    target = Target("a" * 20, "App", found, project, project, rehearse)  # type: ignore[arg-type]
    steps = PushSteps(lambda _: None, lambda _: None, lambda _: None, lambda _: None)
    return push(target, PushOptions(rehearse=False, verify=False, **options), steps)  # type: ignore[arg-type]


def portrait(project: Project) -> list[object]:
    """Return what would tell that anything was changed."""
    return [
        project.superuser.run(
            "select xmin::text as x, t::text as row from orders t union all select xmin::text, t::text from lines t"
        ),
        project.superuser.run("select count(*) from pg_class"),
        project.superuser.run("select count(*), max(xmin::text) as newest from pg_attribute"),
        read_state(project.superuser, patience=5.0).versions,
    ]


@pytest.mark.parametrize("name", DEFEATED)
def test_what_only_the_rows_defeat_is_refused_before_anything_is_sent(
    name: str, project: Project, tmp_path: Path
) -> None:
    case = DEFEATED[name]
    pushed(project, tmp_path, "", dry_run=True)
    before = portrait(project)

    report = pushed(project, tmp_path, case.sql)

    assert (report.outcome.value, report.exit_status) == ("refused", 4), report.data.to_json()
    assert isinstance(report.error, Refused)
    assert "--ignore-data" in report.error.next_step
    (found,) = report.data.violated
    assert case.says in found.sentence
    assert (found.count, found.at_least) == (case.count, False)
    assert any(case.sample.items() <= each.items() for each in found.sample), found.sample
    assert len(found.sample) == min(case.count, 3)
    assert report.error.place == found.place
    assert len(project.sent) == 2
    assert "read only" in project.sent[1]
    assert portrait(project) == before


@pytest.mark.parametrize("name", DEFEATED)
def test_the_server_says_the_same_when_the_rows_are_not_asked(name: str, project: Project, tmp_path: Path) -> None:
    pushed(project, tmp_path, "", dry_run=True)
    report = pushed(project, tmp_path, DEFEATED[name].sql, ignore_data=True)
    assert (report.outcome.value, report.exit_status) == ("failed", 1)
    assert isinstance(report.error, MigrationFailed)
    assert report.error.sql_error is not None
    # Not null, check, unique, foreign key, exclusion; a value that is none of the type; too long.
    assert report.error.sql_error.sqlstate in ("23502", "23514", "23505", "23503", "23P01", "22P02", "22001")
    assert report.data.violated


@pytest.mark.parametrize("name", CLEAN)
def test_what_the_rows_do_not_defeat_raises_nothing(name: str, project: Project, tmp_path: Path) -> None:
    pushed(project, tmp_path, "", dry_run=True)
    report = pushed(project, tmp_path, CLEAN[name])
    assert [each.sentence for each in report.data.worth_telling] == []
    assert (report.outcome.value, report.exit_status) == ("applied", 0), report.error


def test_a_dry_run_says_what_would_be_refused(project: Project, tmp_path: Path) -> None:
    report = pushed(project, tmp_path, "alter table orders alter total set not null;", dry_run=True)
    assert (report.outcome.value, report.exit_status) == ("refused", 4)
    assert report.requests
    report = pushed(
        project, tmp_path, "alter table orders alter total set not null;", dry_run=True, ignore_data=True
    )
    assert (report.outcome.value, report.exit_status) == ("dry-run", 0)
    assert [each.count for each in report.data.violated] == [2]


def test_without_a_question_nothing_is_asked(project: Project, tmp_path: Path) -> None:
    pushed(project, tmp_path, "create table fresh (id int primary key);", dry_run=True)
    assert len(project.sent) == 1
