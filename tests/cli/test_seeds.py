"""A push runs the roles before its migrations and the seeds behind them, each seed once."""

import signal
import time
from hashlib import sha256
from pathlib import Path

import pytest

from sbapply.sandbox.handler import SandboxRequest, SandboxResponse
from tests.cli.conftest import Project

QUICK = ("--yes", "--no-rehearse", "--no-verify")
SEED = "insert into public.a values (1);\n"


def lay(project: Project, **files: str) -> None:
    for name, text in files.items():
        path = project.folder / "supabase" / f"{name.replace('__', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def configure(project: Project, content: str) -> None:
    (project.folder / "supabase" / "config.toml").write_text(content)


def noted(project: Project) -> dict[str, object]:
    if project.rows("select to_regclass('supabase_migrations.seed_files') as t")[0]["t"] is None:
        return {}
    return {str(row["path"]): row["hash"] for row in project.rows("select * from supabase_migrations.seed_files")}


def values(project: Project) -> list[object]:
    return [row["id"] for row in project.rows("select id from public.a order by id")]


def lost_once(project: Project, needle: bytes) -> list[bytes]:
    """Let the answer to the first request that holds ``needle`` be lost behind the commit; return those seen."""
    from sbapply.sandbox.handler import SandboxHandler

    handler = SandboxHandler(project.settings, lambda role: str(conninfo[role]))
    conninfo = {"postgres": project.database.conninfo}
    seen: list[bytes] = []

    def answer(request: SandboxRequest) -> SandboxResponse | None:
        if needle not in request.body or b"find out what became" in request.body:
            return None
        seen.append(request.body)
        if len(seen) > 1:
            return None
        handler(request)
        return SandboxResponse(502, (("content-type", "text/html"),), b"<html>Bad gateway</html>")

    project.answer = answer
    return seen


def test_a_seed_runs_behind_the_migrations_once(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED)

    status, document = project.json("push", "--include-seed", *QUICK)

    digest = sha256(SEED.encode()).hexdigest()
    assert (status, document["outcome"]) == (0, "applied")
    assert document["seeds"] == [{"path": "supabase/seed.sql", "hash": digest, "does": "run", "state": "done"}]
    assert document["requests"] == 4
    assert (values(project), noted(project)) == ([1], {"supabase/seed.sql": digest})

    status, document = project.json("push", "--include-seed", *QUICK)
    assert (status, document["outcome"], document["seeds"]) == (0, "nothing-to-do", [])
    assert values(project) == [1]


def test_without_the_option_no_seed_is_looked_at(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed="this is no SQL")

    status, document = project.json("push", *QUICK)

    assert (status, document["seeds"], document["requests"]) == (0, [], 2)
    assert noted(project) == {}


def test_seeds_alone_are_work_and_are_proved_with_the_rest(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    assert project.run("push", *QUICK).status == 0
    lay(project, seed=SEED)

    done = project.run("push", "--include-seed", "--yes")

    assert done.status == 0
    assert "run   supabase/seed.sql (33 bytes)" in done.stdout
    assert "Ran supabase/seed.sql" in done.stdout
    assert "Verified" in done.stdout
    assert values(project) == [1]


def test_patterns_of_the_official_configuration_are_run_in_order(project: Project) -> None:
    project.write(v1_a="create table public.a (id serial, name text);")
    lay(
        project,
        seeds__2_b="insert into public.a (name) values ('b');",
        seeds__10_a="insert into public.a (name) values ('a');",
        last="insert into public.a (name) values ('last');",
    )
    configure(project, '[db.seed]\nsql_paths = ["./seeds/*.sql", "last.sql", "absent.sql"]\n')

    status, document = project.json("push", "--include-seed", *QUICK)

    assert status == 0
    assert [row["name"] for row in project.rows("select name from public.a order by id")] == ["a", "b", "last"]
    assert document["notes"] == ["no file matches the seed pattern absent.sql."]


def test_a_dry_run_lists_them_and_writes_nothing(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED, roles="create role app_reader;")

    status, document = project.json("push", "--include-seed", "--include-roles", "--dry-run")

    assert (status, document["outcome"]) == (0, "dry-run")
    assert [each["state"] for each in (*document["roles"], *document["seeds"])] == ["pending", "pending"]
    assert (project.versions(), noted(project)) == ([], {})
    assert project.rows("select from pg_roles where rolname = 'app_reader'") == []


def test_without_consent_none_of_it_is_run(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED)

    status, document = project.json("push", "--include-seed", "--no-rehearse")

    assert (status, document["error"]["code"]) == (2, "consent-missing")
    assert document["seeds"][0]["state"] == "pending"
    assert (project.tables(), noted(project)) == ([], {})


def test_a_changed_seed_is_noted_and_said_not_to_run_again(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED)
    assert project.run("push", "--include-seed", *QUICK).status == 0
    lay(project, seed="insert into public.a values (2);\n")

    done = project.run("push", "--include-seed", *QUICK)

    assert done.status == 0
    assert "it ran once and has changed since: its new hash is noted, and it is not run again" in done.stdout
    assert values(project) == [1]
    assert noted(project) == {"supabase/seed.sql": sha256(b"insert into public.a values (2);\n").hexdigest()}


def test_a_failing_seed_leaves_the_migrations_applied_and_nothing_of_itself(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed="insert into public.a values (1);\ninsert into public.b values (1);\n")

    status, document = project.json("push", "--include-seed", *QUICK)

    assert (status, document["outcome"], document["error"]["code"]) == (1, "failed", "file-failed")
    assert (document["error"]["file"], document["error"]["line"]) == ("supabase/seed.sql", 2)
    assert [each["version"] for each in document["applied"]] == ["1"]
    assert (values(project), noted(project)) == ([], {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("copy public.a from stdin;\n1\n\\.\n", "copy-from-stdin"),
        ("\\i other.sql\n", "psql-meta-command"),
        (f"select '{'x' * 900_000}';", "too-large"),
        ("select 1; commit; select 2;", "several-transactions"),
    ],
)
def test_a_seed_that_cannot_be_sent_is_refused_before_anything_is(project: Project, text: str, code: str) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=text)

    status, document = project.json("push", "--include-seed", *QUICK)

    assert (status, document["outcome"]) == (4, "refused")
    assert [(each["code"], each["file"], each["version"]) for each in document["refusals"]] == [
        (code, "supabase/seed.sql", None)
    ]
    assert project.versions() == []


def test_roles_are_run_before_the_migrations_each_time_they_are_asked_for(project: Project) -> None:
    project.write(v1_a="create table public.a (id int); grant select on public.a to app_reader_1;")
    lay(
        project,
        roles="do $$ begin if to_regrole('app_reader_1') is null then create role app_reader_1; end if; end $$;\n",
    )
    try:
        for _ in range(2):
            status, document = project.json("push", "--include-roles", "--yes")
            assert (status, document["outcome"]) == (0, "applied"), document
            assert document["roles"][0]["state"] == "done"
            assert document["verification"]["outcome"] == "confirmed"
        assert project.json("push", *QUICK)[1]["roles"] == []
    finally:
        project.superuser.run("drop owned by app_reader_1; drop role app_reader_1;")


def test_an_answer_lost_behind_the_commit_runs_no_seed_twice(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED)
    assert project.run("push", *QUICK).status == 0
    seen = lost_once(project, b"insert into public.a values (1)")

    status, document = project.json("push", "--include-seed", *QUICK)

    assert (status, document["seeds"][0]["state"]) == (0, "done")
    assert (len(seen), values(project)) == (1, [1])


def test_a_seed_noted_by_somebody_else_meanwhile_is_not_run(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=SEED)
    assert project.run("push", *QUICK).status == 0

    def answer(request: SandboxRequest) -> SandboxResponse | None:
        if b"insert into public.a values (1)" in request.body:
            project.database.run(
                "create table if not exists supabase_migrations.seed_files (path text primary key, hash text); "
                "insert into supabase_migrations.seed_files values ('supabase/seed.sql', 'theirs') "
                "on conflict do nothing"
            )
        return None

    project.answer = answer
    status, document = project.json("push", "--include-seed", *QUICK)

    assert (status, document["error"]["code"]) == (1, "history-moved")
    assert (values(project), noted(project)) == ([], {"supabase/seed.sql": "theirs"})


def test_killed_under_way_a_seed_has_run_whole_or_not_at_all(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed=f"{SEED}select pg_sleep(0.5);\ninsert into public.a values (2);\n")
    assert project.run("push", *QUICK).status == 0
    under_way: list[float] = []

    def answer(request: SandboxRequest) -> SandboxResponse | None:
        if b"pg_sleep(0.5)" in request.body:
            under_way.append(time.monotonic())
        return None

    project.answer = answer
    with project.start("push", "--include-seed", *QUICK) as process:
        give_up_at = time.monotonic() + 30
        while not under_way and time.monotonic() < give_up_at:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    while project.rows(
        "select from pg_stat_activity where query like '%pg_sleep(0.5)%' and pid <> pg_backend_pid()"
    ):
        time.sleep(0.05)

    assert (len(values(project)), len(noted(project))) in ((0, 0), (2, 1))
    assert project.run("push", "--include-seed", *QUICK).status == 0
    assert values(project) == [1, 2]


def test_migrations_that_are_switched_off_are_left_alone_with_the_reason(project: Project) -> None:
    project.write(v1_a="create table public.a (id int);")
    lay(project, seed="select 1;")
    configure(project, "[db.migrations]\nenabled = false\n")

    done = project.run("push", "--include-seed", *QUICK)

    assert done.status == 0
    assert "left alone: [db.migrations] enabled = false in supabase/config.toml" in done.stdout
    assert (project.versions(), list(noted(project))) == ([], ["supabase/seed.sql"])
    assert "enabled = false" in project.json("push", *QUICK)[1]["skipped"]


def test_what_the_configuration_holds_that_a_push_does_not_do_is_said(project: Project) -> None:
    configure(project, '[db.migrations]\nschema_paths = ["./schemas/*.sql"]\n[db.seed]\nenabled = false\n')
    lay(project, seed="select 1;")

    status, document = project.json("push", "--include-seed", "--include-roles", *QUICK)

    assert status == 0
    assert [note.partition(" ")[0] for note in document["notes"]] == ["schema_paths", "[db.seed]", "there"]
    assert noted(project) == {}


def test_a_configuration_that_is_no_toml_is_an_error_with_its_line(project: Project) -> None:
    configure(project, "[db]\nport = \n")

    status, document = project.json("push", *QUICK)

    assert (status, document["error"]["code"], document["error"]["line"]) == (2, "configuration", 2)
    assert Path(document["error"]["file"]).name == "config.toml"
