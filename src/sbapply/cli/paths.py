"""Take the name of a file or a folder from the command line."""

from pathlib import Path

import typer


def place(text: str) -> Path:
    """Return ``text`` as a path, whether something is there or not.

    Raises ``typer.BadParameter`` where nothing can be found out about it: a name too long for the file system, a
    folder that may not be entered, links that go in a circle.
    """
    path = Path(text)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except OSError as error:
        raise typer.BadParameter(f"{text}: {error.strerror}.") from error
    return path
