"""Give out servers: one that is thrown away after use, or one that several processes share."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sbapply.errors import EngineError
from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.home import Account, Home, check_reach, open_home, socket_path
from sbapply.rehearse.locks import Lock, locked
from sbapply.rehearse.memory import is_roomy, memory_room
from sbapply.rehearse.server import PORT, Server, accepts, remove_tree, start, stop
from sbapply.rehearse.template import Template, copy_data, prepare


@contextmanager
def scratch_engine() -> Iterator[Server]:
    """Run a server on a fresh copy of the template, stopped and removed at the end, however that comes.

    What a killed process left is stopped and removed by the next call. Raises ``LocalMissing`` and
    ``EngineError``.
    """
    home = open_home()
    template = prepare(find_binaries(), home)
    folder, lock = _claim_folder(home)
    process: subprocess.Popen[bytes] | None = None
    data = folder / "data"
    try:
        copy_data(template, data, home.account)
        process = start(
            data,
            binaries=template.binaries,
            account=home.account,
            log=folder / "server.log",
            extra=template.extra,
        )
        yield _server(template, data, home.account)
    finally:
        stop(data, home.account, immediate=True)
        if process is not None:
            process.wait()
        remove_tree(folder)
        lock.close()


@contextmanager
def shared_engine(directory: Path) -> Iterator[Server]:
    """Run the server whose data lasts in ``directory``, together with other processes.

    Whoever comes first makes the data and starts it, the last one to leave stops it; a server that killed
    processes left running is used again, and one that was killed is started again on its data. Raises
    ``EngineError``, also where the data was made by another sbapply or another major version of Postgres.
    """
    home = open_home()
    template = prepare(find_binaries(), home)
    users = _open_shared(directory, home.account)
    folder = directory.resolve()
    data = folder / "data"
    process: subprocess.Popen[bytes] | None = None
    try:
        with locked(folder / "start.lock"):
            _make_data(template, folder, home.account)
            # Nobody holds it alone but under start.lock, so this cannot fail.
            users.take(shared=True)
            if not accepts(data, home.account):
                stop(data, home.account, immediate=False)
                process = start(
                    data,
                    binaries=template.binaries,
                    account=home.account,
                    log=folder / "server.log",
                    extra=template.extra,
                )
        yield _server(template, data, home.account)
    finally:
        _leave(folder, users, home.account, process)


def remove_shared(directory: Path) -> None:
    """Stop the server of ``directory`` if it runs, and remove its data; nothing is there to do if it is absent.

    Raises ``EngineError``, with nothing removed, while another process uses it.
    """
    home = open_home()
    if not directory.is_dir():
        return
    folder = directory.resolve()
    with locked(folder / "start.lock"):
        users = Lock(folder / "users.lock")
        try:
            if not users.take():
                raise EngineError(
                    f"Another sbapply is using the sandbox in {folder}.", "Let it finish, or end it, and try again."
                )
            stop(folder / "data", home.account, immediate=True)
            for path in folder.glob("data*"):
                shutil.rmtree(path)
            (folder / "origin").unlink(missing_ok=True)
            (folder / "server.log").unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(
                f"{folder} cannot be removed: {error.strerror or error}.", "Look whose files are in it."
            ) from error
        finally:
            users.close()


def _server(template: Template, data: Path, account: Account) -> Server:
    return Server(socket_path(data, account), PORT, template.binaries.version, data)


def _claim_folder(home: Home) -> tuple[Path, Lock]:
    """Make a folder for a throw-away server, in memory where there is room, and remove those whose owners died.

    Its owner holds the lock in it; a folder whose lock is free has no owner. Making and looking happen under one
    lock, so that none is looked at between being made and being locked.
    """
    try:
        on_disk, in_memory = home.room("scratch"), memory_room(home)
        rooms = [on_disk] if in_memory is None else [in_memory, on_disk]
        with locked(home.base / "scratch.lock"):
            made = [folder for room in rooms for folder in room.iterdir()]
            left = [(folder, lock) for folder in made if (lock := _orphaned(folder)) is not None]
            room = in_memory if in_memory is not None and is_roomy(in_memory) else on_disk
            folder = Path(tempfile.mkdtemp(prefix="", dir=room))
            folder.chmod(0o755 if home.account.dropped else 0o700)
            lock = Lock(folder / "owner.lock")
            lock.take()
    except OSError as error:
        raise EngineError(
            f"{home.base} cannot be written: {error.strerror or error}.",
            "Make room on that disk, or set SBAPPLY_HOME to a folder on another one.",
        ) from error
    for orphan, orphan_lock in left:
        stop(orphan / "data", home.account, immediate=True)
        remove_tree(orphan)
        orphan_lock.close()
    return folder, lock


def _orphaned(folder: Path) -> Lock | None:
    lock = Lock(folder / "owner.lock")
    if lock.take():
        return lock
    lock.close()
    return None


def _open_shared(directory: Path, account: Account) -> Lock:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        check_reach(directory.resolve(), account)
        return Lock(directory.resolve() / "users.lock")
    except OSError as error:
        raise EngineError(
            f"{directory} cannot be used: {error.strerror or error}.", "Make it writable, or use another folder."
        ) from error


def _make_data(template: Template, folder: Path, account: Account) -> None:
    """Copy the template to ``folder`` unless data is there; refuse data of another origin.

    The data appears whole or not at all: it is copied beside and renamed.
    """
    data, origin = folder / "data", folder / "origin"
    if data.exists():
        found = origin.read_text("utf-8").strip() if origin.exists() else "unknown"
        if found != template.origin:
            raise EngineError(
                f"The sandbox in {folder} was made by another sbapply or another Postgres "
                f"(major version {found.partition(' ')[0]}; this one is {template.binaries.version}).",
                "sbapply sandbox reset",
            )
        if data.stat().st_uid != account.uid:
            raise EngineError(
                f"The sandbox in {folder} was made by another account.",
                "Run sbapply as that account, or remove it.",
            )
        return
    half_made = folder / "data.new"
    shutil.rmtree(half_made, ignore_errors=True)
    copy_data(template, half_made, account)
    origin.write_text(template.origin + "\n", "utf-8")
    half_made.rename(data)


def _leave(folder: Path, users: Lock, account: Account, process: subprocess.Popen[bytes] | None) -> None:
    """Let go of a shared server, and stop it if nobody else holds on to it.

    Where somebody has deleted the folder meanwhile, the server finds its own files gone and ends within a minute.
    """
    try:
        with suppress(FileNotFoundError), locked(folder / "start.lock"):
            if users.take():
                stop(folder / "data", account, immediate=False)
            # Still under start.lock: who comes next must find it free.
            users.close()
    finally:
        users.close()
        if process is not None and process.poll() is None:
            # Else Popen warns when it is collected, and this server is meant to outlive it.
            process.returncode = 0
