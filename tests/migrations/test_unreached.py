"""A setting that cannot reach a part in another session is refused before anything is sent."""

import pytest

from sbapply.migrations.files import Problem
from tests.migrations.cutting import cut, outcome, refusal

COMMITS = "do $$ begin commit; end $$"
INDEX = "create index concurrently i on t (a)"


@pytest.mark.parametrize(
    "statement", [COMMITS, INDEX, "drop index concurrently i", "vacuum t", "create database d"]
)
@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ("set role r", "role r"),
        ("set session role r", "role r"),
        ("SET ROLE 'r'", "role r"),
        ("select set_config('role', 'r', false)", "role r"),
        ("set session authorization r", "session user r"),
        ("begin; set role r; commit", "role r"),
    ],
)
def test_a_role_that_is_in_force_at_a_statement_that_runs_alone_is_refused_there(
    taken: str, named: str, statement: str
) -> None:
    text = f"select 1;\n{taken};\nselect 2;\n  {statement};"
    assert refusal(text) == ("session-state", "4:3")
    problem = outcome(text)
    assert isinstance(problem, Problem)
    assert named in problem.reason
    assert "line 2" in problem.reason
    assert "`reset " in problem.next_step


@pytest.mark.parametrize(
    "text",
    [
        f"set role r; select 1; reset role; {COMMITS}",
        f"set role r; select 1; set role none; {COMMITS}",
        f"set session authorization r; set role s; reset session authorization; {COMMITS}",
        f"set role r; set session authorization default; {INDEX}",
        f"set local role r; {INDEX}",
        f"set role postgres; {INDEX}",
        f"savepoint s; set role r; rollback to s; {INDEX}",
        f"{INDEX}; set role r; select 1",
        "set role r; discard all",
        "set role r; commit; select 1",
    ],
)
def test_a_role_that_is_not_in_force_there_any_more_is_no_problem(text: str) -> None:
    assert cut(text)


def test_a_role_is_not_asked_about_for_a_statement_that_has_run_already() -> None:
    text = f"set role r;\n{INDEX};\nreset role;\nselect 1;"
    reach = text.index("reset role")
    assert len(cut(text, done=reach)) == 1


def test_a_setting_of_the_files_own_making_is_refused_before_a_block_that_commits() -> None:
    text = f"set my.tenant = 'blue';\nselect 1;\n{COMMITS};"
    assert refusal(text) == ("session-state", "3:1")
    problem = outcome(text)
    assert isinstance(problem, Problem)
    assert "my.tenant of line 1" in problem.reason
    assert "perform set_config('my.tenant', …, false)" in problem.next_step


@pytest.mark.parametrize(
    "text",
    [
        f"set my.tenant = 'blue'; reset my.tenant; {COMMITS}",
        f"set my.tenant = 'blue'; reset all; {COMMITS}",
        f"set plpgsql.extra_warnings = 'all'; {COMMITS}",
        f"set my.tenant = 'blue'; {INDEX}",
        "set my.tenant = 'blue'; vacuum",
    ],
)
def test_a_setting_that_makes_no_difference_to_a_statement_that_runs_alone_is_no_problem(text: str) -> None:
    assert cut(text)


@pytest.mark.parametrize("behind", [f"{INDEX};", f"{COMMITS};", "commit;\nselect 1;", "begin;\nselect 1;\ncommit;"])
@pytest.mark.parametrize(
    "call",
    [
        "select set_config('search_path', 'app' || ', public', false)",
        "select pg_catalog.set_config('search_path', current_user, false)",
        "select set_config('search_path', path, false) from paths",
        "select set_config(name, 'app', false) from paths",
        "select set_config('search_path', 'app', local) from paths",
        "select (select set_config('search_path', 'app', false))",
        "select * from set_config('search_path', 'app', false)",
        "select set_config('search_path', 'app', false) where true",
        "values (set_config('search_path', 'app', false))",
        "with made as (select set_config('search_path', 'app', false)) select from made",
        "select length(set_config('search_path', 'app', false))",
        "select set_config(setting_name => 'search_path', new_value => 'app', is_local => false)",
    ],
)
def test_what_only_the_server_knows_of_a_setting_is_refused_in_front_of_a_boundary(call: str, behind: str) -> None:
    text = f"select 1;\n  {call};\nselect 2;\n{behind}"
    assert refusal(text) == ("session-state", "2:3")


@pytest.mark.parametrize(
    "text",
    [
        "select set_config('search_path', 'app' || ', public', false); select 1",
        "select set_config('search_path', 'app' || ', public', true); commit; select 1",
        "select set_config('search_path', 'app'::text, false::bool); commit; select 1",
        "select set_config('search_path', 'a' || 'b', false); reset all; commit; select 1",
        "select set_config('search_path', 'a' || 'b', false); set search_path = c; commit; select 1",
        "select evil.set_config('search_path', 'a' || 'b', false); commit; select 1",
        "commit; select set_config('search_path', 'a' || 'b', false); select 1",
        "savepoint s; select set_config('a.b', 'a' || 'b', false); rollback to s; commit; select 1",
    ],
)
def test_what_only_the_server_knows_is_no_problem_where_nothing_follows_or_it_can_be_read(text: str) -> None:
    assert cut(text)


def test_what_only_the_server_knew_is_not_refused_in_a_part_that_is_done() -> None:
    text = "select set_config('search_path', 'a' || 'b', false);\ncommit;\nselect 1;\ncommit;\nselect 2;"
    reach = text.index("\nselect 1")
    assert [each.settings for each in cut(text, done=reach)] == [(), ()]
