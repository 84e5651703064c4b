"""Settings: options before the environment before files, and every mistake named."""

from pathlib import Path

import pytest

from sbapply.config import (
    Limits,
    Options,
    Settings,
    find_api_url,
    find_ref,
    find_workdir,
    read_settings,
)
from sbapply.database import Patience
from sbapply.errors import ConfigurationError, ProjectUnknown, UsageError

A, B, C, D, E = (letter * 20 for letter in "abcde")


def link(workdir: Path, ref: str) -> None:
    (workdir / "supabase" / ".temp").mkdir(parents=True)
    (workdir / "supabase" / ".temp" / "project-ref").write_text(ref)


def test_the_ref_is_taken_from_the_first_source_that_names_one(tmp_path: Path) -> None:
    link(tmp_path, D)
    environ = {"SUPABASE_PROJECT_REF": B, "SUPABASE_PROJECT_ID": C}
    settings = Settings(project_ref=E)
    assert find_ref(Options(project_ref=A), settings, tmp_path, environ=environ) == A
    assert find_ref(Options(), settings, tmp_path, environ=environ) == B
    assert find_ref(Options(), settings, tmp_path, environ={"SUPABASE_PROJECT_ID": C}) == C
    assert find_ref(Options(), settings, tmp_path, environ={}) == D
    (tmp_path / "supabase" / ".temp" / "project-ref").unlink()
    assert find_ref(Options(), settings, tmp_path, environ={}) == E


def test_blanks_around_a_ref_and_empty_sources_do_not_count(tmp_path: Path) -> None:
    link(tmp_path, f"{D}\n")
    assert find_ref(Options(project_ref=""), Settings(), tmp_path, environ={"SUPABASE_PROJECT_REF": " "}) == D


def test_without_a_ref_the_ways_to_name_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectUnknown) as caught:
        find_ref(Options(), Settings(), tmp_path, environ={"SUPABASE_API_URL": "https://x", "PROJECT_REF": A})
    assert "--project-ref" in caught.value.next_step


@pytest.mark.parametrize(
    "ref", ["A" * 20, "a" * 19, "a" * 21, "a" * 19 + "1", "../" + "a" * 17, "ä" * 20, "my-project"]
)
def test_what_is_no_ref_is_refused_with_its_source(tmp_path: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="SUPABASE_PROJECT_ID") as caught:
        find_ref(Options(), Settings(), tmp_path, environ={"SUPABASE_PROJECT_ID": ref})
    assert caught.value.exit_status == 2


def test_the_api_is_named_by_option_then_environment_and_never_by_supabase_api_url() -> None:
    environ = {"SBAPPLY_API_URL": "https://b.example", "SUPABASE_API_URL": "https://app.example"}
    assert find_api_url(Options(api_url="https://a.example"), environ=environ) == "https://a.example"
    assert find_api_url(Options(), environ=environ) == "https://b.example"
    assert (
        find_api_url(Options(), environ={"SUPABASE_API_URL": "https://app.example"}) == "https://api.supabase.com"
    )


def test_a_project_file_cannot_name_the_api(tmp_path: Path) -> None:
    (tmp_path / "sbapply.toml").write_text('api_url = "https://evil.example"')
    with pytest.raises(ConfigurationError, match="unknown key, api_url"):
        read_settings(tmp_path)


def test_the_nearest_parent_that_holds_supabase_is_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / "supabase").mkdir()
    (tmp_path / "a" / "supabase").mkdir()
    assert find_workdir(Options(), start=inner) == tmp_path / "a"
    assert find_workdir(Options(workdir=tmp_path), start=inner) == tmp_path


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        find_workdir(Options(workdir=tmp_path / "absent"))
    with pytest.raises(UsageError, match="no supabase/ folder"):
        find_workdir(Options(), start=tmp_path)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings(None, Patience(20.0, 60.0), Limits())


def test_a_file_may_set_everything(tmp_path: Path) -> None:
    (tmp_path / "sbapply.toml").write_text(
        f'project_ref = "{A}"\n[patience]\nread = 5\nsettle = 90.5\n'
        '[limits]\nrequest_bytes = 500000\nlock_timeout = "2s"\nstatement_timeout = "10min"\n'
    )
    expected = Limits(request_bytes=500_000, lock_timeout="2s", statement_timeout="10min")
    assert read_settings(tmp_path) == Settings(A, Patience(5.0, 90.5), expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("project_ref = ", "is not TOML"),
        ("project_ref = 1", "project_ref"),
        ("patience = 5", "patience .* is not a table"),
        ("[patience]\nread = 0", r"patience\.read"),
        ("[patience]\nread = -1", r"patience\.read"),
        ("[patience]\nread = true", r"patience\.read"),
        ("[patience]\nread = inf", r"patience\.read"),
        ("[patience]\nsettle = nan", r"patience\.settle"),
        ('[patience]\nread = "5s"', r"patience\.read"),
        ("limits = []", "limits .* is not a table"),
        ("[limits]\nlock_timeout = 5", r"limits\.lock_timeout"),
        ("[limits]\nrequest_bytes = true", r"limits\.request_bytes"),
        ('[limits]\nrequest_bytes = "1MB"', r"limits\.request_bytes"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "sbapply.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_settings(tmp_path)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("projekt_ref = 'x'", "Did you mean project_ref?"),
        ("[patience]\nreed = 5", "Did you mean patience.read?"),
        ("[limits]\nlock_timout = '5s'", "Did you mean limits.lock_timeout?"),
        ("token = 'sbp_x'", "Known are project_ref, patience, limits."),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(tmp_path: Path, content: str, meant: str) -> None:
    (tmp_path / "sbapply.toml").write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path)
    assert caught.value.next_step == meant
    assert "sbp_x" not in caught.value.message
