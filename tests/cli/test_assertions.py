"""Assert from the outside: what supabase/verify and the migrations say must hold, or verify ends with 3 or 4."""

from tests.cli.conftest import Project, program, project

__all__ = ["program", "project"]

QUIET = ("push", "--yes", "--no-rehearse", "--no-verify")
TABLE = """create table public.notes (id int primary key, owner text not null);
insert into public.notes values (1, 'ann'), (2, 'ben');
alter table public.notes enable row level security;
create policy own on public.notes for select to anon
  using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
grant select on public.notes to anon;
-- sbapply:assert (select count(*) from public.notes) = 2
"""
AS_ANON = """set local role anon;
set local request.jwt.claims = '{"sub": "ann"}';
select count(*) = 1, bool_and(owner = 'ann') from public.notes;
"""


def assert_in(project: Project, name: str, text: str) -> None:
    folder = project.folder / "supabase" / "verify"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")


def test_what_is_asserted_is_confirmed_beside_the_claims(project: Project) -> None:
    project.write(v1_a=TABLE, v2_b="-- sbapply:assert false\n")
    assert_in(project, "rls.sql", AS_ANON)
    assert project.run(*QUIET, "--to", "1").status == 0
    asked = len(project.posts)
    status, document = project.json("verify")
    assert (status, document["outcome"]) == (0, "confirmed")
    assert document["requests"] == len(project.posts) - asked == 4
    assert document["assertions"] == [
        {
            "file": "supabase/migrations/1_a.sql",
            "version": "1",
            "line": 7,
            "column": 19,
            "text": "(select count(*) from public.notes) = 2",
            "status": "confirmed",
            "found": "1 row, all true",
            "sqlstate": None,
        },
        {
            "file": "supabase/verify/rls.sql",
            "version": None,
            "line": 3,
            "column": 1,
            "text": "select count(*) = 1, bool_and(owner = 'ann') from public.notes",
            "status": "confirmed",
            "found": "1 row, all true",
            "sqlstate": None,
        },
    ]
    shown = project.run("verify").stdout
    assert "confirmed    supabase/verify/rls.sql:3:1: select count(*) = 1" in shown
    assert "Assertions: 2 of 2 confirmed, 0 differ, 0 not run" in shown


def test_what_does_not_hold_is_a_difference_although_every_claim_is_confirmed(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert_in(project, "rls.sql", AS_ANON)
    assert_in(project, "é'\x1b\u202e.sql", 'select false as "a\x1b";\nselect nope;')
    assert_in(project, "notes.txt", "not read")
    assert project.run(*QUIET).status == 0
    project.database.run("alter policy own on public.notes using (true)")
    project.database.run("delete from public.notes where id = 2; insert into public.notes values (3, 'ben')")
    done = project.run("verify", "--output", "json")
    document = done.document
    assert (done.status, document["outcome"]) == (3, "differs")
    statuses = [(each["line"], each["status"], each["found"]) for each in document["assertions"]]
    assert statuses == [
        (7, "confirmed", "1 row, all true"),
        (3, "differs", "row 1: ?column? is false, bool_and is false"),
        (1, "differs", "row 1: a\x1b is false"),
        (2, "differs", 'failed with SQLSTATE 42703: column "nope" does not exist'),
    ]
    assert document["assertions"][3]["sqlstate"] == "42703"
    shown = project.run("verify").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "not read     supabase/verify/notes.txt: not a .sql file" in shown
    assert "Assertions: 1 of 4 confirmed, 3 differ, 0 not run" in shown


def test_an_assertion_that_could_do_more_than_ask_is_refused_and_nothing_is_sent(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert project.run(*QUIET).status == 0
    asked = len(project.asked)
    assert_in(project, "a.sql", "select true;\r\n  delete from public.notes;\r\n")
    status, document = project.json("verify")
    assert (status, document["outcome"], document["error"]["code"]) == (4, "refused", "refused")
    error = document["error"]
    assert (error["file"], error["line"], error["column"]) == ("supabase/verify/a.sql", 2, 3)
    assert "DELETE" in error["message"]
    assert error["next"]
    done = project.run("verify")
    assert done.status == 4
    assert "supabase/verify/a.sql:2:3: DELETE is no question" in done.stderr
    assert len(project.asked) == asked
    assert project.rows("select count(*)::int as n from public.notes") == [{"n": 2}]


def test_a_line_that_could_do_more_than_ask_is_refused_by_verify_and_push(project: Project) -> None:
    project.write(v1_a="create table a ();\n-- sbapply:assert delete from a\n")
    for verb in (("verify",), ("push", "--yes", "--no-rehearse"), ("push", "--yes", "--dry-run")):
        status, document = project.json(*verb)
        assert (status, document["error"]["code"]) == (4, "refused")
        error = document["error"]
        assert (error["file"], error["line"], error["column"]) == ("supabase/migrations/1_a.sql", 2, 19)
    assert (project.versions(), project.tables()) == ([], [])


def test_a_push_runs_what_its_migrations_assert_and_no_file(project: Project) -> None:
    project.write(v1_a=TABLE)
    assert_in(project, "a.sql", "select false")
    done = project.run("push", "--yes", "--output", "json")
    assert (done.status, done.document["outcome"]) == (0, "applied")
    assert [each["status"] for each in done.document["assertions"]] == ["confirmed"]
    assert "Assertions: 1 of 1 confirmed" in done.stderr
    project.write(v2_b="-- sbapply:assert select count(*) = 3 from public.notes\nselect 1;")
    status, document = project.json("push", "--yes")
    assert (status, document["outcome"]) == (3, "applied")
    assert [(each["version"], each["status"]) for each in document["assertions"]] == [("2", "differs")]
    assert document["verification"]["outcome"] == "confirmed"
    assert project.versions() == ["1", "2"]


def test_without_verifying_a_push_asserts_nothing(project: Project) -> None:
    project.write(v1_a="-- sbapply:assert false\nselect 1;")
    status, document = project.json(*QUIET)
    assert (status, document["assertions"]) == (0, [])


def test_what_is_asserted_of_a_project_without_migrations_is_proof(project: Project) -> None:
    assert_in(project, "a.sql", "select true")
    status, document = project.json("verify")
    assert (status, document["outcome"]) == (0, "confirmed")
    assert_in(project, "a.sql", "-- later")
    status, document = project.json("verify")
    assert (status, document["outcome"]) == (0, "nothing-claimed")
    assert [each["status"] for each in document["assertions"]] == ["not-run"]
