"""What `sbapply` exports: all of it typed, none of it loaded before it is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import sbapply

HEAVY = ("httpx", "keyring", "pydantic", "postgast", "psycopg", "typer", "importlib.metadata")


def ran(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def typed() -> dict[str, str]:
    """Return what a type checker sees, with the module that each name is from."""
    tree = ast.parse(Path(sbapply.__file__).read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sbapply.")
        for alias in node.names
    }


def test_importing_it_loads_nothing_but_itself() -> None:
    loaded = ran("import sys, sbapply; print(*[name for name in sys.modules])").split()
    assert [name for name in loaded if name in HEAVY or name.startswith("sbapply.")] == []


def test_an_error_to_catch_loads_nothing_heavy() -> None:
    loaded = ran("import sys; from sbapply import Refused, Unsettled; print(*[name for name in sys.modules])")
    assert set(loaded.split()) & set(HEAVY) == set()


def test_a_type_checker_sees_what_is_exported() -> None:
    assert {*typed(), "__version__"} == set(sbapply.__all__)
    assert list(sbapply.__all__) == sorted(sbapply.__all__)
    assert set(sbapply.__all__) <= set(dir(sbapply))


@pytest.mark.parametrize("name", sorted(typed()))
def test_what_is_exported_is_what_a_type_checker_sees(name: str) -> None:
    assert getattr(sbapply, name) is getattr(import_module(typed()[name]), name)


@pytest.mark.parametrize("name", ["open_project", "open_client", "plan", "push", "status", "verify", "diff"])
def test_what_is_called_says_its_contract(name: str) -> None:
    assert "Raises" in (getattr(sbapply, name).__doc__ or "")


@pytest.mark.parametrize("room", ["verify", "rehearse"])
@pytest.mark.parametrize("first", ["the room", "the verb"])
def test_a_verb_of_a_rooms_name_is_the_verb(room: str, first: str) -> None:
    name = {"verify": "verdict", "rehearse": "rehearsal"}[room]
    lines = [f"import sbapply.{room}.{name}", f"from sbapply import {room} as verb"]
    script = "\n".join(lines if first == "the room" else reversed(lines))
    assert ran(f"{script}\nimport sbapply\nassert sbapply.{room} is verb\nprint(verb.__module__)") == (
        "sbapply.library.reading"
    )


def test_what_is_not_exported_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="pusch"):
        sbapply.pusch  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError):
        from sbapply import pusch  # type: ignore[attr-defined] # noqa: F401
