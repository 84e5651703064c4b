"""A token stands in nothing that is printed, written or handed to a child; and the search for it would find one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.bad_input.tables_typed import PUSH
from tests.cli.bad_input.test_prompts import with_a_keyring
from tests.cli.bad_input.world import REF, World, files_below, holds, new_token

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")


def children_of(parent: int) -> Iterator[int]:
    """Yield the processes that ``parent`` and its children have started, deepest last."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            above = int(path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
        if above == parent:
            child = int(path.parent.name)
            yield child
            yield from children_of(child)


def told_of(process: int, what: str) -> bytes:
    """Return a process' command line or environment."""
    return Path(f"/proc/{process}/{what}").read_bytes()


def test_the_search_finds_a_token_in_output_in_a_file_and_with_a_child(world: World) -> None:
    assert world.leaks("nothing") == []
    assert world.leaks("nothing", f"so {world.token} there") == ["output 1"]
    assert world.leaks(f"cut {world.token[10:]}") == ["output 0"]
    (world.home / "log.txt").write_text(world.token, encoding="utf-8")
    assert world.leaks() == [str(world.home / "log.txt")]
    (world.home / "log.txt").unlink()
    starts_a_child = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], env={'A': sys.argv[1]})"
    with world.start([sys.executable, "-c", starts_a_child, world.token]) as process:
        assert process.wait(60) == 0
    assert len(world.leaks()) == 1
    assert world.leaks()[0].startswith("a child")


def test_the_search_finds_a_token_that_a_child_inherits(world: World) -> None:
    with world.start([sys.executable, "-c", "import subprocess; subprocess.run(['true'])"]) as process:
        assert process.wait(60) == 0
    assert len(world.leaks()) == 1


@needs_proc
def test_the_search_of_the_process_list_finds_a_token(world: World) -> None:
    waits = "import subprocess; subprocess.run(['cat'])"
    with world.start([sys.executable, "-c", waits], stdin=subprocess.PIPE) as process:
        while not (children := list(children_of(process.pid))):
            assert process.poll() is None
        assert process.stdin is not None
        assert any(holds(told_of(child, "environ"), world.token) for child in children)
        process.stdin.close()


def test_two_tokens_are_never_the_same() -> None:
    assert new_token() != new_token()


@needs_proc
def test_while_the_sandbox_serves_no_child_knows_the_token(world: World) -> None:
    words = world.command(("sandbox", "serve", "--port", "0"), "json")
    with world.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        document = ""
        while not document.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.communicate()
            document += line
        children = list(children_of(process.pid))
        told = {child: (told_of(child, "cmdline"), told_of(child, "environ")) for child in children}
        process.terminate()
        stdout, stderr = process.communicate(timeout=60)
    served = json.loads(document)["token"]
    assert len(children) > 2, "Postgres runs as a child, with children of its own"
    assert any(b"postgres" in command for command, _ in told.values())
    for token in (world.token, served):
        assert not [child for child, texts in told.items() if any(holds(text, token) for text in texts)]
        assert not [path for path in files_below(world.sbapply_home) if holds(path.read_bytes(), token)]
    assert world.leaks(stdout, stderr) == []


@pytest.mark.parametrize("given", [(), ("--debug",)], ids=["quiet", "with --debug"])
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_login_from_a_pipe_leaves_no_token(world: World, output: str, given: tuple[str, ...]) -> None:
    with_a_keyring(world)
    world.given = f"{world.token}\n"
    ended = world.run(("login", "--stdin", *given), output)
    assert ended.status == 0, ended.stderr
    assert world.leaks(ended.stdout, ended.stderr) == []


def test_a_whole_push_with_rehearsal_proof_and_debug_leaves_no_token(world: World) -> None:
    world.project()
    ended = world.run(("push", "--yes", "--debug"), "json")
    assert ended.status == 0, ended.stderr
    assert "debug: " in ended.stderr
    assert world.children.exists(), "a rehearsal starts Postgres"
    assert world.leaks(ended.stdout, ended.stderr) == []


@pytest.mark.parametrize(
    "verb",
    [("status",), ("verify", "--queries"), ("whoami",), ("projects",), ("link", REF)],
    ids=lambda verb: verb[0],
)
def test_a_verb_that_tells_much_tells_no_token(world: World, verb: tuple[str, ...]) -> None:
    world.project()
    for output in ("text", "json"):
        ended = world.run((*verb, "--debug"), output)
        assert ended.status == 0, ended.stderr
        assert world.leaks(ended.stdout, ended.stderr) == []


def test_a_token_in_a_cell_of_a_result_is_hidden_too(world: World) -> None:
    world.project()
    ended = world.run(("query", f"select '{world.token}' as mine"), "json")
    assert ended.status == 0
    assert world.leaks(ended.stdout, ended.stderr) == []


def test_a_migration_that_holds_the_token_does_not_show_it_when_it_fails(world: World) -> None:
    world.project()
    world.migration("2_b.sql", f"do $$ begin raise exception 'no: {world.token}'; end $$;")
    ended = world.run((*PUSH, "--debug"), "text")
    assert ended.status == 1
    (world.migrations / "2_b.sql").unlink()
    assert world.leaks(ended.stdout, ended.stderr) == []


def test_no_file_that_was_written_anywhere_is_open_to_others_with_a_token(world: World) -> None:
    """What a process writes outside of the home is noted by its audit hook, and searched as well."""
    written = world.aside / "written.txt"
    world.customize(
        "def _opened(event, arguments):\n"
        "    if event == 'open' and isinstance(arguments[0], str) and isinstance(arguments[2], int)"
        " and arguments[2] & (os.O_WRONLY | os.O_RDWR):\n"
        "        descriptor = _open(_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "        os.write(descriptor, (arguments[0] + '\\n').encode('utf-8', 'replace')), os.close(descriptor)\n"
        f"_path, _open = {str(written)!r}, os.open\n"
        "_busy = []\n"
        "def _once(event, arguments):\n"
        "    if not _busy and event == 'open':\n"
        "        _busy.append(1)\n"
        "        try: _opened(event, arguments)\n"
        "        finally: _busy.clear()\n"
        "sys.addaudithook(_once)\n"
    )
    world.project()
    ended = world.run(("push", "--yes"), "json")
    assert ended.status == 0, ended.stderr
    paths = {Path(line) for line in written.read_text(encoding="utf-8").splitlines()}
    assert paths, "a rehearsal writes its data directory"
    there = [path for path in paths if path.is_file() and os.access(path, os.R_OK)]
    assert not [path for path in there if holds(path.read_bytes(), world.token)]
