"""Fixtures for every room."""

import itertools
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from sbapply.errors import SqlError
from sbapply.rehearse.engine import scratch_engine
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase

_numbers = itertools.count()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up and print what tests recorded as ``figure``, a label and a number, in whichever process."""
    figures: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, value in report.user_properties:
                    if name == "figure" and isinstance(value, list | tuple):
                        figures[str(value[0])] += int(value[1])
    if figures:
        terminalreporter.section("figures")
        for label, number in figures.items():
            terminalreporter.write_line(f"{label}: {number}")


@pytest.fixture(autouse=True, scope="session")
def _heed_interrupts() -> Iterator[None]:
    """Let what tests start heed SIGINT, even where they run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def sbapply_home() -> Iterator[Path]:
    """Set SBAPPLY_HOME to a folder of this session that the account Postgres runs as can enter."""
    # In memory where that is to be had: hundreds of databases of a thousand files each take a disk its time.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    home = Path(tempfile.mkdtemp(prefix="sbapply-tests-", dir=memory if roomy else "/tmp"))
    home.chmod(0o755)
    before = os.environ.get("SBAPPLY_HOME")
    os.environ["SBAPPLY_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["SBAPPLY_HOME"]
    else:
        os.environ["SBAPPLY_HOME"] = before
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def engine_of(sbapply_home: Path) -> Iterator[Callable[[int], Server]]:
    """Return a function that starts a server of a major version, 18 or 15, once.

    Where PostgreSQL 15 is not installed the test is skipped; it fails under SBAPPLY_REQUIRE_ALL, as in CI.
    """
    running: dict[int, Server] = {}
    with ExitStack() as stack:

        def start(version: int) -> Server:
            if version not in running:
                with pytest.MonkeyPatch.context() as patch:
                    patch.delenv("SBAPPLY_PG_BIN", raising=False)
                    if version == 15:
                        patch.setenv("SBAPPLY_PG_BIN", _postgres_15())
                    running[version] = stack.enter_context(scratch_engine())
            return running[version]

        yield start


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what names somebody's own project or token out of the environment."""
    for name in [name for name in os.environ if name.startswith("SUPABASE_") or name == "SBAPPLY_API_URL"]:
        monkeypatch.delenv(name)


def new_database(server: Server) -> str:
    """Make a database as a project has it before its first migration, owned by `postgres`; return its name."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    maker = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    maker.run(f"create database {name} template postgres owner postgres")
    return name


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Make a database as ``new_database`` does, and drop it at the end: hundreds of them fill a memory."""
    name = new_database(server)
    yield name
    maker = LocalDatabase(server.conninfo(user="supabase_admin", database="template1"))
    # One that a subscription uses stays as long as its server.
    with suppress(SqlError):
        maker.run(f"drop database {name} with (force)")


def _postgres_15() -> str:
    folder = os.environ.get("SBAPPLY_PG15_BIN", "/usr/lib/postgresql/15/bin")
    if not (Path(folder) / "postgres").exists():
        reason = f"there is no PostgreSQL 15 in {folder}; set SBAPPLY_PG15_BIN"
        if os.environ.get("SBAPPLY_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
