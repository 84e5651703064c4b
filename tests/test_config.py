"""The folder and the API's address are found without a file."""

from pathlib import Path

import pytest

from sbapply.config import Options, find_api_url, find_workdir
from sbapply.errors import UsageError


def test_the_api_is_named_by_option_then_environment_and_never_by_supabase_api_url() -> None:
    environ = {"SBAPPLY_API_URL": "https://b.example", "SUPABASE_API_URL": "https://app.example"}
    assert find_api_url(Options(api_url="https://a.example"), environ=environ) == "https://a.example"
    assert find_api_url(Options(), environ=environ) == "https://b.example"
    assert (
        find_api_url(Options(), environ={"SUPABASE_API_URL": "https://app.example"}) == "https://api.supabase.com"
    )


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
