"""Pull from the outside: the file that is written builds what the project has."""

from tests.cli.conftest import Project, program, project

__all__ = ["program", "project"]

BY_HAND = """
create type mood as enum ('calm', 'wild');
create table notes (id bigint generated always as identity primary key, mood mood default 'calm',
  day date not null);
create index notes_day on notes (day) where mood = 'wild';
alter table notes enable row level security;
create policy own on notes for select to authenticated using (day > '2020-01-01');
create view wild as select id, day from notes where mood = 'wild';
create function days() returns int language sql stable as $$ select count(*)::int from notes $$;
grant select on notes to anon;
comment on table notes is 'What was written';
"""


def test_a_replay_of_the_file_is_what_the_project_has(project: Project) -> None:
    project.database.run(BY_HAND)
    status, document = project.json("pull", "start")
    assert (status, document["outcome"], document["different"], document["not_covered"]) == (0, "equal", [], [])
    assert document["objects"]["table"] == 1
    assert document["requests"] == len(project.posts) == 1
    [file] = (project.folder / "supabase" / "migrations").iterdir()
    assert file.name.endswith("_start.sql")
    assert document["file"] == f"supabase/migrations/{file.name}"
    assert 'create view "public"."wild"' in file.read_text("utf-8").replace("or replace ", "")


def test_where_there_are_migrations_nothing_is_written(project: Project) -> None:
    project.write(v1_a="create table a (id int);")
    done = project.run("pull")
    assert done.status == 2
    assert [path.name for path in (project.folder / "supabase" / "migrations").iterdir()] == ["1_a.sql"]


def test_an_empty_project_makes_a_file_that_says_so(project: Project) -> None:
    done = project.run("pull")
    assert done.status == 0
    assert "Builds:  " in done.stdout
