"""Verify what was pushed, and ask for drift: straight after a push nothing may differ."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.corpus_project import Project


@dataclass(frozen=True)
class Proved:
    """Hold how many claims came to what, how long verify took, and every false alarm."""

    claims: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    alarms: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the cells of the summary table: claims, those confirmed and not probed, and alarms."""
        confirmed = self.claims.get("confirmed", 0)
        unasked = self.claims.get("not-probed", 0) + self.claims.get("not-visible", 0)
        return f"{sum(self.claims.values())} | {confirmed} | {unasked} | {len(self.alarms) or 'none'}"


def prove(project: Project) -> Proved:
    """Run ``verify`` and ``diff`` on a project to which every file of its folder was pushed."""
    started = time.perf_counter()
    verified = project.run("verify")
    seconds = time.perf_counter() - started
    claims = Counter(str(claim["status"]) for claim in verified.get("claims", ()))
    return Proved(claims, seconds, (*_alarms(verified), *_drift(project.run("diff"))))


def _alarms(verified: Mapping[str, Any]) -> Iterator[str]:
    if verified.get("error"):
        yield f"verify: {verified['error']['message']}"
    for claim in verified.get("claims", ()):
        if claim["status"] in {"differs", "missing"}:
            yield f"verify: {claim['object']} {claim['status']}: {claim['expected']} / {claim['found']}"


def _drift(compared: Mapping[str, Any]) -> Iterator[str]:
    if compared.get("error"):
        yield f"diff: {compared['error']['message']}"
    for each in compared.get("differences", ()):
        yield f"diff: {each}"
