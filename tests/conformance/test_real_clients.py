"""Let the official CLI and the official MCP server work on `sbapply sandbox serve`, and take turns with sbapply."""

from pathlib import Path

import pytest

from tests.conformance.conftest import McpServer, Sandbox

pytestmark = [pytest.mark.conformance, pytest.mark.enable_socket]


def test_the_official_cli_lists_the_project(sandbox: Sandbox) -> None:
    listed = sandbox.supabase("projects", "list")
    assert sandbox.ref in listed
    assert "Local sandbox" in listed


def test_the_official_cli_runs_sql(sandbox: Sandbox) -> None:
    answer = sandbox.supabase(
        "db", "query", f"--remote={sandbox.ref}", "--yes", "select count(*) as n from public.books"
    )
    assert "n" in answer
    assert "0" in answer


def test_the_official_cli_shows_what_the_advisors_find(sandbox: Sandbox) -> None:
    found = sandbox.supabase("db", "advisors", f"--remote={sandbox.ref}", "--level", "info")
    for lint in ("rls_disabled_in_public", "rls_enabled_no_policy", "unindexed_foreign_keys"):
        assert lint in found


def test_after_sbapply_link_the_official_cli_needs_no_ref(sandbox: Sandbox) -> None:
    folder = sandbox.new_folder("linked-by-us")
    assert sandbox.sbapply("link", sandbox.ref, folder=folder)["file"] == "supabase/.temp/project-ref"
    assert "42" in sandbox.supabase("db", "query", "--remote", "--yes", "select 42 as n", folder=folder)
    listed = sandbox.supabase("projects", "list", folder=folder)
    (row,) = [line for line in listed.splitlines() if sandbox.ref in line]
    assert "●" in row.partition("|")[0]


def test_after_supabase_link_sbapply_needs_no_ref(sandbox: Sandbox) -> None:
    folder = sandbox.new_folder("linked-by-them")
    sandbox.supabase("link", "--project-ref", sandbox.ref, folder=folder)
    assert sandbox.sbapply("query", "select 42 as n", folder=folder)["rows"] == [{"n": 42}]
    (project,) = sandbox.sbapply("projects", folder=folder)["projects"]
    assert project["linked"] is True


def test_both_write_the_same_link(sandbox: Sandbox) -> None:
    ours, theirs = sandbox.new_folder("ours"), sandbox.new_folder("theirs")
    sandbox.sbapply("link", sandbox.ref, folder=ours)
    sandbox.supabase("link", "--project-ref", sandbox.ref, folder=theirs)
    link = Path("supabase", ".temp", "project-ref")
    assert (ours / link).read_bytes() == (theirs / link).read_bytes()
    assert (ours / link).stat().st_mode == (theirs / link).stat().st_mode


def test_the_official_mcp_server_lists_tables(sandbox: Sandbox, mcp: McpServer) -> None:
    tables = mcp.call("list_tables", project_id=sandbox.ref, schemas=["public"])
    assert "books" in tables
    assert "notes" in tables


def test_the_official_mcp_server_runs_sql(sandbox: Sandbox, mcp: McpServer) -> None:
    assert "4242" in mcp.call("execute_sql", project_id=sandbox.ref, query="select 4242 as n")


def test_the_official_mcp_server_lists_the_migrations_that_sbapply_pushed(sandbox: Sandbox, mcp: McpServer) -> None:
    listed = mcp.call("list_migrations", project_id=sandbox.ref)
    assert "20260101000000" in listed
    assert "books" in listed


def test_the_official_mcp_server_shows_what_the_advisors_find(sandbox: Sandbox, mcp: McpServer) -> None:
    found = mcp.call("get_advisors", project_id=sandbox.ref, type="security")
    assert "rls_disabled_in_public" in found
    assert "unindexed_foreign_keys" not in found
    assert "unindexed_foreign_keys" in mcp.call("get_advisors", project_id=sandbox.ref, type="performance")


def test_what_an_agent_applies_is_told_and_fetched(sandbox: Sandbox, mcp: McpServer) -> None:
    folder = sandbox.new_folder("agents")
    sandbox.sbapply("fetch", "--project-ref", sandbox.ref, folder=folder)
    body = "create table public.moods (id int primary key);\n\n-- calm first\ninsert into public.moods values (1);"

    mcp.call("apply_migration", project_id=sandbox.ref, name="add_moods", query=body)

    (entry,) = [
        each
        for each in sandbox.sbapply("status", "--project-ref", sandbox.ref, folder=folder)["migrations"]
        if each["state"] != "applied"
    ]
    assert (entry["state"], entry["name"], len(entry["version"])) == ("missing-file", "add_moods", 14)
    (fetched,) = sandbox.sbapply("fetch", "--project-ref", sandbox.ref, folder=folder)["files"]
    assert fetched["file"] == f"supabase/migrations/{entry['version']}_add_moods.sql"
    assert (folder / fetched["file"]).read_text() == f"{body};\n"
    sandbox.sbapply("status", "--check", "--project-ref", sandbox.ref, folder=folder)
