"""A new migration is a file behind all others, empty, with what is piped in, or with what the project has more."""

import json
import re
from typing import TYPE_CHECKING, cast

import pytest

from tests.cli.conftest import Program, Project

if TYPE_CHECKING:
    from io import TextIOWrapper


def files(program: Program) -> dict[str, str]:
    folder = program.folder / "supabase" / "migrations"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_it_is_an_empty_file_called_by_the_time_and_no_project_is_asked(program: Program) -> None:
    status, document = program.json("new", "add_titles")

    assert (status, document["outcome"], document["bytes"]) == (0, "written", 0)
    ((name, text),) = files(program).items()
    assert re.fullmatch(r"20[0-9]{12}_add_titles\.sql", name)
    assert text == ""
    assert document["file"] == f"supabase/migrations/{name}"


def test_what_is_piped_in_is_its_text(program: Program) -> None:
    sql = "create table a (word text default 'é');\n"
    assert program.run("new", "a", given=sql).status == 0
    assert list(files(program).values()) == [sql]


@pytest.mark.parametrize(
    ("newest", "expected"),
    [("29990101235959", "29990102000000"), ("29991399999998", "29991399999999"), ("5", "6"), ("98", "99")],
)
def test_it_comes_behind_the_newest_file_even_if_that_is_of_the_future(
    program: Program, newest: str, expected: str
) -> None:
    program.write(**{f"v{newest}_a": "select 1;"})
    assert program.json("new", "b")[1]["version"] == expected


def test_where_no_version_is_left_it_says_so(program: Program) -> None:
    program.write(v99_a="select 1;")
    status, document = program.json("new", "b")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert list(files(program)) == ["99_a.sql"]


@pytest.mark.parametrize(
    ("given", "called"),
    [("add titles", "add_titles"), ("../../x", ".._.._x"), ("größe.sql", "größe"), (" a\tb\n", "a_b")],
)
def test_a_name_is_made_one_that_a_file_can_have(program: Program, given: str, called: str) -> None:
    assert program.run("new", "--output", "json", "--", given).document["name"] == called
    assert [name.partition("_")[2] for name in files(program)] == [f"{called}.sql"]


@pytest.mark.parametrize("given", ["", "///", "x.down"])
def test_a_name_that_is_none_is_refused(program: Program, given: str) -> None:
    status, document = program.json("new", given)
    assert (status, document["error"]["code"]) == (2, "usage")
    assert files(program) == {}


def test_the_folder_is_made_and_a_dry_run_makes_nothing(program: Program) -> None:
    (program.folder / "supabase" / "migrations").rmdir()
    assert program.json("new", "a", "--dry-run")[1]["outcome"] == "dry-run"
    assert not (program.folder / "supabase" / "migrations").exists()
    assert program.run("new", "a").status == 0
    assert len(files(program)) == 1


def test_what_is_piped_in_and_no_text_is_refused(program: Program) -> None:
    with program.start("new", "a", "--output", "json") as process:
        cast("TextIOWrapper", process.stdin).buffer.write(b"select '\xff'")
        stdout, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(stdout)["error"]["code"]) == (2, "usage")
    assert files(program) == {}


BY_HAND = """
alter table a add day date not null default '2020-01-01', alter word set not null, alter id type bigint;
create table by_hand (id int primary key, a bigint references a);
alter table by_hand enable row level security;
create policy everybody on by_hand for select to anon using (true);
create view words as select word from a;
comment on table a is 'changed';
"""


def pushed(project: Project) -> None:
    project.write(v20260101000000_a="create table a (id int primary key, word text); create table gone (id int);")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.asked.clear()


def test_what_was_changed_by_hand_becomes_a_migration_that_replays_equal(project: Project) -> None:
    pushed(project)
    project.database.run(BY_HAND)

    status, document = project.json("new", "by_hand", "--from-diff")

    assert (status, document["outcome"], document["replay"], document["different"]) == (0, "written", "equal", [])
    assert document["requests"] == len(project.posts) == 2
    text = files(project)[document["file"].rpartition("/")[2]]
    assert text == document["text"]
    assert "create table" in text
    assert project.versions() == ["20260101000000"]
    assert project.json("repair", "applied", document["version"], "--yes")[0] == 0
    assert project.json("diff")[1]["outcome"] == "equal"
    assert project.json("status", "--check")[0] == 0


def test_what_loses_data_is_a_comment_and_the_difference_that_stays_is_told(project: Project) -> None:
    pushed(project)
    project.database.run("drop table gone")

    done = project.run("new", "by_hand", "--from-diff")

    assert done.status == 3
    text = list(files(project).values())[-1]
    assert '-- drop table "public"."gone";' in text
    assert "loses what table public.gone holds" in text
    assert not [line for line in text.splitlines() if line and not line.startswith("--")]
    assert "table public.gone: extra" in done.stdout
    assert "sbapply repair applied" in done.stdout


def test_an_object_whose_name_holds_a_line_end_does_not_leave_its_comment(project: Project) -> None:
    pushed(project)
    project.write(v20260102000000_b='create table "x\n; drop table a; --" (id int);')
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.database.run('drop table "x\n; drop table a; --"')

    assert project.run("new", "by_hand", "--from-diff").status == 3

    text = list(files(project).values())[-1]
    assert not [line for line in text.splitlines() if line and not line.startswith("--")]


def test_it_comes_before_what_is_pending_so_that_this_stays_in_order(project: Project) -> None:
    pushed(project)
    project.write(v20260301000000_c="create table c (id int);")
    project.database.run("create table by_hand (id int)")

    document = project.json("new", "by_hand", "--from-diff")[1]

    assert document["version"] == "20260101000001"
    assert project.json("repair", "applied", document["version"], "--yes")[0] == 0
    assert [each["state"] for each in project.json("status")[1]["migrations"]] == ["applied", "applied", "pending"]


def test_where_nothing_differs_nothing_is_written(project: Project) -> None:
    pushed(project)
    status, document = project.json("new", "x", "--from-diff")
    assert (status, document["outcome"], document["file"]) == (0, "nothing-to-do", None)
    assert list(files(project)) == ["20260101000000_a.sql"]


def test_a_dry_run_shows_the_text_and_writes_nothing(project: Project) -> None:
    pushed(project)
    project.database.run("create table by_hand (id int)")
    done = project.run("new", "x", "--from-diff", "--dry-run")
    assert done.status == 0
    assert 'create table "public"."by_hand"' in done.stdout
    assert list(files(project)) == ["20260101000000_a.sql"]


def test_a_half_applied_file_is_finished_first(project: Project) -> None:
    project.write(v1_a="create table a (id int);\ncommit;\nselect 1/0;")
    assert project.run("push", "--yes", "--no-rehearse").status == 1
    status, document = project.json("new", "x", "--from-diff")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert "half applied" in document["error"]["message"]
