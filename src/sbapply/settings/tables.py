"""Read the decoded tables of our settings, each key known and each value usable."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path

from sbapply.config import Consent, Limits, NamedTarget, Settings
from sbapply.database import Patience
from sbapply.errors import ConfigurationError
from sbapply.settings.own import REF, REF_IS

_KEYS = ("project_ref", "default_target", "patience", "limits", "targets")
_TARGET_KEYS = ("ref", "profile", "confirm", "protected", "patience", "limits")
_TIME = re.compile(r"\s*[0-9]+(?:\.[0-9]+)?\s*(?:us|ms|s|min|h|d)?\s*")
_WAYS = ("yes", "name")


@dataclass(frozen=True, slots=True)
class Reader:
    """Read decoded tables of one file; ``prefix`` is what stands before every key of ours in it."""

    path: Path
    prefix: str = field(default="")

    def settings(self, table: object) -> Settings:
        """Return the settings in ``table``. Raises ``ConfigurationError``."""
        known = self._table(table, self.prefix.rstrip("."), _KEYS)
        ref, default = self._ref(known, "project_ref"), self._text(known, "default_target")
        if ref is not None and default is not None:
            raise self._error("project_ref and default_target are both given", "Leave one of them.")
        patience = self._patience(known.get("patience", {}), "patience", Patience())
        limits = self._limits(known.get("limits", {}), "limits", Limits())
        given = known.get("targets", {})
        if not isinstance(given, dict):
            raise self._error("targets is not a table", f"Write [{self.prefix}targets.NAME].")
        targets = {name: self._target(name, each, patience, limits) for name, each in given.items()}
        return Settings(ref, patience, limits, default, targets, self.path)

    def _target(self, name: str, table: object, patience: Patience, limits: Limits) -> NamedTarget:
        at = f"targets.{name}"
        known = self._table(table, at, _TARGET_KEYS)
        protected, way = known.get("protected", False), known.get("confirm", "yes")
        if not isinstance(protected, bool):
            raise self._error(f"{at}.protected is neither true nor false", "Write it without quotes.")
        if way not in _WAYS:
            raise self._error(f"{at}.confirm is {way!r}, which is no way to agree", 'Write "yes" or "name".')
        return NamedTarget(
            name,
            self._ref(known, "ref", f"{at}."),
            self._text(known, "profile", f"{at}."),
            Consent(way == "name" or protected, protected),
            self._patience(known.get("patience", {}), f"{at}.patience", patience),
            self._limits(known.get("limits", {}), f"{at}.limits", limits),
        )

    def _ref(self, table: Mapping[str, object], key: str, at: str = "") -> str | None:
        ref = self._text(table, key, at)
        if ref is not None and not REF.fullmatch(ref):
            raise self._error(f"{at}{key} is {ref!r}, which is no project ref", REF_IS)
        return ref

    def _text(self, table: Mapping[str, object], key: str, at: str = "") -> str | None:
        text = table.get(key)
        if text is not None and not isinstance(text, str):
            raise self._error(f"{at}{key} is not a text", "Write it in quotes.")
        return text

    def _patience(self, table: object, name: str, base: Patience) -> Patience:
        known = self._table(table, name, tuple(each.name for each in fields(Patience)))
        for key, value in known.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise self._error(f"{name}.{key} is no number of seconds", "Write one above 0.")
        return replace(base, **{key: float(value) for key, value in known.items()})  # type: ignore[arg-type]

    def _limits(self, table: object, name: str, base: Limits) -> Limits:
        kinds = {each.name: type(each.default) for each in fields(Limits)}
        known = self._table(table, name, tuple(kinds))
        for key, value in known.items():
            if isinstance(value, bool) or not isinstance(value, kinds[key]):
                raise self._error(
                    f"{name}.{key} has the wrong type", "Timeouts are texts like '5s', request_bytes is a number."
                )
            if isinstance(value, str) and not _TIME.fullmatch(value):
                raise self._error(
                    f"{name}.{key} is {value!r}, which is no length of time",
                    "Write it as PostgreSQL does: 500ms, 5s, 10min; 0 is no limit.",
                )
            if isinstance(value, int) and value <= 0:
                raise self._error(f"{name}.{key} is {value}", "Write a number of bytes above 0.")
        return replace(base, **known)  # type: ignore[arg-type]

    def _table(self, table: object, name: str, known: tuple[str, ...]) -> Mapping[str, object]:
        """Return a table of which every key is known."""
        if not isinstance(table, dict):
            raise self._error(f"{name} is not a table", f"Write [{self._full(name)}].")
        prefix = f"{name}." if name and name != self.prefix.rstrip(".") else ""
        for key in table:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                meant = f"Did you mean {prefix}{close[0]}?" if close else f"Known are {', '.join(known)}."
                raise ConfigurationError(f"{self.path} holds an unknown key, {self.prefix}{prefix}{key}.", meant)
        return table

    def _full(self, name: str) -> str:
        return name if name == self.prefix.rstrip(".") else f"{self.prefix}{name}"

    def _error(self, what: str, next_step: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path}: {self.prefix}{what}.", next_step)
