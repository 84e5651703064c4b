"""Wire the platform's advisors to the verbs that ask for advice."""

from collections.abc import Sequence
from typing import cast

from sbapply.advise.finding import Finding
from sbapply.api.advisors import Advisor, Lint
from sbapply.api.client import ApiClient
from sbapply.verbs.target import PlatformAdvisor


def platform_advisor(client: ApiClient, ref: str) -> PlatformAdvisor:
    """Return what asks one advisor of a project once."""

    def ask(advisor: str, timeout: float) -> Sequence[Finding]:
        return [_finding(lint) for lint in client.lints(ref, cast("Advisor", advisor), timeout=timeout)]

    return ask


def _finding(lint: Lint) -> Finding:
    about = lint.metadata
    return Finding(
        name=lint.name,
        title=lint.title,
        level=lint.level,
        categories=lint.categories,
        schema=about.schema or "",
        object=about.name or about.entity or "",
        detail=lint.detail,
        description=lint.description,
        remediation=lint.remediation,
        cache_key=lint.cache_key,
        type=about.type or "",
    )
