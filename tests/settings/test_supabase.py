"""What supabase/config.toml says of a push is understood, and what it says of all else is left alone."""

from pathlib import Path

import pytest

from sbapply.errors import ConfigurationError
from sbapply.settings.supabase import PushRules, read_push_rules, read_remotes

A, B = ("a" * 20, "b" * 20)


def rules(workdir: Path, content: str, ref: str = A, **environ: str) -> PushRules:
    (workdir / "supabase").mkdir(exist_ok=True)
    (workdir / "supabase" / "config.toml").write_text(content)
    return read_push_rules(workdir, ref, environ=environ)


def test_without_a_file_the_official_defaults_hold(tmp_path: Path) -> None:
    assert read_push_rules(tmp_path, A, environ={}) == PushRules(True, (), True, ("./seed.sql",))


def test_what_concerns_a_push_is_read_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        'project_id = "my-app"\nnobody_knows = 1\n[auth]\nenabled = "strange"\n[db]\nport = 1\n'
        '[db.migrations]\nenabled = false\nschema_paths = ["./schemas/*.sql"]\nunknown = 3\n'
        '[db.seed]\nenabled = false\nsql_paths = ["./seeds/*.sql", "one.sql"]\n',
    )
    assert found == PushRules(False, ("./schemas/*.sql",), False, ("./seeds/*.sql", "one.sql"))


def test_a_remote_overrides_for_its_own_project_alone(tmp_path: Path) -> None:
    content = (
        f'[db.seed]\nsql_paths = ["a.sql"]\n[remotes.staging]\nproject_id = "{B}"\n'
        '[remotes.staging.db.seed]\nsql_paths = ["b.sql"]\n[remotes.staging.db.migrations]\nenabled = false\n'
    )
    assert rules(tmp_path, content, A) == PushRules(seed_paths=("a.sql",))
    assert rules(tmp_path, content, B) == PushRules(False, seed_paths=("b.sql",), remote="staging")


def test_what_stands_in_the_environment_is_read_from_there(tmp_path: Path) -> None:
    content = '[remotes.x]\nproject_id = "env(STAGING)"\n[db.seed]\nenabled = "env(SEEDS)"\n'
    assert rules(tmp_path, content, B, STAGING=B, SEEDS="false") == PushRules(seeds=False, remote="x")
    assert read_remotes(tmp_path, environ={}) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[db.seed\n", "not TOML"),
        ("[db.seed]\nenabled = 'perhaps'\n", "db.seed.enabled is neither"),
        ("[db.migrations]\nenabled = 1\n", "db.migrations.enabled is neither"),
        ("[db.seed]\nsql_paths = 'seed.sql'\n", "db.seed.sql_paths is no list"),
        ("[remotes.x]\nproject_id = 'x'\n", "remotes.x.project_id is 'x'"),
        (f"[remotes.x]\nproject_id = '{A}'\n[remotes.y]\nproject_id = '{A}'\n", "one project_id"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rules(tmp_path, content)
    assert said in caught.value.message
    assert "config.toml" in caught.value.message + str(caught.value.place)
