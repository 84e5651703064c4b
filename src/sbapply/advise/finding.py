"""Hold what an advisor found, whoever it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sbapply.database import Json

Source: TypeAlias = Literal["platform", "sql"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one finding; ``level`` is ERROR, WARN or INFO, ``cache_key`` is the same for the same finding.

    ``schema`` and ``object`` name what it is about, '' where it does not say; ``remediation`` is a page that tells
    what to do. Names and levels are the platform's, and no closed list.
    """

    name: str
    title: str
    level: str
    categories: tuple[str, ...]
    schema: str
    object: str
    detail: str
    description: str
    remediation: str
    cache_key: str
    type: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Return what it is about, with its schema."""
        return ".".join(filter(None, (self.schema, self.object)))

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what tells it from others."""
        return (self.cache_key,) if self.cache_key else (self.name, self.type, self.schema, self.object)

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "name": self.name,
            "title": self.title,
            "level": self.level,
            "categories": list(self.categories),
            "object": self.subject or None,
            "detail": self.detail,
            "description": self.description,
            "remediation": self.remediation,
            "cache_key": self.cache_key,
        }


def new_findings(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those of ``after`` that are not in ``before``, the gravest first."""
    known = {finding.identity for finding in before}
    return by_gravity([finding for finding in after if finding.identity not in known])


def by_gravity(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings with the gravest first, else by their names."""
    order = {"ERROR": 0, "WARN": 1, "INFO": 2}
    return tuple(
        sorted(findings, key=lambda each: (order.get(each.level, 3), each.name, each.subject, each.detail))
    )
