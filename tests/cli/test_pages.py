"""Every command that README and docs show is one: it is parsed, and run on a project where one can take it."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripts.commands_page import PAGE, page

from sbapply.__main__ import main
from tests.cli.conftest import Project
from tests.cli.test_help import VERBS, check_line, verb_in, words_of

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(sbapply\s[^`]+)`")
_WITHIN = re.compile(r"<\((sbapply [^)]*)\)")

# What else stands in shell blocks, and where it is run.
OTHER_LINES = {
    "git clone ": "the repository has no address here",
    "pip install ": "tests/test_wheel.py installs what is built",
    "make ": "the targets are looked for in the Makefile",
    "source <(sbapply ": "tests/cli/test_completion.py loads the script",
    ".venv/bin/python -m scripts.corpus ": "it needs folders of real migrations",
    "# ": "a comment",
}
# In sentences: how commands look.
_PATTERN = re.compile(r"\[OPTIONS\]|VERB")

A = "create table public.a (id int primary key);"
B = "create table public.b (id int primary key);"


def shell_lines() -> Iterator[str]:
    """Yield every line of the shell blocks, whole."""
    for path in PAGES:
        for block in _FENCED.finditer(path.read_text("utf-8")):
            if block["language"] == "sh":
                yield from filter(None, block["text"].splitlines())


def commands() -> list[str]:
    """Return every different command of the program: lines of blocks of any kind, and what stands in a sentence."""
    found: dict[str, None] = {}
    for path in PAGES:
        text = path.read_text("utf-8")
        for block in _FENCED.finditer(text):
            for line in block["text"].splitlines():
                within = _WITHIN.findall(line)
                started = [line] if line.lstrip().startswith("sbapply ") else []
                found |= dict.fromkeys(map(_command_of, (*within, *started)))
        inline = (each for each in _INLINE.findall(_FENCED.sub("", text)) if not _PATTERN.search(each))
        found |= dict.fromkeys(map(_command_of, inline))
    return list(found)


def _command_of(text: str) -> str:
    """Return a command without the comment or the pipe behind it, its blanks one each."""
    words = shlex.split(text, comments=True)
    return shlex.join(words[: words.index("|")] if "|" in words else words)


def filled(command: str) -> list[str]:
    """Return the words of a command behind the program's name, with a value for what the page leaves open."""
    return [IN_PLACE_OF.get(word, word) for word in words_of(command)]


def one_of_each(found: list[str]) -> list[str]:
    """Return the commands of which one can be run, without those that differ from another by a version alone."""
    different = {re.sub(r"\b\d{14}\b", "VERSION", each): each for each in found}
    return [each for each in different.values() if not isinstance(HOW.get(verb_in(each), ""), str)]


COMMANDS = commands()


def stored(project: Project, version: str, sql: str, name: str = "x", *, file: bool = True) -> None:
    """Apply a migration as another tool does: what it makes, its row, and perhaps its file."""
    project.database.run(
        "create schema if not exists supabase_migrations;"
        "create table if not exists supabase_migrations.schema_migrations"
        " (version text primary key, statements text[], name text);"
        f"{sql} insert into supabase_migrations.schema_migrations"
        f" values ('{version}', array[$x${sql}$x$], '{name}')"
    )
    if file:
        project.write(**{f"v{version}_{name}": sql})


def nothing(_project: Project, _words: list[str]) -> None:
    """Leave the folder and the project empty."""


def applied(project: Project, _words: list[str]) -> None:
    stored(project, "20250101090000", A, "a")


def pending(project: Project, words: list[str]) -> None:
    applied(project, words)
    project.write(v20260101090000_b=B)


def to_push(project: Project, words: list[str]) -> None:
    pending(project, words)
    ref = project.settings.ref
    targets = "".join(f'[targets.{name}]\nref = "{ref}"\n' for name in ("staging", "production"))
    (project.folder / "sbapply.toml").write_text(targets)
    (project.folder / "supabase" / "seed.sql").write_text("insert into public.a values (1);")
    if "--plan" in words:
        assert project.run("plan", "-o", "plan.json").status == 0


def to_query(project: Project, _words: list[str]) -> None:
    project.database.run("create table public.meal_plans (id int)")


def to_repair(project: Project, words: list[str]) -> None:
    for number, version in enumerate(word for word in words if word.isdigit()):
        project.write(**{f"v{version}_m{number}": f"create table public.m{number} (id int);"})


def to_reconcile(project: Project, words: list[str]) -> None:
    """Leave a row under another version than its file, or one without text and file."""
    applied(project, words)
    if "--from-schema" in words:
        project.database.run(f"{B} insert into supabase_migrations.schema_migrations values ('{words[-1]}')")
    elif "--drop" in words:
        stored(project, words[-1], B, "b", file=False)
    else:
        stored(project, "20260101090001", B, "b", file=False)
        project.write(v20260101090000_b=B)


def to_fetch(project: Project, words: list[str]) -> None:
    applied(project, words)
    stored(project, "20260101090000", B, "b", file=False)


def to_rebase(project: Project, words: list[str]) -> None:
    applied(project, words)
    project.write(v20240101090000_b=B)


def to_adopt(project: Project, _words: list[str]) -> None:
    project.database.run(A)


def to_squash(project: Project, words: list[str]) -> None:
    applied(project, words)
    stored(project, "20260101090000", f"{B} insert into public.b values (1);", "b")


@dataclass(frozen=True)
class Run:
    """Say how a verb's commands are run: on what, and whether it asks first."""

    setup: Callable[[Project, list[str]], None]
    asks: bool = False


HOW: dict[str, Run | str] = {
    "login": "it asks a person for a token: tests/cli/test_login.py",
    "logout": "it needs a keyring: tests/cli/test_login.py",
    "sandbox serve": "it serves until Ctrl-C: tests/sandbox",
    "whoami": Run(nothing),
    "projects": Run(nothing),
    "link": Run(nothing),
    "new": Run(nothing),
    "plan": Run(pending),
    "push": Run(to_push, asks=True),
    "status": Run(applied),
    "verify": Run(applied),
    "diff": Run(applied),
    "rehearse": Run(to_push),
    "pull": Run(to_adopt),
    "query": Run(to_query),
    "repair": Run(to_repair, asks=True),
    "reconcile": Run(to_reconcile, asks=True),
    "fetch": Run(to_fetch),
    "rebase": Run(to_rebase, asks=True),
    "baseline": Run(to_adopt, asks=True),
    "squash": Run(to_squash, asks=True),
    "doctor": Run(to_push),
    "completion": Run(nothing),
    "sandbox reset": Run(nothing, asks=True),
}
# What a page leaves open, and what the test's own project has in its place.
IN_PLACE_OF = {
    "VERSION": "20260101090000",
    "FILE": "plan.json",
    "NAME": "add_titles",
    "SHELL": "bash",
    "REF": "sandboxsandboxsandbx",
    "abcdefghijklmnopqrst": "sandboxsandboxsandbx",
}


def test_the_page_of_commands_is_what_the_program_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_every_verb_is_in_the_table_here_and_in_that_of_the_readme() -> None:
    assert set(HOW) == set(VERBS)
    rows = [line.split("|")[1] for line in PAGES[0].read_text("utf-8").splitlines() if line.startswith("| `")]
    named = [word for row in rows for word in re.findall(r"`([a-z ]+)`", row)]
    assert sorted(named) == sorted(VERBS)


def test_every_line_of_a_shell_block_is_a_command_or_said_to_be_run_elsewhere() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for line in shell_lines():
        assert line.lstrip().startswith(("sbapply ", *OTHER_LINES)) or set(line[:8]) == {" "}, line
        if line.startswith("make "):
            assert line.split()[1] in targets, line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_the_program_takes(command: str) -> None:
    check_line(shlex.join(("sbapply", *filled(command))))


@pytest.mark.parametrize("command", one_of_each(COMMANDS))
def test_every_command_does_what_it_is_shown_for(
    project: Project, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    how = HOW[verb_in(command)]
    assert isinstance(how, Run)
    words = filled(command)
    how.setup(project, words)

    # Within this process: forty of their own would take a minute more.
    with Path(os.devnull).open() as nobody:
        for name, value in project.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", nobody)
        monkeypatch.chdir(project.folder)
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as left:
            main([*words, *(["--yes"] if how.asks and "--yes" not in words else [])])
        signal.signal(signal.SIGTERM, before)

    printed = capsys.readouterr()
    assert left.value.code == 0, f"{command}\n{printed.out}{printed.err}"
