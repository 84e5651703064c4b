"""A difference between the project and its migrations is named on the terminal and in the document."""

from tests.cli.conftest import Project


def pushed(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key, word text);")
    assert project.run("push", "--yes", "--no-verify").status == 0
    project.asked.clear()


def test_right_after_a_push_there_is_none(project: Project) -> None:
    pushed(project)

    done = project.run("diff", "--output", "json")

    assert (done.status, done.document["outcome"], done.document["differences"]) == (0, "equal", [])
    assert done.document["requests"] == len(project.posts) == 2


def test_what_was_changed_by_hand_is_named_with_both_sides(project: Project) -> None:
    pushed(project)
    project.database.run("alter table a alter word set not null; create table by_hand (id int)")

    done = project.run("diff", "--output", "json")

    assert (done.status, done.document["outcome"]) == (3, "differs")
    assert [(each["object"], each["side"]) for each in done.document["differences"]] == [
        ("column public.a.word", "different"),
        ("table public.by_hand", "extra"),
    ]
    assert done.document["differences"][0]["facts"] == {"not_null": {"expected": False, "found": True}}


def test_text_shows_it_by_object_and_counts(project: Project) -> None:
    pushed(project)
    project.database.run('alter table a drop column word; create view "\x1b[31mred" as select 1 as one')

    done = project.run("diff")

    assert done.status == 3
    assert "column public.a.word: missing on the project" in done.stdout
    assert "\x1b" not in done.stdout
    assert "2 differences." in done.stdout


def test_what_an_applied_version_without_a_file_made_is_listed(project: Project) -> None:
    pushed(project)
    project.write(v2_b="create table b (id int);")
    assert project.run("push", "--yes", "--no-verify").status == 0
    (project.folder / "supabase" / "migrations" / "2_b.sql").unlink()

    done = project.run("diff")

    assert done.status == 3
    assert "table public.b" in done.stdout
    assert "2 is applied and has no file here" in done.stdout


def test_what_would_bring_it_back_is_a_script_that_does(project: Project) -> None:
    pushed(project)
    project.database.run("alter table a alter word set not null; create table by_hand (id int)")

    done = project.run("diff", "--sql")
    assert done.status == 3
    assert project.run("diff").status == 3
    project.database.run(done.stdout)

    assert "-- loses what table public.by_hand holds" in done.stdout
    assert project.run("diff").status == 0
