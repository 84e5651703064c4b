"""Choose where the embedded Postgres lives and as whom it runs."""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from sbapply.errors import EngineError

VARIABLE = "SBAPPLY_HOME"

# Postgres refuses to run as root. The server itself needs no entry in passwd, so it gets a number that no
# distribution hands out (Debian gives people 1000-59999 from below, systemd services 61184-65519, and nobody is
# shared with whatever else runs as nobody). 16 bits, because rootless containers map no more.
_SERVER_UID = 59329


@dataclass(frozen=True, slots=True)
class Account:
    """Say whom the server's processes run as; ``dropped`` is False where that is the caller."""

    uid: int
    gid: int
    dropped: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Name the folder that everything local lives in, and the account that must reach it.

    ``named`` says that the user chose it.
    """

    base: Path
    account: Account
    named: bool = False

    def room(self, name: str) -> Path:
        """Return the folder ``name`` in the base folder, made if need be."""
        path = self.base / name
        path.mkdir(exist_ok=True)
        path.chmod(0o755 if self.account.dropped else 0o700)
        return path


def open_home() -> Home:
    """Return the base folder, made if need be, after checking that it is ours and can be reached.

    It is ``SBAPPLY_HOME``, else ``/var/lib/sbapply`` for root, else the user's cache folder. Raises
    ``EngineError`` where it belongs to somebody else, or where the account the server runs as cannot reach it.
    """
    if sys.platform == "win32":
        raise EngineError(
            "The embedded Postgres is not supported on Windows yet.", "Use WSL, or push without --sandbox."
        )
    dropped = os.geteuid() == 0
    account = Account(_SERVER_UID, _SERVER_UID, True) if dropped else Account(os.geteuid(), os.getegid(), False)
    base = _base(root=dropped)
    try:
        base.mkdir(parents=True, exist_ok=True, mode=0o755 if dropped else 0o700)
        base = base.resolve()
        status = base.stat()
    except OSError as error:
        raise EngineError(
            f"{base} cannot be used: {error.strerror}.", f"Set {VARIABLE} to another folder."
        ) from error
    if status.st_uid != os.geteuid() or status.st_mode & stat.S_IWOTH:
        raise EngineError(
            f"{base} belongs to somebody else or can be written by everybody.",
            f"Set {VARIABLE} to a folder of your own.",
        )
    check_reach(base, account)
    return Home(base, account, named=bool(os.environ.get(VARIABLE, "")))


def check_reach(path: Path, account: Account) -> None:
    """Raise ``EngineError`` unless ``account`` can enter ``path``, as far as the modes of its parents tell.

    Nothing is opened up to make it so: the modes of folders that are not sbapply's are their owners' decision.
    """
    if not account.dropped:
        return
    for folder in (path, *path.parents):
        if not _enters(folder, account):
            raise EngineError(
                f"Postgres does not run as root, and the account it is run as instead cannot enter {folder}.",
                f"Set {VARIABLE} to a folder below directories that everybody may enter (mode 0755).",
            )


def can_reach(path: Path, account: Account) -> bool:
    """Say whether ``account`` can enter the directory ``path``."""
    return not account.dropped or all(_enters(folder, account) for folder in (path, *path.parents))


def socket_directory(data: Path, account: Account) -> Path:
    """Return the 0700 folder for the socket of the server of ``data``, made if need be.

    It is short, since a socket's path holds about 100 bytes, and belongs to the server's account: trust
    authentication inside means that whoever can enter is let in. Raises ``EngineError`` if what is there under
    its name is not such a folder (anybody can make one in /tmp, and a link too).
    """
    path = socket_path(data, account)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid in {account.uid, os.geteuid()}
    if not ours or stat.S_IMODE(status.st_mode) != 0o700:
        raise EngineError(
            f"{path} is there already and is not a private folder of this account.",
            f"Look at who made it, then remove {path}.",
        )
    if status.st_uid != account.uid:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return path


def socket_path(data: Path, account: Account) -> Path:
    """Return the name that ``socket_directory`` gives to the folder of ``data``."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path("/tmp") / f"sbapply-{account.uid}-{digest}"  # noqa: S108 - checked by socket_directory


def initdb_account(account: Account) -> Account:
    """Return whom initdb runs as: unlike the server it demands an entry in passwd ("could not look up …")."""
    if not account.dropped:
        return account
    import pwd  # not on Windows

    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EngineError(
            "There is no account nobody, and initdb does not run as root.", "Run sbapply as an ordinary user."
        ) from error
    return Account(entry.pw_uid, entry.pw_gid, True)


def _base(*, root: bool) -> Path:
    named = os.environ.get(VARIABLE, "")
    if named:
        return Path(named).absolute()
    return Path("/var/lib/sbapply") if root else user_cache_path("sbapply")


def _enters(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
