"""Read what the official CLI's ``supabase/config.toml`` says of pushing.

Keys and defaults are those of ``supabase init`` (CLI 3.1.0): ``[db.migrations]``, ``[db.seed]``, and
``[remotes.NAME]``, which overrides the rest for the project with its ``project_id``. All else is left alone.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbapply.errors import ConfigurationError
from sbapply.settings.own import REF, REF_IS, read_bytes
from sbapply.settings.toml import decode

CONFIG = "supabase/config.toml"
_ENVIRONMENT = re.compile(r"env\((?P<name>[^()]+)\)")


@dataclass(frozen=True, slots=True)
class PushRules:
    """Hold what ``supabase/config.toml`` says of a push to one project.

    ``seed_paths`` are patterns relative to ``supabase/``; ``remote`` is the block whose overrides are in it.
    """

    migrations: bool = True
    schema_paths: tuple[str, ...] = ()
    seeds: bool = True
    seed_paths: tuple[str, ...] = ("./seed.sql",)
    remote: str | None = None


def read_push_rules(workdir: Path, ref: str, *, environ: Mapping[str, str] = os.environ) -> PushRules:
    """Return the rules for pushing to the project ``ref``; the official CLI's defaults without a file.

    Raises ``ConfigurationError``.
    """
    config = _Config.read(workdir, environ)
    remote = next((name for name, project in config.remotes().items() if project == ref), None)
    tables = [config.tables, *([config.table("remotes", remote)] if remote is not None else [])]
    migrations, seeds = (
        {k: v for each in tables for k, v in _inner(each, "db", name).items()} for name in ("migrations", "seed")
    )
    default = PushRules()
    return PushRules(
        config.switch(migrations, "enabled", "db.migrations", default=default.migrations),
        config.texts(migrations, "schema_paths", "db.migrations", default=default.schema_paths),
        config.switch(seeds, "enabled", "db.seed", default=default.seeds),
        config.texts(seeds, "sql_paths", "db.seed", default=default.seed_paths),
        remote,
    )


def read_remotes(workdir: Path, *, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the refs of ``[remotes.NAME]`` by name. Raises ``ConfigurationError``."""
    return _Config.read(workdir, environ).remotes()


def _inner(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = table.get(key)
        table = inner if isinstance(inner, dict) else {}
    return table


@dataclass(frozen=True, slots=True)
class _Config:
    """Hold the decoded file and the environment that ``env(NAME)`` in it is read from."""

    path: Path
    tables: Mapping[str, Any]
    environ: Mapping[str, str]

    @staticmethod
    def read(workdir: Path, environ: Mapping[str, str]) -> "_Config":
        path = workdir / CONFIG
        raw = read_bytes(path)
        return _Config(path, decode(path, raw) if raw is not None else {}, environ)

    def table(self, *keys: str) -> Mapping[str, Any]:
        return _inner(self.tables, *keys)

    def remotes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.table("remotes"):
            ref = self._value(self.table("remotes", name).get("project_id"))
            if ref is None:
                continue
            if not isinstance(ref, str) or not REF.fullmatch(ref):
                # An env(NAME) that is not set here is somebody else's remote.
                if isinstance(ref, str) and _ENVIRONMENT.fullmatch(ref):
                    continue
                raise ConfigurationError(
                    f"{self.path}: remotes.{name}.project_id is {ref!r}, which is no project ref.", REF_IS
                )
            twin = next((other for other, project in found.items() if project == ref), None)
            if twin is not None:
                raise ConfigurationError(
                    f"{self.path}: remotes.{twin} and remotes.{name} have one project_id.", "Leave one of them."
                )
            found[name] = ref
        return found

    def switch(self, table: Mapping[str, Any], key: str, at: str, *, default: bool) -> bool:
        value = self._value(table.get(key, default))
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        raise ConfigurationError(f"{self.path}: {at}.{key} is neither true nor false.", "Write it without quotes.")

    def texts(self, table: Mapping[str, Any], key: str, at: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        value = table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ConfigurationError(f"{self.path}: {at}.{key} is no list of texts.", 'Write ["./seed.sql"].')
        return tuple(str(self._value(each)) for each in value)

    def _value(self, value: object) -> object:
        """Return what stands behind ``env(NAME)``, where that is set; anything else as it is."""
        asked = _ENVIRONMENT.fullmatch(value) if isinstance(value, str) else None
        return value if asked is None else self.environ.get(asked["name"], value)
