"""Ctrl-C, an end of input and a no at every prompt end in one sentence, and change nothing."""

import pytest

from tests.cli.bad_input.row import Row, check_json, check_text
from tests.cli.bad_input.tables_typed import environ
from tests.cli.bad_input.terminal import Terminal
from tests.cli.bad_input.world import World

SECRET_KEEPER = """
from keyring.backend import KeyringBackend
class Kept(KeyringBackend):
    priority = 5
    kept = {}
    def get_password(self, service, username):
        return self.kept.get((service, username))
    def set_password(self, service, username, password):
        self.kept[service, username] = password
    def delete_password(self, service, username):
        del self.kept[service, username]
"""


def with_a_keyring(world: World) -> None:
    """Give the machine a keyring that forgets with the process."""
    (world.aside / "keeper.py").write_text(SECRET_KEEPER, encoding="utf-8")
    environ(PYTHON_KEYRING_BACKEND="keeper.Kept")(world)
    del world.environment["SUPABASE_ACCESS_TOKEN"]
    world.project()


def on_a_project(world: World) -> None:
    world.project()


# The word that each prompt is known by, with the row of what Ctrl-C there comes to.
PROMPTS = {
    "Apply 1 migration": Row(
        "push", ("push", "--no-rehearse"), 130, "interrupted", "Interrupted", "", on_a_project
    ),
    "and roll back": Row(
        "push --dry-run-remote",
        ("push", "--no-rehearse", "--dry-run-remote"),
        130,
        "interrupted",
        "Interrupted",
        "",
        on_a_project,
    ),
    "Run this SQL": Row(
        "query --write", ("query", "--write", "select 1"), 130, "interrupted", "Interrupted", "", on_a_project
    ),
    "Delete the sandbox": Row("sandbox reset", ("sandbox", "reset"), 130, "interrupted", "Interrupted", ""),
    "Access token": Row("login", ("login",), 130, "interrupted", "Interrupted", "", with_a_keyring),
    "Link which project": Row("link", ("link",), 130, "interrupted", "Interrupted", "", on_a_project),
}
DECLINED = {
    "Apply 1 migration": ("consent-missing", "Answer y", "n\n"),
    "Run this SQL": ("consent-missing", "Answer y", "\x04"),
    "Delete the sandbox": ("consent-missing", "Answer y", "no\n"),
    "Access token": ("token-missing", "Run it again", "\x04"),
    "Link which project": ("consent-missing", "link REF", "\n"),
}


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: PROMPTS[prompt].name)
def test_ctrl_c_at_a_prompt_has_its_word(prompt: str, output: str, world: World) -> None:
    row = PROMPTS[prompt]
    row.world(world)
    with Terminal(world, row.command, output) as terminal:
        terminal.read_until(prompt)
        terminal.interrupt()
        ended = terminal.finish()
    on_its_own_line(ended.stderr)
    (check_json if output == "json" else check_text)(row, ended)
    assert world.leaks(ended.stdout, ended.stderr) == []


@pytest.mark.parametrize("prompt", DECLINED, ids=lambda prompt: PROMPTS[prompt].name)
def test_a_no_at_a_prompt_changes_nothing_and_has_its_word(prompt: str, world: World) -> None:
    code, then, typed = DECLINED[prompt]
    row = PROMPTS[prompt]
    row.world(world)
    with Terminal(world, row.command, "json") as terminal:
        terminal.read_until(prompt)
        terminal.type(typed)
        ended = terminal.finish()
    check_json(Row(row.name, row.command, 2, code, "", then, row.world), ended)
    assert world.leaks(ended.stdout, ended.stderr) == []


def test_a_token_that_is_typed_is_shown_nowhere(world: World) -> None:
    with_a_keyring(world)
    with Terminal(world, ("login", "--debug"), "text") as terminal:
        terminal.read_until("Access token")
        terminal.type(f"{world.token}\n")
        ended = terminal.finish()
    assert ended.status == 0, ended.stderr
    assert "Logged in as" in ended.stdout
    assert world.leaks(ended.stdout, ended.stderr) == []


def on_its_own_line(shown: str) -> None:
    """Hold that a sentence does not hang behind the question it follows."""
    assert any(line.startswith("sbapply: ") for line in shown.splitlines()), shown
