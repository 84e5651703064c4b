"""Fixtures for every room."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sbapply_home() -> Iterator[Path]:
    """Set SBAPPLY_HOME to a folder of this session that the account Postgres runs as can enter."""
    home = Path(tempfile.mkdtemp(prefix="sbapply-tests-", dir="/tmp"))
    home.chmod(0o755)
    before = os.environ.get("SBAPPLY_HOME")
    os.environ["SBAPPLY_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["SBAPPLY_HOME"]
    else:
        os.environ["SBAPPLY_HOME"] = before
    shutil.rmtree(home, ignore_errors=True)
