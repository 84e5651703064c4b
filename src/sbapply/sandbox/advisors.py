"""Be the platform's advisors: our own rules, in the shapes of the API's OpenAPI document."""

from collections.abc import Sequence

from sbapply.advise.finding import Finding
from sbapply.advise.questions import advise_sql, read_findings
from sbapply.database import Json

QUESTION = advise_sql()


def lints_json(rows: Sequence[Json], category: str) -> Json:
    """Return V1ProjectAdvisorsResponse of what the answer to ``QUESTION`` holds of one category."""
    (row,) = rows
    found = read_findings(row["findings"] if isinstance(row, dict) else None)
    return {"lints": [_lint_json(each) for each in found if category in each.categories]}


def _lint_json(finding: Finding) -> Json:
    about: dict[str, Json] = {"type": finding.type, "schema": finding.schema, "name": finding.object}
    return {
        "name": finding.name,
        "title": finding.title,
        "level": finding.level,
        "facing": "EXTERNAL",
        "categories": list(finding.categories),
        "description": finding.description,
        "detail": finding.detail,
        "remediation": finding.remediation,
        "metadata": {**about, **finding.metadata},
        "cache_key": finding.cache_key,
    }
