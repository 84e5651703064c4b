"""Know since which major version PostgreSQL has each of its built-in names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NEWEST = 18
_DATA = "newer_names.json"
_OLDEST = 15


@dataclass(frozen=True, slots=True)
class BuiltinNames:
    """Hold the built-in names that are newer than PostgreSQL 15, and the major version that brought each.

    ``functions`` has a tuple a signature: the version, the least and the greatest number of arguments (None: any).
    It names old functions too where a newer version has them with another number. ``scripts/newer_names.py``
    measures all of it, and that there is no new type or operator so far.
    """

    functions: Mapping[str, Sequence[tuple[int, int, int | None]]]
    settings: Mapping[str, int]
    relations: Mapping[str, int]
    roles: Mapping[str, int]
    collations: Mapping[str, int]
    casts: Mapping[str, int]

    def function_since(self, name: str, arguments: int | None) -> int:
        """Return the version since which a function can be called so; ``arguments`` is None where that is open."""
        signatures = self.functions.get(name, ())
        fitting = [
            since
            for since, least, most in signatures
            if arguments is None or (arguments >= least and (most is None or arguments <= most))
        ]
        # With a number of arguments that no version takes, another one of that name is meant.
        return min(fitting, default=_OLDEST)

    def newer_than(self, major: int) -> frozenset[str]:
        """Return the names of which ``major`` has nothing; a cast has no name."""
        plain = (self.settings, self.relations, self.roles, self.collations)
        words = {name for names in plain for name, since in names.items() if since > major}
        words.update(name for name in self.functions if self.function_since(name, None) > major)
        return frozenset(words)

    def overloaded_since(self, major: int) -> frozenset[str]:
        """Return the names of functions that ``major`` has, and a newer version with other arguments too."""
        return frozenset(
            name
            for name, signatures in self.functions.items()
            if any(since > major for since, *_ in signatures) and self.function_since(name, None) <= major
        )


@cache
def builtin_names() -> BuiltinNames:
    """Read the data file, once."""
    found = json.loads(files("sbapply.migrations").joinpath(_DATA).read_text(encoding="utf-8"))
    kinds = ("functions", "settings", "relations", "roles", "collations", "casts")
    return BuiltinNames(**{kind: found[kind] for kind in kinds})
