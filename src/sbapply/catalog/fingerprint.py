"""Take the fingerprint of a schema, and say what moved since an earlier one was taken."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from sbapply.catalog.drift import ancestors
from sbapply.catalog.names import named
from sbapply.catalog.whole import WholeCatalog

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hold the SHA-256 of everything that a schema holds of the project's own, and the server's version.

    ``objects`` names each object that is no part of another, with the first digits of the digest over itself, its
    parts and what is said of them: enough to tell which of them moved.
    """

    sha256: str
    server_version: int
    objects: Mapping[str, str]

    def moved(self, now: "Fingerprint") -> tuple[str, ...]:
        """Return the names of the objects that differ from ``now``, come and gone ones too, in order."""
        names = sorted({**self.objects, **now.objects})
        return tuple(name for name in names if self.objects.get(name) != now.objects.get(name))


def fingerprint(catalog: WholeCatalog) -> Fingerprint:
    """Return the fingerprint of what is the project's own.

    The same schema has the same one as long as neither the server nor sbapply changes its version: both word
    definitions in their own way.
    """
    own = catalog.own()
    whole = sha256()
    groups: dict[str, list[bytes]] = {}
    for item in sorted(own, key=lambda each: each.identity):
        text = json.dumps([item.kind, item.key, item.facts], sort_keys=True, separators=(",", ":")).encode() + b"\n"
        whole.update(text)
        about = (item.identity, *ancestors(item.identity, own))[-1]
        groups.setdefault(named(*about), []).append(text)
    objects = {name: sha256(b"".join(texts)).hexdigest()[:_DIGITS] for name, texts in groups.items()}
    return Fingerprint(whole.hexdigest(), catalog.server_version, dict(sorted(objects.items())))
