"""Our own settings: everything may be set, every mistake is named with its file, and nothing unknown passes."""

from pathlib import Path

import pytest

from sbapply.config import Consent, Limits, Settings
from sbapply.database import Patience
from sbapply.errors import ConfigurationError, Place
from sbapply.settings.own import read_settings

A, B = ("a" * 20, "b" * 20)


def said_of(workdir: Path, content: str, file: str = "sbapply.toml") -> ConfigurationError:
    (workdir / file).write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_settings(workdir)
    assert caught.value.exit_status == 2
    return caught.value


def test_a_project_file_cannot_name_the_api(tmp_path: Path) -> None:
    assert "unknown key, api_url" in said_of(tmp_path, 'api_url = "https://evil.example"').message


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings(None, Patience(20.0, 60.0), Limits())


def test_a_file_may_set_everything(tmp_path: Path) -> None:
    (tmp_path / "sbapply.toml").write_text(
        f'project_ref = "{A}"\n[patience]\nread = 5\nsettle = 90.5\n'
        '[limits]\nrequest_bytes = 500000\nlock_timeout = "2s"\nstatement_timeout = "10min"\n'
        f'[targets.production]\nref = "{B}"\nprofile = "work"\nconfirm = "name"\nprotected = true\n'
        '[targets.production.patience]\nread = 7\n[targets.production.limits]\nlock_timeout = "1s"\n'
        "[targets.staging]\n"
    )
    found = read_settings(tmp_path)
    limits = Limits(request_bytes=500_000, lock_timeout="2s", statement_timeout="10min")
    assert (found.project_ref, found.patience, found.limits) == (A, Patience(5.0, 90.5), limits)
    production, staging = found.targets["production"], found.targets["staging"]
    assert (production.ref, production.profile) == (B, "work")
    assert production.consent == Consent(by_name=True, protected=True)
    assert production.patience == Patience(7.0, 90.5)
    assert production.limits == Limits(
        request_bytes=500_000, lock_timeout="1s", statement_timeout="10min", history_lock_timeout="15s"
    )
    assert (staging.ref, staging.consent, staging.limits) == (None, Consent(), limits)


def test_a_protected_target_is_confirmed_by_name_also_where_nothing_is_said_of_that(tmp_path: Path) -> None:
    (tmp_path / "sbapply.toml").write_text(f'[targets.p]\nref = "{A}"\nprotected = true\n')
    assert read_settings(tmp_path).targets["p"].consent.by_name


def test_pyproject_holds_the_same_under_tool_sbapply(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.sbapply]\ndefault_target = "x"\n[tool.sbapply.targets.x]\nref = "{A}"\n'
    )
    found = read_settings(tmp_path)
    assert (found.default_target, found.targets["x"].ref) == ("x", A)
    assert found.file == tmp_path / "pyproject.toml"


@pytest.mark.parametrize(
    "content", ["this is = = no TOML", '[project]\ndependencies = ["sbapply"]\n', "[tool.other]\nsbapply = 1\n"]
)
def test_other_peoples_pyproject_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    assert read_settings(tmp_path) == Settings()


def test_two_files_that_set_it_up_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.sbapply]\n")
    assert "Both" in said_of(tmp_path, "").message


def test_what_the_documentation_shows_can_be_used(tmp_path: Path) -> None:
    for page in ("docs/configuration.md", "README.md"):
        text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
        (tmp_path / "sbapply.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
        found = read_settings(tmp_path)
        assert (found.default_target, found.targets["production"].consent.protected) == ("staging", True)


def test_what_is_no_toml_is_shown_with_its_line(tmp_path: Path) -> None:
    error = said_of(tmp_path, '[limits]\nlock_timeout = "2s\n')
    assert error.place == Place(str(tmp_path / "sbapply.toml"), 2, 19, 'lock_timeout = "2s')
    assert "line" not in error.message


def test_what_ends_too_early_is_shown_at_its_end(tmp_path: Path) -> None:
    error = said_of(tmp_path, "[tool.sbapply]\nproject_ref = [1,", "pyproject.toml")
    assert error.place is not None
    assert (error.place.line, error.place.excerpt) == (2, "project_ref = [1,")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("project_ref = ", "not TOML"),
        ("project_ref = 1", "project_ref is not a text"),
        ('project_ref = "short"', "project_ref is 'short', which is no project ref"),
        (f'project_ref = "{A}"\ndefault_target = "x"', "project_ref and default_target are both given"),
        ("patience = 5", "patience is not a table"),
        ("[patience]\nread = 0", "patience.read"),
        ("[patience]\nread = -1", "patience.read"),
        ("[patience]\nread = true", "patience.read"),
        ("[patience]\nread = inf", "patience.read"),
        ("[patience]\nsettle = nan", "patience.settle"),
        ('[patience]\nread = "5s"', "patience.read"),
        ("limits = []", "limits is not a table"),
        ("[limits]\nlock_timeout = 5", "limits.lock_timeout"),
        ('[limits]\nlock_timeout = "soon"', "limits.lock_timeout is 'soon', which is no length of time"),
        ('[limits]\nlock_timeout = "5s\'; drop"', "limits.lock_timeout"),
        ("[limits]\nrequest_bytes = true", "limits.request_bytes"),
        ("[limits]\nrequest_bytes = 0", "limits.request_bytes"),
        ('[limits]\nrequest_bytes = "1MB"', "limits.request_bytes"),
        ("targets = 5", "targets is not a table"),
        ("[targets]\nx = 5", "targets.x is not a table"),
        ("[targets.x]\nref = 'x'", "targets.x.ref is 'x', which is no project ref"),
        ("[targets.x]\nprotected = 'yes'", "targets.x.protected is neither true nor false"),
        ("[targets.x]\nconfirm = 'maybe'", "targets.x.confirm is 'maybe'"),
        ("[targets.x]\nconfirm = []", "targets.x.confirm is []"),
        ("[targets.x.patience]\nread = 0", "targets.x.patience.read"),
        ("[targets.x.limits]\nlock_timeout = 'x'", "targets.x.limits.lock_timeout"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, content: str, said: str) -> None:
    error = said_of(tmp_path, content)
    assert said in error.message
    assert str(tmp_path / "sbapply.toml") in error.message + str(error.place)


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("projekt_ref = 'x'", "Did you mean project_ref?"),
        ("[patience]\nreed = 5", "Did you mean patience.read?"),
        ("[limits]\nlock_timout = '5s'", "Did you mean limits.lock_timeout?"),
        ("[target.x]\nref = 'x'", "Did you mean targets?"),
        ("[targets.x]\nproject_ref = 'x'", "Did you mean targets.x.protected?"),
        ("[targets.x]\nprotect = true", "Did you mean targets.x.protected?"),
        ("[targets.x.limits]\nlock_timout = '5s'", "Did you mean targets.x.limits.lock_timeout?"),
        ("token = 'sbp_x'", "Known are project_ref, default_target, patience, limits, targets."),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(tmp_path: Path, content: str, meant: str) -> None:
    error = said_of(tmp_path, content)
    assert error.next_step == meant
    assert "sbp_x" not in error.message


def test_an_unknown_key_of_pyproject_is_named_with_its_whole_path(tmp_path: Path) -> None:
    error = said_of(tmp_path, "[tool.sbapply.limits]\nx = 1\n", "pyproject.toml")
    assert "an unknown key, tool.sbapply.limits.x" in error.message
