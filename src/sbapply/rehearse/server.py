"""Start and stop one Postgres on one data directory."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sbapply.errors import EngineError
from sbapply.rehearse.binaries import Binaries
from sbapply.rehearse.home import Account, socket_directory, socket_path

PORT = 5432
START_PATIENCE = 15.0
STOP_PATIENCE = 10.0

# Nothing here is worth an fsync; synchronous_commit stays on, since without fsync it costs next to nothing and a
# sandbox whose server is killed then keeps what it has confirmed. wal_level is what the platform has (publications
# warn below it). autovacuum is off because its locks and statistics make a rehearsal differ from run to run. ERROR
# stays out of the log, which would otherwise hold the statements of migrations.
SETTINGS = (
    "autovacuum=off",
    "cluster_name=sbapply",
    "dynamic_shared_memory_type=posix",
    "fsync=off",
    "full_page_writes=off",
    "huge_pages=off",
    "jit=off",
    "listen_addresses=",
    "log_min_error_statement=panic",
    "log_min_messages=log",
    "logging_collector=off",
    "max_connections=60",
    "max_wal_size=256MB",
    "min_wal_size=4MB",
    f"port={PORT}",
    "shared_buffers=16MB",
    "unix_socket_permissions=0700",
    "wal_level=logical",
)


@dataclass(frozen=True, slots=True)
class Server:
    """Name a running server: where its socket is and what it is."""

    socket_directory: Path
    port: int
    version: int
    directory: Path

    def conninfo(
        self, *, user: str = "postgres", database: str = "postgres", application_name: str = "mgmt-api"
    ) -> str:
        """Return libpq's connection string. Raises ValueError for a NUL in a value."""
        values = {
            "host": str(self.socket_directory),
            "port": str(self.port),
            "user": user,
            "dbname": database,
            "application_name": application_name,
        }
        return " ".join(f"{key}={_quote(value)}" for key, value in values.items())


def settings(binaries: Binaries) -> Sequence[str]:
    """Return the settings every server of these binaries is started with."""
    # PG18 would start three I/O worker processes, which a server of 16 MB has no use for.
    return (*SETTINGS, "io_method=sync") if binaries.version >= 18 else SETTINGS


def environment(binaries: Binaries) -> dict[str, str]:
    """Return all that Postgres gets to see of the environment; the caller's may hold tokens."""
    return {"PATH": f"{binaries.directory}:/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def spawn(
    arguments: Sequence[str | Path], *, binaries: Binaries, account: Account, directory: Path, output: Path
) -> subprocess.Popen[bytes]:
    """Run a program of Postgres as ``account``, in a session of its own, its output appended to ``output``.

    Its own session keeps the terminal's Ctrl-C from it. Raises ``EngineError`` if it cannot be run at all.
    """
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(
            arguments,
            cwd=directory,
            env=environment(binaries),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            umask=0o077,
            user=account.uid if account.dropped else None,
            group=account.gid if account.dropped else None,
            extra_groups=[] if account.dropped else None,
        )
    except OSError as error:
        raise EngineError(
            f"{arguments[0]} cannot be run: {error.strerror}.", "Run sbapply as an ordinary user."
        ) from error
    finally:
        os.close(descriptor)


def start(
    data: Path, *, binaries: Binaries, account: Account, log: Path, extra: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a server on ``data`` and return its process once it accepts connections.

    The caller holds a lock that keeps others from starting one on ``data``. ``extra`` are further settings.
    Raises ``EngineError`` with the log's last lines if it does not come up; then, and when interrupted, no
    process of it is left.
    """
    give_up_at = time.monotonic() + START_PATIENCE
    sockets = socket_directory(data, account)
    _drop_foreign_lock_files(data, sockets)
    arguments: list[str | Path] = [binaries.directory / "postgres", "-D", data]
    for setting in (*settings(binaries), f"unix_socket_directories={sockets}", *extra):
        arguments += ["-c", setting]
    while True:
        offset = log.stat().st_size if log.exists() else 0
        process = spawn(arguments, binaries=binaries, account=account, directory=data, output=log)
        try:
            up = _comes_up(process, data, give_up_at)
        except BaseException:
            _end(process, sockets)
            raise
        if up:
            return process
        over = process.poll() is None or time.monotonic() > give_up_at
        _end(process, sockets)
        said = last_lines(log, offset)
        # After a kill -9 of the postmaster its children need a moment to notice and let go of the memory.
        if over or "shared memory block" not in said:
            raise EngineError(
                f"Postgres did not start{f' within {START_PATIENCE:g} s' if over else ''}: {said}",
                "Look whether the disk or the memory is full; then try again.",
            )
        time.sleep(0.05)
        sockets = socket_directory(data, account)


def stop(data: Path, account: Account, *, immediate: bool) -> None:
    """Stop the server on ``data``, if one runs, and return when it is gone.

    ``immediate`` leaves the data unfit for anything but removal or recovery; else it is written out first. A
    server that does not go by itself is killed. Removes the socket's folder.
    """
    pid = running(data)
    for how in (signal.SIGQUIT if immediate else signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if pid is None:
            break
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            break
        except PermissionError as error:
            raise EngineError(
                f"The server on {data} runs as another account.", "Run sbapply as the account that started it."
            ) from error
        give_up_at = time.monotonic() + STOP_PATIENCE
        while running(data) is not None and time.monotonic() < give_up_at:
            time.sleep(0.002)
        pid = running(data)
    _remove_socket_folder(socket_path(data, account))


def remove_tree(path: Path) -> None:
    """Remove ``path``, again and again for a moment: an orphaned initdb or server may write into it still.

    Such a process ends by itself when it does not find its files any more. Never raises; what stays is for the
    next call.
    """
    for _ in range(100):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.01)


def running(data: Path) -> int | None:
    """Return the process id of the server on ``data``, or None; a stale postmaster.pid is no server."""
    lines = _pid_lines(data)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    return pid if str(data) in _command(pid) else None


def accepts(data: Path, account: Account) -> bool:
    """Say whether the server on ``data`` runs, is past its start and still has its socket."""
    pid = running(data)
    return pid is not None and _ready(data, pid) and (socket_path(data, account) / f".s.PGSQL.{PORT}").is_socket()


def last_lines(log: Path, offset: int = 0) -> str:
    """Return the last lines of ``log`` after ``offset`` as one line, those that tell of an error if any do."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "it left no log"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [
        line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error", "HINT", "DETAIL"))
    ]
    return " / ".join((telling or lines)[-4:]) or "it left no log"


def _comes_up(process: subprocess.Popen[bytes], data: Path, give_up_at: float) -> bool:
    """Wait until the server accepts connections; False if it ends before, or the time does."""
    while process.poll() is None and time.monotonic() < give_up_at:
        if _ready(data, process.pid):
            return True
        time.sleep(0.002)
    return False


def _end(process: subprocess.Popen[bytes], sockets: Path) -> None:
    process.kill()
    process.wait()
    _remove_socket_folder(sockets)


def _ready(data: Path, pid: int) -> bool:
    """Read the status line, the eighth (src/include/utils/pidfile.h), if the file is that process' own."""
    lines = _pid_lines(data)
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _pid_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _command(pid: int) -> list[str]:
    """Return the words of the command line of ``pid``, none if it is gone or a zombie.

    Not its working directory: root in a container without CAP_SYS_PTRACE may not read another user's.
    """
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    answer = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False, timeout=10
    )
    before, found, after = answer.stdout.partition(" -D ")
    return [before, after.split(" -c ")[0].strip()] if found else []


def _drop_foreign_lock_files(data: Path, sockets: Path) -> None:
    """Remove lock files whose process id now belongs to something else.

    After a restart of the machine another process may have the number, and Postgres then refuses to start
    ("lock file … already exists"). A file whose process is gone is left to Postgres, which also looks whether
    the old server's memory is in use still.
    """
    for path in (data / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
        try:
            first = path.read_text("utf-8", "replace").splitlines()[0].strip()
            os.kill(int(first), 0)
        except (OSError, ValueError, IndexError):
            continue
        # Another postgres may be this one, seen under the name its folder had before it was moved.
        if not any(Path(word.partition(":")[0]).name == "postgres" for word in _command(int(first))[:1]):
            path.unlink(missing_ok=True)


def _remove_socket_folder(path: Path) -> None:
    try:
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (path / name).unlink(missing_ok=True)
        path.rmdir()
    except OSError:
        return


def _quote(value: str) -> str:
    """Quote for libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE."""
    if "\x00" in value:
        raise ValueError("a connection string holds no NUL")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
