"""Starting: quick answers load little, and what is wrong on the command line is told with a way on."""

import ast
import subprocess
import sys

import pytest

from sbapply import __version__
from sbapply.cli.arguments import move_options_behind_verb, output_of, verb_of
from tests.cli.conftest import Program, Project

HEAVY = ("httpx", "keyring", "pydantic", "postgast", "psycopg", "google.protobuf")


def loaded_by(program: Program, *arguments: str) -> tuple[list[str], str]:
    """Return which heavy modules a call loads, and what it prints."""
    script = (
        "import sys\nfrom sbapply.__main__ import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as left:\n    assert not left.code, left.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=program.environment,
        cwd=program.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ast.literal_eval(done.stderr), done.stdout


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["push", "--help"], ["sandbox", "--help"]])
def test_version_and_help_load_nothing_heavy(program: Program, arguments: list[str]) -> None:
    loaded, said = loaded_by(program, *arguments)
    assert loaded == []
    assert said.startswith(f"sbapply {__version__}" if arguments == ["--version"] else ("Usage:", "\nUsage:"))


def test_where_all_is_applied_a_look_loads_no_parser(project: Project) -> None:
    project.write(v1_a="create table a (id int);", v2_b="-- why\ninsert into a values (1);\n")
    assert project.run("push", "--yes").status == 0
    loaded, said = loaded_by(project, "status")
    assert loaded == ["httpx"]
    assert "2 applied" in said


def test_a_verb_that_only_reads_does_not_load_the_engine(program: Program) -> None:
    script = (
        "import sys, sbapply.cli.status, sbapply.cli.target, sbapply.verbs.status, sbapply.render.status\n"
        "print([name for name in sys.modules if name.startswith(('sbapply.apply', 'sbapply.catalog'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=program.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_a_verb_the_help_is_shown(program: Program) -> None:
    done = program.run()
    assert done.status == 2
    assert "push" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [(["push", "--dryrun"], "--dry-run"), (["push", "--include-al"], "--include-all"), (["pus"], "push")],
)
def test_an_unknown_word_gives_a_suggestion(program: Program, arguments: list[str], suggested: str) -> None:
    done = program.run(*arguments)
    assert (done.status, done.stdout) == (2, "")
    assert suggested in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["push", "--unknown"], "usage"),
        (["nonsense"], "usage"),
        (["push", "--to"], "usage"),
        (["push"], "project-unknown"),
        (["push", "--project-ref", "x"], "usage"),
        (["push", "--project-ref", "a" * 20], "token-missing"),
        (["status", "--project-ref", "a" * 20], "token-missing"),
        (["verify"], "project-unknown"),
        (["query", "select 1"], "project-unknown"),
        (["query", ""], "usage"),
        (["query", "select 1", "--file", "x.sql"], "usage"),
        (["query", "--file", "absent.sql"], "usage"),
        (["push", "--workdir", "absent"], "usage"),
        (["sandbox", "reset"], "consent-missing"),
    ],
)
def test_what_cannot_be_used_is_exit_2_with_one_document(program: Program, arguments: list[str], code: str) -> None:
    status, document = program.json(*arguments)
    assert status == 2
    assert document["error"]["code"] == code
    assert document["error"]["message"]
    assert document["error"]["next"]


def test_json_stands_before_the_verb_too_and_with_an_equals_sign(program: Program) -> None:
    for arguments in (["--output", "json", "push"], ["--output=json", "push"], ["push", "--output=json"]):
        assert program.run(*arguments).document["command"] == "push"


def test_an_output_that_is_none_is_a_usage_error(program: Program) -> None:
    done = program.run("push", "--output", "yaml")
    assert (done.status, done.stdout) == (2, "")
    assert "yaml" in done.stderr


def test_a_project_without_a_migrations_folder_is_told_so(program: Program) -> None:
    (program.folder / "supabase" / "migrations").rmdir()
    status, document = program.json("push", "--project-ref", "a" * 20)
    assert (status, document["error"]["code"]) == (2, "usage")
    assert "supabase/migrations" in document["error"]["message"]


def test_outside_of_a_project_the_folder_is_asked_for(program: Program) -> None:
    program.folder = program.folder.parent
    status, document = program.json("push")
    assert (status, document["error"]["code"]) == (2, "usage")
    assert "--workdir" in document["error"]["next"]


def test_a_settings_file_that_cannot_be_used_is_exit_2(program: Program) -> None:
    (program.folder / "sbapply.toml").write_text("[patience]\nread = nan")
    status, document = program.json("status")
    assert (status, document["error"]["code"]) == (2, "configuration")


@pytest.mark.parametrize("url", ["http://api.supabase.com", "https://host:port", "http://[", "ftp://x"])
def test_an_address_that_must_not_get_the_token_is_exit_2(program: Program, url: str) -> None:
    environment = {"SUPABASE_ACCESS_TOKEN": "sbp_x", "SUPABASE_PROJECT_REF": "a" * 20}
    status, document = program.json("status", "--api-url", url, environment=environment)
    assert (status, document["error"]["code"]) == (2, "configuration")


def test_supabase_api_url_is_nobodys_business(project: Project) -> None:
    status, _ = project.json("status", environment={"SUPABASE_API_URL": "http://127.0.0.1:9"})
    assert status == 0


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        (["--yes", "push"], ["push", "--yes"]),
        (
            ["--project-ref", "x", "--output=json", "push", "--to", "1"],
            ["push", "--project-ref", "x", "--output=json", "--to", "1"],
        ),
        (["--to", "5", "push"], ["push", "--to", "5"]),
        (["--yes", "sandbox", "reset"], ["sandbox", "reset", "--yes"]),
        (["sandbox", "--yes", "reset"], ["sandbox", "reset", "--yes"]),
        (["sandbox", "reset", "--yes"], ["sandbox", "reset", "--yes"]),
        (["sandbox", "--help"], ["sandbox", "--help"]),
        (["query", "--", "-- a comment"], ["query", "--", "-- a comment"]),
        (["--version"], ["--version"]),
        ([], []),
    ],
)
def test_options_before_the_verb_are_moved_behind_it(given: list[str], moved: list[str]) -> None:
    assert move_options_behind_verb(given) == moved


def test_output_and_verb_are_known_even_where_the_rest_is_wrong() -> None:
    assert output_of(["push", "--nope", "--output", "json"]) == "json"
    assert output_of(["query", "--", "--output=json"]) == "text"
    assert output_of(["--output"]) == "text"
    assert verb_of(["push", "--yes"]) == "push"
    assert verb_of(["--yes"]) is None
    assert verb_of([]) is None
