"""Rehearse from the outside: what would change, be locked and fail is told, and nothing of the project moves."""

from tests.cli.conftest import Project, program, project

__all__ = ["program", "project"]

TABLE = "create table a (id int primary key, b text);"
CHANGE = "alter table a add column c int check (c > 0);\nalter table a alter column id type bigint;\n"


def test_what_is_pending_is_told_with_what_it_changes_and_locks(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.write(v2_b=CHANGE)
    status, document = project.json("rehearse")
    assert (status, document["outcome"], document["way"]) == (0, "rehearsed", "replay")
    [migration] = document["migrations"]
    assert {claim["object"] for claim in migration["claims"]} >= {"public.a.c", "public.a.a_c_check", "public.a.id"}
    [added, retyped] = migration["statements"]
    assert (added["line"], added["tables"]) == (
        1,
        [{"schema": "public", "table": "a", "lock": "ACCESS EXCLUSIVE", "rewritten": False}],
    )
    assert (retyped["line"], retyped["tables"][0]["rewritten"]) == (2, True)
    assert project.versions() == ["1"]


def test_a_file_that_fails_is_told_at_its_line_and_a_push_of_it_is_refused(project: Project) -> None:
    project.write(v1_a=TABLE, v2_b="select 1;\nalter table a drop column nope;\n")
    status, document = project.json("rehearse")
    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "rehearsal-failed")
    assert document["error"]["file"] == "supabase/migrations/2_b.sql"
    assert document["error"]["sqlstate"] == "42703"
    status, document = project.json("push", "--yes")
    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "rehearsal-failed")
    assert project.versions() == []


def test_what_no_file_made_is_there_in_a_copy_of_the_projects_schema(project: Project) -> None:
    project.database.run("create table by_hand (id int primary key, note text); insert into by_hand values (1)")
    project.write(v1_more="alter table by_hand add column more int not null default 1 check (more > 0);")
    status, document = project.json("rehearse")
    assert (status, document["way"]) == (0, "clone")
    [migration] = document["migrations"]
    assert {claim["object"] for claim in migration["claims"]} >= {"public.by_hand.more"}
    done = project.run("push", "--yes")
    assert done.status == 0, done.stderr
    assert "Locks, supabase/migrations/1_more.sql line 1: ACCESS EXCLUSIVE on public.by_hand" in done.stdout


def test_what_of_a_project_could_not_be_copied_is_named(project: Project) -> None:
    project.database.run("create table by_hand (id int)")
    project.superuser.run(
        "create subscription s connection 'host=nowhere' publication p with (connect = false, slot_name = none)"
    )
    try:
        project.write(v1_more="alter table by_hand add column more int;")
        status, document = project.json("rehearse")
    finally:
        project.superuser.run("drop subscription s")
    assert (status, document["way"], document["unbuilt"]) == (0, "clone", ["subscription s: it is missing"])


def test_applied_versions_without_a_file_are_no_hindrance(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    (project.folder / "supabase" / "migrations" / "1_a.sql").unlink()
    project.write(v2_b=CHANGE)
    status, document = project.json("rehearse")
    # The state, the texts of the rows without a file, which the pending one could be, and the schema.
    assert (status, document["way"], document["requests"]) == (0, "clone", 3)


def test_locks_are_told_with_the_projects_own_sizes(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    project.database.run("insert into a select number from generate_series(1, 41000) number; analyze a")
    project.write(v2_b=CHANGE)
    status, document = project.json("push", "--yes")
    assert status == 0
    [added, retyped] = document["locks"]
    assert (added["tables"][0]["rows"], retyped["tables"][0]["rewritten"]) == (41000, True)
    assert added["tables"][0]["bytes"] > 1_000_000
    assert document["requests"] == 4


def test_one_that_is_simulated_is_named(project: Project) -> None:
    project.write(v1_a="create extension pg_net; create table a (id int);")
    done = project.run("rehearse")
    assert done.status == 0
    assert "Simulated there: " in done.stdout
    assert "pg_net" in done.stdout


def test_what_changes_is_told_of_every_kind_and_what_is_only_tried_is_not(project: Project) -> None:
    project.write(
        v1_a="create table a (id int primary key); create function f() returns int language sql as 'select 1';",
        v2_b="drop function f();",
        v3_c="insert into a values (1);",
    )

    done = project.run("rehearse")

    assert done.status == 0
    assert "  made  public.a.a_pkey\n" in done.stdout
    assert "  gone  function public.f()\n" in done.stdout
    assert "3_c.sql\n  changes nothing of the schema\n" in done.stdout
    assert "probe" not in done.stdout
