"""Run the Postgres of the sandbox that belongs to a project's folder."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sbapply.errors import UsageError
from sbapply.rehearse.binaries import find_binaries
from sbapply.rehearse.engine import remove_shared, shared_engine
from sbapply.rehearse.home import open_home
from sbapply.rehearse.server import Server

_MARK = Path("supabase") / ".temp" / "sbapply-sandbox"


@contextmanager
def sandbox_server(workdir: Path) -> Iterator[Server]:
    """Run the Postgres of this folder's sandbox, shared with other processes that do the same.

    Its data lies outside of the folder and lasts until ``reset_sandbox``. A folder that was deleted and made anew,
    a fresh clone say, has a fresh sandbox. Raises ``LocalMissing`` and ``EngineError``.
    """
    find_binaries()
    directory = sandbox_directory(workdir)
    mark = _mark_folder(workdir)
    owner = directory.with_name(f"{directory.name}.mark")
    if owner.is_file() and owner.read_text(encoding="ascii") != mark:
        remove_shared(directory)
    owner.write_text(mark, encoding="ascii")
    with shared_engine(directory) as server:
        yield server


def reset_sandbox(workdir: Path) -> None:
    """Remove this folder's sandbox with all its data. Raises ``EngineError`` while another process uses it."""
    remove_shared(sandbox_directory(workdir))


def sandbox_directory(workdir: Path) -> Path:
    """Return where the sandbox of ``workdir`` keeps its data. Raises ``EngineError``."""
    digest = hashlib.sha256(str(workdir.resolve()).encode()).hexdigest()[:16]
    return open_home().room("sandboxes") / digest


def _mark_folder(workdir: Path) -> str:
    """Return the mark that tells this folder from an earlier one at the same path; make it if there is none."""
    path = workdir / _MARK
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(secrets.token_hex(8), encoding="ascii")
            # A link appears with its content, so another process never reads half a mark.
            with suppress(FileExistsError):
                path.hardlink_to(fresh)
            fresh.unlink()
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "The sandbox needs to mark the folder it belongs to."
        ) from error
