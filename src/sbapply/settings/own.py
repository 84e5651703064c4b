"""Find what is ours: ``sbapply.toml``, or ``[tool.sbapply]`` in ``pyproject.toml``.

What decodes and judges them is loaded where there is one: ``status`` has no time for it else.
"""

import re
from pathlib import Path

from sbapply.config import Settings
from sbapply.errors import ConfigurationError

REF = re.compile(r"[a-z]{20}")
REF_IS = "A ref is the 20 lower-case letters in the project's dashboard address."


def read_settings(workdir: Path) -> Settings:
    """Read the settings of the project's folder; defaults if there are none.

    Raises ``ConfigurationError`` where a file is wrong, or where two of them set sbapply up.
    """
    own, shared = workdir / "sbapply.toml", workdir / "pyproject.toml"
    raw, shared_raw = read_bytes(own), read_bytes(shared)
    # Of other people's files, only one that names us is worth the time of decoding it.
    if shared_raw is not None and b"sbapply" not in shared_raw:
        shared_raw = None
    if raw is None and shared_raw is None:
        return Settings()
    from sbapply.settings.tables import Reader
    from sbapply.settings.toml import decode

    tools = decode(shared, shared_raw).get("tool") if shared_raw is not None else None
    table = tools.get("sbapply") if isinstance(tools, dict) else None
    if raw is not None and table is not None:
        raise ConfigurationError(
            f"Both {own} and [tool.sbapply] in {shared} set sbapply up.", "Move all of it into one of them."
        )
    if raw is not None:
        return Reader(own).settings(decode(own, raw))
    return Reader(shared, "tool.sbapply.").settings(table) if table is not None else Settings()


def read_bytes(path: Path) -> bytes | None:
    """Return a file's bytes, None if there is none. Raises ``ConfigurationError`` if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
