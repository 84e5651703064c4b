"""Verifying asks once where every file is applied, and proves what is applied where one is not."""

from tests.cli.conftest import Project


def pushed(project: Project) -> None:
    project.write(v1_a="create table a (id int primary key);", v2_b="create view b as select id from a;")
    assert project.run("push", "--yes").status == 0
    project.asked.clear()


def test_one_request_proves_all_where_every_file_is_applied(project: Project) -> None:
    pushed(project)

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (0, "confirmed")
    assert done.document["requests"] == len(project.posts) == 1
    assert {claim["object"] for claim in done.document["claims"]} >= {"public.a.id", "view public.b"}
    assert [entry["state"] for entry in done.document["history"]["migrations"]] == ["applied", "applied"]


def test_what_is_pending_is_not_claimed(project: Project) -> None:
    pushed(project)
    project.write(v3_c="create table c (id int);")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (0, "confirmed")
    assert done.document["requests"] == len(project.posts) == 2
    assert not [claim for claim in done.document["claims"] if claim["version"] == "3"]


def test_a_pending_file_that_does_not_run_hides_nothing(project: Project) -> None:
    pushed(project)
    project.write(v3_c="select 1 / 0;", v4_d="select from from;")
    project.database.run("drop view b")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (3, "differs")
    assert {claim["object"] for claim in done.document["claims"] if claim["status"] == "missing"} == {
        "public.b",
        "public.b.id",
        "view public.b",
    }


def test_the_state_that_comes_with_a_proof_is_the_one_that_status_reads(project: Project) -> None:
    pushed(project)
    project.database.run("delete from supabase_migrations.schema_migrations where version = '2'")

    done = project.run("verify", "--output", "json")

    states = {entry["version"]: entry["state"] for entry in done.document["history"]["migrations"]}
    assert states == {"1": "applied", "2": "pending"}
    assert {claim["version"] for claim in done.document["claims"]} == {"1"}


RLS = """
create table open_one (id int); create policy p on open_one using (true);
create table shut (id int); alter table shut enable row level security;
create table fine (id int); alter table fine enable row level security; create policy p on fine using (true);
create schema apart; create table apart.shut (id int); alter table apart.shut enable row level security;
create table parted (id int) partition by list (id); alter table parted enable row level security;
create policy p on parted using (true);
create table part partition of parted default; alter table part enable row level security;
"""


def test_row_security_and_policies_that_do_not_go_together_are_a_warning(project: Project) -> None:
    project.write(v1_a=RLS)
    pushed = project.run("push", "--yes", "--output", "json")
    project.asked.clear()

    done = project.run("verify", "--output", "json", "--report", "r.md")

    expected = [
        ("policy-without-row-security", "public.open_one"),
        ("row-security-without-policy", "public.shut"),
    ]
    assert [(each["kind"], each["object"]) for each in done.document["warnings"]] == expected
    assert [(each["kind"], each["object"]) for each in pushed.document["warnings"]] == expected
    assert (done.status, done.document["outcome"], len(project.posts)) == (0, "confirmed", 1)
    assert "Warning: public.open_one has policies and row security is not enabled" in project.run("verify").stdout
    assert "public.shut has row security and no policy" in (project.folder / "r.md").read_text()


def test_the_schemas_that_the_database_says_are_exposed_count(project: Project) -> None:
    project.write(v1_a=RLS)
    assert project.run("push", "--yes").status == 0
    # In this database alone: the role is the cluster's, which other tests use too.
    [here] = project.rows("select current_database() as name")
    project.superuser.run(
        f"alter role authenticator in database {here['name']} set pgrst.db_schemas = 'api, apart'"
    )

    _, document = project.json("verify")

    assert "apart.shut" in [each["object"] for each in document["warnings"]]
    assert "public.shut" not in [each["object"] for each in document["warnings"]]


def test_a_migration_without_a_claim_says_so(project: Project) -> None:
    project.write(
        v1_first="create table a (id int primary key);",
        v2_made="alter table a add n int;",
        v3_rows="insert into a values (1);",
        v4_again="alter table a alter n type bigint;",
        v5_none="-- later",
        v6_there="create table if not exists a (id int);",
    )
    assert project.run("push", "--yes").status == 0

    done = project.run("verify", "--output", "json", "--report", "r.html", "--report", "r.xml")

    reasons = {each["version"]: (each["reason"], each["unknown"]) for each in done.document["unclaimed"]}
    assert reasons == {
        "2": ("later migrations changed all of it again", False),
        "3": ("it is about rows, and nothing of the catalog changed", False),
        "5": ("it holds no statement", False),
        "6": ("later migrations did it over, or it left the catalog as it was", False),
    }
    assert (done.status, done.document["outcome"]) == (0, "confirmed")
    assert "Nothing is claimed of 3 rows: it is about rows" in project.run("verify").stdout
    for name in ("r.html", "r.xml"):
        assert "Nothing is claimed of 5 none" in (project.folder / name).read_text()


def test_read_only_asks_the_other_endpoint_alone_and_probes_nothing(project: Project) -> None:
    project.write(v1_a="create table a (n int constraint positive check (n > 0));")
    assert project.run("push", "--yes").status == 0
    project.asked.clear()

    done = project.run("verify", "--read-only", "--output", "json")

    probes = [claim for claim in done.document["claims"] if claim["object"].endswith("(probe)")]
    assert [(each["status"], each["found"]["reason"]) for each in probes] == [
        ("not-probed", "this role may only read")
    ]
    assert [path.rpartition("/database/")[2] for path in project.posts] == ["query/read-only"]
    assert (done.status, done.document["outcome"], done.document["requests"]) == (0, "confirmed", 1)


def broken(project: Project) -> None:
    """Push four files, the third of which only the project can run."""
    project.database.run("create table made_by_hand (id int)")
    project.write(
        v1_a="create table a (id int primary key); create table b (id int);",
        v2_b="create view v as select id from a;",
        v3_c="alter table made_by_hand add word text; alter table b add word text;",
        v4_d="create table d (id int);",
    )
    assert project.run("push", "--yes").status == 0
    project.asked.clear()


def test_what_does_not_run_here_is_named_and_what_does_is_proved(project: Project) -> None:
    broken(project)

    done = project.run("verify", "--output", "json", "--report", "r.md")

    assert (done.status, done.document["outcome"]) == (0, "partly-confirmed")
    unknown = {each["version"]: each["reason"] for each in done.document["unclaimed"] if each["unknown"]}
    assert unknown.keys() == {"3", "4"}
    assert "supabase/migrations/3_c.sql: " in unknown["3"]
    assert 'relation "made_by_hand" does not exist' in unknown["3"]
    assert "supabase/migrations/3_c.sql" in unknown["4"]
    statuses = {claim["object"]: claim["status"] for claim in done.document["claims"]}
    assert (statuses["public.a.id"], statuses["view public.v"]) == ("confirmed", "confirmed")
    assert (statuses["public.b"], statuses["public.b.id"]) == ("not-probed", "not-probed")
    assert statuses["supabase_migrations.schema_migrations[4]"] == "confirmed"
    assert "public.d" not in statuses
    text = project.run("verify").stdout
    assert "PARTLY VERIFIED: " in text
    assert "It is not known what to claim of 3 c: supabase/migrations/3_c.sql: " in text
    assert "PARTLY VERIFIED" in (project.folder / "r.md").read_text()


def test_what_runs_here_and_differs_is_named_beside_what_does_not(project: Project) -> None:
    broken(project)
    project.database.run("drop view v")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (3, "differs")
    assert [each["version"] for each in done.document["unclaimed"] if each["unknown"]] == ["3", "4"]


def test_a_text_that_changes_what_it_does_not_name_leaves_nothing_to_ask(project: Project) -> None:
    broken(project)
    project.write(v3_c="alter table made_by_hand add word text; drop function if exists x() cascade;")

    _, document = project.json("verify")

    assert document["outcome"] == "nothing-claimed"
    assert {claim["status"] for claim in document["claims"] if claim["version"] == "2"} == {
        "confirmed",
        "not-probed",
    }
    assert [entry["state"] for entry in document["history"]["migrations"]][2] == "edited"


def test_without_an_engine_the_history_and_the_assertions_are_checked(project: Project) -> None:
    pushed(project)
    folder = project.folder / "supabase" / "verify"
    folder.mkdir()
    (folder / "a.sql").write_text("select true;")
    nowhere = {"SBAPPLY_PG_BIN": str(project.folder)}

    done = project.run("verify", "--output", "json", environment=nowhere)
    project.database.run("drop view b")
    (folder / "a.sql").write_text("select false;")
    failing = project.run("verify", "--output", "json", environment=nowhere)

    assert (done.status, done.document["outcome"]) == (0, "partly-confirmed")
    assert [each["version"] for each in done.document["unclaimed"]] == ["1", "2"]
    assert all("there is no Postgres to rehearse it on" in each["reason"] for each in done.document["unclaimed"])
    assert (failing.status, failing.document["outcome"]) == (3, "differs")


def test_an_applied_version_without_a_file_is_named(project: Project) -> None:
    pushed(project)
    (project.folder / "supabase" / "migrations" / "2_b.sql").unlink()

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (0, "partly-confirmed")
    assert done.document["unclaimed"] == [
        {"version": "2", "name": "b", "reason": "it is applied and has no file here", "unknown": True}
    ]


def test_a_dropped_object_that_stands_again_is_a_difference(project: Project) -> None:
    project.write(
        v1_a="create function f(int) returns int language sql as 'select 1';", v2_b="drop function f(int);"
    )
    assert project.run("push", "--yes").status == 0
    project.database.run("create function f(int) returns int language sql as 'select 1'")

    done = project.run("verify", "--output", "json")

    assert (done.status, done.document["outcome"]) == (3, "differs")
    (claim,) = [claim for claim in done.document["claims"] if claim["status"] == "differs"]
    assert (claim["version"], claim["object"], claim["expected"]) == ("2", "function public.f(integer)", None)
    assert claim["found"]["body"] == "select 1"
