"""Find room in memory for servers that are thrown away.

Copying a template makes a thousand files, and every table of a rehearsal up to six: 0.65 s and 4 ms on a slow disk,
0.07 s and 1 ms in memory.
"""

import hashlib
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

from sbapply.rehearse.home import Home

_MEMORY = Path("/dev/shm")  # noqa: S108 - checked below
# A server takes 30 MB and what its tables hold; its log is bounded at 256 MB (max_wal_size).
_NEEDED = 2 * 2**30
_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def memory_room(home: Home) -> Path | None:
    """Return a folder in memory that belongs to ``home``, made if need be; None where there is none to be had.

    None also where ``SBAPPLY_HOME`` names a folder (then everything is there), and where what is there under its
    name is not ours: anybody can make one.
    """
    if home.named or not sys.platform.startswith("linux") or not _MEMORY.is_dir():
        return None
    path = _MEMORY / f"sbapply-{os.geteuid()}-{hashlib.sha256(os.fsencode(home.base)).hexdigest()[:12]}"
    mode = 0o755 if home.account.dropped else 0o700
    try:
        with suppress(FileExistsError):
            path.mkdir()
            path.chmod(mode)
        status = path.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return path if ours and stat.S_IMODE(status.st_mode) == mode else None


def is_roomy(room: Path) -> bool:
    """Say whether a server may well be put there: 2 GB free in it, twice that in this machine or container."""
    try:
        return shutil.disk_usage(room).free >= _NEEDED and _available() >= 2 * _NEEDED
    except (OSError, ValueError):
        return False


def _available() -> int:
    """Return the bytes that the kernel thinks can be had, no more than the container's limit leaves."""
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    available = int(kilobytes) * 1024
    for limit, used in _LIMITS:
        with suppress(OSError):
            said = limit.read_text("ascii").strip()
            if said != "max":
                available = min(available, int(said) - int(used.read_text("ascii")))
    return available
