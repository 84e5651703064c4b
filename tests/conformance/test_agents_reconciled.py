"""An agent's migration, whose version the server made up, becomes the file's that somebody wrote for it."""

import pytest

from tests.conformance.conftest import McpServer, Sandbox

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]

BODY = (
    "create table public.moods (id int primary key);\n\n-- calm first\ninsert into public.moods values (1), (2);\n"
)


def test_an_agents_migration_is_reconciled_with_the_file_of_the_same_text(sandbox: Sandbox, mcp: McpServer) -> None:
    file = sandbox.folder / "supabase" / "migrations" / "20260102000000_add_moods.sql"
    mcp.call("apply_migration", project_id=sandbox.ref, name="add_moods", query=BODY)
    # As it is saved in the repository, not as the agent sent it.
    file.write_text(BODY.replace("create table", "CREATE TABLE").replace("\n\n-- calm first\n", "\n\n"))
    options = ("--project-ref", sandbox.ref)
    before = {each["state"] for each in sandbox.sbapply("status", *options)["migrations"]}
    assert {"missing-file", "applied"} < before

    sandbox.sbapply("reconcile", "--yes", *options)

    status = sandbox.sbapply("status", "--check", *options)
    assert [(each["version"], each["name"]) for each in status["migrations"]] == [
        ("20260101000000", "books"),
        ("20260102000000", "add_moods"),
    ]
    rows = sandbox.sbapply("query", "select count(*) as n from public.moods", *options)["rows"]
    assert [int(row["n"]) for row in rows] == [2]
    assert "20260102000000" in mcp.call("list_migrations", project_id=sandbox.ref)
