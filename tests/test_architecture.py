"""Hold the doors of the house: who may import whom, and who may print."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sbapply"

# From the top of the house to the ground; a room may open doors downwards only.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("render",),
    ("library",),
    ("opening",),
    ("verbs",),
    ("sandbox",),
    ("rehearse",),
    ("verify",),
    ("apply", "preflight", "advise"),
    ("history",),
    ("catalog",),
    ("migrations",),
    ("api",),
    ("auth",),
    ("settings",),
    ("config",),
    ("redaction",),
    ("database",),
    ("templates",),
    ("quoting",),
    ("errors",),
)
HEIGHT = {room: len(FLOORS) - floor for floor, rooms in enumerate(FLOORS) for room in rooms}
CLOSED = {
    # Whoever plans, compares or proves knows the Database seam, never HTTP.
    "verify": {"api", "auth"},
    "apply": {"api", "auth"},
    "preflight": {"api", "auth"},
    "advise": {"api", "auth"},
    "history": {"api", "auth"},
    "catalog": {"api", "auth"},
    "migrations": {"api", "auth"},
    "rehearse": {"api", "auth"},
    "render": {"api", "auth", "sandbox", "opening", "library"},
    "verbs": {"api", "auth", "sandbox"},
    "api": {"migrations"},
}
NETWORK = {"httpx", "socket", "urllib.request", "http.client", "requests"}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(module: Path) -> str:
    parts = module.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def imported(module: Path) -> Iterator[str]:
    yield from imported_in(ast.parse(module.read_text(encoding="utf-8")))


def imported_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def imported_at_run_time(module: Path) -> Iterator[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING")
    ]
    return imported_in(tree)


def rooms_entered(module: Path) -> set[str]:
    entered = (name.split(".") for name in imported(module) if name.startswith("sbapply."))
    return {parts[1] for parts in entered} - {room_of(module)}


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(SOURCE)))
def test_doors_open_downwards_only(module: Path) -> None:
    room = room_of(module)
    if room == "__init__":
        assert not [name for name in imported_at_run_time(module) if name.startswith("sbapply")]
        return
    upwards = {other for other in rooms_entered(module) if HEIGHT[other] >= HEIGHT[room]}
    assert not upwards


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(SOURCE)))
def test_closed_doors_stay_closed(module: Path) -> None:
    assert not rooms_entered(module) & CLOSED.get(room_of(module), set())


def test_only_the_api_and_the_sandbox_know_http() -> None:
    knowing = {room_of(module) for module in modules() if NETWORK & set(imported(module))}
    assert knowing <= {"api", "sandbox", "rehearse"}


def test_only_render_prints() -> None:
    printing = {
        room_of(module)
        for module in modules()
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing == {"render"}


def test_every_room_of_the_house_exists() -> None:
    assert {room_of(module) for module in modules()} - {"__init__"} == set(HEIGHT)
