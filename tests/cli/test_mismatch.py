"""The history names a version that nobody has here: status explains it, one command resolves it, no row is lost."""

import pytest

from sbapply.sandbox.handler import SandboxRequest
from tests.cli.conftest import Project
from tests.cli.killing import kill_in_the_middle

RECIPES = "create table public.recipes (id bigint generated always as identity primary key, title text not null);\n"
SERVINGS = "alter table public.recipes add column servings int;\n"
BY_HAND = """alter table public.recipes
  add column notes text default 'none', add constraint short check (length(title) < 50)"""
HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key, statements text[], name text
);
"""
ROWS = (
    "insert into public.recipes (title, notes) select 'recipe ' || n, 'note ' || n from generate_series(1, 25) as n"
)


def mismatch(project: Project, text: str) -> None:
    """Leave two files here, of which one is applied, and there a version between them that nobody has."""
    for sql in (HISTORY, RECIPES, BY_HAND, ROWS):
        project.database.run(sql)
    project.database.run(
        "insert into supabase_migrations.schema_migrations (version, name, statements) values "
        f"('20250301000000', 'recipes', null), ('20250315093000', 'recipe_notes', {text})"
    )
    project.write(v20250301000000_recipes=RECIPES, v20250401000000_servings=SERVINGS)


def survived(project: Project) -> bool:
    (row,) = project.rows("select count(*)::int as rows, count(notes)::int as notes from public.recipes")
    return row == {"rows": 25, "notes": 25}


@pytest.mark.parametrize("options", [("--from-schema", "20250315093000"), ()], ids=["named", "all there is"])
def test_without_a_text_the_file_is_written_from_what_the_project_has(
    project: Project, options: tuple[str, ...]
) -> None:
    mismatch(project, "null")

    told = project.run("status")
    assert told.status == 0
    assert (
        "recipe_notes  (applied, but no file here has the version, and the history holds no text of it)"
        in told.stdout
    )
    assert "Next: `sbapply reconcile --from-schema 20250315093000`" in told.stdout

    done = project.run("reconcile", *options, "--yes")
    assert done.status == 0, done.stderr
    file = project.folder / "supabase" / "migrations" / "20250315093000_recipe_notes.sql"
    assert 'add column "notes" text' in file.read_text("utf-8")
    assert 'add column "notes" text' in done.stdout

    states = [each["state"] for each in project.json("status")[1]["migrations"]]
    assert states == ["applied", "applied", "pending"]
    status, document = project.json("push", "--yes")
    assert (status, document["outcome"]) == (0, "applied")
    assert [each["version"] for each in document["applied"]] == ["20250401000000"]
    assert project.json("status", "--check")[0] == 0
    assert project.json("diff")[1]["outcome"] == "equal"
    assert survived(project)


def test_a_push_goes_on_all_the_same_and_loses_nothing(project: Project) -> None:
    mismatch(project, "null")
    status, document = project.json("push", "--yes")
    assert (status, document["outcome"]) == (0, "applied")
    assert project.versions() == ["20250301000000", "20250315093000", "20250401000000"]
    assert survived(project)


def test_what_is_only_here_under_another_version_is_relabelled(project: Project) -> None:
    mismatch(project, f"array[$text${BY_HAND}$text$]")
    project.write(v20250320000000_notes=f"{BY_HAND};\n")

    assert "Next: `sbapply reconcile`" in project.run("status").stdout
    assert project.run("reconcile", "--yes").status == 0

    assert project.versions() == ["20250301000000", "20250320000000"]
    assert project.json("push", "--yes")[0] == 0
    assert project.json("status", "--check")[0] == 0
    assert survived(project)


def test_a_dry_run_and_a_missing_consent_write_no_file_and_no_row(project: Project) -> None:
    mismatch(project, "null")
    words = ("reconcile", "--from-schema", "20250315093000")

    status, document = project.json(*words, "--dry-run")
    assert (status, document["outcome"], document["file"]) == (
        0,
        "dry-run",
        "supabase/migrations/20250315093000_recipe_notes.sql",
    )
    assert 'add column "notes" text' in document["text"]
    assert project.json(*words)[0] == 2

    assert len(list((project.folder / "supabase" / "migrations").iterdir())) == 2
    asked = "select count(statements)::int as texts from supabase_migrations.schema_migrations"
    assert project.rows(asked) == [{"texts": 0}]


@pytest.mark.parametrize(
    ("version", "next_step"), [("20250315093000", "sbapply fetch 20250315093000"), ("7", "sbapply status")]
)
def test_a_version_with_a_text_or_without_a_row_is_not_made_up(
    project: Project, version: str, next_step: str
) -> None:
    mismatch(project, f"array[$text${BY_HAND}$text$]")
    status, document = project.json("reconcile", "--from-schema", version, "--yes")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert next_step in document["error"]["next"]


def test_where_something_has_the_files_name_the_row_is_not_written_either(project: Project) -> None:
    mismatch(project, "null")
    project.database.run(
        "update supabase_migrations.schema_migrations set name = 'notes.down' where version = '20250315093000'"
    )
    file = project.folder / "supabase" / "migrations" / "20250315093000_notes.down.sql"
    file.write_text("-- mine\n", encoding="utf-8")

    status, document = project.json("reconcile", "--from-schema", "20250315093000", "--yes")

    assert (status, document["error"]["code"], file.read_text()) == (2, "usage", "-- mine\n")
    asked = "select count(statements)::int as texts from supabase_migrations.schema_migrations"
    assert project.rows(asked) == [{"texts": 0}]


def test_of_several_rows_without_text_none_is_made_up_unasked(project: Project) -> None:
    mismatch(project, "null")
    project.database.run(
        "insert into supabase_migrations.schema_migrations (version, name) values ('20250316', 'x')"
    )

    status, document = project.json("reconcile", "--yes")

    assert (status, document["outcome"], len(document["without_file"])) == (0, "nothing-to-do", 2)
    assert "--from-schema 20250315093000" in document["notes"][0]


def test_killed_before_the_file_is_written_its_text_is_in_the_history_whole_or_not_at_all(project: Project) -> None:
    mismatch(project, "null")

    def puts_the_text(request: SandboxRequest) -> bool:
        return b"on conflict (version) do update" in request.body

    kill_in_the_middle(project, "reconcile", "--from-schema", "20250315093000", "--yes", of=puts_the_text)

    assert len(list((project.folder / "supabase" / "migrations").iterdir())) == 2
    document = project.json("reconcile", "--from-schema", "20250315093000", "--yes")[1]
    assert "sbapply fetch 20250315093000" in document["error"]["next"]
    assert survived(project)
