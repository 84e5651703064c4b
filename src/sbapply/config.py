"""Collect what a verb needs to know, from options, the environment and files, in the contract's order."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path

from sbapply.database import Patience
from sbapply.errors import ConfigurationError, ProjectUnknown, UsageError

DEFAULT_API_URL = "https://api.supabase.com"
_REF = re.compile(r"[a-z]{20}")
_KEYS = ("project_ref", "patience", "limits")


@dataclass(frozen=True, slots=True)
class Options:
    """Hold the options that every verb takes, as given; None and False where they were not."""

    project_ref: str | None = None
    workdir: Path | None = None
    api_url: str | None = None
    profile: str | None = None
    sandbox: bool = False
    yes: bool = False


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
class Settings:
    """Hold what ``sbapply.toml`` says, with the defaults for what it does not."""

    project_ref: str | None = None
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)


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


def read_settings(workdir: Path) -> Settings:
    """Read ``sbapply.toml`` in the project's folder; defaults if it is absent. Raises ``ConfigurationError``."""
    path = workdir / "sbapply.toml"
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    import tomllib

    try:
        decoded = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}.", "Correct the file.") from error
    _check_keys(path, decoded, _KEYS, "")
    ref = decoded.get("project_ref")
    if ref is not None and not isinstance(ref, str):
        raise ConfigurationError(f"project_ref in {path} is not a text.", "Write it in quotes.")
    patience = _numbers(path, decoded.get("patience", {}), Patience, "patience")
    limits = _limits(path, decoded.get("limits", {}))
    return Settings(ref, Patience(**patience), limits)


def find_ref(
    options: Options, settings: Settings, workdir: Path, *, environ: Mapping[str, str] = os.environ
) -> str:
    """Return the project's ref: option, environment, what ``supabase link`` wrote, ``sbapply.toml``.

    Raises ``ProjectUnknown`` if none names one, ``UsageError`` if what is named is no ref.
    """
    linked = workdir / "supabase" / ".temp" / "project-ref"
    candidates = (
        ("--project-ref", options.project_ref),
        ("SUPABASE_PROJECT_REF", environ.get("SUPABASE_PROJECT_REF")),
        ("SUPABASE_PROJECT_ID", environ.get("SUPABASE_PROJECT_ID")),
        (str(linked), linked.read_text(encoding="utf-8", errors="replace") if linked.is_file() else None),
        ("project_ref in sbapply.toml", settings.project_ref),
    )
    for source, value in candidates:
        ref = (value or "").strip()
        if not ref:
            continue
        if not _REF.fullmatch(ref):
            raise UsageError(
                f"{source} is {ref!r}, which is no project ref.",
                "A ref is the 20 lower-case letters in the project's dashboard address.",
            )
        return ref
    raise ProjectUnknown(
        "No project was named.",
        "Give --project-ref REF, set SUPABASE_PROJECT_REF, or run `supabase link`; --sandbox tries it locally.",
    )


def find_api_url(options: Options, *, environ: Mapping[str, str] = os.environ) -> str:
    """Return the API's address: ``--api-url``, else ``SBAPPLY_API_URL``, else Supabase's own; never from a file."""
    return options.api_url or environ.get("SBAPPLY_API_URL") or DEFAULT_API_URL


def _check_keys(path: Path, table: Mapping[str, object], known: tuple[str, ...], prefix: str) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            meant = f"Did you mean {prefix}{close[0]}?" if close else f"Known are {', '.join(known)}."
            raise ConfigurationError(f"{path} holds an unknown key, {prefix}{key}.", meant)


def _numbers(path: Path, table: object, shape: type[Patience], name: str) -> dict[str, float]:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{name} in {path} is not a table.", f"Write [{name}].")
    _check_keys(path, table, tuple(field.name for field in fields(shape)), f"{name}.")
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise ConfigurationError(f"{name}.{key} in {path} is no number of seconds.", "Write one above 0.")
    return {key: float(value) for key, value in table.items()}


def _limits(path: Path, table: object) -> Limits:
    if not isinstance(table, dict):
        raise ConfigurationError(f"limits in {path} is not a table.", "Write [limits].")
    kinds = {field.name: type(field.default) for field in fields(Limits)}
    _check_keys(path, table, tuple(kinds), "limits.")
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, kinds[key]):
            raise ConfigurationError(
                f"limits.{key} in {path} has the wrong type.",
                "Timeouts are texts like '5s', request_bytes is a number.",
            )
    return Limits(**table)
