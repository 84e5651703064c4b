"""Completion: a script for each shell, and bash completes with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program

MARKS = {
    "bash": "complete -o default -F _sbapply_completion sbapply",
    "zsh": "compdef _sbapply_completion sbapply",
    "fish": "complete --command sbapply",
    "powershell": "Register-ArgumentCompleter -Native -CommandName sbapply",
}


@pytest.fixture
def on_the_path(program: Program, tmp_path: Path) -> Program:
    """Return the program, where a shell finds it by its name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "sbapply"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m sbapply "$@"\n')
    script.chmod(0o755)
    program.environment["PATH"] = f"{folder}:{program.environment['PATH']}"
    return program


@pytest.mark.parametrize("shell", MARKS)
def test_there_is_a_script_for_each_shell(program: Program, shell: str) -> None:
    done = program.run("completion", shell)
    assert (done.status, done.stderr) == (0, "")
    assert MARKS[shell] in done.stdout
    assert program.run("completion", shell, "--output", "json").document["script"] == done.stdout.rstrip("\n")


def test_there_is_none_for_another(program: Program) -> None:
    done = program.run("completion", "csh")
    assert (done.status, done.stdout) == (2, "")
    assert "csh" in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sbapply pu", ["pull", "push"]),
        ("sbapply push --dry", ["--dry-run", "--dry-run-remote"]),
        ("sbapply sandbox re", ["reset"]),
        ("sbapply completion po", ["powershell"]),
    ],
)
def test_bash_completes_verbs_and_options(on_the_path: Program, line: str, words: list[str]) -> None:
    script = f"""
        source <(sbapply completion bash)
        COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _sbapply_completion sbapply
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", script],
        env=on_the_path.environment,
        cwd=on_the_path.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == words


def test_nothing_else_of_typer_s_is_offered(program: Program) -> None:
    assert "completion" not in program.run("--help").stdout.partition("Commands:")[0]
    assert program.run("--install-completion").status == 2
