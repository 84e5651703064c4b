"""What the project's PostgreSQL is too old for, in what `rehearse` reports and in what `push` says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sbapply.database import Patience
from sbapply.errors import ConsentMissing, LocalMissing
from sbapply.history.plan import Plan
from sbapply.migrations.files import read_folder
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from sbapply.render.rehearse import rehearse_lines
from sbapply.verbs.push import PushOptions, push
from sbapply.verbs.rehearse import rehearse
from sbapply.verbs.target import Target
from tests.conftest import new_database
from tests.verbs.test_push import Counted, Rehearsing, Spoken


@pytest.fixture
def project(engine_of: Callable[[int], Server], tmp_path: Path) -> Callable[[int], Target]:
    def at(version: int) -> Target:
        server = engine_of(version)
        database = Counted(LocalDatabase(server.conninfo(user="postgres", database=new_database(server))))
        folder = read_folder(tmp_path, shown="m")
        return Target("a" * 20, "App", folder, database, database, Rehearsing(), Patience(read=5, settle=5))

    (tmp_path / "1_a.sql").write_text("create function app_sort() returns int language sql as 'select 1';")
    (tmp_path / "2_b.sql").write_text("select app_sort();\n\nselect 1,\n  any_value(2);\n")
    return at


def spoken_version(target: Target) -> str:
    number = int(str(target.database.run("select current_setting('server_version_num') as number")[0]["number"]))
    return f"{number // 10000}.{number % 10000}"


def test_a_rehearsal_reports_what_the_project_is_too_old_for(project: Callable[[int], Target]) -> None:
    target = project(15)
    report = rehearse(target)
    document = report.to_json()
    assert document["project_version"] == report.project_version
    migrations = document["migrations"]
    assert isinstance(migrations, list)
    assert [each["newer"] for each in migrations if isinstance(each, dict)] == [
        [],
        [{"file": "m/2_b.sql", "line": 4, "column": 3, "what": "any_value()", "since": 16}],
    ]
    line = f"  line 4: any_value() needs PostgreSQL 16; the project is {spoken_version(target)}"
    assert list(rehearse_lines(report)).count(line) == 1


def test_what_the_project_is_too_old_for_is_said_without_a_rehearsal_too(
    project: Callable[[int], Target],
) -> None:
    target = replace(project(15), rehearser=Rehearsing(LocalMissing("no extra")))
    lines = list(rehearse_lines(rehearse(target)))
    assert f"  line 4: any_value() needs PostgreSQL 16; the project is {spoken_version(target)}" in lines
    assert lines[-1] == "Not rehearsed: no extra"


def test_a_project_as_new_as_the_rehearsal_lacks_nothing(project: Callable[[int], Target]) -> None:
    report = rehearse(project(18))
    assert report.newer == {}
    assert not any("needs PostgreSQL" in line for line in rehearse_lines(report))


def test_a_name_that_another_file_defines_is_the_projects_own(
    project: Callable[[int], Target], tmp_path: Path
) -> None:
    (tmp_path / "1_a.sql").write_text("create function any_value(int) returns int language sql as 'select 1';")
    assert rehearse(project(15)).newer == {}


def test_a_push_says_what_the_project_is_too_old_for_before_it_asks(project: Callable[[int], Target]) -> None:
    target = project(15)
    said_before: list[str] = []

    def no(_plan: Plan) -> None:
        said_before.extend(spoken.rehearsed)
        raise ConsentMissing("no")

    spoken = Spoken(consent=no)
    push(target, PushOptions(), spoken.steps())
    version = spoken_version(target)
    assert said_before == [f"m/2_b.sql:4:3: any_value() needs PostgreSQL 16; the project is {version}"]
