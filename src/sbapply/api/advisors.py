"""Hold what the platform's advisors found."""

from dataclasses import dataclass, field
from typing import Literal

Advisor = Literal["security", "performance"]


@dataclass(frozen=True, slots=True)
class LintObject:
    """Hold what a lint is about, where it says so."""

    schema: str | None = None
    name: str | None = None
    type: str | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Lint:
    """Hold one finding; ``level`` is ERROR, WARN or INFO, ``cache_key`` is the same for the same finding.

    ``name`` is no closed list: recorded answers hold names that the OpenAPI document does not.
    """

    name: str
    title: str
    level: str
    categories: tuple[str, ...]
    description: str
    detail: str
    remediation: str
    cache_key: str
    metadata: LintObject = field(default_factory=LintObject)


@dataclass(frozen=True, slots=True)
class Lints:
    """Hold the findings of one advisor (``GET /v1/projects/{ref}/advisors/…``)."""

    lints: tuple[Lint, ...]
