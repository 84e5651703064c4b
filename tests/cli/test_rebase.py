"""Files that are out of order get names behind what is applied; their text and their order stay."""

import time

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project

NEWEST = "29990110000000"


def names(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / "supabase" / "migrations").iterdir())


def applied(project: Project) -> None:
    """Apply one version, and put two files before it."""
    project.write(**{f"v{NEWEST}_new": "create table n (id int);"})
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v20260101000000_a="create table a (id int);", v20260102000000_b="create table b (id int);")
    project.asked.clear()


def test_they_come_behind_in_their_order_and_can_be_pushed(project: Project) -> None:
    applied(project)

    status, document = project.json("rebase", "--yes")

    assert (status, document["outcome"], document["requests"]) == (0, "renamed", 1)
    assert names(project) == [f"{NEWEST}_new.sql", "29990110000001_a.sql", "29990110000002_b.sql"]
    assert document["renamed"] == ["29990110000001", "29990110000002"]
    folder = project.folder / "supabase" / "migrations"
    assert (folder / "29990110000001_a.sql").read_text(encoding="utf-8") == "create table a (id int);"
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0


def test_status_and_push_name_it_for_what_is_out_of_order(project: Project) -> None:
    applied(project)
    assert "sbapply rebase" in project.run("status").stdout
    assert "sbapply rebase" in project.json("push", "--yes")[1]["error"]["next"]


def test_it_shows_them_and_renames_nothing_without_a_yes(project: Project) -> None:
    applied(project)
    before = names(project)

    done = project.run("rebase")

    assert done.status == 2
    assert "20260101000000_a.sql -> 29990110000001_a.sql" in done.stdout
    assert names(project) == before
    assert project.json("rebase", "--dry-run")[1]["outcome"] == "dry-run"
    assert names(project) == before


def test_what_is_pending_behind_stays_last(project: Project) -> None:
    applied(project)
    project.write(v29990110000003_c="select 3;", v29990120000000_d="select 4;")

    assert project.json("rebase", "--yes")[0] == 0

    assert names(project)[1:] == [
        "29990110000001_a.sql",
        "29990110000002_b.sql",
        "29990110000003_c.sql",
        "29990120000000_d.sql",
    ]


def test_where_there_is_no_room_what_is_behind_is_renamed_too(project: Project) -> None:
    applied(project)
    project.write(v29990110000001_c="select 3;", v29990120000000_d="select 4;")

    assert project.json("rebase", "--yes")[0] == 0

    assert [name.partition("_")[2] for name in names(project)] == ["new.sql", "a.sql", "b.sql", "c.sql", "d.sql"]
    assert names(project)[-1] == "29990120000000_d.sql"


def test_numbers_are_counted_on_where_they_are_no_times(project: Project) -> None:
    project.write(v0002_new="select 2;")
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v0001_a="select 1;")

    assert project.json("rebase", "--yes")[0] == 0

    assert names(project) == ["0002_new.sql", "0003_a.sql"]


def test_of_two_files_with_an_applied_version_the_other_one_is_renamed(project: Project) -> None:
    applied(project)
    assert project.json("rebase", "--yes")[0] == 0
    project.write(**{f"v{NEWEST}_other": "select 5;"})

    assert project.json("rebase", "--yes")[0] == 0

    assert f"{NEWEST}_new.sql" in names(project)
    assert f"{NEWEST}_other.sql" not in names(project)


def test_a_half_applied_file_keeps_its_name_and_comes_first(project: Project) -> None:
    project.write(v20260103000000_half="create table h (id int);\ncommit;\nselect 1/0;")
    assert project.run("push", "--yes", "--no-rehearse").status == 1
    project.write(v20260101000000_a="create table a (id int);")

    status, document = project.json("rebase", "--yes")

    assert (status, len(document["renames"])) == (0, 1)
    assert names(project)[0] == "20260103000000_half.sql"
    assert names(project)[1].endswith("_a.sql")


def test_where_all_is_in_order_there_is_nothing_to_do(project: Project) -> None:
    project.write(v1_a="select 1;", v2_b="select 2;")
    assert project.json("rebase", "--yes")[1]["outcome"] == "nothing-to-do"
    assert names(project) == ["1_a.sql", "2_b.sql"]


@pytest.mark.parametrize("made", [1, 2])
def test_a_run_that_was_cut_short_is_completed_by_the_next(project: Project, made: int) -> None:
    applied(project)
    project.write(v20260103000000_c="select 3;")
    folder = project.folder / "supabase" / "migrations"
    planned = project.json("rebase", "--dry-run")[1]["renames"]
    for each in list(reversed(planned))[:made]:
        (project.folder / each["file"]).rename(project.folder / each["to_file"])

    assert project.json("rebase", "--yes")[0] == 0

    assert [name.partition("_")[2] for name in names(project)] == ["new.sql", "a.sql", "b.sql", "c.sql"]
    assert names(project)[1] > NEWEST
    assert (folder / names(project)[3]).read_text(encoding="utf-8") == "select 3;"


def test_a_run_that_is_killed_while_it_asks_has_renamed_nothing(project: Project) -> None:
    applied(project)
    before = names(project)

    def hang(request: SandboxRequest) -> SandboxResponse | None:
        time.sleep(1.0 if request.method == "POST" else 0)
        return None

    project.answer = hang
    with project.start("rebase", "--yes") as process:
        while not project.posts:
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=30)

    assert names(project) == before


def test_a_file_that_comes_meanwhile_is_not_written_over_and_what_was_done_is_told(project: Project) -> None:
    applied(project)

    def come(request: SandboxRequest) -> SandboxResponse | None:
        if request.method == "POST":
            project.write(v29990110000001_a="select 'somebody else';")
        return None

    project.answer = come
    status, document = project.json("rebase", "--yes")

    assert (status, document["error"]["code"], document["renamed"]) == (2, "usage", ["29990110000002"])
    folder = project.folder / "supabase" / "migrations"
    assert (folder / "29990110000001_a.sql").read_text(encoding="utf-8") == "select 'somebody else';"
    assert (folder / "20260101000000_a.sql").exists()


def test_a_name_that_becomes_too_long_is_told_and_so_is_what_was_done(project: Project) -> None:
    applied(project)
    project.write(**{f"v1_{'n' * 245}": "select 1;"})

    status, document = project.json("rebase", "--yes")

    assert (status, document["error"]["code"]) == (2, "usage")
    assert "too long" in document["error"]["message"]
    assert document["renamed"] == ["29990110000002", "29990110000003"]
