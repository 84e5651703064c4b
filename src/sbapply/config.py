"""Hold what a verb needs to know, and find what needs no file: the folder, and the API's address."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sbapply.database import Patience
from sbapply.errors import UsageError

DEFAULT_API_URL = "https://api.supabase.com"


@dataclass(frozen=True, slots=True)
class Options:
    """Hold the options that every verb takes, as given; None and False where they were not."""

    project_ref: str | None = None
    workdir: Path | None = None
    api_url: str | None = None
    profile: str | None = None
    sandbox: bool = False
    yes: bool = False
    target: str | None = None
    branch: str | None = None
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold what bounds a request and its migrations.

    ``request_bytes`` bounds the JSON body: Studio refuses 0.98 MB, the server behind the endpoint 3 MB. The
    timeouts are PostgreSQL's own spelling; ``history_lock_timeout`` is how long a request waits for a rival that
    holds the history before it asks anew.
    """

    request_bytes: int = 900_000
    statement_timeout: str = "0"
    lock_timeout: str = "5s"
    history_lock_timeout: str = "15s"


@dataclass(frozen=True, slots=True)
class Consent:
    """Say what a yes has to be before a project is written to.

    ``by_name``: its name or ref is typed, and ``--yes`` stands for that. ``protected``: ``--yes`` does not; only
    the name or the ref does, typed or given with ``--confirm``.
    """

    by_name: bool = False
    protected: bool = False

    def with_rule(self, other: "Consent") -> "Consent":
        """Return what is asked where both rules hold: the stricter of each."""
        return Consent(self.by_name or other.by_name, self.protected or other.protected)


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """Hold a project that has a name in the settings; ``ref`` is None where ``supabase/config.toml`` has it.

    ``patience`` and ``limits`` are those of all targets with what this one changes of them.
    """

    name: str
    ref: str | None = None
    profile: str | None = None
    consent: Consent = field(default_factory=Consent)
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold what ``sbapply.toml`` says, or ``[tool.sbapply]``, with the defaults for what it does not.

    ``file`` is the one that was read, None where there is none.
    """

    project_ref: str | None = None
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    default_target: str | None = None
    targets: Mapping[str, NamedTarget] = field(default_factory=dict)
    file: Path | None = None


def find_workdir(options: Options, *, start: Path | None = None) -> Path:
    """Return the project's folder: ``--workdir``, else the nearest parent that holds ``supabase/``.

    Raises ``UsageError`` if there is none.
    """
    if options.workdir is not None:
        if not options.workdir.is_dir():
            raise UsageError(
                f"--workdir {options.workdir} is not a folder.", "Name the folder that holds supabase/."
            )
        return options.workdir.resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "supabase").is_dir():
            return folder
    raise UsageError(
        f"There is no supabase/ folder in {here} or above it.",
        "Change into the project, or name its folder with --workdir DIR.",
    )


def find_api_url(options: Options, *, environ: Mapping[str, str] = os.environ) -> str:
    """Return the API's address: ``--api-url``, else ``SBAPPLY_API_URL``, else Supabase's own; never from a file."""
    return options.api_url or environ.get("SBAPPLY_API_URL") or DEFAULT_API_URL
